//! What stands behind the matches: select, group by, having, rates. Inside a partition a rate limiter has a state by key.

use std::sync::Arc;

use riddhi_batch::{Flow, LoadError};
use riddhi_plan::logical::QueryPlan;

use crate::operator::{Delivered, Inputs, Operator};
use crate::query::{Code, Cx, KeyedQuery, Query, Section};
use crate::steps::{Fired, Steps};

/// A query over the rows that are found.
pub(super) enum Selection {
    One(Box<Query>),
    Keyed(Box<KeyedQuery>, Vec<Delivered>),
}

macro_rules! each {
    ($it:expr, $query:ident => $call:expr) => {
        match $it {
            Selection::One($query) => $call,
            Selection::Keyed($query, _) => $call,
        }
    };
}

impl Selection {
    pub fn new(code: Arc<Code>, plan: &QueryPlan) -> Selection {
        match plan.partition.filter(|of| of.keyed) {
            Some(of) => Selection::Keyed(Box::new(KeyedQuery::new(code, of.number, of.column)), Vec::new()),
            None => Selection::One(Box::new(Query::new(code))),
        }
    }

    /// Takes all rows of a flow; what comes out names what caused them.
    pub fn run(&mut self, cx: &mut Cx<'_>, found: &Flow) {
        let (before, n) = (self.out().chunks.len(), found.chunks.len());
        match self {
            Selection::One(query) => {
                query.run(cx, found, 0, n);
                query.trace(before, found);
            }
            Selection::Keyed(query, order) => {
                order.clear();
                order.extend((0..n as u32).map(|chunk| Delivered { input: 0, chunk }));
                query.run(cx, Inputs::lone(&[found], order), 0, n);
                query.trace(before, found);
            }
        }
    }

    pub fn out(&self) -> &Flow {
        each!(self, query => query.out())
    }

    pub fn clear_out(&mut self) {
        each!(self, query => query.clear_out());
    }

    pub fn begin(&mut self) {
        each!(self, query => query.begin());
    }

    pub fn start(&mut self, now: i64) {
        each!(self, query => query.start(now));
    }

    pub fn has_timers(&self) -> bool {
        match self {
            Selection::One(query) => query.code().has_timers(),
            Selection::Keyed(query, _) => query.has_timers(),
        }
    }

    pub fn due(&self) -> Option<i64> {
        each!(self, query => query.due())
    }

    pub fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        each!(self, query => query.next_timer(steps))
    }

    pub fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        each!(self, query => query.fire(cx, timer));
    }

    pub fn forget(&mut self, keys: &[u32]) {
        each!(self, query => query.forget(keys));
    }

    pub fn shrink(&mut self, keys: usize) {
        each!(self, query => query.shrink(keys));
    }

    pub fn save(&self, out: &mut Vec<Section>) {
        each!(self, query => query.save(out));
    }

    pub fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        each!(self, query => query.load(role, bytes))
    }

    pub fn bytes(&self) -> usize {
        each!(self, query => query.bytes())
    }
}
