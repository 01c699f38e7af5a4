//! `@source(type='file')`: lines of files, as they grow or once, or files as messages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io};

use regex::Regex;
use riddhi_batch::{Reader, Writer};
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionType, Payload};

use super::files::{Which, other_scheme, path_of};
use super::records::Records;
use super::tail::{How, Id, Read, Stand, Tail};
use super::{Inlet, Polled, Source};
use crate::registry::{Say, Setting, option};
use crate::trouble::{Trouble, plain};

/// Milliseconds that an option may say at most: a day.
const MILLIS_MAX: u64 = 86_400_000;

const MODES: &[&str] = &["line", "text.full", "regex", "binary.full", "binary.chunked"];

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    use OptionType::{Bool, Number, OneOf, Text};
    ConnectorSpec {
        name: "file",
        options: vec![
            option("dir.uri", Text),
            option("file.uri", Text),
            option("mode", OneOf(MODES)),
            option("tailing", Bool),
            option("action.after.process", OneOf(&["delete", "move", "keep", "none"])),
            option("action.after.failure", OneOf(&["delete", "move", "keep"])),
            option("move.after.process", Text),
            option("move.if.exist.mode", OneOf(&["overwrite", "keep"])),
            option("move.after.failure", Text),
            option("begin.regex", Text),
            option("end.regex", Text),
            option("file.polling.interval", Number(1, MILLIS_MAX)),
            option("dir.polling.interval", Number(1, MILLIS_MAX)),
            option("timeout", Number(0, MILLIS_MAX)),
            option("file.read.wait.timeout", Number(0, MILLIS_MAX)),
            option("header.present", Bool),
            option("header.line.count", Number(1, 1_000_000)),
            option("read.only.header", Bool),
            option("read.only.trailer", Bool),
            option("skip.trailer", Bool),
            option("buffer.size", Number(1, 1 << 30)),
            option("cron.expression", Text),
            option("file.name.pattern", Text),
            option("file.system.options", Text),
        ],
        payload: Payload::Bytes,
        properties: vec!["file.path", "eof"],
        check,
    }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let o = &plan.options;
    let given = |name: &str| o.get(name).is_some();
    let mut found = Vec::new();
    match (given("dir.uri"), given("file.uri")) {
        (true, true) => found.push(OptionProblem::wrong(
            "dir.uri",
            "a `file` source reads `dir.uri` or `file.uri`, not both",
            "leave one of them out",
        )),
        (false, false) => found.push(OptionProblem::whole(
            "a `file` source lacks `file.uri` or `dir.uri`",
            "for example @source(type='file', file.uri='events.jsonl', @map(type='json'))",
        )),
        _ => {}
    }
    for name in ["dir.uri", "file.uri"] {
        if let Some(scheme) = o.text(name).and_then(other_scheme) {
            found.push(OptionProblem::missing(name, format!("Riddhi does not read files by `{scheme}` yet")));
        } else if o.text(name).is_some_and(|uri| path_of(uri).is_empty()) {
            found.push(OptionProblem::wrong(name, format!("`{name}` is empty"), "give a path"));
        }
    }
    let mode = o.word("mode", "line");
    if !matches!(mode.as_str(), "line" | "text.full" | "regex") {
        found.push(OptionProblem::missing(
            "mode",
            format!("Riddhi does not have the mode `{mode}` of file sources yet"),
        ));
    }
    let tail = o.flag("tailing", matches!(mode.as_str(), "line" | "regex"));
    if tail && mode != "line" && mode != "regex" {
        found.push(OptionProblem::wrong(
            "tailing",
            format!("`tailing` does not go with the mode `{mode}`"),
            "leave it out",
        ));
    }
    found.extend(check_marks(plan, &mode));
    for name in ["read.only.header", "read.only.trailer", "skip.trailer", "cron.expression"] {
        if given(name) {
            found.push(OptionProblem::missing(name, format!("Riddhi does not have the option `{name}` yet")));
        }
    }
    if given("file.system.options") {
        found.push(OptionProblem::missing("file.system.options", "Riddhi does not have other file systems yet"));
    }
    found.extend(o.text("file.name.pattern").and_then(|text| no_pattern("file.name.pattern", text)));
    if tail && o.flag("header.present", false) {
        found.push(OptionProblem::wrong(
            "header.present",
            "a header is for files that are read once",
            "set tailing='false'",
        ));
    }
    let after = o.word("action.after.process", if tail { "none" } else { "keep" });
    if tail && matches!(after.as_str(), "move" | "delete") {
        found.push(OptionProblem::wrong(
            "action.after.process",
            "a file that is followed is never done",
            "set tailing='false', or leave the action out",
        ));
    }
    if after == "move" && !given("move.after.process") {
        found.push(OptionProblem::wrong(
            "action.after.process",
            "`move` lacks `move.after.process`",
            "give the folder to move to",
        ));
    }
    found
}

