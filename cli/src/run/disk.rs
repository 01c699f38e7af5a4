//! Writing to a disk that may be full: it is said once, and waited for until there is room or the end was asked for.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use riddhi_connect::is_full;

use super::pair::{Change, Mirror};
use crate::exit::plain;
use crate::say;
use crate::signals::Stop;

/// How often a full disk is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// Waits for room.
pub struct Patient {
    /// Whose lines it tells, if there are several.
    app: Option<String>,
    stop: Stop,
    waiting: AtomicBool,
    /// Where changes of files are recorded, in a pair.
    mirror: Option<Arc<Mirror>>,
}

impl Patient {
    /// For an app, named if there are several; once `stop` is asked for it waits no longer. In a pair, what it writes is recorded.
    pub fn new(app: Option<&str>, stop: Stop, mirror: Option<Arc<Mirror>>) -> Arc<Patient> {
        Arc::new(Patient { app: app.map(str::to_owned), stop, waiting: AtomicBool::new(false), mirror })
    }

    /// Whether there is no other node.
    pub fn is_alone(&self) -> bool {
        self.mirror.is_none()
    }

    fn change<R>(&self, path: &Path, change: impl FnOnce() -> io::Result<R>, what: Change<'_>) -> io::Result<R> {
        match &self.mirror {
            None => change(),
            Some(mirror) => mirror.change(path, change, what),
        }
    }

    /// An empty file, which takes the place of one of that name.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        self.change(path, || File::create(path), Change::Create)
    }

    /// Gives a file another name in its folder.
    pub fn rename(&self, path: &Path, to: &Path) -> io::Result<()> {
        self.change(path, || fs::rename(path, to), Change::Rename(to))
    }

    /// Deletes a file.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(path, || fs::remove_file(path), Change::Remove)
    }

    /// Tells something about the app.
    pub fn tell(&self, text: &str) {
        let line = match (&self.app, text.split_once(": ")) {
            // The level stays in front.
            (Some(app), Some((level, rest))) => format!("{level}: app {app}: {rest}\n"),
            (Some(app), None) => format!("app {app}: {text}\n"),
            (None, _) => format!("{text}\n"),
        };
        if text.starts_with("note") { crate::tell(&line) } else { say(&line) }
    }

    /// Writes all of it, from where the file ends; waits while there is no room. After an error nothing of it is left in the
    /// file, as far as that can be done.
    pub fn write_all(&self, file: &mut File, bytes: &[u8], path: &Path) -> io::Result<()> {
        self.change(path, || self.write(file, bytes, path), Change::Append(bytes))
    }

    fn write(&self, file: &mut File, bytes: &[u8], path: &Path) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            match file.write(&bytes[written..]) {
                Ok(0) => return self.take_back(file, written, io::ErrorKind::WriteZero.into()),
                Ok(n) => written += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_full(&e) && !self.stop.asked() => self.wait(&e, path),
                Err(e) => return self.take_back(file, written, e),
            }
        }
        if self.waiting.swap(false, Ordering::Relaxed) {
            self.tell(&format!("note: there is room again for {}", path.display()));
        }
        Ok(())
    }

    fn wait(&self, error: &io::Error, path: &Path) {
        if !self.waiting.swap(true, Ordering::Relaxed) {
            self.tell(&format!(
                "warning: cannot write {}: {}; no more is accepted until there is room",
                path.display(),
                plain(error)
            ));
        }
        std::thread::sleep(RETRY);
    }

    fn take_back(&self, file: &mut File, written: usize, error: io::Error) -> io::Result<()> {
        if let Ok(end) = file.stream_position()
            && written > 0
        {
            let _ = file.set_len(end.saturating_sub(written as u64));
        }
        Err(error)
    }
}

/// A file that waits for room.
pub struct PatientFile {
    pub file: File,
    path: PathBuf,
    patient: Arc<Patient>,
    bytes: Arc<AtomicU64>,
}

impl PatientFile {
    /// A new file, which replaces one of that name; what is written is counted in `bytes`.
    pub fn create(path: &Path, patient: Arc<Patient>, bytes: Arc<AtomicU64>) -> io::Result<PatientFile> {
        Ok(PatientFile { file: patient.create(path)?, path: path.to_path_buf(), patient, bytes })
    }
}

impl Write for PatientFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patient.write_all(&mut self.file, bytes, &self.path)?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts a folder's entries where a power cut does not reach them.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
