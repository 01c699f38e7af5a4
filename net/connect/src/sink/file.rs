//! `@sink(type='file')`: messages appended to files, perhaps one by an attribute's value.
//!
//! Invariant: a file grows past `rotation.size` by no more than what is written at once, and is set aside only when all that
//! was sent has been noted as sent, so that nothing is written twice because of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use riddhi_batch::{Reader, Writer};
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionSpec, OptionType, Payload};

use super::writer::FileWriter;
use super::{Published, Sink, Unsent, on_error};
use crate::names::Names;
use crate::registry::{Say, Setting, Stopping, option, required};
use crate::source::{other_scheme, path_of};
use crate::trouble::plain;

/// Files open at once at most; the one that was not written to for longest is closed.
const FILES_OPEN_MAX: usize = 128;

/// Files that were set aside and are kept, unless `rotation.keep` says otherwise.
const KEEP: u64 = 10;

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{Bool, Number, Text};
    ConnectorSpec {
        name: "file",
        options: vec![
            OptionSpec { dynamic: true, ..required("file.uri", Text) },
            option("append", Bool),
            option("add.line.separator", Bool),
            option("file.system.options", Text),
            option("rotation.size", Number(1, u64::MAX)),
            option("rotation.interval", Number(1, u64::MAX)),
            option("rotation.keep", Number(0, 1_000_000)),
            option("fsync", Bool),
            on_error::option(),
        ],
        payload: Payload::Bytes,
        properties: Vec::new(),
        check,
    }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let mut found = on_error::check(plan);
    if let Some(scheme) = o.text("file.uri").and_then(other_scheme) {
        found.push(OptionProblem::missing("file.uri", format!("Riddhi does not write files by `{scheme}` yet")));
    }
    if o.text("file.uri").is_some_and(|uri| path_of(uri).is_empty()) {
        found.push(OptionProblem::wrong("file.uri", "`file.uri` is empty", "give a path"));
    }
    if o.get("file.system.options").is_some() {
        found.push(OptionProblem::missing("file.system.options", "Riddhi does not have other file systems yet"));
    }
    let rotates = o.get("rotation.size").or(o.get("rotation.interval")).is_some();
    if o.get("rotation.keep").is_some() && !rotates {
        let help = "give `rotation.size` in bytes or `rotation.interval` in milliseconds as well";
        found.push(OptionProblem::wrong("rotation.keep", "nothing is rotated", help));
    }
    if rotates && !o.flag("append", true) {
        found.push(OptionProblem::wrong(
            "append",
            "a file that is replaced each time cannot be rotated",
            "leave one of them out",
        ));
    }
    found
}

/// Writes files.
pub struct FileSink {
    files: BTreeMap<String, Open>,
    /// Counts writes, to know which file was written to last.
    clock: u64,
    append: bool,
    line_end: Option<bool>,
    size: Option<u64>,
    interval: Option<Duration>,
    keep: u64,
    fsync: bool,
    say: Say,
    stopping: Stopping,
}

struct Open {
    writer: FileWriter,
    last: u64,
    since: Instant,
    changed: bool,
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let o = &plan.options;
    let number = |name: &str| o.get(name).map(|_| o.number(name, 0));
    Box::new(FileSink {
        files: BTreeMap::new(),
        clock: 0,
        append: o.flag("append", true),
        line_end: o.get("add.line.separator").map(|_| o.flag("add.line.separator", true)),
        size: number("rotation.size"),
        interval: number("rotation.interval").map(Duration::from_millis),
        keep: o.number("rotation.keep", KEEP),
        fsync: o.flag("fsync", false),
        say: setting.say.clone(),
        stopping: setting.stopping.clone(),
    })
}

