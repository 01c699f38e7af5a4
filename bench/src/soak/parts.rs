//! What a file sink wrote: read once it has been set aside, and kept as a hash a line.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Bytes at the end of a file that hold its last whole line.
const TAIL_BYTES: u64 = 512;

/// The files of a sink.
pub struct Parts {
    path: PathBuf,
    /// Number of the next one that is set aside.
    next: u64,
    hashes: BufWriter<File>,
    /// Lines so far.
    pub lines: u64,
}

impl Parts {
    /// Of the sink that writes `path`; the hashes go to a file beside.
    pub fn new(path: PathBuf, hashes: &Path) -> Result<Parts> {
        Ok(Parts { path, next: 1, hashes: BufWriter::new(File::create(hashes)?), lines: 0 })
    }

    /// Takes in what was set aside since the last time. The sink deletes old ones by itself.
    pub fn check(&mut self) -> Result<()> {
        loop {
            let part = PathBuf::from(format!("{}.{}", self.path.display(), self.next));
            if !part.exists() {
                let later = PathBuf::from(format!("{}.{}", self.path.display(), self.next + 1));
                ensure!(!later.exists(), "{} was deleted before it was checked", part.display());
                return Ok(());
            }
            self.take(&part)?;
            self.next += 1;
        }
    }

    /// Takes in all that is left: nobody writes any more.
    pub fn finish(&mut self) -> Result<()> {
        self.check()?;
        let path = self.path.clone();
        self.take(&path)?;
        Ok(self.hashes.flush()?)
    }

    fn take(&mut self, path: &Path) -> Result<()> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(text.is_empty() || text.ends_with(b"\n"), "{} ends within a line", path.display());
        for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            self.hashes.write_all(&hash(line).to_le_bytes())?;
            self.lines += 1;
        }
        Ok(())
    }

    /// The number that the last whole line of the file at hand begins with. A later kill may take the line back.
    pub fn last(&self) -> Option<u64> {
        let mut file = File::open(&self.path).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes).ok()?;
        let end = bytes.iter().rposition(|b| *b == b'\n')?;
        let begin = bytes[..end].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        // A cut line has no beginning, and the first line of all begins the file.
        let whole = begin > 0 || length <= TAIL_BYTES;
        let field = bytes[begin..end].split(|b| *b == b',').next().filter(|_| whole)?;
        std::str::from_utf8(field).ok()?.parse().ok()
    }
}

fn hash(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(line);
    hasher.finish()
}

/// How the lines of one run differ from those of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Lines that should be there and are not.
    pub lost: u64,
    /// Lines that are there once too often.
    pub twice: u64,
    /// Lines that should not be there at all.
    pub wrong: u64,
    /// The first line that is not where it should be.
    pub first: Option<u64>,
}

/// Compares files of hashes. Only where they differ are they held in memory.
pub fn compare(got: &Path, wanted: &Path) -> Result<Difference> {
    let open = |path: &Path| File::open(path).with_context(|| format!("cannot read {}", path.display()));
    let (mut a, mut b) = (BufReader::new(open(got)?), BufReader::new(open(wanted)?));
    let mut at = 0;
    loop {
        match (next(&mut a)?, next(&mut b)?) {
            (None, None) => return Ok(Difference::default()),
            (x, y) if x == y => at += 1,
            _ => break,
        }
    }
    let mut counts = std::collections::HashMap::<u64, (u64, u64)>::new();
    let (mut a, mut b) = (BufReader::new(open(got)?), BufReader::new(open(wanted)?));
    while let Some(hash) = next(&mut a)? {
        counts.entry(hash).or_default().0 += 1;
    }
    while let Some(hash) = next(&mut b)? {
        counts.entry(hash).or_default().1 += 1;
    }
    let mut all = Difference { first: Some(at), ..Difference::default() };
    for (got, wanted) in counts.into_values() {
        all.lost += wanted.saturating_sub(got);
        let surplus = got.saturating_sub(wanted);
        *if wanted > 0 { &mut all.twice } else { &mut all.wrong } += surplus;
    }
    Ok(all)
}

fn next(from: &mut impl Read) -> Result<Option<u64>> {
    let mut bytes = [0; 8];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u64::from_le_bytes(bytes))),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_twice_and_wrong_is_counted() {
        let folder = std::env::temp_dir().join(format!("riddhi-soak-parts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, parts: &[&str], rest: &str| {
            parts.iter().zip(1..).for_each(|(p, n)| fs::write(folder.join(format!("{name}.{n}")), p).unwrap());
            fs::write(folder.join(name), rest).unwrap();
            let hashes = folder.join(format!("{name}-hashes"));
            let mut all = Parts::new(folder.join(name), &hashes).unwrap();
            all.check().unwrap();
            let last = all.last();
            all.finish().unwrap();
            (hashes, all.lines, last)
        };
        let wanted = write("wanted", &["1,a\n2,a\n", "3,a\n"], "4,a\n5,a\n");
        assert_eq!((wanted.1, wanted.2), (5, Some(5)));
        let same = write("same", &["1,a\n"], "2,a\n3,a\n4,a\n5,a\n");
        assert_eq!(compare(&same.0, &wanted.0).unwrap(), Difference::default());
        let other = write("other", &["1,a\n2,a\n2,a\n"], "4,a\n5,b\n");
        let difference = Difference { lost: 2, twice: 1, wrong: 1, first: Some(2) };
        assert_eq!(compare(&other.0, &wanted.0).unwrap(), difference);
        fs::remove_dir_all(&folder).unwrap();
    }
}
