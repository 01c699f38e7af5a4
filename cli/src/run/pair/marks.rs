//! How far a node's records are, on its disk, for its next run: a small file written over and over.
//!
//! `RIDDHILG`, epoch (u64), position (u64), the run of the machine (32 bytes hashed to u64), crc32c of all before (u32).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use riddhi_node::{Epoch, Position, Recovered, boot_id};

const MAGIC: &[u8; 8] = b"RIDDHILG";
const NAME: &str = "records";
const BYTES: usize = 36;

/// The file.
pub struct Marks {
    file: File,
    boot: u64,
}

impl Marks {
    /// Opens it; gives what it said.
    pub fn open(folder: &Path) -> io::Result<(Marks, Option<Recovered>)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(NAME))?;
        let boot = boot_id().map_or(0, |id| u64::from(crc32c::crc32c(id.as_bytes())) << 1 | 1);
        let mut bytes = [0; BYTES];
        let said = file.read_exact_at(&mut bytes, 0).ok().and_then(|()| parse(&bytes));
        // Without the machine's own word nobody knows whether what was written is still there.
        let recovered = said.map(|(line, position, at)| Recovered { line, position, whole: at == boot && boot != 0 });
        Ok((Marks { file, boot }, recovered))
    }

    /// The records of `epoch` go up to `position`.
    pub fn write(&self, epoch: Epoch, position: Position) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        [epoch, position, self.boot].iter().for_each(|n| bytes.extend_from_slice(&n.to_le_bytes()));
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

fn parse(bytes: &[u8; BYTES]) -> Option<(Epoch, Position, u64)> {
    let number = |at: usize| bytes[at..at + 8].try_into().ok().map(u64::from_le_bytes);
    let sum = bytes[32..].try_into().ok().map(u32::from_le_bytes)?;
    (bytes.starts_with(MAGIC) && crc32c::crc32c(&bytes[..32]) == sum).then_some(())?;
    Some((number(8)?, number(16)?, number(24)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_and_a_torn_one_says_nothing() {
        let folder = std::env::temp_dir().join(format!("riddhi-marks-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (marks, recovered) = Marks::open(&folder).unwrap();
        assert_eq!(recovered, None);
        marks.write(3, 77).unwrap();
        let (_, recovered) = Marks::open(&folder).unwrap();
        assert_eq!(recovered, Some(Recovered { line: 3, position: 77, whole: boot_id().is_some() }));
        marks.file.write_all_at(&[9], 20).unwrap();
        assert_eq!(Marks::open(&folder).unwrap().1, None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
