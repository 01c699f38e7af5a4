//! Rows that enter and leave one by one, current rows out: per aggregate one loop over entering and leaving rows.

use riddhi_batch::{Arena, Chunk, Column, Flow, Sel};
use riddhi_plan::registry::{Alike, Entering, Failed, Groups as RunGroups, Leave, Run, Slide, Timers};

use super::emit::{Slots, pick, put_chunks};
use super::faults::{note_rows, report_rows};
use super::rows::Selected;
use super::{Aggregates, Code, Cx, Work, compose, compute, compute_items, report, step_of};
use crate::expr::{Rows, Source};
use crate::groups::Groups;
use crate::store::{Store, longs};

/// Where an aggregate's argument stands for the rows that enter.
enum ArgAt<'a> {
    None,
    Here(&'a Column, usize),
}

impl Work {
    pub(super) fn run_slide(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        self.drop_unplaced(code, cx, input, selected);
        if selected.n == 0 {
            return;
        }
        self.assign_groups(code, cx, input, selected);
        self.compute_args(code, cx, input, selected);
        self.state.aggregates.results.iter_mut().for_each(Column::clear);
        if code.window.is_some() {
            self.slide_window(code, cx, input, selected);
        } else {
            self.slide_all(code, input, selected, cx.arena);
        }
        self.emit_slide(code, cx, input, selected);
    }

    /// Drops rows whose time attribute is null: they cannot be placed in the window.
    pub(super) fn drop_unplaced(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        let Some(attribute) = code.window.as_ref().and_then(|w| w.time_attribute.or(w.required)) else { return };
        let column = &input.rows.cols[attribute as usize];
        if column.nulls.is_empty() {
            return;
        }
        let b = &mut self.buffers;
        b.hits.clear();
        b.hits.extend((0..selected.n as u32).filter(|&i| !column.is_null(selected.row(i as usize))));
        let lost = selected.n - b.hits.len();
        if lost == 0 {
            return;
        }
        let first = (0..selected.n).find(|&i| column.is_null(selected.row(i))).unwrap_or(0);
        let (step, query) = (step_of(input, selected, first), code.element);
        let reason = "the window's time attribute is null".to_owned();
        cx.failures.push(super::Failure { query, step, rows: lost as u64, reason });
        let (from, to) =
            (selected.pieces[0].chunk as usize, selected.pieces.last().map_or(0, |p| p.chunk as usize + 1));
        selected.keep(&b.hits);
        if selected.n > 0 {
            selected.cut(&input.chunks, from, to);
        }
    }

    pub(super) fn assign_groups(&mut self, code: &Code, cx: &Cx<'_>, input: &Flow, selected: &Selected) {
        self.buffers.ids.clear();
        if code.group_by.is_empty() {
            return;
        }
        let (cols, by) = (&input.rows.cols, &code.group_by);
        self.state.groups.assign(cols, by, selected.sel(), selected.n, cx.arena, &mut self.buffers.ids);
        let bound = self.state.groups.bound();
        self.state.aggregates.list.iter_mut().for_each(|a| a.grow(bound));
    }

    /// Computes the arguments that are not bare attributes.
    pub(super) fn compute_args(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &Selected) {
        let b = &mut self.buffers;
        let rows = selected.rows_of(input, Source::NONE, (&[], &[]), (self.serial, code.seed));
        for (program, column) in code.args.iter().zip(&mut b.args) {
            column.clear();
            // Without a window a bare attribute of unfiltered rows is read where it stands.
            let read_in_place = program.attribute().is_some() && (code.window.is_some() || selected.whole);
            if !read_in_place {
                b.failed.clear();
                compute(program, &rows, cx.arena, &mut b.scratch, column, &mut b.failed);
            }
        }
    }

    /// No window: rows enter and never leave.
    fn slide_all(&mut self, code: &Code, input: &Flow, selected: &Selected, arena: &Arena) {
        let b = &self.buffers;
        let groups = run_groups(code, &b.ids);
        let Aggregates { list, results } = &mut self.state.aggregates;
        for ((aggregate, c), result) in list.iter_mut().zip(&code.aggregates).zip(results) {
            let (arg, first) = match arg_at(code, c.place, &b.args, input, selected) {
                ArgAt::None => (None, 0),
                ArgAt::Here(column, first) => (Some(column), first),
            };
            let entering = Run { groups, arg, first, failed: &[], arena, n: selected.n, number: 0 };
            let leaving = Run { groups, arg: None, first: 0, failed: &[], arena, n: 0, number: 0 };
            aggregate.slide(&Slide { entering, leaving, leave: Leave::None }, result);
        }
    }

