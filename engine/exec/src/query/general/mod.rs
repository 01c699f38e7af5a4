//! The general way: a list of signals (rows that arrive, rows that leave, resets), each with all its attributes. What the
//! other ways do in loops of their own is defined here.

use riddhi_batch::{Chunk, Column, Columns, Flow, Sel};
use riddhi_plan::logical::Kinds;
use riddhi_plan::registry::{
    Alike, Flush, Form, Signal, SignalKind, Signals, Stamp, StreamCx, StreamRows, Times, Volatility,
};

use super::before::stream_arguments;
use super::code::Raw;
use super::faults::{self, Entered, note_signals};
use super::raw::{RawSignals, passing_signals};
use super::rows::{Piece, Selected};
use super::sink::Sink;
use super::slide::{entering, failed_chunks};
use super::widen::spread;
use super::{
    AggregateCode, Aggregates, Code, Cx, Failure, Step, StreamCode, Work, compute, exact_column, report, skip_unless,
};
use crate::expr::{Program, Rows, Source};
use crate::store::NO_ROW;

/// Signals being collected: a list, cut into chunks.
#[derive(Debug, Default)]
pub struct Buffers {
    pub(super) kinds: Vec<SignalKind>,
    /// Number of the row in the store; [`NO_ROW`] of a reset.
    pub(super) rows: Vec<u64>,
    /// Timestamps: of an expired row, when it left.
    pub(super) ts: Vec<i64>,
    /// Chunk ends, and the entering row that caused each; `None`: the timer.
    pub(super) chunks: Vec<(u32, Option<u32>)>,
    /// Of each chunk: the chunk of the input that caused it, if no timer did.
    pub(super) origins: Vec<Option<u32>>,
    /// Of queries whose failed events are asked for.
    pub(super) entered: Entered,
    /// What the attribute that the window rewrites reads, a value a signal; empty if it rewrites none.
    pub(super) carried: Vec<i64>,
    /// Attributes of the signals' rows, in the places of the input's; only kept ones are filled.
    work: Columns,
    kept: Columns,
    /// Signals still in play.
    pub(super) alive: Vec<u32>,
    alive_now: Vec<u32>,
    list: Vec<Signal>,
    /// The same without resets, for aggregates that run on.
    running_on: Vec<Signal>,
    ids: Vec<u32>,
    real: Vec<u32>,
    arg: Option<Column>,
    /// Arguments' columns, kept for their capacity.
    arg_columns: Vec<Option<Column>>,
    /// The input chunk, or the timer, that each chunk comes from.
    pub(super) pieces: Vec<Piece>,
    flags: Vec<u8>,
    eligible: Vec<u32>,
    now: Vec<i64>,
    dense_ts: Vec<i64>,
    dense_now: Vec<i64>,
    expired: Vec<u8>,
    flushes: Vec<Flush>,
    /// Of a query without a window that only collects: rows placed in `work`, and what numbers they have elsewhere.
    placed: u64,
    pub(super) numbers: Vec<u64>,
    passing: Vec<u32>,
}

impl Buffers {
    /// Buffers for a query.
    pub fn new(code: &Code) -> Buffers {
        Buffers {
            work: Columns::of(&code.schema),
            kept: Columns::new(code.kept.iter().map(|&a| code.schema.attributes[a as usize].kind)),
            ..Buffers::default()
        }
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.rows.clear();
        self.ts.clear();
        self.chunks.clear();
        self.origins.clear();
        self.entered.clear();
        self.pieces.clear();
        self.carried.clear();
        self.work.clear();
        self.kept.clear();
        self.placed = 0;
        self.numbers.clear();
    }

