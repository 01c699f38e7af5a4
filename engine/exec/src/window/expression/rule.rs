//! A condition at work: its aggregates, and the one-row columns in which the rows that it looks at stand together.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Data, Kind, LoadError, Reader, Sel, Writer};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::logical::AggregatePlan;
use riddhi_plan::registry::{
    Aggregate, Condition, Entering, Failed, SLOTS, Signal, SignalKind, Signals, Times, WindowScope,
};

use crate::expr::{Program, Rows, Scratch};

/// Timestamp that a condition's own row has, being of three rows.
const NO_TIME: i64 = -1;

/// Where a condition comes from.
#[derive(Clone)]
pub(super) enum Source {
    /// The app's text.
    Constant {
        /// As written.
        text: String,
        condition: Arc<Condition>,
        /// Attributes of a row.
        attributes: usize,
    },
    /// An attribute of each row.
    Attribute { attribute: u32, scope: Arc<WindowScope> },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Constant { text, .. } => write!(f, "'{text}'"),
            Source::Attribute { attribute, scope } => match scope.name(*attribute) {
                "" => f.write_str("computed"),
                name => f.write_str(name),
            },
        }
    }
}

impl Source {
    /// The attribute that holds the text.
    pub(super) fn attribute(&self) -> Option<u32> {
        if let Source::Attribute { attribute, .. } = self { Some(*attribute) } else { None }
    }

    /// Attributes that a condition may look at.
    pub(super) fn attributes(&self) -> Vec<u32> {
        match self {
            Source::Attribute { scope, .. } => (0..scope.schema().attributes.len() as u32).collect(),
            Source::Constant { condition, attributes, .. } => {
                let n = *attributes as u32;
                let of_rows = used(condition).into_iter().filter(|&a| a < SLOTS as u32 * n);
                let mut used: Vec<u32> = of_rows.map(|a| a % n).collect();
                used.sort_unstable();
                used.dedup();
                used
            }
        }
    }
}

/// All expressions of a condition.
fn expressions(condition: &Condition) -> impl Iterator<Item = &Expr> {
    std::iter::once(&condition.expr).chain(AggregatePlan::expressions(&condition.aggregates))
}

/// Attributes that a condition uses, each once.
fn used(condition: &Condition) -> Vec<u32> {
    let mut used = Vec::new();
    for expr in expressions(condition) {
        expr.visit(&mut |e| match e.node {
            Node::Attr(a) if !used.contains(&a) => used.push(a),
            _ => {}
        });
    }
    used
}

/// A row, and the timestamp it got when it left.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub row: u64,
    pub stamp: Option<i64>,
}

impl From<u64> for At {
    fn from(row: u64) -> At {
        At { row, stamp: None }
    }
}

/// An aggregate of a condition.
struct Running {
    arg: Option<(Program, Kind)>,
    when: Option<Program>,
    state: Box<dyn Aggregate>,
}

/// A condition compiled, and what it remembers.
struct Compiled {
    condition: Program,
    running: Vec<Running>,
    results: Vec<Column>,
    /// Of each attribute: its slot, the row's attribute (none: its timestamp) and its column.
    used: Vec<(usize, Option<u32>, usize)>,
    columns: Vec<Column>,
}

impl Compiled {
    fn new(condition: &Condition, attributes: usize) -> Compiled {
        let aggregates = &condition.aggregates;
        let used = used(condition);
        let all = SLOTS * attributes;
        let mut columns: Vec<Column> = (0..all + SLOTS).map(|_| Column::new(Kind::I64)).collect();
        for expr in expressions(condition) {
            expr.visit(&mut |e| {
                if let Node::Attr(a) = e.node {
                    columns[a as usize] = Column::new(e.kind);
                }
            });
        }
        let of = |a: u32| match a as usize {
            a if a < all => (a / attributes, Some((a % attributes) as u32), a),
            a => (a - all, None, a),
        };
        Compiled {
            condition: Program::compile(&condition.expr),
            running: aggregates
                .iter()
                .map(|a| Running {
                    arg: a.arg.as_ref().map(|arg| (Program::compile(arg), arg.ty.kind())),
                    when: a.when.as_ref().map(Program::compile),
                    state: (a.function.create)(),
                })
                .collect(),
            results: aggregates.iter().map(|a| Column::new(a.function.kind)).collect(),
            used: used.into_iter().map(of).collect(),
            columns,
        }
    }
}

/// A window's condition.
pub(super) struct Rule {
    source: Source,
    /// The latest text, if it comes from an attribute.
    text: String,
    /// The text that the condition was made of.
    made_of: String,
    compiled: Option<Compiled>,
    arena: Arena,
    scratch: Scratch,
    failed: Failed,
    hits: Vec<u32>,
    argument: Option<Column>,
}