    /// Puts the rows into the store, asks the window which leave, and runs the aggregates over both.
    fn slide_window(&mut self, code: &Code, cx: &Cx<'_>, input: &Flow, selected: &Selected) {
        let (first, oldest) = (self.state.store.tail(), self.state.store.head());
        self.push_rows(code, cx, input, selected, code.args.len());
        let b = &mut self.buffers;
        b.now.clear();
        b.leave.clear();
        let bound = code.window.as_ref();
        if bound.is_some_and(|w| w.timers != Timers::Never) {
            selected.clock(cx.steps, &mut b.now);
        }
        let Some(window) = &mut self.state.window else { return };
        let entering = entering(&self.state.store, (first, oldest), input, selected, &[], &b.now, cx.arena);
        let alike = window.slide(&entering, &mut b.leave);
        sweep_runs(
            &self.state.store,
            &mut self.state.aggregates,
            code,
            (first, oldest),
            selected.n,
            alike,
            &mut b.leave,
            &mut self.state.groups,
        );
        self.state.store.release(window.needed(first + selected.n as u64));
    }

    /// Appends the selected rows to the store: time, group, the first `args` arguments, then kept attributes.
    pub(super) fn push_rows(&mut self, code: &Code, cx: &Cx<'_>, input: &Flow, selected: &Selected, args: usize) {
        let (code, b) = (code, &self.buffers);
        let sel = selected.sel();
        let column = |i: usize| match code.args.get(i).filter(|_| i < args) {
            Some(program) => match program.attribute() {
                Some(a) => (&input.rows.cols[a as usize], sel),
                None => (&b.args[i], Sel::From(0)),
            },
            None => (&input.rows.cols[code.kept[i - args] as usize], sel),
        };
        let time = code.window.as_ref().and_then(|w| w.time_attribute);
        match time {
            Some(a) => {
                let times = longs(&input.rows.cols[a as usize]);
                self.state.store.push(|i| times[selected.row(i)], &b.ids, column, selected.n, cx.arena);
            }
            None => self.state.store.push(|i| input.rows.ts[selected.row(i)], &b.ids, column, selected.n, cx.arena),
        }
    }

