//! The node that keeps what an aggregation keeps.

use riddhi_batch::{Flow, LoadError, Reader, Writer};
use riddhi_plan::aggregation::AggregationPlan;

use super::By;
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Failure, Section};
use crate::steps::{Fired, Part};
use crate::timers::Pending;

/// The role of its section in a snapshot.
const TIMES: &str = "times";

/// The node of an aggregation.
pub struct Aggregate {
    element: u32,
    key: String,
    number: usize,
    /// Milliseconds between two looks for old rows.
    interval: Option<i64>,
    /// When the next is.
    purge: Option<i64>,
    /// When the next bucket closes.
    close: Option<i64>,
    timers: Pending,
    /// Nothing comes out.
    out: Flow,
}

impl Aggregate {
    /// The node of the aggregation of that number.
    pub fn new(element: u32, key: &str, number: usize, plan: &AggregationPlan) -> Aggregate {
        Aggregate {
            element,
            key: key.to_owned(),
            number,
            interval: plan.purge.as_ref().map(|p| p.interval_ms),
            purge: None,
            close: None,
            timers: Pending::new(element, Part::Window),
            out: Flow::default(),
        }
    }

    fn next(&self) -> Option<i64> {
        self.close.into_iter().chain(self.purge).min()
    }

    /// Of what the store has nothing is known, so the events would be added to nothing.
    #[cold]
    fn fail(&self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        let Cx { shared, failures, .. } = cx;
        let reason = shared.aggregations[self.number].why_not().unwrap_or_default();
        // The query stands right before.
        let mut faults = shared.faults.get_mut(self.element as usize - 1).and_then(Option::as_mut);
        for at in from..to {
            let chunk = inputs.at(at).2;
            if let Some(faults) = &mut faults {
                (0..chunk.rows).for_each(|row| faults.note_given(chunk, row, reason));
            }
            let (query, reason) = (self.element, reason.to_owned());
            failures.push(Failure { query, step: chunk.step, rows: u64::from(chunk.rows), reason });
        }
    }

    /// Who changes tables at a step.
    fn by(&self, cx: &Cx<'_>, step: u32) -> By {
        By { node: self.element, position: cx.shared.base + u64::from(cx.steps.entry(step)) }
    }

    /// The clock reads `now`.
    fn advance(&self, cx: &mut Cx<'_>, now: i64, step: u32) {
        let by = self.by(cx, step);
        let shared = &mut *cx.shared;
        let refused = shared.aggregations[self.number].advance(now, &mut shared.tables, by);
        if refused > 0 {
            let reason = shared.aggregations[self.number].refusal();
            cx.failures.push(Failure { query: self.element, step, rows: refused, reason });
        }
    }
}

impl Operator for Aggregate {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {}

    fn timers(&self) -> Option<&Pending> {
        Some(&self.timers)
    }

    fn timers_mut(&mut self) -> Option<&mut Pending> {
        Some(&mut self.timers)
    }

    fn start(&mut self, now: i64) {
        if self.purge.is_none() {
            self.purge = self.interval.map(|ms| now.saturating_add(ms));
        }
        self.timers.set(self.next().into_iter());
        self.timers.resume(now);
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let step = cx.steps.fire(timer);
        self.timers.pop();
        self.advance(cx, timer.now, step);
        if let (Some(purge), Some(interval)) = (self.purge, self.interval)
            && purge <= timer.now
        {
            let by = self.by(cx, step);
            let shared = &mut *cx.shared;
            shared.aggregations[self.number].purge(timer.now, &mut shared.tables, by);
            let passed = (timer.now - purge) / interval;
            self.purge = Some(purge.saturating_add((passed + 1).saturating_mul(interval)));
        }
        self.close = cx.shared.aggregations[self.number].due();
        self.timers.replace(self.next(), step, cx.steps);
        if cx.failures.last().is_none_or(|f| f.step != step) {
            cx.steps.forget_last();
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        if cx.shared.aggregations[self.number].waits() {
            return self.fail(cx, inputs, from, to);
        }
        let mut at = from;
        let mut step = 0;
        while at < to {
            let (_, flow, first) = inputs.at(at);
            step = first.step;
            self.advance(cx, cx.steps.now(step), step);
            let aggregation = &mut cx.shared.aggregations[self.number];
            let end = aggregation.end();
            let mut rows = first.rows;
            at += 1;
            while at < to {
                let chunk = inputs.at(at).2;
                if cx.steps.now(chunk.step) >= end {
                    break;
                }
                (rows, step) = (chunk.first + chunk.rows - first.first, chunk.step);
                at += 1;
            }
            aggregation.take(&flow.rows.cols, first.first as usize, rows as usize, cx.arena);
        }
        if from < to {
            self.close = cx.shared.aggregations[self.number].due();
            self.timers.replace(self.next(), step, cx.steps);
        }
    }

    fn run_frame(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>) {
        let mut at = 0;
        while at < inputs.order.len() {
            let step = inputs.at(at).2.step;
            while let Some(timer) = self.next_timer(cx.steps).filter(|t| cx.steps.precedes(t, step)) {
                self.fire(cx, timer);
            }
            // Up to where old rows are looked for; buckets close by the events' clock as they would by timers.
            let due = self.purge.unwrap_or(i64::MAX);
            let mut to = at + 1;
            while to < inputs.order.len() && cx.steps.now(inputs.at(to).2.step) < due {
                to += 1;
            }
            self.run(cx, inputs, at, to);
            at = to;
        }
        while let Some(timer) = self.next_timer(cx.steps) {
            self.fire(cx, timer);
        }
    }

    fn save(&self, out: &mut Vec<Section>) {
        let mut bytes = Writer::default();
        for time in [self.close, self.purge] {
            bytes.put_optional_i64(time);
        }
        out.push(Section { name: format!("{}/{TIMES}", self.key), bytes: bytes.bytes });
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != TIMES {
            return Err(LoadError::new(format!("an aggregation has no {role}")));
        }
        let mut from = Reader::new(bytes);
        for time in [&mut self.close, &mut self.purge] {
            *time = from.get_optional_i64()?;
        }
        self.timers.set(self.next().into_iter());
        Ok(())
    }

    fn bytes(&self) -> usize {
        0
    }
}
