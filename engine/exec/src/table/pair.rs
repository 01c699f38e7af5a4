//! Expressions over pairs of an event and a row of a table: what they read is gathered into columns of their own, in an arena
//! of their own, so that a walk over a large table takes no room of the frame's.

use riddhi_batch::{Arena, Column, Kind, Sel};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::registry::{Failed, Volatility};

use super::{Assigned, Table};
use crate::expr::{Program, Rows, Scratch, Source};

/// Pairs that are looked at together.
pub(super) const BLOCK: usize = 1024;

/// Expressions compiled over the event's attributes and, behind them, the table's columns.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    programs: Vec<Program>,
    volatility: Option<Volatility>,
    /// Attributes of the event that they read.
    event: Vec<u32>,
    /// Results of aggregates that they read.
    computed: Vec<u32>,
    /// Columns of the table that they read.
    columns: Vec<u32>,
    /// Place of the first column.
    first: u32,
    kinds: Vec<Kind>,
    computed_kinds: Vec<Kind>,
}

/// The pairs in hand.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    n: usize,
    /// Number of the first event.
    serial: u64,
    cols: Vec<Column>,
    computed: Vec<Column>,
    places: Vec<u32>,
    ts: Vec<i64>,
    now: Vec<i64>,
    pub arena: Arena,
}

impl Pairing {
    pub(super) fn compile(expressions: &[&Expr]) -> Pairing {
        let mut all = Pairing::default();
        for expr in expressions {
            expr.visit(&mut |e| {
                if let Node::Attr(a) = e.node {
                    all.first = all.first.max(a + 1);
                }
            });
        }
        let first = all.first;
        for expr in expressions {
            let mut flat = (*expr).clone();
            flat.visit_mut(&mut |e| match e.node {
                Node::Attr(a) => note(&mut all.event, &mut all.kinds, a, a, e.kind),
                Node::Aggregate(a) => note(&mut all.computed, &mut all.computed_kinds, a, a, e.kind),
                Node::Column(c) => {
                    note(&mut all.columns, &mut all.kinds, c, first + c, e.kind);
                    e.node = Node::Attr(first + c);
                }
                _ => {}
            });
            all.programs.push(Program::compile(&flat));
        }
        all.volatility = all.programs.iter().map(Program::volatility).max();
        all
    }

    pub(super) fn pairs(&self) -> Pairs {
        Pairs {
            cols: self.kinds.iter().map(|&k| Column::new(k)).collect(),
            computed: self.computed_kinds.iter().map(|&k| Column::new(k)).collect(),
            ..Pairs::default()
        }
    }

    /// How many pairs may be looked at together: random values are drawn pair by pair.
    pub(super) fn block(&self) -> usize {
        if self.volatility == Some(Volatility::Random) { 1 } else { BLOCK }
    }

    /// The kind of a result.
    pub(super) fn kind(&self, number: usize) -> Kind {
        self.programs[number].kind()
    }
}

impl Pairs {
    /// Takes pairs of event numbers and rows.
    pub(super) fn fill(
        &mut self,
        code: &Pairing,
        table: &Table,
        rows: &Rows<'_>,
        arena: &Arena,
        (events, slots): (&[u32], &[u32]),
    ) {
        let n = slots.len();
        self.n = n;
        self.serial = rows.serial + events.first().map_or(0, |&e| u64::from(e));
        self.arena.clear();
        let ours = &mut self.arena;
        let mut fill = |to: &mut Column, from: &Column, sel: Sel<'_>, theirs: &Arena| {
            to.clear();
            to.append_from(from, sel, n, theirs, ours);
        };
        self.places.clear();
        self.places.extend(events.iter().map(|&e| rows.input.sel.at(e as usize) as u32));
        for &a in &code.event {
            fill(&mut self.cols[a as usize], &rows.input.cols[a as usize], Sel::Rows(&self.places), arena);
        }
        for &c in &code.columns {
            let to = &mut self.cols[(code.first + c) as usize];
            fill(to, &table.cols()[c as usize], Sel::Rows(slots), table.arena());
        }
        if !code.computed.is_empty() {
            self.places.clear();
            self.places.extend(events.iter().map(|&e| rows.computed.sel.at(e as usize) as u32));
            for &a in &code.computed {
                let from = &rows.computed.cols[a as usize];
                fill(&mut self.computed[a as usize], from, Sel::Rows(&self.places), arena);
            }
        }
        self.ts.clear();
        self.now.clear();
        if code.volatility >= Some(Volatility::RowTime) {
            self.ts.extend(events.iter().filter_map(|&e| rows.ts.get(e as usize)));
            self.now.extend(events.iter().filter_map(|&e| rows.now.get(e as usize)));
        }
    }

    fn rows(&self, seed: u64) -> Rows<'_> {
        Rows {
            n: self.n,
            input: Source { cols: &self.cols, sel: Sel::From(0) },
            computed: Source { cols: &self.computed, sel: Sel::From(0) },
            ts: &self.ts,
            now: &self.now,
            serial: self.serial,
            seed,
        }
    }

    /// Puts the numbers of the pairs for which the only expression holds into `hits`.
    pub(super) fn select(
        &mut self,
        code: &Pairing,
        rows: &Rows<'_>,
        scratch: &mut Scratch,
        hits: &mut Vec<u32>,
        failed: &mut Failed,
    ) {
        let mut arena = std::mem::take(&mut self.arena);
        code.programs[0].select(&self.rows(rows.seed), &mut arena, scratch, hits, failed);
        self.arena = arena;
    }

    /// Computes an expression for all pairs.
    pub(super) fn eval(
        &mut self,
        code: &Pairing,
        number: usize,
        seed: u64,
        scratch: &mut Scratch,
        out: &mut Column,
        failed: &mut Failed,
    ) {
        let mut arena = std::mem::take(&mut self.arena);
        out.clear();
        code.programs[number].eval(&self.rows(seed), &mut arena, scratch, out, failed);
        self.arena = arena;
    }

    /// Later expressions see these values, whose strings lie in the pairs' own arena if `own`, in a column of the table.
    pub(super) fn assign(&mut self, code: &Pairing, set: &Assigned<'_>, own: bool) {
        if !code.columns.contains(&set.column) {
            return;
        }
        let column = &mut self.cols[(code.first + set.column) as usize];
        if own && column.kind() == set.values.kind() {
            column.clear();
            return (0..self.n).for_each(|i| column.push_from(set.values, set.at(i)));
        }
        for i in 0..self.n {
            if own {
                let value = set.values.value(set.at(i), &self.arena);
                let mut one = Column::new(set.values.kind());
                let mut strings = Arena::new();
                one.push_value(&value, &mut strings);
                column.put_from(i, &one, 0, &strings, &mut self.arena);
            } else {
                column.put_from(i, set.values, set.at(i), set.arena, &mut self.arena);
            }
        }
    }
}

/// Notes that the place is read, of which kind it is.
fn note(used: &mut Vec<u32>, kinds: &mut Vec<Kind>, number: u32, place: u32, kind: Kind) {
    if !used.contains(&number) {
        used.push(number);
    }
    while kinds.len() <= place as usize {
        kinds.push(Kind::I32);
    }
    kinds[place as usize] = kind;
}
