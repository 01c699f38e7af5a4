//! An engine's state as bytes: a header, then a section an element.
//!
//! Header: `RIDDHI` and a version (u16). Section: length of the rest (u32), kind (u8, 1 for an element), crc32c of name and
//! body (u32), name (u32 length, bytes), body. All little-endian. Elements are matched by name, so queries may be added or
//! moved in the text; what an app no longer has is refused by name.

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_exec::query::Section;
use thiserror::Error;

use crate::engine::Engine;

const MAGIC: &[u8; 6] = b"RIDDHI";
const VERSION: u16 = 1;
const ELEMENT: u8 = 1;

/// The section with the clock.
pub(crate) const CLOCK: &str = "app/clock";

/// Why a snapshot was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// It does not begin as a snapshot does.
    #[error("this is no snapshot of Riddhi")]
    Foreign,
    /// It is of a version that this Riddhi does not read.
    #[error("the snapshot has version {0}, this Riddhi reads version {VERSION}")]
    Version(u16),
    /// Its bytes are damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(#[source] LoadError),
    /// An element of it cannot be loaded into this app.
    #[error("the state of `{element}` cannot be loaded: {cause}")]
    Element {
        /// Its name.
        element: String,
        /// Why.
        cause: LoadError,
    },
}

impl Engine {
    /// The state after the last entry. Equal for equal entries, however they were framed and however often saved and
    /// loaded in between.
    pub fn save(&self) -> Vec<u8> {
        save_all(&[self])
    }

    fn save_clock(&self) -> Section {
        let mut bytes = Writer::default();
        bytes.put_i64(self.now);
        Section { name: CLOCK.to_owned(), bytes: bytes.bytes }
    }

    /// Replaces the state of a new engine by a saved one. After an error the engine is of no use.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        for section in sections(bytes)? {
            let (name, body) = section?;
            self.load_section(name, body)
                .map_err(|cause| SnapshotError::Element { element: name.to_owned(), cause })?;
        }
        Ok(())
    }

    /// What was loaded of an element in part is of no use.
    pub(crate) fn forget(&mut self, key: &str) {
        if let Some(what) = self.shared.find(key) {
            return self.shared.forget(what, &self.app);
        }
        for q in (0..self.queries.len()).filter(|&q| self.graph.queries[q].key == key).collect::<Vec<_>>() {
            self.queries.put(q, self.graph.node(q, &self.app));
        }
    }

    pub(crate) fn load_section(&mut self, name: &str, body: &[u8]) -> Result<(), LoadError> {
        if name == CLOCK {
            self.now = Reader::new(body).get_i64()?;
            // A clock that was set has started what is counted from the start: the engine goes on as the one that was saved.
            self.started = self.now != 0;
            return Ok(());
        }
        let (key, role) = name.rsplit_once('/').ok_or_else(|| LoadError::new("its name has no role"))?;
        if let Some(what) = self.shared.find(key) {
            return if self.uses(what) { self.shared.load(what, role, body) } else { Ok(()) };
        }
        let query = self.graph.queries.iter().position(|q| q.key == key);
        let query = query.ok_or_else(|| LoadError::new("the app has no such query"))?;
        if !self.runs(query) {
            return Ok(());
        }
        self.queries.get_mut(query).load(role, body)
    }
}

/// The state of an app whose regions are spread over these engines: a query's from the one that runs it.
pub(crate) fn save_all(engines: &[&Engine]) -> Vec<u8> {
    let mut sections = vec![engines[0].save_clock()];
    for what in engines[0].shared.all() {
        if let Some(engine) = engines.iter().find(|e| e.uses(what)) {
            engine.shared.save(what, &mut sections);
        }
    }
    for query in 0..engines[0].queries.len() {
        if let Some(engine) = engines.iter().find(|e| e.runs(query)) {
            engine.query(query).save(&mut sections);
        }
    }
    let mut out = Writer::default();
    out.bytes.extend_from_slice(MAGIC);
    out.bytes.extend_from_slice(&VERSION.to_le_bytes());
    for section in &sections {
        let mut body = Writer::default();
        body.put_bytes(section.name.as_bytes());
        body.bytes.extend_from_slice(&section.bytes);
        out.put_u32(body.bytes.len() as u32 + 5);
        out.put_u8(ELEMENT);
        out.put_u32(crc32c::crc32c(&body.bytes));
        out.bytes.extend_from_slice(&body.bytes);
    }
    out.bytes
}

/// The names of the elements of which two states of an app do not have the same bytes.
///
/// # Errors
///
/// One of them is no state, or damaged.
pub fn differences(a: &[u8], b: &[u8]) -> Result<Vec<String>, SnapshotError> {
    let (a, b): (Vec<_>, Vec<_>) = (sections(a)?.collect::<Result<_, _>>()?, sections(b)?.collect::<Result<_, _>>()?);
    let only = |of: &[(&str, &[u8])], not: &[(&str, &[u8])]| -> Vec<String> {
        of.iter().filter(|section| !not.contains(section)).map(|(name, _)| (*name).to_owned()).collect()
    };
    let mut names = only(&a, &b);
    names.extend(only(&b, &a));
    names.sort();
    names.dedup();
    Ok(names)
}

/// Name and body of each section of a state.
pub(crate) fn sections(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<(&str, &[u8]), SnapshotError>>, SnapshotError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::Foreign)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(SnapshotError::Foreign)?;
    match u16::from_le_bytes(*version) {
        VERSION => {}
        other => return Err(SnapshotError::Version(other)),
    }
    let mut from = Reader::new(rest);
    Ok(std::iter::from_fn(move || {
        (from.left() > 0).then(|| from.get_bytes().and_then(section).map_err(SnapshotError::Damaged))
    }))
}

fn section(record: &[u8]) -> Result<(&str, &[u8]), LoadError> {
    let mut from = Reader::new(record);
    if from.get_u8()? != ELEMENT {
        return Err(LoadError::new("a section is of an unknown kind"));
    }
    let sum = from.get_u32()?;
    let body = &record[record.len() - from.left()..];
    if crc32c::crc32c(body) != sum {
        return Err(LoadError::new("a checksum does not fit"));
    }
    let name = std::str::from_utf8(from.get_bytes()?).map_err(|_| LoadError::new("a name is no text"))?;
    Ok((name, &body[body.len() - from.left()..]))
}
