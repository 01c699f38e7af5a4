//! Java's regular expressions, by way of engines that know another dialect.
//!
//! A pattern is [translated](translate) first. What needs no look at the text around and no memory runs in linear time; the rest
//! by backtracking, with a bound.

mod class;
mod quick;
mod table;
mod translate;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use riddhi_batch::Value;
use riddhi_plan::registry::{ArgError, ArgType, RowFailure};

use super::rowwise::{Row, shown};
pub(super) use quick::{Quick, TEXT_MAX, each_tested};
use table::Table;

/// Steps back that one search may take; then its row fails.
const BACKTRACKS: usize = 1_000_000;
/// Patterns out of events that a thread keeps compiled.
const KEPT: usize = 32;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    usual: Programs,
    /// For texts that end with the end of a line, where `$` stands before it too.
    line_end: Option<Programs>,
    groups: usize,
    names: Vec<(String, usize)>,
}

/// One translated pattern, compiled for each way of asking when first asked.
#[derive(Debug)]
struct Programs {
    text: String,
    backtracks: bool,
    find: Program,
    front: OnceLock<Result<Program, String>>,
    full: OnceLock<Result<Program, String>>,
}

#[derive(Debug)]
enum Program {
    /// With the table that short texts are looked up in, made when first asked for.
    Linear(regex::Regex, OnceLock<Option<Box<Table>>>),
    Backtracking(fancy_regex::Regex),
}

/// Where the groups of a match stand; group 0 is all of it.
pub(crate) struct Found(Vec<Option<Range<usize>>>);

impl Found {
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        self.0.get(group).cloned().flatten()
    }

    /// All of the match.
    pub fn all(&self) -> Range<usize> {
        self.get(0).unwrap_or(0..0)
    }
}

impl Program {
    fn new(text: &str, backtracks: bool) -> Result<Program, String> {
        if backtracks {
            let built = fancy_regex::RegexBuilder::new(text).backtrack_limit(BACKTRACKS).build();
            return built.map(Program::Backtracking).map_err(|e| e.to_string());
        }
        regex::Regex::new(text).map(|regex| Program::Linear(regex, OnceLock::new())).map_err(|e| e.to_string())
    }

    /// The table for short texts, if it is small.
    fn table(&self) -> Option<&Table> {
        let Program::Linear(regex, table) = self else { return None };
        table.get_or_init(|| Table::new(regex.as_str()).map(Box::new)).as_deref()
    }

    fn holds(&self, text: &str, at: usize) -> Result<bool, RowFailure> {
        match self {
            Program::Linear(regex, _) => Ok(regex.is_match_at(text, at)),
            Program::Backtracking(regex) => Ok(regex.find_from_pos(text, at).map_err(gave_up)?.is_some()),
        }
    }

    fn captures(&self, text: &str, at: usize) -> Result<Option<Found>, RowFailure> {
        match self {
            Program::Linear(regex, _) => {
                let found = regex.captures_at(text, at);
                Ok(found.map(|c| Found(c.iter().map(|g| g.map(|g| g.range())).collect())))
            }
            Program::Backtracking(regex) => {
                let found = regex.captures_from_pos(text, at).map_err(gave_up)?;
                Ok(found.map(|c| Found((0..c.len()).map(|g| c.get(g).map(|g| g.range())).collect())))
            }
        }
    }
}

#[cold]
fn gave_up(error: fancy_regex::Error) -> RowFailure {
    RowFailure::new(format!("the pattern gave up: {error}"))
}

impl Programs {
    fn new(text: String, backtracks: bool) -> Result<Programs, String> {
        let find = Program::new(&text, backtracks)?;
        Ok(Programs { text, backtracks, find, front: OnceLock::new(), full: OnceLock::new() })
    }

    fn other<'a>(&self, cell: &'a OnceLock<Result<Program, String>>, end: &str) -> Result<&'a Program, RowFailure> {
        let made = cell.get_or_init(|| Program::new(&format!(r"\A(?:{}){end}", self.text), self.backtracks));
        made.as_ref().map_err(RowFailure::new)
    }
}

impl Pattern {
    /// Compiles a pattern of Java's; what is wrong with it otherwise.
    pub fn new(java: &str) -> Result<Pattern, String> {
        let usual = translate::translate(java, false)?;
        let line_end = match usual.line_end {
            false => None,
            true => Some(Programs::new(translate::translate(java, true)?.text, true)?),
        };
        let (groups, names) = (usual.groups, usual.names);
        Ok(Pattern { usual: Programs::new(usual.text, usual.backtracks)?, line_end, groups, names })
    }