impl Sink for FileSink {
    fn publish(&mut self, to: Option<&str>, what: Published<'_>, _: &Names<'_>) -> Result<(), Unsent> {
        let Published::Messages { out, lines } = what else { return Ok(()) };
        let uri = to.unwrap_or_default().to_owned();
        let end = self.line_end.unwrap_or(!lines);
        self.open(&uri)?;
        self.clock += 1;
        let (append, clock) = (self.append, self.clock);
        let full = self.files.get(&uri).is_some_and(|open| open.writer.is_full());
        if full {
            // What could not be written before must go first; nothing more is kept until it has.
            self.flush()?;
        }
        let Some(open) = self.files.get_mut(&uri) else { return Ok(()) };
        (open.last, open.changed) = (clock, true);
        if !append {
            // Each message replaces the one before, so the last one stays.
            let Some(message) = out.messages().last() else { return Ok(()) };
            let mut bytes = message.to_vec();
            if end {
                bytes.push(b'\n');
            }
            return open.writer.replace(&bytes, &self.say, &self.stopping);
        }
        out.messages().for_each(|message| open.writer.push(message, end));
        if open.writer.is_full() {
            match open.writer.flush(&self.say, &self.stopping) {
                // It is kept and tried again before anything else.
                Err(Unsent::Unavailable(_)) => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn abandon(&mut self) -> u64 {
        self.files.values_mut().map(|open| open.writer.abandon()).sum()
    }

    fn flush(&mut self) -> Result<(), Unsent> {
        for open in self.files.values_mut().filter(|o| o.changed) {
            open.writer.flush(&self.say, &self.stopping)?;
            if self.fsync
                && let Err(e) = open.writer.sync()
            {
                return Err(Unsent::Unavailable(format!("cannot sync {}: {}", open.writer.path.display(), plain(&e))));
            }
            open.changed = false;
        }
        Ok(())
    }

    fn noted(&mut self) {
        let due = |o: &Open| {
            o.writer.length > 0
                && (self.size.is_some_and(|size| o.writer.length >= size)
                    || self.interval.is_some_and(|interval| o.since.elapsed() >= interval))
        };
        let due: Vec<String> = self.files.iter().filter(|(_, o)| due(o)).map(|(uri, _)| uri.clone()).collect();
        for uri in due {
            let Some(open) = self.files.remove(&uri) else { continue };
            if let Err(e) = set_aside(&open.writer.path, self.keep) {
                (self.say)(&format!("warning: cannot rotate {}: {}", open.writer.path.display(), plain(&e)));
                self.files.insert(uri, open);
            } else if let Err(Unsent::Unavailable(why)) = self.open(&uri) {
                // Tried again when something is sent.
                (self.say)(&format!("warning: {why}"));
            }
        }
    }

    fn begin(&mut self, to: Option<&str>) {
        // What is wrong is told when something is sent.
        let _ = to.map(|uri| self.open(uri));
    }

    fn dynamic(&self) -> Option<&'static str> {
        Some("file.uri")
    }

    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.put_u32(self.files.len() as u32);
        for (uri, open) in &self.files {
            out.put_bytes(uri.as_bytes());
            out.put_i64(open.writer.id.0 as i64);
            out.put_i64(open.writer.id.1 as i64);
            out.put_i64(open.writer.length as i64);
        }
        out.bytes
    }

    fn restore(&mut self, bytes: &[u8]) {
        let mut from = Reader::new(bytes);
        let n = from.get_u32().unwrap_or(0);
        for _ in 0..n {
            let (Ok(uri), Ok(device), Ok(inode), Ok(length)) = (
                from.get_bytes().map(|b| String::from_utf8_lossy(b).into_owned()),
                from.get_i64(),
                from.get_i64(),
                from.get_i64(),
            ) else {
                return;
            };
            self.take_back(&uri, (device as u64, inode as u64), length as u64);
        }
    }
}

impl FileSink {
    fn open(&mut self, uri: &str) -> Result<(), Unsent> {
        if self.files.contains_key(uri) {
            return Ok(());
        }
        if self.files.len() >= FILES_OPEN_MAX {
            let oldest = self.files.iter().min_by_key(|(_, o)| o.last).map(|(uri, _)| uri.clone());
            if let Some(mut open) = oldest.and_then(|uri| self.files.remove(&uri)) {
                open.writer.flush(&self.say, &self.stopping)?;
            }
        }
        let path = Path::new(path_of(uri));
        let failed = |e: io::Error| Unsent::Unavailable(format!("cannot open {}: {}", path.display(), plain(&e)));
        let writer = FileWriter::open(path).map_err(failed)?;
        self.files.insert(uri.to_owned(), Open { writer, last: self.clock, since: Instant::now(), changed: false });
        Ok(())
    }

    /// Cuts off what was written after the last note, since it will be written again.
    fn take_back(&mut self, uri: &str, id: (u64, u64), length: u64) {
        let path = Path::new(path_of(uri));
        if !path.exists() || self.open(uri).is_err() {
            return;
        }
        let Some(open) = self.files.get_mut(uri) else { return };
        if open.writer.id == id
            && open.writer.length > length
            && self.append
            && let Err(e) = open.writer.cut(length)
        {
            (self.say)(&format!(
                "warning: cannot take back the end of {}: {}; it will be there twice",
                path.display(),
                plain(&e)
            ));
        }
    }
}

/// Renames a file to one with the next free number; the oldest ones go.
fn set_aside(path: &Path, keep: u64) -> io::Result<()> {
    let mut numbers = numbers(path)?;
    numbers.sort_unstable();
    let next = numbers.last().map_or(1, |n| n + 1);
    let numbered = |n: u64| PathBuf::from(format!("{}.{n}", path.display()));
    fs::rename(path, numbered(next))?;
    numbers.push(next);
    let surplus = numbers.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    for n in &numbers[..surplus] {
        fs::remove_file(numbered(*n))?;
    }
    Ok(())
}

/// Numbers of the files that were set aside.
fn numbers(path: &Path) -> io::Result<Vec<u64>> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let number = |e: fs::DirEntry| e.file_name().to_string_lossy().strip_prefix(&name)?.strip_prefix('.')?.parse().ok();
    Ok(fs::read_dir(folder)?.flatten().filter_map(number).collect())
}
