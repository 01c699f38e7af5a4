//! Which signals come out, and their output attributes.

use riddhi_batch::{Chunk, Sel};
use riddhi_plan::logical::Kinds;
use riddhi_plan::registry::{SignalKind, Volatility};

use super::Buffers;
use crate::expr::Source;
use crate::query::emit::pick;
use crate::query::faults::note_signals;
use crate::query::rows::keep;
use crate::query::slide::failed_chunks;
use crate::query::{Code, Cx, Work, compute, report};

impl Work {
    /// The signals that may come out: of a kind that is asked for, and passing `having`.
    pub(super) fn choose_eligible(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
        g.eligible.clear();
        let fine = |p: u32| g.lost.get(p as usize).is_none_or(|&l| l == 0);
        let wanted = |p: u32| code.kinds.have(g.kinds[g.alive[p as usize] as usize]) && fine(p);
        g.eligible.extend((0..g.alive.len() as u32).filter(|&p| wanted(p)));
        g.lost.clear();
        let Some(having) = &code.having else { return };
        let eligible = std::mem::take(&mut g.eligible);
        g.ask_places(&eligible);
        let computed = Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&eligible) };
        g.ask_times(having.volatility());
        let rows = g.rows_asked(computed, (self.serial, code.seed));
        let b = &mut self.buffers;
        b.hits.clear();
        b.failed.clear();
        having.select(&rows, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
        if !b.failed.is_empty() {
            report(code, cx, &b.failed, g.step_of(g.asked[b.failed.first()]));
            note_signals(code, cx, g, &b.failed, |i| g.asked[i]);
        }
        g.eligible = eligible;
        keep(&mut g.eligible, &b.hits);
    }

    pub(super) fn emit_signals(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers) {
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
            report(code, cx, &self.buffers.failed, g.pieces[first_bad].step);
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
        for (piece, &end) in g.pieces.iter().zip(&b.ends) {
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
            pick(code, &mut b.slots, self.state.groups.bound(), rows, |p| g.ids[p as usize], &mut b.picks);
            next = until;
            b.ends.push(b.picks.len() as u32);
        }
    }

    /// Computes the output attributes of the picks, appending them if `keep`. Whether a row failed.
    fn compute_items(&mut self, code: &Code, cx: &mut Cx<'_>, g: &mut Buffers, keep: bool) -> bool {
        let b = &mut self.buffers;
        g.ask_places(&b.picks);
        let computed = Source { cols: &self.state.aggregates.results, sel: Sel::Rows(&b.picks) };
        g.ask_times(if code.asks_ts { Volatility::Random } else { Volatility::Pure });
        let rows = g.rows_asked(computed, (self.serial, code.seed));
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

/// The places of resets among the rows that come out, which are in order.
fn resets(g: &Buffers, picks: &[u32]) -> Vec<u32> {
    let resets = (0..g.alive.len() as u32).filter(|&p| g.kinds[g.alive[p as usize] as usize] == SignalKind::Reset);
    resets.map(|p| picks.partition_point(|&pick| pick < p) as u32).collect()
}