    /// Picks the rows that come out and computes the selection for them.
    fn emit_slide(&mut self, code: &Code, cx: &mut Cx<'_>, input: &Flow, selected: &mut Selected) {
        let serial = self.serial;
        if code.asks_random {
            self.serial += selected.n as u64;
        }
        self.note_times(cx, input, selected, (code.asks_ts, code.asks_now));
        let b = &mut self.buffers;
        let computed = Source { cols: &self.state.aggregates.results, sel: Sel::From(0) };
        let everything = selected.rows_of(input, computed, (&b.ts, &b.now), (serial, code.seed));
        // Rows that pass `having` and can be computed, when not all do.
        let mut passing: Option<Vec<u32>> = None;
        if let Some(having) = &code.having {
            b.hits.clear();
            b.failed.clear();
            having.select(&everything, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
            if !b.failed.is_empty() {
                report_rows(code, cx, &b.failed, input, selected);
            }
            if b.hits.len() < selected.n {
                passing = Some(b.hits.clone());
            }
        }
        let first = self.out.rows.len();
        let plain_chunks = code.uncut();
        if passing.is_none() && selected.singles() && plain_chunks {
            compute_items(code, &everything, cx.arena, &mut b.scratch, &mut self.out.rows.cols, &mut b.failed);
            if b.failed.is_empty() {
                self.out.rows.ts.extend((0..selected.n).map(|i| input.rows.ts[selected.row(i)]));
                if code.limits_groups() {
                    self.tags.groups.extend_from_slice(&b.ids);
                }
                self.out.chunks.extend(selected.pieces.iter().zip(first as u32..).map(|(p, first)| Chunk {
                    step: p.step,
                    cause: p.chunk,
                    first,
                    rows: 1,
                }));
                return;
            }
            self.out.rows.cols.iter_mut().for_each(|c| c.truncate(first));
        }
        self.emit_picked(code, cx, input, selected, passing, serial);
    }

    /// The general case: some rows do not pass, chunks have several rows, or rows are sorted or cut.
    fn emit_picked(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        selected: &Selected,
        mut passing: Option<Vec<u32>>,
        serial: u64,
    ) {
        let first = self.out.rows.len();
        // Once, and a second time without the rows that turned out not to be computable.
        for last_try in [false, true] {
            let b = &mut self.buffers;
            b.picks.clear();
            b.ends.clear();
            pick_pieces(
                code,
                &mut b.slots,
                &b.ids,
                self.state.groups.bound(),
                selected,
                passing.as_deref(),
                &mut b.picks,
                &mut b.ends,
            );
            b.ts.clear();
            b.now.clear();
            if code.asks_ts {
                b.ts.extend(b.picks.iter().map(|&p| input.rows.ts[selected.row(p as usize)]));
            }
            if code.asks_now {
                b.now.extend(b.picks.iter().map(|&p| cx.steps.now(selected.piece_of(p as usize).step)));
            }
            let rows = Rows {
                computed: Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&b.picks) },
                ts: &b.ts,
                now: &b.now,
                serial,
                seed: code.seed,
                ..Rows::of(&input.rows.cols, compose(selected, &b.picks, &mut b.places), b.picks.len())
            };
            compute_items(code, &rows, cx.arena, &mut b.scratch, &mut self.out.rows.cols, &mut b.failed);
            if b.failed.is_empty() || last_try {
                break;
            }
            self.out.rows.cols.iter_mut().for_each(|c| c.truncate(first));
            // Only rows of chunks in which one failed are tried: what is in other chunks of the frame has no say.
            let bad = failed_chunks(&b.ends, &b.failed);
            passing = Some(self.computable(code, cx, input, selected, passing, &bad, serial));
        }
        let b = &mut self.buffers;
        self.out.rows.ts.extend(b.picks.iter().map(|&p| input.rows.ts[selected.row(p as usize)]));
        if code.limits_groups() {
            self.tags.groups.extend(b.picks.iter().map(|&p| b.ids[p as usize]));
        }
        let chunks = selected.pieces.iter().zip(&b.ends).map(|(p, &end)| (end, p.step, p.chunk));
        put_chunks(code, &mut b.sorter, (&mut self.out, &mut self.tags), first, chunks, cx.arena);
    }

    /// Which of the passing rows can be computed in every output attribute.
    fn computable(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        selected: &Selected,
        passing: Option<Vec<u32>>,
        bad: &[bool],
        serial: u64,
    ) -> Vec<u32> {
        let b = &mut self.buffers;
        let mut passing = passing.unwrap_or_else(|| (0..selected.n as u32).collect());
        let is_bad = |row: u32| bad[selected.pieces.partition_point(|p| p.end <= row)];
        let rows_in: Vec<u32> = passing.iter().copied().filter(|&row| is_bad(row)).collect();
        b.ts.clear();
        b.now.clear();
        b.ts.extend(rows_in.iter().map(|&p| input.rows.ts[selected.row(p as usize)]));
        b.now.extend(rows_in.iter().map(|&p| cx.steps.now(selected.piece_of(p as usize).step)));
        let rows = Rows {
            n: rows_in.len(),
            input: Source { cols: &input.rows.cols, sel: compose(selected, &rows_in, &mut b.places) },
            computed: Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&rows_in) },
            ts: &b.ts,
            now: &b.now,
            serial,
            seed: code.seed,
        };
        b.failed.clear();
        for item in &code.items {
            let mut column = Column::new(item.kind());
            item.eval(&rows, cx.arena, &mut b.scratch, &mut column, &mut b.failed);
        }
        let first_bad = bad.iter().position(|&b| b).unwrap_or(0);
        report(code, cx, &b.failed, selected.pieces[first_bad].step);
        note_rows(code, cx, &b.failed, |i| selected.row(rows_in[i] as usize) as u32);
        let mut tried = rows_in.iter().enumerate().peekable();
        passing.retain(|row| tried.next_if(|(_, tried)| *tried == row).is_none_or(|(i, _)| !b.failed.is(i)));
        passing
    }
}

/// The selected rows, which are in the store from number `first` on, as a window sees them.
pub(super) fn entering<'a>(
    store: &'a Store,
    (first, oldest): (u64, u64),
    input: &'a Flow,
    selected: &'a Selected,
    chunk_ends: &'a [u32],
    now: &'a [i64],
    arena: &'a Arena,
) -> Entering<'a> {
    let (cols, sel, n) = (&input.rows.cols[..], selected.sel(), selected.n);
    Entering { first, oldest, times: store, n, chunk_ends, now, cols, sel, arena }
}

/// Which chunks have a pick that failed; `ends` are the ends of their picks.
pub(super) fn failed_chunks(ends: &[u32], failed: &Failed) -> Vec<bool> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| (start..end).any(|i| failed.is(i as usize))).collect()
}

/// The groups of entering rows.
fn run_groups<'a>(code: &Code, ids: &'a [u32]) -> RunGroups<'a> {
    if code.group_by.is_empty() { RunGroups::One } else { RunGroups::Each(ids) }
}

fn arg_at<'a>(
    code: &Code,
    place: Option<usize>,
    args: &'a [Column],
    input: &'a Flow,
    selected: &Selected,
) -> ArgAt<'a> {
    let Some(place) = place else { return ArgAt::None };
    match code.args[place].attribute().filter(|_| selected.whole) {
        Some(a) => ArgAt::Here(&input.rows.cols[a as usize], selected.first),
        None => ArgAt::Here(&args[place], 0),
    }
}