/// The patterns of the mode `regex`.
fn check_marks(plan: &ConnectorPlan, mode: &str) -> Vec<OptionProblem> {
    let mut found = Vec::new();
    let given = |name: &&str| plan.options.get(name).is_some();
    let names = ["begin.regex", "end.regex"];
    if mode == "regex" && !names.iter().any(given) {
        let help = "give `begin.regex`, `end.regex` or both";
        found.push(OptionProblem::wrong("mode", "the mode `regex` lacks the patterns of its messages", help));
    }
    for name in names.into_iter().filter(given) {
        if mode != "regex" {
            let message = format!("`{name}` goes with the mode `regex` only");
            found.push(OptionProblem::wrong(name, message, "set mode='regex', or leave it out"));
            continue;
        }
        let Some(text) = plan.options.text(name) else { continue };
        found.extend(no_pattern(name, text));
        if Regex::new(text).is_ok_and(|pattern| pattern.is_match("")) {
            found.push(OptionProblem::wrong(name, "the pattern marks nothing", "let it match one character at least"));
        }
    }
    found
}

/// What is wrong with a pattern.
fn no_pattern(name: &'static str, text: &str) -> Option<OptionProblem> {
    let text = Regex::new(text).err()?.to_string();
    let last = text.lines().last().unwrap_or_default().trim().to_owned();
    Some(OptionProblem::wrong(name, format!("this is no pattern: {last}"), "see docs/connectors.md"))
}

/// What is done with a file that was read.
enum After {
    Keep,
    Delete,
    Move { folder: PathBuf, overwrite: bool },
}

/// Reads files.
pub struct FileSource {
    which: Which,
    how: How,
    after: After,
    files: Vec<Tail>,
    every: Duration,
    listed: Option<Instant>,
    /// The file that is read next, so that each gets its turn.
    turn: usize,
    trouble: Trouble,
    /// All that was taken lies before this position.
    taken: u64,
    say: Say,
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let o = &plan.options;
    let millis = |name: &str| Duration::from_millis(o.number(name, 1000));
    let which = match (o.text("file.uri"), o.text("dir.uri")) {
        (Some(uri), _) => Which::file(uri),
        (None, dir) => {
            let pattern = o.text("file.name.pattern").and_then(|p| Regex::new(p).ok());
            Which::Folder(PathBuf::from(path_of(dir.unwrap_or("."))), pattern)
        }
    };
    let whole = o.word("mode", "line") == "text.full";
    let how = How {
        tail: !whole && o.flag("tailing", true),
        whole,
        records: Records::new(o.text("begin.regex"), o.text("end.regex")).map(Arc::new),
        header: if o.flag("header.present", false) { o.number("header.line.count", 1) } else { 0 },
        every: millis("file.polling.interval"),
    };
    let after = match o.word("action.after.process", "keep").as_str() {
        "delete" => After::Delete,
        "move" => After::Move {
            folder: PathBuf::from(path_of(o.text("move.after.process").unwrap_or("."))),
            overwrite: o.word("move.if.exist.mode", "overwrite") == "overwrite",
        },
        _ => After::Keep,
    };
    Box::new(FileSource {
        which,
        how,
        after,
        files: Vec::new(),
        every: millis("dir.polling.interval"),
        listed: None,
        turn: 0,
        trouble: Trouble::default(),
        taken: 0,
        say: setting.say.clone(),
    })
}

impl Source for FileSource {
    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        if self.listed.is_none_or(|last| self.which.grows() && last.elapsed() >= self.every) {
            self.list();
        }
        let mut some = false;
        for _ in 0..self.files.len() {
            if to.room() == 0 {
                return Polled::More;
            }
            self.turn = (self.turn + 1) % self.files.len();
            // A file that is read once is read to its end before the next one: by name, not by turns.
            let at = if self.how.tail { self.turn } else { self.first_open() };
            let Some(file) = self.files.get_mut(at) else { break };
            let read = file.read(to);
            some |= read == Read::Some || (read == Read::Done && !self.how.tail);
        }
        if some { Polled::More } else { self.rest() }
    }

    fn taken(&mut self, position: u64) {
        self.taken = position;
    }

    fn accepted(&mut self, position: u64) {
        if matches!(self.after, After::Keep) || position < self.taken {
            return;
        }
        let done: Vec<PathBuf> = self.files.iter().filter(|f| f.is_done()).map(|f| f.path().to_path_buf()).collect();
        for path in done.into_iter().filter(|path| path.exists()) {
            if let Err(e) = put_away(&self.after, &path) {
                self.trouble.tell(format!("cannot put away {}: {}", path.display(), plain(&e)), &self.say);
            }
        }
    }

    fn save(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.put_u32(self.files.len() as u32);
        for stand in self.files.iter().map(Tail::stand) {
            out.put_bytes(stand.path.as_os_str().as_encoded_bytes());
            out.put_i64(stand.id.device as i64);
            out.put_i64(stand.id.inode as i64);
            out.put_i64(stand.offset as i64);
            out.put_i64(stand.line as i64);
            out.put_u8(stand.done as u8);
        }
        out.bytes
    }

    fn restore(&mut self, bytes: &[u8]) {
        match stands(bytes) {
            Some(stands) => {
                let (how, say) = (&self.how, &self.say);
                self.files = stands.into_iter().map(|stand| Tail::new(stand, how.clone(), say.clone())).collect();
            }
            None => (self.say)("warning: the place in the files could not be read; they are read from their beginning"),
        }
    }
}

