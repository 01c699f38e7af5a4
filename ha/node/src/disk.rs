//! What the role machine keeps between runs, in a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use riddhi_role::{Database, Disk, Incarnation};
use serde::{Deserialize, Serialize};

const NAME: &str = "role.json";

/// The file's form.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    epoch: u64,
    claim: u64,
    held: u64,
    carries: Option<u64>,
    system: Option<u64>,
    timeline: Option<u32>,
}

/// What was kept in a folder; the default if nothing was.
///
/// # Errors
///
/// The file cannot be read: then it must not be guessed.
pub fn load_disk(folder: &Path) -> io::Result<Disk> {
    let text = match fs::read(folder.join(NAME)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Disk::default()),
        other => other?,
    };
    let kept: Kept = serde_json::from_slice(&text)?;
    let database = kept.system.zip(kept.timeline).map(|(system, timeline)| Database { system, timeline });
    let carries = kept.carries.map(Incarnation);
    Ok(Disk { epoch: kept.epoch, claim: kept.claim, held: kept.held, carries, database })
}

/// Keeps it; it is on the disk afterwards.
pub(crate) fn keep(folder: &Path, disk: &Disk) -> io::Result<()> {
    let kept = Kept {
        epoch: disk.epoch,
        claim: disk.claim,
        held: disk.held,
        carries: disk.carries.map(|c| c.0),
        system: disk.database.map(|d| d.system),
        timeline: disk.database.map(|d| d.timeline),
    };
    let beside = folder.join(format!("{NAME}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(&kept)?)?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(NAME))?;
    File::open(folder)?.sync_all()
}

/// Names this run of the machine: what was written before it and not synced may be lost.
#[must_use]
pub fn boot_id() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = std::env::temp_dir().join(format!("riddhi-role-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(load_disk(&folder).unwrap(), Disk::default());
        let database = Some(Database { system: u64::MAX, timeline: 3 });
        let disk = Disk { epoch: 5, claim: 4, held: 3, carries: Some(Incarnation(u64::MAX)), database };
        keep(&folder, &disk).unwrap();
        assert_eq!(load_disk(&folder).unwrap(), disk);
        fs::write(folder.join(NAME), "{").unwrap();
        assert!(load_disk(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