    /// What was collected.
    pub fn signals(&self) -> RawSignals<'_> {
        let Buffers { kinds, rows, ts, chunks, pieces, numbers, .. } = self;
        RawSignals { kinds, rows, ts, chunks, pieces, numbers }
    }

    /// Gives the input chunks that chunks from `from` on come from other numbers.
    pub fn rename_pieces(&mut self, from: usize, name: impl Fn(u32) -> u32) {
        self.pieces[from..].iter_mut().for_each(|piece| piece.chunk = name(piece.chunk));
        self.origins[from..].iter_mut().flatten().for_each(|chunk| *chunk = name(*chunk));
    }

    /// Signals still in play.
    pub fn alive(&self) -> &[u32] {
        &self.alive
    }

    /// Attributes of the signals' rows.
    pub fn columns(&self) -> &[Column] {
        &self.work.cols
    }

    /// A list for the rows of a query without a window.
    pub fn begin_passing(&mut self) -> Vec<u32> {
        let mut passing = std::mem::take(&mut self.passing);
        passing.clear();
        passing
    }

    /// Adds a signal of the row that is the `nth` to pass. Where signals are only collected, what tells rows apart is their
    /// place.
    pub fn push_passing(&mut self, kind: SignalKind, nth: usize, number: Option<u64>, ts: i64, collected: bool) {
        let place = self.placed + nth as u64;
        let row = if collected { place } else { number.unwrap_or(place) };
        self.push(kind, row, ts);
        if collected {
            self.numbers.extend(number);
        }
    }

    /// Copies the rows that passed behind those placed before.
    pub fn end_passing(&mut self, code: &Code, input: &Flow, passing: Vec<u32>) {
        for &a in &code.kept {
            self.work.cols[a as usize].append(&input.rows.cols[a as usize], Sel::Rows(&passing), passing.len());
        }
        self.placed += passing.len() as u64;
        self.passing = passing;
    }

    pub(super) fn push(&mut self, kind: SignalKind, row: u64, ts: i64) {
        self.kinds.push(kind);
        self.rows.push(row);
        self.ts.push(ts);
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Notes where the chunks that came since the last call come from, given the entering row that caused each.
    fn place(&mut self, piece_of: impl Fn(u32) -> Piece) {
        let new = &self.chunks[self.pieces.len()..];
        for &(_, cause) in new {
            let piece = piece_of(cause.unwrap_or(0));
            self.origins.push(cause.map(|_| piece.chunk));
            self.pieces.push(piece);
        }
    }

    /// Ends a chunk, if anything came since the last end.
    pub fn end(&mut self, cause: Option<u32>) {
        let (end, before) = (self.kinds.len() as u32, self.chunks.last().map_or(0, |c| c.0));
        if end > before {
            self.chunks.push((end, cause));
        }
    }
}

impl Work {
    pub(super) fn run_general(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        self.drop_unplaced(code, cx, input, selected);
        if selected.n == 0 {
            return;
        }
        let mut g = std::mem::take(&mut self.buffers.general);
        if !self.collecting {
            g.clear();
        }
        if faults::wanted(code, cx) {
            g.entered.note(if self.state.window.is_some() { self.state.store.tail() } else { 0 }, selected);
        }
        if self.collecting {
            match self.state.window {
                Some(_) => self.window_signals(code, cx, input, selected, &mut g),
                None => passing_signals(code, input, selected, &mut g),
            }
            g.place(|row| selected.piece_of(row as usize));
            self.buffers.general = g;
            return;
        }
        if self.state.window.is_some() {
            self.window_signals(code, cx, input, selected, &mut g);
            self.fetch(code, cx, &mut g);
        } else {
            passing_signals(code, input, selected, &mut g);
        }
        g.place(|row| selected.piece_of(row as usize));
        self.process(code, cx, &mut g);
        self.buffers.general = g;
        self.release_unneeded(code);
    }

    pub(super) fn fire_general(&mut self, code: &Code, cx: &mut Cx<'_>, step: u32) {
        let mut g = std::mem::take(&mut self.buffers.general);
        if !self.collecting {
            g.clear();
        }
        self.timer_signals(code, cx.steps.now(step), &mut g);
        g.place(|_| Piece { chunk: step, step, end: 0 });
        self.buffers.general = g;
        if !self.collecting {
            self.take_signals(code, cx);
        }
    }

    /// From here on signals are only collected, of chunks and timers alike: what a window says does not depend on what is
    /// made of it. A frame in which a timer fires between any two chunks then costs one sweep and not one for each.
    pub(super) fn collect_signals(&mut self) {
        self.collecting = true;
        self.buffers.general.clear();
    }

    /// Makes rows of the signals collected.
    pub(super) fn take_collected(&mut self, code: &Code, cx: &mut Cx<'_>) {
        self.collecting = false;
        if self.buffers.general.chunks() > 0 {
            self.take_signals(code, cx);
        } else {
            self.release_unneeded(code);
        }
        self.sweep();
    }

    fn take_signals(&mut self, code: &Code, cx: &mut Cx<'_>) {
        let mut g = std::mem::take(&mut self.buffers.general);
        self.fetch(code, cx, &mut g);
        self.process(code, cx, &mut g);
        self.buffers.general = g;
        self.release_unneeded(code);
    }

