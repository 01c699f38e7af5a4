//! Puts pairs together to rows that the selection can look at, column by column.

use riddhi_batch::{Chunk, Column, Columns, Flow, Sel};
use riddhi_plan::registry::{Failed, SignalKind};

use super::Turn;
use super::code::{Carried, JoinCode, What};
use super::side::Side;
use super::sweep::{Probe, Sweep};
use crate::expr::{Program, Rows, Scratch, Source};
use crate::query::{Cx, Failure, kind};
use crate::store::NO_ROW;

/// Pairs of rows, and what becomes of them.
#[derive(Debug)]
pub struct Pairs {
    /// Joined rows.
    pub joined: Flow,
    /// Columns that a condition looks at.
    tested: Columns,
    /// Per pair: the rows of the left and of the right side.
    rows: [Vec<u64>; 2],
    /// Per pair: the event that found it.
    probe: Vec<u32>,
    ts: Vec<i64>,
    now: Vec<i64>,
    hits: Vec<u32>,
    failed: Failed,
    scratch: Scratch,
    /// Pairs looked at so far, for random values.
    pub serial: u64,
}

impl Pairs {
    /// No pairs.
    pub fn new(code: &JoinCode) -> Pairs {
        Pairs {
            joined: Flow::of(&code.schema),
            tested: Columns::of(&code.schema),
            rows: Default::default(),
            probe: Vec::new(),
            ts: Vec::new(),
            now: Vec::new(),
            hits: Vec::new(),
            failed: Failed::default(),
            scratch: Scratch::default(),
            serial: 0,
        }
    }

    /// Makes rows of all that was found.
    pub fn put_together(
        &mut self,
        code: &JoinCode,
        sides: &[Side; 2],
        sweep: &mut Sweep,
        turns: &[Turn],
        cx: &mut Cx<'_>,
    ) {
        self.joined.clear();
        let condition = if sweep.inexact { &code.on } else { &code.rest };
        if let Some((program, carried)) = condition {
            self.test(code, (program, carried), sides, sweep, turns, cx);
        }
        self.rows.iter_mut().for_each(Vec::clear);
        self.probe.clear();
        let mut from = 0;
        for (number, probe) in sweep.probes.iter().enumerate() {
            self.add(code, probe, &sweep.found[from..probe.end as usize], (number as u32, turns[probe.turn as usize]));
            from = probe.end as usize;
        }
        let Pairs { joined, rows, probe, .. } = self;
        joined.rows.ts.extend(probe.iter().map(|&p| sweep.probes[p as usize].ts));
        carry(&code.selected, sides, rows, (probe, &sweep.probes), &mut joined.rows.cols, cx);
    }

    /// The rows of one event.
    fn add(&mut self, code: &JoinCode, probe: &Probe, found: &[u64], (number, turn): (u32, Turn)) {
        let first = self.probe.len();
        let (own, other) = (probe.side as usize, 1 - probe.side as usize);
        if probe.kind == SignalKind::Reset {
            self.rows.iter_mut().for_each(|rows| rows.push(NO_ROW));
        } else if found.is_empty() {
            if !code.sides[own].outer {
                return;
            }
            self.rows[own].push(probe.row);
            self.rows[other].push(NO_ROW);
        } else {
            self.rows[own].resize(first + found.len(), probe.row);
            self.rows[other].extend_from_slice(found);
        }
        let n = self.rows[own].len() - first;
        self.probe.resize(first + n, number);
        let of = match probe.kind {
            SignalKind::Current => kind::CURRENT,
            SignalKind::Expired => kind::EXPIRED,
            _ => kind::RESET,
        };
        self.joined.kinds.resize(first + n, of);
        match self.joined.chunks.last_mut() {
            Some(last) if !code.by_event && last.cause == probe.turn => last.rows += n as u32,
            _ => {
                let chunk = Chunk { step: turn.step, cause: probe.turn, first: first as u32, rows: n as u32 };
                self.joined.chunks.push(chunk);
            }
        }
    }

    /// Keeps the pairs for which the condition holds.
    fn test(
        &mut self,
        code: &JoinCode,
        (program, carried): (&Program, &[Carried]),
        sides: &[Side; 2],
        sweep: &mut Sweep,
        turns: &[Turn],
        cx: &mut Cx<'_>,
    ) {
        self.rows.iter_mut().for_each(Vec::clear);
        self.probe.clear();
        let mut from = 0;
        for (number, probe) in sweep.probes.iter().enumerate() {
            let found = &sweep.found[from..probe.end as usize];
            let (own, other) = (probe.side as usize, 1 - probe.side as usize);
            self.rows[own].resize(from + found.len(), probe.row);
            self.rows[other].extend_from_slice(found);
            self.probe.resize(from + found.len(), number as u32);
            from = probe.end as usize;
        }
        let n = self.probe.len();
        if n == 0 {
            return;
        }
        self.tested.clear();
        carry(carried, sides, &self.rows, (&self.probe, &sweep.probes), &mut self.tested.cols, cx);
        let of = |p: &u32| &sweep.probes[*p as usize];
        self.ts.clear();
        self.ts.extend(self.probe.iter().map(|p| of(p).ts));
        self.now.clear();
        self.now.extend(self.probe.iter().map(|p| cx.steps.now(turns[of(p).turn as usize].step)));
        let rows = Rows {
            n,
            input: Source { cols: &self.tested.cols, sel: Sel::From(0) },
            computed: Source::NONE,
            ts: &self.ts,
            now: &self.now,
            serial: self.serial,
            seed: code.seed,
        };
        self.hits.clear();
        self.failed.clear();
        std::mem::swap(&mut self.scratch.tables, &mut cx.shared.tables);
        program.select(&rows, cx.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
        std::mem::swap(&mut self.scratch.tables, &mut cx.shared.tables);
        self.serial += n as u64;
        if !self.failed.is_empty() {
            let first = self.failed.rows.iter().position(|&f| f != 0).unwrap_or(0);
            let rows = self.failed.rows.iter().filter(|&&f| f != 0).count() as u64;
            let reason = self.failed.reason.as_ref().map(|r| r.to_string()).unwrap_or_default();
            let step = turns[of(&self.probe[first]).turn as usize].step;
            cx.failures.push(Failure { query: code.element, step, rows, reason });
        }
        // Hits rise, so what was found can be moved down in place.
        let (mut hits, mut to) = (self.hits.iter().peekable(), 0);
        for probe in &mut sweep.probes {
            while let Some(&hit) = hits.next_if(|&&hit| hit < probe.end) {
                sweep.found[to] = sweep.found[hit as usize];
                to += 1;
            }
            probe.end = to as u32;
        }
        sweep.found.truncate(to);
    }
}

/// Fills the columns of pairs that are looked at.
fn carry(
    carried: &[Carried],
    sides: &[Side; 2],
    rows: &[Vec<u64>; 2],
    (probe, probes): (&[u32], &[Probe]),
    out: &mut [Column],
    cx: &mut Cx<'_>,
) {
    for Carried { to, side, what } in carried {
        match what {
            What::Column(column) => sides[*side].take(*column, &rows[*side], &mut out[*to], cx.arena),
            What::Time => {
                for (&row, &p) in rows[*side].iter().zip(probe) {
                    match row {
                        NO_ROW => out[*to].push_null(),
                        _ if probes[p as usize].side as usize == *side => out[*to].push_i64(probes[p as usize].ts),
                        row => out[*to].push_i64(sides[*side].time(row)),
                    }
                }
            }
        }
    }
}