/// Runs the aggregates over entering and leaving rows, run by run: a run's rows lie in one page on either side.
fn sweep_runs(
    store: &Store,
    aggregates: &mut Aggregates,
    code: &Code,
    (first, oldest): (u64, u64),
    n: usize,
    alike: Alike,
    leave: &mut [u32],
    groups: &mut Groups,
) {
    let grouped = !code.group_by.is_empty();
    let (mut i, mut l) = (0, oldest);
    while i < n {
        let entering = store.slice(first + i as u64, n - i);
        let (m, gone) = match alike {
            Alike::None => (entering.n, 0),
            Alike::One => {
                let m = store.slice(l, entering.n).n;
                (m, m)
            }
            Alike::Each => run_of(store, &leave[i..], entering.n, l, n),
        };
        let leaving = store.slice(l, gone);
        if m == 0 {
            // The rows that leave before this one lie in several pages: those of the first page leave ahead.
            let run = |place: Option<usize>| Run {
                groups: if grouped { RunGroups::Each(leaving.groups) } else { RunGroups::One },
                arg: place.map(|p| &leaving.cols[p]),
                first: leaving.first,
                failed: &[],
                arena: leaving.arena,
                n: gone,
                number: l,
            };
            aggregates.list.iter_mut().zip(&code.aggregates).for_each(|(a, c)| a.remove(&run(c.place)));
            groups.let_go(leaving.groups);
            leave[i] -= gone as u32;
            l += gone as u64;
            continue;
        }
        let (e, g) = if grouped { (m, gone) } else { (0, 0) };
        let (entering_groups, leaving_groups) = if grouped {
            (RunGroups::Each(&entering.groups[..e]), RunGroups::Each(&leaving.groups[..g]))
        } else {
            (RunGroups::One, RunGroups::One)
        };
        let leave_of = match alike {
            Alike::None => Leave::None,
            Alike::One => Leave::One,
            Alike::Each if gone == 0 => Leave::None,
            Alike::Each => Leave::Each(&leave[i..i + m]),
        };
        for ((aggregate, c), result) in aggregates.list.iter_mut().zip(&code.aggregates).zip(&mut aggregates.results) {
            let slide = Slide {
                entering: Run {
                    groups: entering_groups,
                    arg: c.place.map(|p| &entering.cols[p]),
                    first: entering.first,
                    failed: &[],
                    arena: entering.arena,
                    n: m,
                    number: first + i as u64,
                },
                leaving: Run {
                    groups: leaving_groups,
                    arg: c.place.filter(|_| gone > 0).map(|p| &leaving.cols[p]),
                    first: leaving.first,
                    failed: &[],
                    arena: leaving.arena,
                    n: gone,
                    number: l,
                },
                leave: leave_of,
            };
            aggregate.slide(&slide, result);
        }
        if grouped {
            groups.hold(&entering.groups[..e]);
            groups.let_go(&leaving.groups[..g]);
        }
        i += m;
        l += gone as u64;
    }
}

/// How many of the entering rows, at most `most`, push out rows of the page of row `l` only; and how many those are. With
/// 0 entering rows: how many of the next row's leave from this page.
fn run_of(store: &Store, leave: &[u32], most: usize, l: u64, n: usize) -> (usize, usize) {
    let total: usize = leave[..most.min(leave.len())].iter().map(|&c| c as usize).sum();
    if total == 0 {
        return (most, 0);
    }
    let room = store.slice(l, total.max(n)).n.min(total);
    let (mut m, mut gone) = (0, 0);
    while m < most && gone + leave[m] as usize <= room {
        gone += leave[m] as usize;
        m += 1;
    }
    if m == 0 { (0, room) } else { (m, gone) }
}

/// Which rows come out: appends them to `picks`, and to `ends` per piece the end of its picks.
fn pick_pieces(
    code: &Code,
    slots: &mut Slots,
    ids: &[u32],
    groups: usize,
    selected: &Selected,
    passing: Option<&[u32]>,
    picks: &mut Vec<u32>,
    ends: &mut Vec<u32>,
) {
    let (mut start, mut next) = (0u32, 0);
    let group = |i: u32| ids[i as usize];
    for piece in &selected.pieces {
        // Pieces are mostly small, so a step at a time is cheaper than halving what is left of the frame.
        let until = passing.map_or(0, |p| next + p[next..].iter().take_while(|&&i| i < piece.end).count());
        match passing {
            Some(p) => pick(code, slots, groups, p[next..until].iter().copied(), group, picks),
            None => pick(code, slots, groups, start..piece.end, group, picks),
        }
        next = until;
        start = piece.end;
        ends.push(picks.len() as u32);
    }
}