fn stands(bytes: &[u8]) -> Option<Vec<Stand>> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let mut from = Reader::new(bytes);
    let n = from.get_u32().ok()?;
    let mut all = Vec::new();
    for _ in 0..n {
        let path = PathBuf::from(OsString::from_vec(from.get_bytes().ok()?.to_vec()));
        let mut number = || from.get_i64().ok().map(|x| x as u64);
        let id = Id { device: number()?, inode: number()? };
        let (offset, line) = (number()?, number()?);
        all.push(Stand { path, id, offset, line, done: from.get_u8().ok()? != 0 });
    }
    Some(all)
}

impl FileSource {
    fn first_open(&self) -> usize {
        self.files.iter().position(|f| !f.is_done()).unwrap_or(usize::MAX)
    }

    /// Nothing was there: when to look again.
    fn rest(&self) -> Polled {
        if !self.which.grows() && self.files.iter().all(|f| f.is_done()) {
            return Polled::Ended;
        }
        let now = Instant::now();
        let files = self.files.iter().filter_map(|f| f.again());
        let folder = self.listed.filter(|_| self.which.grows()).map(|last| last + self.every);
        let next = files.chain(folder).min().map_or(self.every, |at| at.saturating_duration_since(now));
        Polled::Nothing(next)
    }

    /// Looks for new files, and forgets those that are gone and were read to their end.
    fn list(&mut self) {
        self.listed = Some(Instant::now());
        let paths = match self.which.list() {
            Ok(paths) => paths,
            Err(e) => {
                let what = match &self.which {
                    Which::Folder(folder, _) => folder.display().to_string(),
                    Which::Glob(pattern) => pattern.clone(),
                    Which::One(path) => path.display().to_string(),
                };
                let trouble = format!("cannot look into {what}: {}; waiting for it", plain(&e));
                return self.trouble.tell(trouble, &self.say);
            }
        };
        if self.trouble.end() {
            (self.say)("note: the folder can be read again");
        }
        if self.which.grows() {
            self.follow_renamed(&paths);
            self.files.retain(|f| !(f.is_done() || f.is_gone()) || paths.iter().any(|p| p == f.path()));
        }
        for path in paths {
            if self.files.iter().any(|f| f.path() == path) {
                continue;
            }
            let stand = Stand { path, line: 1, ..Stand::default() };
            self.files.push(Tail::new(stand, self.how.clone(), self.say.clone()));
        }
        self.files.sort_by(|a, b| a.path().cmp(b.path()));
    }

    /// A file known under a name that is no longer its own is the same file under its new name.
    fn follow_renamed(&mut self, paths: &[PathBuf]) {
        let new: Vec<&PathBuf> = paths.iter().filter(|p| self.files.iter().all(|f| f.path() != p.as_path())).collect();
        for path in new {
            let Ok(id) = Id::of(path) else { continue };
            let known = self.files.iter_mut().find(|f| f.id() == id && Id::of(f.path()).ok() != Some(id));
            if let Some(file) = known {
                file.moved(path.clone());
            }
        }
    }
}

/// Deletes or moves a file that was read.
fn put_away(after: &After, path: &std::path::Path) -> io::Result<()> {
    match after {
        After::Keep => Ok(()),
        After::Delete => fs::remove_file(path),
        After::Move { folder, overwrite } => {
            fs::create_dir_all(folder)?;
            let name = path.file_name().unwrap_or_default();
            let mut to = folder.join(name);
            let mut n = 1;
            while !overwrite && to.exists() {
                to = folder.join(format!("{}.{n}", name.to_string_lossy()));
                n += 1;
            }
            fs::rename(path, to)
        }
    }
}
