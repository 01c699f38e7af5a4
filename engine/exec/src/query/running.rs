//! Aggregates of a condition or of arguments, which take each row in before it is computed.

use riddhi_batch::{Arena, Column, LoadError, Reader, Sel, Writer};
use riddhi_plan::logical::AggregatePlan;
use riddhi_plan::registry::{Failed, Groups, Leave, Run, Slide};

use super::code::aggregate;
use super::{AggregateCode, Aggregates, compute, exact_column, skip_unless};
use crate::expr::{Rows, Scratch, Source};

/// Takes the rows in; the running values stand in the results. `rows` needs no results of aggregates. Gives, by aggregate, the
/// rows whose argument cannot be computed, if there are any.
pub(super) fn take_in(
    Aggregates { list, results }: &mut Aggregates,
    codes: &[AggregateCode],
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    hits: &mut Vec<u32>,
) -> Vec<Failed> {
    let mut all = Vec::new();
    results.iter_mut().for_each(Column::clear);
    for (i, code) in codes.iter().enumerate() {
        let mut failed = Failed::default();
        let computed = Source { cols: results, sel: Sel::From(0) };
        let (input, Rows { n, ts, now, serial, seed, .. }) = (Source { ..rows.input }, *rows);
        let with_results = Rows { n, input, computed, ts, now, serial, seed };
        let arg = code.arg.as_ref().map(|program| {
            let mut column = Column::new(program.kind());
            compute(program, &with_results, arena, scratch, &mut column, &mut failed);
            if list[i].exact() { exact_column(column, code.kind, arena, &mut failed) } else { column }
        });
        let mut skipped = failed.rows.clone();
        if let Some(when) = &code.when {
            skip_unless(when, &with_results, arena, scratch, hits, &mut skipped);
        }
        let groups = Groups::One;
        let entering = Run { groups, arg: arg.as_ref(), first: 0, failed: &skipped, arena, n, number: 0 };
        let leaving = Run { groups, arg: None, first: 0, failed: &[], arena, n: 0, number: 0 };
        list[i].slide(&Slide { entering, leaving, leave: Leave::None }, &mut results[i]);
        list[i].settle(&mut results[i], arena);
        if !failed.is_empty() {
            all.push(failed);
        }
    }
    all
}

/// Those of a condition of a pattern's state.
pub(crate) struct Running {
    codes: Vec<AggregateCode>,
    own: Aggregates,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} aggregates", self.codes.len())
    }
}

impl Running {
    pub(crate) fn new(plans: &[AggregatePlan]) -> Running {
        let codes: Vec<AggregateCode> = plans.iter().map(aggregate).collect();
        Running { own: Aggregates::new(&codes), codes }
    }

    /// Takes a row in; why an argument cannot be computed.
    pub(crate) fn take_in(
        &mut self,
        rows: &Rows<'_>,
        arena: &mut Arena,
        scratch: &mut Scratch,
        hits: &mut Vec<u32>,
    ) -> Option<Failed> {
        take_in(&mut self.own, &self.codes, rows, arena, scratch, hits).into_iter().next()
    }

    /// The running values.
    pub(crate) fn results(&self) -> &[Column] {
        &self.own.results
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        self.own.list.iter().for_each(|aggregate| aggregate.save(0, out));
    }

    pub(crate) fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.own.list.iter_mut().try_for_each(|aggregate| aggregate.load(0, from))
    }
}
