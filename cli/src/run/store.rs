//! An app's state on disk: snapshots, the journal after them, and how far the sinks are.
//!
//! Folder of an app: `lock`; `snapshot-<position>.riddhi`, the two newest; `journal-<position>.riddhi`, from the older
//! snapshot on; `published`. A snapshot: `RIDDHISN`, version (u16), crc32c (u32) of the rest: position (u64), clock (i64),
//! the lineage, the app's text, the name of its time zone, sources (u32, and for each key and bytes), the engine's state.
//!
//! Invariants: a snapshot is whole or not there under its name; nothing that the older of two snapshots needs is deleted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use riddhi_batch::{LoadError, Reader, Writer};
use rustix::fs::{FlockOperation, flock};

use super::disk::{Patient, sync_folder};
use super::notes::{Notes, Published};
use super::segments::{Segment, list};
use crate::exit::{Exit, Failure, plain};

const MAGIC: &[u8; 8] = b"RIDDHISN";
const VERSION: u16 = 3;
/// The one before has no lineage.
const WITHOUT_LINEAGE: u16 = 2;
/// The one before that names no time zone either, which was UTC.
const WITHOUT_ZONE: u16 = 1;
const KIND: &str = "snapshot-";
/// How the names of snapshots and segments end.
pub const EXTENSION: &str = ".riddhi";
/// Of what is being written beside what it will replace.
const UNFINISHED: &str = "new";
/// The name of the file of the sinks' notes.
pub const PUBLISHED: &str = "published";

/// Snapshots that are kept: if the newest cannot be read, the one before it can.
const REVISIONS: usize = 2;

/// By key: what a source needs to go on.
pub type Sources = BTreeMap<String, Vec<u8>>;

/// The state after all entries before a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The position.
    pub position: u64,
    /// What the clock read.
    pub now: i64,
    /// What the names of outputs begin with; empty in one that an older version wrote.
    pub lineage: String,
    /// The app's text.
    pub text: String,
    /// Name of the time zone of its schedules.
    pub zone: String,
    /// Where the sources stood.
    pub sources: Sources,
    /// What the engine remembered.
    pub state: Vec<u8>,
}

/// The folder of an app.
pub struct Store {
    folder: PathBuf,
    patient: Arc<Patient>,
    every: Duration,
    last: Instant,
    /// Held as long as the app runs.
    _lock: File,
}