impl Rule {
    pub(super) fn new(source: &Source) -> Rule {
        let compiled = match source {
            Source::Constant { condition, attributes, .. } => Some(Compiled::new(condition, *attributes)),
            Source::Attribute { .. } => None,
        };
        Rule {
            source: source.clone(),
            text: String::new(),
            made_of: String::new(),
            compiled,
            arena: Arena::new(),
            scratch: Scratch::default(),
            failed: Failed::default(),
            hits: Vec::new(),
            argument: None,
        }
    }

    /// Takes over the text of the i-th row; whether the condition is a new one. A text that is no condition leaves the old.
    pub(super) fn renewed(&mut self, rows: &Entering<'_>, i: usize) -> bool {
        let Source::Attribute { attribute, scope } = &self.source else { return false };
        let Data::Str(texts) = &rows.cols[*attribute as usize].data else { return false };
        let text = texts[rows.place(i)];
        let text = text.text(rows.arena);
        if text == self.text {
            return false;
        }
        self.text.clear();
        self.text.push_str(text);
        let Ok(condition) = scope.condition(text) else { return false };
        self.compiled = Some(Compiled::new(&condition, scope.schema().attributes.len()));
        self.made_of.clone_from(&self.text);
        true
    }

    /// Whether the condition holds; the row under test is taken into the aggregates, or out of them, before that. A condition
    /// that cannot be computed, and one that is not there yet, does not hold.
    pub(super) fn holds(&mut self, kind: SignalKind, slots: [At; SLOTS], now: i64, stored: &dyn Times) -> bool {
        let Some(c) = &mut self.compiled else { return false };
        self.arena.clear();
        for &(slot, attribute, place) in &c.used {
            let (column, at) = (&mut c.columns[place], slots[slot]);
            column.clear();
            match attribute {
                None => column.push_i64(at.stamp.unwrap_or_else(|| stored.time(at.row))),
                Some(attribute) => match stored.cell(at.row, attribute) {
                    Some(cell) => {
                        column.append_from(cell.column, Sel::From(cell.at), 1, cell.arena, &mut self.arena);
                    }
                    None => column.push_null(),
                },
            }
        }
        let input = crate::expr::Source { cols: &c.columns, sel: Sel::From(0) };
        let (ts, now) = ([NO_TIME], [now]);
        c.results.iter_mut().for_each(Column::clear);
        for (i, running) in c.running.iter_mut().enumerate() {
            let (before, results) = c.results.split_at_mut(i);
            let computed = crate::expr::Source { cols: before, sel: Sel::From(0) };
            let rows = Rows { n: 1, input, computed, ts: &ts, now: &now, serial: 0, seed: 0 };
            self.failed.clear();
            self.argument = running.arg.as_ref().map(|(program, kind)| {
                let mut column = self.argument.take().filter(|c| c.kind() == program.kind());
                let mut column = column.take().unwrap_or_else(|| Column::new(program.kind()));
                column.clear();
                program.eval(&rows, &mut self.arena, &mut self.scratch, &mut column, &mut self.failed);
                if running.state.exact() {
                    crate::query::exact_column(column, *kind, &mut self.arena, &mut self.failed)
                } else {
                    column
                }
            });
            let mut skip = self.failed.is(0);
            if let Some(when) = &running.when {
                self.hits.clear();
                when.select(&rows, &mut self.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
                skip |= self.hits.is_empty();
            }
            // What is not looked at is not reset either.
            let kind = if skip { SignalKind::Current } else { kind };
            let (list, failed) = ([Signal { kind, group: 0, row: slots[0].row }], [skip as u8]);
            let signals = Signals { list: &list, arg: self.argument.as_ref(), failed: &failed, arena: &self.arena };
            running.state.signals(&signals, &mut results[0]);
            running.state.settle(&mut results[0], &mut self.arena);
        }
        let computed = crate::expr::Source { cols: &c.results, sel: Sel::From(0) };
        let rows = Rows { n: 1, input, computed, ts: &ts, now: &now, serial: 0, seed: 0 };
        self.hits.clear();
        self.failed.clear();
        c.condition.select(&rows, &mut self.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
        !self.hits.is_empty()
    }

    pub(super) fn save(&self, out: &mut Writer) {
        out.put_bytes(self.text.as_bytes());
        out.put_bytes(self.made_of.as_bytes());
        out.put_bool(self.compiled.is_some());
        self.compiled.iter().flat_map(|c| &c.running).for_each(|r| r.state.save(0, out));
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        let mut text = || match std::str::from_utf8(from.get_bytes()?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(LoadError::new("an expression is no text")),
        };
        (self.text, self.made_of) = (text()?, text()?);
        let compiled = from.get_bool()?;
        if let Source::Attribute { scope, .. } = &self.source {
            self.compiled = None;
            if compiled {
                let condition = scope.condition(&self.made_of).map_err(LoadError::new)?;
                self.compiled = Some(Compiled::new(&condition, scope.schema().attributes.len()));
            }
        }
        let running = self.compiled.iter_mut().flat_map(|c| &mut c.running);
        running.into_iter().try_for_each(|r| r.state.load(0, from))
    }
}
