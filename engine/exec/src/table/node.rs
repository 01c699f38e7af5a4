//! The node behind a query whose rows change a table.

use riddhi_batch::{Flow, LoadError, Reader, Sel, Writer};
use riddhi_plan::logical::QueryPlan;
use riddhi_plan::registry::Volatility;
use riddhi_plan::table::{ChangePlan, TablePlan};

use super::change::{Applier, Rejection};
use crate::expr::Rows;
use crate::operator::{Inputs, Operator};
use crate::query::{Cx, Failure, Section, seed};

/// The node that changes a table.
pub struct ChangeTable {
    node: u32,
    key: String,
    table: usize,
    applier: Applier,
    /// Events for which random values could have been drawn.
    serial: u64,
    /// Nothing comes out.
    out: Flow,
    ends: Vec<u32>,
    now: Vec<i64>,
    trouble: Vec<Trouble>,
    /// By chunk: the entry that caused it.
    positions: Vec<u64>,
    /// Events that changed nothing, of a table whose store has to be told of the others.
    rejected: Vec<u32>,
}

/// Events of a turn that could not be applied, for one reason.
#[derive(Debug)]
struct Trouble {
    why: Rejection,
    event: usize,
    rows: u64,
}

impl ChangeTable {
    /// The node of that number.
    pub fn new(node: u32, query: &QueryPlan, plan: &ChangePlan, table: &TablePlan) -> ChangeTable {
        ChangeTable {
            node,
            key: query.key.clone(),
            table: plan.table,
            applier: Applier::new(plan, table, seed(&query.key)),
            serial: 0,
            out: Flow::default(),
            ends: Vec::new(),
            now: Vec::new(),
            trouble: Vec::new(),
            positions: Vec::new(),
            rejected: Vec::new(),
        }
    }
}

impl Operator for ChangeTable {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {}

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        if from == to {
            return;
        }
        let (_, flow, first) = inputs.at(from);
        let start = first.first as usize;
        let volatility = self.applier.volatility();
        self.ends.clear();
        self.now.clear();
        for place in from..to {
            let chunk = inputs.at(place).2;
            self.ends.push(chunk.first + chunk.rows - start as u32);
            if volatility >= Volatility::Clock {
                let now = cx.steps.now(chunk.step);
                self.now.extend((0..chunk.rows).map(|_| now));
            }
        }
        let n = self.ends.last().map_or(0, |&end| end as usize);
        let ts = if volatility >= Volatility::RowTime { &flow.rows.ts[start..start + n] } else { &[] };
        let rows = Rows::of(&flow.rows.cols, Sel::From(start), n);
        let events = Rows { ts, now: &self.now, serial: self.serial, ..rows };
        let (trouble, ends) = (&mut self.trouble, &self.ends);
        // The query stands right before.
        let mut faults = cx.shared.faults.get_mut(self.node as usize - 1).and_then(Option::as_mut);
        let table = &mut cx.shared.tables[self.table];
        let far = table.is_far();
        self.rejected.clear();
        let rejected = &mut self.rejected;
        let mut reject = |event: usize, why: Rejection| {
            if far {
                rejected.push(event as u32);
            }
            if let (Some(faults), Err(reason)) = (&mut faults, &why) {
                let chunk = inputs.at(from + ends.partition_point(|&end| end as usize <= event)).2;
                faults.note_given(chunk, (start + event) as u32 - chunk.first, reason);
            }
            match trouble.iter_mut().find(|t| t.why == why) {
                Some(trouble) => trouble.rows += 1,
                None => trouble.push(Trouble { why, event, rows: 1 }),
            }
        };
        if !table.is_blind() {
            self.applier.apply(table, &events, ends, cx.arena, &mut reject);
        }
        if far {
            self.positions.clear();
            let base = cx.shared.base;
            let position = |place: usize| base + u64::from(cx.steps.entry(inputs.at(place).2.step));
            self.positions.extend((from..to).map(position));
            self.rejected.sort_unstable();
            let chunks = (&self.ends[..], &self.positions[..]);
            table.note_changes((self.node, 0), &events, chunks, &self.rejected, cx.arena);
        }
        if volatility == Volatility::Random {
            self.serial += n as u64;
        }
        for Trouble { why, event, rows } in self.trouble.drain(..) {
            let name = &cx.shared.tables[self.table].plan().name;
            let reason = why.map_or_else(|reason| reason, |refusal| refusal.reason(name));
            let chunk = self.ends.partition_point(|&end| end as usize <= event);
            let step = inputs.at(from + chunk).2.step;
            cx.failures.push(Failure { query: self.node, step, rows, reason });
        }
    }

    fn save(&self, out: &mut Vec<Section>) {
        if self.applier.volatility() == Volatility::Random {
            let mut bytes = Writer::default();
            bytes.put_u64(self.serial);
            out.push(Section { name: format!("{}/change", self.key), bytes: bytes.bytes });
        }
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != "change" {
            return Err(LoadError::new(format!("it has no {role}")));
        }
        self.serial = Reader::new(bytes).get_u64()?;
        Ok(())
    }

    fn bytes(&self) -> usize {
        0
    }
}