impl Store {
    /// Opens or makes the folder; nobody else may use it at the same time.
    pub fn open(folder: &Path, every: Duration, patient: Arc<Patient>) -> Result<Store, Failure> {
        let cannot = |e: &io::Error| {
            Failure::new(Exit::Usage, format!("cannot use the state folder {}: {}", folder.display(), plain(e)))
        };
        fs::create_dir_all(folder).map_err(|e| cannot(&e))?;
        let lock = File::create(folder.join("lock")).map_err(|e| cannot(&e))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let message = format!("the state folder {} is used by another riddhi", folder.display());
            return Err(Failure::new(Exit::Usage, message).help("end it first, or give another --state"));
        }
        // A crash left what was being written then; nobody will ever finish it.
        for path in fs::read_dir(folder).map_err(|e| cannot(&e))?.flatten().map(|e| e.path()) {
            if path.extension().is_some_and(|e| e == UNFINISHED) {
                fs::remove_file(&path).map_err(|e| cannot(&e))?;
            }
        }
        Ok(Store { folder: folder.to_path_buf(), patient, every, last: Instant::now(), _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the sinks' notes are.
    pub fn published(&self) -> PathBuf {
        published_in(&self.folder)
    }

    /// The newest snapshot that can be read, if there is one.
    pub fn newest(&self) -> Result<Option<Snapshot>, Failure> {
        newest(&self.folder, |text| self.patient.tell(text))
    }

    /// How far the sinks were.
    pub fn noted(&self) -> Result<Published, Failure> {
        Notes::read(&self.published()).map_err(|e| unreadable(&self.folder, &e))
    }

    /// The journal from the segment on that begins at `base`.
    pub fn segments(&self, base: u64) -> Result<Vec<Segment>, Failure> {
        let all = list(&self.folder).map_err(|e| unreadable(&self.folder, &e))?;
        Ok(all.into_iter().filter(|s| s.base >= base).collect())
    }

    /// Whether the segment is there that begins at `base`. A passive that was far behind stands in one that the active has trimmed since.
    pub fn has_segment(&self, base: u64) -> Result<bool, Failure> {
        Ok(self.segments(base)?.first().is_some_and(|segment| segment.base == base))
    }

    /// Whether it is time for a snapshot.
    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// Nothing has changed: another time.
    pub fn put_off(&mut self) {
        self.last = Instant::now();
    }

    /// Time until the next one.
    pub fn due_in(&self) -> Duration {
        self.every.saturating_sub(self.last.elapsed())
    }

    /// Writes a snapshot; gives the position from which on the journal is still needed, and the snapshot's size.
    pub fn save(&mut self, snapshot: &Snapshot) -> Result<(u64, u64), Failure> {
        let path = snapshot_path(&self.folder, snapshot.position);
        let beside = path.with_extension(UNFINISHED);
        let bytes = bytes(snapshot);
        let written = self.patient.create(&beside).and_then(|mut file| {
            self.patient.write_all(&mut file, &bytes, &beside)?;
            file.sync_all()?;
            self.patient.rename(&beside, &path)?;
            sync_folder(&self.folder)
        });
        self.last = Instant::now();
        let failed = |e: io::Error| {
            Failure::new(Exit::Failed, format!("cannot write the snapshot {}: {}", path.display(), plain(&e)))
        };
        written.map_err(failed)?;
        let mut all = snapshots(&self.folder).map_err(failed)?;
        while all.len() > REVISIONS {
            let (_, old) = all.remove(0);
            if let Err(e) = self.patient.remove(&old) {
                self.patient.tell(&format!("warning: cannot delete {}: {}", old.display(), plain(&e)));
            }
        }
        Ok((all.first().map_or(0, |(position, _)| *position), bytes.len() as u64))
    }

    /// What the newest state is made of: its snapshot, the journal after it, and how far the sinks are.
    pub fn essential(&self) -> io::Result<Vec<PathBuf>> {
        let Some((from, snapshot)) = snapshots(&self.folder)?.pop() else { return Ok(Vec::new()) };
        let segments = list(&self.folder)?.into_iter().filter(|s| s.base >= from).map(|s| s.path);
        Ok([snapshot].into_iter().chain(segments).chain([self.published()]).collect())
    }
}

/// Where the notes of the sinks of an app's folder are.
pub fn published_in(folder: &Path) -> PathBuf {
    folder.join(PUBLISHED)
}

/// Where the snapshot of a position is.
pub fn snapshot_path(folder: &Path, position: u64) -> PathBuf {
    folder.join(name_at(KIND, position))
}

/// The name of a file of a kind that begins, or stands, at a position; names are in the order of positions.
pub fn name_at(kind: &str, position: u64) -> String {
    format!("{kind}{position:020}{EXTENSION}")
}

/// The position that a file's name says, if it is of that kind.
pub fn position_in(name: &str, kind: &str) -> Option<u64> {
    name.strip_prefix(kind)?.strip_suffix(EXTENSION)?.parse().ok()
}

/// The newest snapshot of a folder that can be read; those that cannot are told.
pub fn newest(folder: &Path, tell: impl Fn(&str)) -> Result<Option<Snapshot>, Failure> {
    let paths = snapshots(folder).map_err(|e| unreadable(folder, &e))?;
    for (_, path) in paths.iter().rev() {
        match read(path) {
            Ok(found) => return Ok(Some(found)),
            Err(why) => tell(&format!(
                "warning: the snapshot {} cannot be used: {why}; trying the one before it",
                path.display()
            )),
        }
    }
    if paths.is_empty() {
        return Ok(None);
    }
    let message = format!("no snapshot in {} can be read", folder.display());
    Err(Failure::new(Exit::Failed, message).help("restore the folder, or begin anew with another --state"))
}

fn unreadable(folder: &Path, e: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot read the state in {}: {}", folder.display(), plain(e)))
}

/// Snapshots by position.
fn snapshots(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let snapshot = |e: fs::DirEntry| Some((position_in(&e.file_name().to_string_lossy(), KIND)?, e.path()));
    let mut all: Vec<(u64, PathBuf)> = fs::read_dir(folder)?.flatten().filter_map(snapshot).collect();
    all.sort();
    Ok(all)
}

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    let mut body = Writer::default();
    body.put_u64(snapshot.position);
    body.put_i64(snapshot.now);
    body.put_bytes(snapshot.lineage.as_bytes());
    body.put_bytes(snapshot.text.as_bytes());
    body.put_bytes(snapshot.zone.as_bytes());
    put_sources(&mut body, &snapshot.sources);
    body.bytes.extend_from_slice(&(snapshot.state.len() as u64).to_le_bytes());
    body.bytes.extend_from_slice(&snapshot.state);
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&body.bytes).to_le_bytes());
    out.append(&mut body.bytes);
    out
}

