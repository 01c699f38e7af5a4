//! Puts pairs together to rows that the selection can look at, column by column.

use riddhi_batch::{Chunk, Column, Columns, Flow, Sel};
use riddhi_plan::registry::{Failed, SignalKind};

use super::buckets::Buckets;
use super::code::{Carried, JoinCode, TableCode, What};
use super::side::{Side, take_slots};
use super::sweep::{Probe, Sweep, too_many};
use super::{JOIN_ROWS_PER_EVENT_MAX, PAIRS_MAX, Turn, event_of, faults_of};
use crate::expr::{Program, Rows, Scratch};
use crate::query::{Cx, Failure};
use crate::steps::Steps;
use crate::store::NO_ROW;
use crate::table::Found;

/// Events for which an aggregation is asked at once.
const EVENTS_MAX: usize = 1 << 12;

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
    /// Of a join with a table: what its look-up gave, and the events' attributes that it looked at.
    found: Found,
    events: Vec<Column>,
    /// Of a join with an aggregation: what it had.
    buckets: Buckets,
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
            found: code.table.as_ref().map_or_else(Found::default, |t| t.finder.found()),
            events: code.table.iter().flat_map(|t| &t.kinds).map(|&kind| Column::new(kind)).collect(),
            buckets: Buckets::default(),
            serial: 0,
        }
    }

    /// The event that found the pair that is row `row` of those joined.
    pub fn probe_of(&self, row: u32) -> usize {
        self.probe[row as usize] as usize
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
        if let Some(table) = &code.table {
            self.look_up(code, table, sides, sweep, turns, cx);
        }
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
        carry(code, &code.selected, sides, rows, (probe, &sweep.probes), &mut joined.rows.cols, &self.buckets, cx);
    }

    /// Looks the rows of all events up in the table.
    fn look_up(
        &mut self,
        code: &JoinCode,
        table: &TableCode,
        sides: &[Side; 2],
        sweep: &mut Sweep,
        turns: &[Turn],
        cx: &mut Cx<'_>,
    ) {
        self.probe.clear();
        let asks = (0..sweep.probes.len() as u32).filter(|&p| sweep.probes[p as usize].kind != SignalKind::Reset);
        self.probe.extend(asks);
        self.buckets.clear();
        let most = match &table.buckets {
            // So many events may ask for different ranges.
            Some(_) => EVENTS_MAX,
            None if table.finder.is_key(&cx.shared.tables[table.number]) => usize::MAX,
            None => PAIRS_MAX / cx.shared.tables[table.number].len().max(1),
        };
        let own = 1 - table.side;
        let (mut from, mut next) = (0, 0);
        while from < self.probe.len() {
            let to = self.probe.len().min(from.saturating_add(most.max(1)));
            let asked = &self.probe[from..to];
            let of = |p: &u32| &sweep.probes[*p as usize];
            self.rows[own].clear();
            self.rows[own].extend(asked.iter().map(|p| of(p).row));
            self.rows[table.side].clear();
            self.rows[table.side].resize(asked.len(), NO_ROW);
            self.events.iter_mut().for_each(Column::clear);
            carry(code, &table.carried, sides, &self.rows, (asked, &sweep.probes), &mut self.events, &self.buckets, cx);
            let (serial, seed) = (self.serial, code.seed);
            note_times(asked.iter().map(of), turns, cx.steps, (&mut self.ts, &mut self.now));
            let rows = Rows::of(&self.events, Sel::From(0), asked.len());
            let rows = Rows { ts: &self.ts, now: &self.now, serial, seed, ..rows };
            match &table.buckets {
                Some(asks) => self.buckets.find(asks, &table.finder, &rows, cx, &mut self.found),
                None => table.finder.find(&mut cx.shared.tables[table.number], &rows, cx.arena, &mut self.found),
            }
            self.serial += asked.len() as u64;
            for (i, &p) in asked.iter().enumerate() {
                let step = turns[sweep.probes[p as usize].turn as usize].step;
                if self.found.failed.is(i) {
                    let reason = self.found.failed.why_of(i);
                    note(code, sides, turns, &sweep.probes[p as usize], cx, &reason);
                    cx.failures.push(Failure { query: code.element, step, rows: 1, reason });
                    sweep.probes[p as usize].lost = table.buckets.is_some();
                }
                let mut slots = self.found.of(i);
                if slots.len() > JOIN_ROWS_PER_EVENT_MAX {
                    slots = &slots[..JOIN_ROWS_PER_EVENT_MAX];
                    cx.failures.push(too_many(code.element, step));
                }
                // Probes between are resets, which find nothing.
                let end = sweep.found.len() as u32;
                sweep.probes[next..p as usize].iter_mut().for_each(|probe| probe.end = end);
                let fill = self.buckets.fill_of(i);
                sweep.found.extend(slots.iter().map(|&slot| fill | u64::from(slot)));
                sweep.probes[p as usize].end = sweep.found.len() as u32;
                next = p as usize + 1;
            }
            from = to;
        }
        let end = sweep.found.len() as u32;
        sweep.probes[next..].iter_mut().for_each(|probe| probe.end = end);
    }

    /// The rows of one event.
    fn add(&mut self, code: &JoinCode, probe: &Probe, found: &[u64], (number, turn): (u32, Turn)) {
        let first = self.probe.len();
        let (own, other) = (probe.side as usize, 1 - probe.side as usize);
        if probe.kind == SignalKind::Reset {
            self.rows.iter_mut().for_each(|rows| rows.push(NO_ROW));
        } else if found.is_empty() {
            if probe.lost || !code.sides[own].outer {
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
        self.joined.kinds.resize(first + n, probe.kind as u8);
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
        let probes = (&self.probe[..], &sweep.probes[..]);
        carry(code, carried, sides, &self.rows, probes, &mut self.tested.cols, &self.buckets, cx);
        let of = |p: &u32| &sweep.probes[*p as usize];
        let (serial, seed) = (self.serial, code.seed);
        note_times(self.probe.iter().map(of), turns, cx.steps, (&mut self.ts, &mut self.now));
        let rows = Rows::of(&self.tested.cols, Sel::From(0), n);
        let rows = Rows { ts: &self.ts, now: &self.now, serial, seed, ..rows };
        self.hits.clear();
        self.failed.clear();
        self.scratch.swap_tables(&mut cx.shared.tables);
        program.select(&rows, cx.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
        self.scratch.swap_tables(&mut cx.shared.tables);
        self.serial += n as u64;
        if !self.failed.is_empty() {
            let step = turns[of(&self.probe[self.failed.first()]).turn as usize].step;
            if faults_of(cx, code.element).is_some() {
                for (pair, why) in self.failed.each() {
                    note(code, sides, turns, of(&self.probe[pair]), cx, why);
                }
            }
            cx.failures.push(Failure::of(&self.failed, code.element, step));
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

/// Replaces times and clocks by those of these events.
fn note_times<'a>(
    probes: impl Iterator<Item = &'a Probe>,
    turns: &[Turn],
    steps: &Steps,
    (ts, now): (&mut Vec<i64>, &mut Vec<i64>),
) {
    ts.clear();
    now.clear();
    for probe in probes {
        ts.push(probe.ts);
        now.push(steps.now(turns[probe.turn as usize].step));
    }
}

/// Notes the event that looked for rows as one that failed.
fn note(code: &JoinCode, sides: &[Side; 2], turns: &[Turn], probe: &Probe, cx: &mut Cx<'_>, why: &str) {
    if let Some(faults) = faults_of(cx, code.element)
        && let Some((input, row)) = event_of(code, sides, turns, probe)
    {
        faults.note(input, row, why);
    }
}

/// Fills the columns of pairs that are looked at.
fn carry(
    code: &JoinCode,
    carried: &[Carried],
    sides: &[Side; 2],
    rows: &[Vec<u64>; 2],
    (probe, probes): (&[u32], &[Probe]),
    out: &mut [Column],
    buckets: &Buckets,
    cx: &mut Cx<'_>,
) {
    let of_buckets = code.table.as_ref().filter(|t| t.buckets.is_some()).map(|t| t.side);
    let table = code.table.as_ref().filter(|t| t.buckets.is_none()).map(|t| (t.side, &cx.shared.tables[t.number]));
    for Carried { to, side, what } in carried {
        let table = table.filter(|(at, _)| at == side).map(|(_, table)| table);
        match what {
            What::Column(column) if table.is_some() => {
                table.iter().for_each(|table| take_slots(table, *column, &rows[*side], &mut out[*to], cx.arena));
            }
            What::Column(column) if of_buckets == Some(*side) => {
                buckets.take(*column, &rows[*side], &mut out[*to], cx.arena);
            }
            What::Time if table.is_some() || of_buckets == Some(*side) => {
                // Rows of a table have no time, but they are there.
                rows[*side]
                    .iter()
                    .for_each(|&row| if row == NO_ROW { out[*to].push_null() } else { out[*to].push_i64(-1) });
            }
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