    fn programs(&self, text: &str) -> &Programs {
        match &self.line_end {
            Some(programs) if text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) => programs,
            _ => &self.usual,
        }
    }

    /// How many groups it has, without the whole.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The number of a group that has a name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
    }

    fn quick<'a>(&'a self, program: &'a Program) -> Option<Quick<'a>> {
        Some(Quick { table: program.table()?, line_end: self.line_end.is_some() })
    }

    /// What finds it in short texts, if it is small.
    pub(super) fn quick_find(&self) -> Option<Quick<'_>> {
        self.quick(&self.usual.find)
    }

    /// What tells whether it is all of a short text, if it is small.
    pub(super) fn quick_full(&self) -> Option<Quick<'_>> {
        self.quick(self.usual.other(&self.usual.full, r"\z").ok()?)
    }

    /// What tells whether a short text begins with it, if it is small.
    pub(super) fn quick_front(&self) -> Option<Quick<'_>> {
        self.quick(self.usual.other(&self.usual.front, "").ok()?)
    }

    /// Whether it is found from `at` on.
    pub fn find_at(&self, text: &str, at: usize) -> Result<bool, RowFailure> {
        self.programs(text).find.holds(text, at)
    }

    /// Whether it is the whole text.
    pub fn matches(&self, text: &str) -> Result<bool, RowFailure> {
        let programs = self.programs(text);
        programs.other(&programs.full, r"\z")?.holds(text, 0)
    }

    /// Whether the text begins with it.
    pub fn looking_at(&self, text: &str) -> Result<bool, RowFailure> {
        let programs = self.programs(text);
        programs.other(&programs.front, "")?.holds(text, 0)
    }

    /// The first match.
    pub fn captures(&self, text: &str) -> Result<Option<Found>, RowFailure> {
        self.captures_at(text, 0)
    }

    fn captures_at(&self, text: &str, at: usize) -> Result<Option<Found>, RowFailure> {
        self.programs(text).find.captures(text, at)
    }

    /// Calls `each` for every match in turn, as long as it says so. An empty match right behind another counts.
    pub fn every(
        &self,
        text: &str,
        mut each: impl FnMut(&Found) -> Result<bool, RowFailure>,
    ) -> Result<(), RowFailure> {
        let mut at = 0;
        while at <= text.len() {
            let Some(found) = self.captures_at(text, at)? else { return Ok(()) };
            if !each(&found)? {
                return Ok(());
            }
            let Range { start, end } = found.all();
            at = end;
            if start == end {
                at += text[end..].chars().next().map_or(1, char::len_utf8);
            }
        }
        Ok(())
    }
}

/// Where a call's pattern comes from.
#[derive(Clone)]
pub(in crate::functions) enum Pick {
    Constant(Arc<Pattern>),
    Argument(usize),
}

/// The pattern that argument `k` gives; a constant is compiled here.
pub(in crate::functions) fn pick(args: &[ArgType], k: usize) -> Result<Pick, ArgError> {
    match &args[k].constant {
        Some(Value::Str(text)) => match Pattern::new(text) {
            Ok(pattern) => Ok(Pick::Constant(Arc::new(pattern))),
            Err(why) => {
                let message = format!("{} is no pattern: {why}", shown(text));
                Err(ArgError::at(k, message, "write a regular expression of Java's"))
            }
        },
        _ => Ok(Pick::Argument(k)),
    }
}

thread_local! {
    /// Patterns out of events, the last used first.
    static CACHE: RefCell<Vec<(Box<str>, Rc<Pattern>)>> = const { RefCell::new(Vec::new()) };
}

fn cached(text: &str) -> Result<Rc<Pattern>, RowFailure> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(at) = cache.iter().position(|(known, _)| **known == *text) {
            cache[..=at].rotate_right(1);
            return Ok(cache[0].1.clone());
        }
        let pattern = Pattern::new(text)
            .map_err(|why| RowFailure::new(format!("{} is no pattern: {}", shown(text), first_line(&why))))?;
        let pattern = Rc::new(pattern);
        cache.truncate(KEPT - 1);
        cache.insert(0, (text.into(), pattern.clone()));
        Ok(pattern)
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

impl Pick {
    /// The pattern of all rows, if it is known.
    pub fn constant(&self) -> Option<&Pattern> {
        match self {
            Pick::Constant(pattern) => Some(pattern),
            Pick::Argument(_) => None,
        }
    }

    /// Hands the row's pattern over; fails if it is null or no pattern.
    pub fn with<T>(
        &self,
        row: &Row<'_>,
        take: impl FnOnce(&Pattern) -> Result<T, RowFailure>,
    ) -> Result<T, RowFailure> {
        match self {
            Pick::Constant(pattern) => take(pattern),
            Pick::Argument(k) => take(&*cached(&row.some_text(*k)?)?),
        }
    }
}

#[cfg(test)]
mod tests;