/// Reads a snapshot; says why it cannot be used.
pub fn read(path: &Path) -> Result<Snapshot, String> {
    parse_bytes(&fs::read(path).map_err(|e| plain(&e))?)
}

/// Reads the bytes of a snapshot's file; says why they cannot be used.
pub fn parse_bytes(bytes: &[u8]) -> Result<Snapshot, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is no snapshot")?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or("it is cut off")?;
    let version = u16::from_le_bytes(*version);
    if !matches!(version, WITHOUT_ZONE..=VERSION) {
        return Err(format!("it has version {version}, this Riddhi reads up to version {VERSION}"));
    }
    let (sum, body) = rest.split_first_chunk::<4>().ok_or("it is cut off")?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
        return Err("its checksum does not fit".to_owned());
    }
    parse(body, version).map_err(|e| e.to_string())
}

fn parse(body: &[u8], version: u16) -> Result<Snapshot, LoadError> {
    let mut from = Reader::new(body);
    let (position, now) = (from.get_u64()?, from.get_i64()?);
    let mut text = || String::from_utf8(from.get_bytes()?.to_vec()).map_err(|_| LoadError::new("a text is not UTF-8"));
    let lineage = if version <= WITHOUT_LINEAGE { String::new() } else { text()? };
    let (text, zone) = (text()?, if version == WITHOUT_ZONE { "UTC".to_owned() } else { text()? });
    let sources = get_sources(&mut from)?;
    let length = from.get_u64()? as usize;
    let state = body.get(body.len() - from.left()..).filter(|state| state.len() == length);
    let state = state.ok_or_else(|| LoadError::new("the state is cut off"))?.to_vec();
    Ok(Snapshot { position, now, lineage, text, zone, sources, state })
}

/// Appends where sources stand.
pub fn put_sources(out: &mut Writer, sources: &Sources) {
    out.put_u32(sources.len() as u32);
    for (key, bytes) in sources {
        out.put_bytes(key.as_bytes());
        out.put_bytes(bytes);
    }
}

/// Reads where sources stand.
pub fn get_sources(from: &mut Reader<'_>) -> Result<Sources, LoadError> {
    let mut sources = Sources::new();
    for _ in 0..from.get_u32()? {
        let key = String::from_utf8_lossy(from.get_bytes()?).into_owned();
        sources.insert(key, from.get_bytes()?.to_vec());
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Stop;

    #[test]
    fn a_journal_that_was_trimmed_has_a_gap() {
        let folder = std::env::temp_dir().join(format!("riddhi-trimmed-{}", std::process::id()));
        let store = Store::open(&folder, Duration::from_secs(1), Patient::new(None, Stop::never(), None)).unwrap();
        for base in [10, 30] {
            fs::write(crate::run::segments::segment_path(&folder, base), "entries").unwrap();
        }
        assert_eq!([10, 20, 30, 40].map(|base| store.has_segment(base).unwrap()), [true, false, true, false]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_broken_snapshot_falls_back_to_the_one_before() {
        let folder = std::env::temp_dir().join(format!("riddhi-store-{}", std::process::id()));
        let patient = Patient::new(None, Stop::never(), None);
        let mut store = Store::open(&folder, Duration::from_secs(1), patient).unwrap();
        let of = |position| Snapshot {
            position,
            now: 5,
            lineage: "l".into(),
            text: "t".into(),
            zone: "UTC".into(),
            state: vec![7; 9],
            ..Snapshot::default()
        };
        assert_eq!([1, 2, 3].map(|p| store.save(&of(p)).unwrap().0), [1, 1, 2]);
        assert_eq!(store.newest().unwrap(), Some(of(3)));
        let newest = snapshot_path(&folder, 3);
        let mut bytes = fs::read(&newest).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&newest, bytes).unwrap();
        assert_eq!(store.newest().unwrap(), Some(of(2)));
        let open = || Store::open(&folder, Duration::from_secs(1), Patient::new(None, Stop::never(), None));
        assert!(open().is_err());
        drop(store);
        let unfinished = newest.with_extension(UNFINISHED);
        fs::write(&unfinished, "half a snapshot").unwrap();
        assert_eq!(open().unwrap().newest().unwrap(), Some(of(2)));
        assert!(!unfinished.exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
