//! Files that are replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Gives a file another content, or makes it. Whoever reads it meanwhile, or after a crash, sees the old content or the new one, never
/// a part. Permissions stay; a link goes on pointing at the file.
pub fn replace(path: &str, content: &[u8]) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => PathBuf::from(path),
        other => other?,
    };
    let beside = beside(&path);
    let written = write(&beside, content).and_then(|()| {
        if let Ok(old) = fs::metadata(&path) {
            fs::set_permissions(&beside, old.permissions())?;
        }
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced() {
        let folder = std::env::temp_dir().join(format!("riddhi-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let path = folder.join("a");
        fs::write(&path, "old").expect("it can be written");
        replace(path.to_str().expect("UTF-8"), b"new").expect("it can be replaced");
        assert_eq!(fs::read_to_string(&path).expect("it can be read"), "new");
        replace(folder.join("b").to_str().expect("UTF-8"), b"new").expect("it can be made");
        assert!(replace(folder.join("c/d").to_str().expect("UTF-8"), b"new").is_err(), "there is no such folder");
        assert_eq!(fs::read_dir(&folder).expect("it can be listed").count(), 2, "nothing is left beside them");
        fs::remove_dir_all(&folder).expect("the folder can be removed");
    }
}