    /// Collects what the window makes of a timer.
    fn timer_signals(&mut self, code: &Code, now: i64, g: &mut Buffers) {
        let (head, tail) = (self.state.store.head(), self.state.store.tail());
        let Some(window) = &mut self.state.window else { return };
        match code.window.as_ref().map(|w| w.form) {
            Some(Form::Slide) => {
                // Rows that left in this frame may still be in the store.
                let oldest = window.needed(tail).max(head);
                let gone = window.fire_slide(now, &self.state.store, oldest, tail) as u64;
                (oldest..oldest + gone).for_each(|row| g.push(SignalKind::Expired, row, now));
                g.end(None);
            }
            Some(Form::Flush) => {
                if let Some(flush) = window.fire_flush(now, tail) {
                    push_flush(g, &flush, now, &self.state.store);
                    g.end(None);
                }
            }
            _ => {
                let mut sink = Sink { buffers: g, times: &self.state.store, carries: None, asked: code.raw != Raw::No };
                window.fire_general(now, &self.state.store, tail, &mut sink);
            }
        }
    }

    pub(super) fn release_unneeded(&mut self, code: &Code) {
        let Some(window) = &self.state.window else { return };
        if !code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
            return self.state.store.release(window.needed(self.state.store.tail()));
        }
        if self.state.store.is_sparse(window.holds()) {
            let held = &mut self.buffers.held;
            held.clear();
            window.held(held);
            held.sort_unstable();
            self.state.store.thin_out(held);
        }
    }

    /// Puts the rows into the store and collects what the window makes of them.
    fn window_signals(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &Selected, g: &mut Buffers) {
        let (first, head) = (self.state.store.tail(), self.state.store.head());
        // While signals are collected the store keeps rows that have left.
        let oldest = self.state.window.as_ref().map_or(head, |w| w.needed(first).max(head));
        self.push_rows(code, cx, input, selected, 0);
        let b = &mut self.buffers;
        b.now.clear();
        b.ends.clear();
        b.leave.clear();
        selected.clock(cx.steps, &mut b.now);
        selected.ends(&mut b.ends);
        let Some(window) = &mut self.state.window else { return };
        let entering = entering(&self.state.store, (first, oldest), input, selected, &b.ends, &b.now, cx.arena);
        match code.window.as_ref().map(|w| w.form) {
            Some(Form::Slide) => {
                let alike = window.slide(&entering, &mut b.leave);
                let mut row = oldest;
                let stamp = window.stamp();
                for i in 0..selected.n {
                    let gone = match alike {
                        Alike::None => 0,
                        Alike::One => 1,
                        Alike::Each => b.leave[i] as u64,
                    };
                    let entering = first + i as u64;
                    let ts = |old: u64| match stamp {
                        Stamp::Now => b.now[i],
                        Stamp::Time => self.state.store.time(entering),
                        Stamp::Own => self.state.store.time(old),
                    };
                    (row..row + gone).for_each(|old| g.push(SignalKind::Expired, old, ts(old)));
                    row += gone;
                    g.push(SignalKind::Current, entering, input.rows.ts[selected.row(i)]);
                    if b.ends[i] as usize == i + 1 {
                        g.end(Some(i as u32));
                    }
                }
            }
            Some(Form::Flush) => {
                g.flushes.clear();
                window.flush(&entering, &mut g.flushes);
                let flushes = std::mem::take(&mut g.flushes);
                for flush in &flushes {
                    let cause = flush.after - 1;
                    push_flush(g, flush, b.now[cause as usize], &self.state.store);
                    g.end(Some(cause));
                }
                g.flushes = flushes;
            }
            _ => window.general(
                &entering,
                &mut Sink { buffers: g, times: &self.state.store, carries: None, asked: code.raw != Raw::No },
            ),
        }
    }

    /// Reads the attributes of the signals' rows from the store.
    fn fetch(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        let mut i = 0;
        while i < g.rows.len() {
            if g.rows[i] == NO_ROW {
                g.kept.cols.iter_mut().for_each(Column::push_null);
                i += 1;
                continue;
            }
            let run = g.rows[i..].iter().take_while(|&&r| r != NO_ROW).count();
            self.state.store.gather(&g.rows[i..i + run], 0, &mut g.kept, cx.arena);
            i += run;
        }
        for (place, &attribute) in code.kept.iter().enumerate() {
            std::mem::swap(&mut g.work.cols[attribute as usize], &mut g.kept.cols[place]);
        }
        if let Some(attribute) = code.window.as_ref().and_then(|w| w.rewrites) {
            let column = &mut g.work.cols[attribute as usize];
            column.clear();
            g.carried.iter().for_each(|&value| column.push_i64(value));
        }
    }

    /// Handlers after the window, aggregates, having, selection, output.
    fn process(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        if g.chunks.is_empty() {
            return;
        }
        let step = self.handle_signals(code, cx, g);
        let pieces = std::mem::take(&mut g.pieces);
        if code.raw == Raw::Out {
            let looked = code.looked.map_or(0, |stream| cx.shared.looked(stream));
            self.emit_raw(code, g, &pieces, looked);
            g.pieces = pieces;
            return;
        }
        self.aggregate_signals(code, cx, g, step);
        self.choose_eligible(code, cx, g, step);
        self.emit_signals(code, cx, g, &pieces);
        g.pieces = pieces;
    }

    /// Handlers after the window; `alive` are the signals that pass. Returns the step of the first.
    pub(super) fn handle_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) -> u32 {
        g.now.clear();
        for (piece, &(end, _)) in g.pieces.iter().zip(&g.chunks) {
            g.now.resize(end as usize, cx.steps.now(piece.step));
        }
        g.alive.clear();
        g.alive.extend(0..g.kinds.len() as u32);
        let step = g.pieces.first().map_or(0, |p| p.step);
        self.after_window(code, cx, g, step);
        step
    }

    fn after_window(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, step: u32) {
        let mut handler = code.before.iter().filter(|s| !s.aggregates().is_empty()).count();
        for after in &code.after {
            let own = (!after.aggregates().is_empty()).then_some(handler);
            if let Some(own) = own {
                self.take_signals_in(code, cx, g, after.aggregates(), own, step);
                handler += 1;
            }
            match after {
                Step::Filter { condition, .. } => self.keep_alive(code, cx, g, condition, own, step),
                Step::Stream(function) => self.show_signals(code, cx, g, function, own, step),
            }
        }
    }

    /// Lets the aggregates of a handler take the signals in play in and out.
    fn take_signals_in(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        codes: &[AggregateCode],
        own: usize,
        step: u32,
    ) {
        let mut aggregates = std::mem::replace(&mut self.state.handlers[own], Aggregates::new(&[]));
        g.list.clear();
        let signal = |&i: &u32| Signal { kind: g.kinds[i as usize], group: 0, row: g.rows[i as usize] };
        g.list.extend(g.alive.iter().map(signal));
        self.run_aggregates(code, cx, g, codes, &mut aggregates, step);
        self.state.handlers[own] = aggregates;
    }

    /// Keeps the signals for which the condition holds, and all resets.
    fn keep_alive(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        condition: &Program,
        own: Option<usize>,
        step: u32,
    ) {
        // Rows of the condition: places in `alive` of signals that are no resets.
        g.real.clear();
        g.real
            .extend((0..g.alive.len() as u32).filter(|&p| g.kinds[g.alive[p as usize] as usize] != SignalKind::Reset));
        g.alive_now.clear();
        g.alive_now.extend(g.real.iter().map(|&p| g.alive[p as usize]));
        volatile(g, condition.volatility());
        let results: &[Column] = own.map_or(&[], |own| &self.state.handlers[own].results);
        let rows = Rows {
            n: g.real.len(),
            input: Source { cols: &g.work.cols, sel: Sel::Rows(&g.alive_now) },
            computed: Source { cols: results, sel: Sel::Rows(&g.real) },
            ts: &g.dense_ts,
            now: &g.dense_now,
            serial: self.serial,
            seed: code.seed,
        };
        let b = &mut self.buffers;
        b.hits.clear();
        b.failed.clear();
        condition.select(&rows, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
        self.serial += if code.asks_random { g.real.len() as u64 } else { 0 };
        if !b.failed.is_empty() {
            report(code, cx, &b.failed, step);
            note_signals(code, cx, g, &b.failed, |i| g.alive_now[i]);
        }
        let mut stays = std::mem::take(&mut g.flags);
        stays.clear();
        stays.resize(g.alive.len(), 0);
        b.hits.iter().for_each(|&h| stays[g.real[h as usize] as usize] = 1);
        let mut place = 0;
        let kinds = &g.kinds;
        g.alive.retain(|&i| {
            place += 1;
            stays[place - 1] != 0 || kinds[i as usize] == SignalKind::Reset
        });
        g.flags = stays;
    }

    fn show_signals(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        function: &StreamCode,
        own: Option<usize>,
        step: u32,
    ) {
        g.real.clear();
        g.real
            .extend((0..g.alive.len() as u32).filter(|&p| g.kinds[g.alive[p as usize] as usize] != SignalKind::Reset));
        let shown: Vec<u32> = g.real.iter().map(|&p| g.alive[p as usize]).collect();
        g.expired.clear();
        g.expired.extend(shown.iter().map(|&i| (g.kinds[i as usize] == SignalKind::Expired) as u8));
        g.alive_now.clear();
        g.alive_now.extend_from_slice(&shown);
        volatile(g, Volatility::Random);
        let rows = Rows {
            n: shown.len(),
            input: Source { cols: &g.work.cols, sel: Sel::Rows(&shown) },
            computed: own.map_or(Source::NONE, |own| Source {
                cols: &self.state.handlers[own].results,
                sel: Sel::Rows(&g.real),
            }),
            ts: &g.dense_ts,
            now: &g.dense_now,
            serial: self.serial,
            seed: code.seed,
        };
        let b = &mut self.buffers;
        b.failed.clear();
        let args = stream_arguments(function, &rows, cx.arena, &mut b.scratch, &mut b.failed);
        g.work.ts.clear();
        g.work.ts.extend_from_slice(&g.ts);
        let attributes = &code.schema.attributes[..function.sees];
        let mut scx = StreamCx { arena: cx.arena, log: cx.log, attributes, app: &code.app };
        let (sel, n) = (Sel::Rows(&shown), shown.len());
        let mut added = function.added();
        let rows = StreamRows { columns: &g.work, sel, n, args: &args, expired: &g.expired };
        function.kernel.run(&mut scx, &rows, &mut added);
        let columns = g.work.cols[function.sees..].iter_mut();
        columns.zip(added).for_each(|(to, from)| spread(to, from, sel, n, g.kinds.len()));
        g.expired.clear();
        self.serial += if code.asks_random { n as u64 } else { 0 };
        if !b.failed.is_empty() {
            let mut failed = shown.iter().zip(&b.failed.rows).filter(|(_, f)| **f != 0).map(|(&i, _)| i).peekable();
            g.alive.retain(|&i| failed.next_if_eq(&i).is_none());
            report(code, cx, &b.failed, step);
            note_signals(code, cx, g, &b.failed, |i| shown[i]);
        }
    }

    /// Groups and aggregates of the signals in play; a result a signal.
    fn aggregate_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, step: u32) {
        self.group_signals(code, cx, g);
        g.list.clear();
        g.list.extend(g.alive.iter().zip(&g.ids).map(|(&i, &group)| Signal {
            kind: g.kinds[i as usize],
            group,
            row: g.rows[i as usize],
        }));
        let mut own = std::mem::replace(&mut self.state.aggregates, Aggregates::new(&[]));
        let bound = self.state.groups.bound().max(1);
        own.list.iter_mut().for_each(|a| a.grow(bound));
        self.run_aggregates(code, cx, g, &code.aggregates, &mut own, step);
        self.state.aggregates = own;
    }

    fn group_signals(&mut self, code: &Code, cx: &Cx<'_>, g: &mut Buffers) {
        g.ids.clear();
        g.ids.resize(g.alive.len(), 0);
        if code.group_by.is_empty() {
            return;
        }
        g.real.clear();
        g.real
            .extend((0..g.alive.len() as u32).filter(|&p| g.kinds[g.alive[p as usize] as usize] != SignalKind::Reset));
        g.alive_now.clear();
        g.alive_now.extend(g.real.iter().map(|&p| g.alive[p as usize]));
        let (ids, rows) = (&mut self.buffers.ids, &g.alive_now);
        ids.clear();
        self.state.groups.assign(&g.work.cols, &code.group_by, Sel::Rows(rows), rows.len(), cx.arena, ids);
        g.real.iter().zip(ids.iter()).for_each(|(&p, &id)| g.ids[p as usize] = id);
        for (&i, &id) in g.alive.iter().zip(&g.ids) {
            match g.kinds[i as usize] {
                SignalKind::Current => self.state.groups.hold(&[id]),
                SignalKind::Expired => self.state.groups.let_go(&[id]),
                SignalKind::Reset => self.state.groups.let_all_go(),
                SignalKind::Held | SignalKind::Gone => {}
            }
        }
    }

    /// Runs aggregates, inner ones first, over the signals in `g.list`, one for each of `g.alive`.
    fn run_aggregates(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        g: &mut Buffers,
        codes: &[AggregateCode],
        own: &mut Aggregates,
        step: u32,
    ) {
        own.results.iter_mut().for_each(Column::clear);
        g.alive_now.clear();
        g.alive_now.extend_from_slice(&g.alive);
        for (i, aggregate) in codes.iter().enumerate() {
            let b = &mut self.buffers;
            b.failed.clear();
            g.arg = None;
            if let Some(program) = &aggregate.arg {
                volatile(g, program.volatility());
                let mut column = g.arg_columns.get_mut(i).and_then(Option::take).filter(|c| c.kind() == program.kind());
                let mut column = column.take().unwrap_or_else(|| Column::new(program.kind()));
                column.clear();
                let rows = Rows {
                    n: g.alive.len(),
                    input: Source { cols: &g.work.cols, sel: Sel::Rows(&g.alive) },
                    computed: Source { cols: &own.results, sel: Sel::From(0) },
                    ts: &g.dense_ts,
                    now: &g.dense_now,
                    serial: self.serial,
                    seed: code.seed,
                };
                compute(program, &rows, cx.arena, &mut b.scratch, &mut column, &mut b.failed);
                let exact = own.list[i].exact();
                g.arg =
                    Some(if exact { exact_column(column, aggregate.kind, cx.arena, &mut b.failed) } else { column });
            }
            let mut skipped = std::mem::take(&mut g.flags);
            skipped.clear();
            if let Some(when) = &aggregate.when {
                volatile(g, when.volatility());
                let rows = Rows {
                    n: g.alive.len(),
                    input: Source { cols: &g.work.cols, sel: Sel::Rows(&g.alive) },
                    computed: Source { cols: &own.results, sel: Sel::From(0) },
                    ts: &g.dense_ts,
                    now: &g.dense_now,
                    serial: self.serial,
                    seed: code.seed,
                };
                skip_unless(when, &rows, cx.arena, &mut b.scratch, &mut b.hits, &mut skipped);
            }
            // A row that the aggregate does not look at cannot fail in its argument.
            b.failed.rows.iter_mut().zip(&skipped).for_each(|(f, s)| *f &= !s);
            let lost =
                b.failed.rows.iter().enumerate().filter(|(i, f)| **f != 0 && g.list[*i].kind != SignalKind::Reset);
            let lost = lost.count() as u64;
            if lost > 0 {
                let reason = b.failed.reason.as_ref().map(|r| r.to_string()).unwrap_or_default();
                cx.failures.push(Failure { query: code.element, step, rows: lost, reason });
            }
            if skipped.is_empty() {
                skipped.clone_from(&b.failed.rows);
            } else {
                skipped.iter_mut().zip(&b.failed.rows).for_each(|(s, f)| *s |= f);
            }
            if !aggregate.resets {
                hide_resets(&g.list, &mut g.running_on, &mut skipped);
            }
            let list = if aggregate.resets { &g.list } else { &g.running_on };
            let signals = Signals { list, arg: g.arg.as_ref(), failed: &skipped, arena: cx.arena };
            own.list[i].signals(&signals, &mut own.results[i]);
            own.list[i].settle(&mut own.results[i], cx.arena);
            g.flags = skipped;
            if g.arg_columns.len() < codes.len() {
                g.arg_columns.resize(codes.len(), None);
            }
            g.arg_columns[i] = g.arg.take();
            if !b.failed.is_empty() {
                // A row whose argument failed gives no output: remember it among the failed of the turn.
                g.lost(&b.failed.rows);
            }
        }
    }

    /// The signals that may come out: of a kind that is asked for, and passing `having`.
    fn choose_eligible(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, step: u32) {
        g.eligible.clear();
        let wanted = |kind: SignalKind| match kind {
            SignalKind::Current => code.kinds != Kinds::Expired,
            SignalKind::Expired => code.kinds != Kinds::Current,
            SignalKind::Reset | SignalKind::Held | SignalKind::Gone => false,
        };
        let mut lost = std::mem::take(&mut g.expired);
        let fine = |p: u32| lost.get(p as usize).is_none_or(|&l| l == 0);
        g.eligible
            .extend((0..g.alive.len() as u32).filter(|&p| wanted(g.kinds[g.alive[p as usize] as usize]) && fine(p)));
        lost.clear();
        g.expired = lost;
        let Some(having) = &code.having else { return };
        g.alive_now.clear();
        g.alive_now.extend(g.eligible.iter().map(|&p| g.alive[p as usize]));
        volatile(g, having.volatility());
        let rows = Rows {
            n: g.eligible.len(),
            input: Source { cols: &g.work.cols, sel: Sel::Rows(&g.alive_now) },
            computed: Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&g.eligible) },
            ts: &g.dense_ts,
            now: &g.dense_now,
            serial: self.serial,
            seed: code.seed,
        };
        let b = &mut self.buffers;
        b.hits.clear();
        b.failed.clear();
        having.select(&rows, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
        if !b.failed.is_empty() {
            report(code, cx, &b.failed, step);
            note_signals(code, cx, g, &b.failed, |i| g.alive_now[i]);
        }
        let mut at = 0;
        for &h in &b.hits {
            g.eligible[at] = g.eligible[h as usize];
            at += 1;
        }
        g.eligible.truncate(at);
    }

    fn emit_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, pieces: &[Piece]) {
        let first = self.out.rows.len();
        for last_try in [false, true] {
            self.pick_signals(code, g);
            let failed = self.compute_items(code, cx, g, true);
            if !failed || last_try {
                break;
            }
            // Some row cannot be computed: find all such rows of the chunks where that was so, and pick among the others.
            // What is in other chunks of the frame has no say.
            let bad = failed_chunks(&self.buffers.ends, &self.buffers.failed);
            let is_bad = |g: &Buffers, p: u32| bad[g.chunks.partition_point(|c| c.0 <= g.alive[p as usize])];
            self.out.rows.cols.iter_mut().for_each(|c| c.truncate(first));
            self.buffers.picks.clear();
            self.buffers.picks.extend(g.eligible.iter().copied().filter(|&p| is_bad(g, p)));
            self.compute_items(code, cx, g, false);
            let first_bad = bad.iter().position(|&b| b).unwrap_or(0);
            report(code, cx, &self.buffers.failed, pieces[first_bad].step);
            let picks = &self.buffers.picks;
            note_signals(code, cx, g, &self.buffers.failed, |i| g.alive[picks[i] as usize]);
            let (tried, failed) = (&self.buffers.picks, &self.buffers.failed);
            let mut tried = tried.iter().enumerate().peekable();
            g.eligible.retain(|p| tried.next_if(|(_, tried)| *tried == p).is_none_or(|(i, _)| !failed.is(i)));
        }
        self.serial += if code.asks_random { g.alive.len() as u64 } else { 0 };
        let b = &mut self.buffers;
        self.out.rows.ts.extend(b.picks.iter().map(|&p| g.ts[g.alive[p as usize] as usize]));
        if code.kinds != Kinds::Current {
            let kind = |p: &u32| (g.kinds[g.alive[*p as usize] as usize] == SignalKind::Expired) as u8;
            self.out.kinds.extend(b.picks.iter().map(kind));
        }
        if code.limits_groups() {
            self.tags.groups.extend(b.picks.iter().map(|&p| g.ids[p as usize]));
        }
        let plain = code.uncut();
        if !plain {
            b.sorter.take(&mut self.out, &mut self.tags, first);
        }
        let resets = if code.limits_resets() { resets(g, &b.picks) } else { Vec::new() };
        let mut resets = resets.into_iter().peekable();
        let mut start = 0;
        for (piece, &end) in pieces.iter().zip(&b.ends) {
            let (step, cause) = (piece.step, piece.chunk);
            let base = self.out.rows.len() as u32;
            if end > start && plain {
                self.out.chunks.push(Chunk { step, cause, first: first as u32 + start, rows: end - start });
            } else if end > start {
                let to = (&mut self.out, &mut self.tags);
                b.sorter.put(code, to, start as usize..end as usize, (step, cause), cx.arena);
            }
            while let Some(place) = resets.next_if(|&place| place < end) {
                let place = if plain { first as u32 + place } else { base + b.sorter.before(place) };
                self.tags.resets.push(place);
            }
            start = end;
        }
        self.tags.resets.extend(resets.map(|_| self.out.rows.len() as u32));
    }

    /// Per chunk, which of the eligible signals come out: `picks`, and in `ends` the end of each chunk's.
    fn pick_signals(&mut self, code: &Code, g: &Buffers) {
        let b = &mut self.buffers;
        b.picks.clear();
        b.ends.clear();
        let mut next = 0;
        for &(end, _) in &g.chunks {
            // Step by step: over a frame that is once for each signal, and chunks are mostly small.
            let mut until = next;
            while until < g.eligible.len() && g.alive[g.eligible[until] as usize] < end {
                until += 1;
            }
            let rows = g.eligible[next..until].iter().copied();
            if code.each_row() {
                b.picks.extend(rows);
            } else if !code.group_by.is_empty() {
                b.slots.pick(self.state.groups.bound(), rows, |p| g.ids[p as usize], &mut b.picks);
            } else if !code.aggregates.is_empty() {
                b.picks.extend(rows.last());
            } else {
                b.picks.extend(rows);
            }
            next = until;
            b.ends.push(b.picks.len() as u32);
        }
    }

    /// Computes the output attributes of the picks, appending them if `keep`. Whether a row failed.
    fn compute_items(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, keep: bool) -> bool {
        let b = &mut self.buffers;
        g.alive_now.clear();
        g.alive_now.extend(b.picks.iter().map(|&p| g.alive[p as usize]));
        volatile(g, if code.asks_ts { Volatility::Random } else { Volatility::Pure });
        let rows = Rows {
            n: b.picks.len(),
            input: Source { cols: &g.work.cols, sel: Sel::Rows(&g.alive_now) },
            computed: Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&b.picks) },
            ts: &g.dense_ts,
            now: &g.dense_now,
            serial: self.serial,
            seed: code.seed,
        };
        b.failed.clear();
        for (item, out) in code.items.iter().zip(&mut self.out.rows.cols) {
            let before = out.len();
            compute(item, &rows, cx.arena, &mut b.scratch, out, &mut b.failed);
            if !keep {
                out.truncate(before);
            }
        }
        for (key, out) in code.sort_keys.iter().zip(&mut b.sorter.keys) {
            out.clear();
            compute(key, &rows, cx.arena, &mut b.scratch, out, &mut b.failed);
        }
        !b.failed.is_empty()
    }
}

