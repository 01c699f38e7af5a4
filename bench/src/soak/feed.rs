//! The events of a soak run, by number, and the file they are appended to.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Events of a millisecond of event time.
const PER_MILLI: u64 = 200;

/// Where event time begins, milliseconds since 1970.
const BEGIN: u64 = 1_600_000_000_000;

/// Keys.
const KEYS: u64 = 50;

/// Bytes at which the file is renamed and begun anew.
const ROTATE_BYTES: u64 = 64 << 20;

/// A number as good as random (splitmix64).
pub fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The key of an event, by number.
pub fn key(seq: u64) -> u64 {
    mix(seq) % KEYS
}

/// Appends the line of an event.
pub fn line(seq: u64, to: &mut Vec<u8>) {
    let random = mix(seq);
    let (price, qty) = ((random >> 16) % 10_000, (random >> 40) % 100);
    let at = BEGIN + seq / PER_MILLI;
    // Writing to a vector cannot fail.
    let _ = writeln!(to, "{seq},{at},k{:02},{}.{:02},{qty}", key(seq), price / 100, price % 100);
}

/// A file that lines are appended to, rotated as a log is: renamed when it is long and begun anew under its name.
pub struct Rotated {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Renamed files, each with the number of the first event that is no longer in it.
    old: VecDeque<(PathBuf, u64)>,
    renamed: u64,
}

impl Rotated {
    /// A new file.
    pub fn create(path: &Path) -> Result<Rotated> {
        Ok(Rotated { path: path.to_owned(), file: open(path)?, bytes: 0, old: VecDeque::new(), renamed: 0 })
    }

    /// Appends lines of which `next` is the number after the last one. `seen`: an answer to this event was there already, so all before
    /// it has been read.
    pub fn append(&mut self, lines: &[u8], next: u64, seen: u64) -> Result<()> {
        self.file.write_all(lines)?;
        self.bytes += lines.len() as u64;
        while let Some((path, _)) = self.old.pop_front_if(|(_, first)| *first <= seen) {
            fs::remove_file(path)?;
        }
        // A reader knows the file by its number: of two files that are renamed between two looks it would miss the second.
        if self.bytes >= ROTATE_BYTES && self.old.is_empty() {
            self.renamed += 1;
            let aside = PathBuf::from(format!("{}.{}", self.path.display(), self.renamed));
            fs::rename(&self.path, &aside)?;
            self.old.push_back((aside, next));
            (self.file, self.bytes) = (open(&self.path)?, 0);
        }
        Ok(())
    }

    /// How often it was renamed.
    pub fn renamed(&self) -> u64 {
        self.renamed
    }
}

fn open(path: &Path) -> Result<File> {
    Ok(OpenOptions::new().create(true).append(true).open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_each_time() {
        let mut lines = Vec::new();
        (0..3).chain([199, 200]).for_each(|seq| line(seq, &mut lines));
        let text = String::from_utf8(lines).unwrap();
        let times: Vec<&str> = text.lines().filter_map(|l| l.split(',').nth(1)).collect();
        assert_eq!(times, ["1600000000000", "1600000000000", "1600000000000", "1600000000000", "1600000000001"]);
        assert!(text.lines().all(|l| l.split(',').count() == 5), "{text}");
    }
}