impl Buffers {
    /// Notes signals that give no output since an aggregate's argument failed. (`expired` is free for this between a
    /// stream function and the choice of eligible rows.)
    fn lost(&mut self, failed: &[u8]) {
        self.expired.resize(failed.len(), 0);
        self.expired.iter_mut().zip(failed).for_each(|(l, f)| *l |= f);
    }
}

/// The places of resets among the rows that come out, which are in order.
fn resets(g: &Buffers, picks: &[u32]) -> Vec<u32> {
    let resets = (0..g.alive.len() as u32).filter(|&p| g.kinds[g.alive[p as usize] as usize] == SignalKind::Reset);
    resets.map(|p| picks.partition_point(|&pick| pick < p) as u32).collect()
}

/// Copies signals with resets turned into rows that do not count.
fn hide_resets(list: &[Signal], running_on: &mut Vec<Signal>, skipped: &mut Vec<u8>) {
    running_on.clear();
    running_on.extend_from_slice(list);
    skipped.resize(list.len(), 0);
    for (signal, skip) in running_on.iter_mut().zip(skipped).filter(|(s, _)| s.kind == SignalKind::Reset) {
        signal.kind = SignalKind::Current;
        *skip = 1;
    }
}

fn push_flush(g: &mut Buffers, flush: &Flush, now: i64, times: &dyn Times) {
    let stamp = flush.stamp.unwrap_or(now);
    (flush.expired.0..flush.expired.1).for_each(|row| g.push(SignalKind::Expired, row, stamp));
    if flush.reset {
        g.push(SignalKind::Reset, NO_ROW, now);
    }
    (flush.current.0..flush.current.1).for_each(|row| g.push(SignalKind::Current, row, times.time(row)));
}

/// Fills `dense_ts` and `dense_now` for the signals in `alive_now`, if a program of that volatility needs them.
fn volatile(g: &mut Buffers, volatility: Volatility) {
    g.dense_ts.clear();
    g.dense_now.clear();
    if volatility >= Volatility::RowTime {
        g.dense_ts.extend(g.alive_now.iter().map(|&i| g.ts[i as usize]));
    }
    if volatility >= Volatility::Clock {
        g.dense_now.extend(g.alive_now.iter().map(|&i| g.now[i as usize]));
    }
}
