//! When a query's result comes out, and where Siddhi's rates differ.

use riddhi_ql::Span;
use riddhi_ql::ast::{EventTypeKind, OutputKind, Query, RateKind, RateWhich, TimeValue};

use super::Pass;
use crate::diagnose::{clauses, notes};
use crate::expr::Node;
use crate::logical::{RatePlan, SelectPlan, Which};
use crate::registry::BoundWindow;

fn which_rows(which: RateWhich) -> Which {
    match which {
        RateWhich::All => Which::All,
        RateWhich::First => Which::First,
        RateWhich::Last => Which::Last,
    }
}

impl Pass<'_> {
    /// When the result comes out: none if at once, or if that is wrong.
    pub(crate) fn rate(&mut self, query: &Query) -> Option<RatePlan> {
        match &query.rate.as_ref()?.kind {
            RateKind::Events { which, count, count_span } => match u64::try_from(*count) {
                Ok(count) if count > 0 => Some(RatePlan::Events(which_rows(*which), count)),
                _ => {
                    self.diagnostics.push(clauses::no_events(*count_span));
                    None
                }
            },
            RateKind::Time { which, every } => {
                let which = which_rows(*which);
                // The first row is let through whenever one comes; the others wait for the end of the interval.
                self.interval(every, which != Which::First).map(|ms| RatePlan::Time(which, ms))
            }
            RateKind::Snapshot { every } => {
                self.snapshot_kinds(query);
                self.interval(every, true).map(RatePlan::Snapshot)
            }
        }
    }

    fn interval(&mut self, every: &TimeValue, ticks: bool) -> Option<i64> {
        if ticks && every.ms <= 0 {
            self.diagnostics.push(clauses::no_time(every.span));
            return None;
        }
        Some(every.ms)
    }

    fn snapshot_kinds(&mut self, query: &Query) {
        let OutputKind::Insert { events: Some(events), .. } = &query.output.kind else { return };
        match events.kind {
            EventTypeKind::Current => self.diagnostics.push(clauses::snapshot_kind(events.span, "current")),
            EventTypeKind::Expired => self.diagnostics.push(clauses::snapshot_kind(events.span, "expired")),
            EventTypeKind::All => {}
        }
    }

    /// Says where a rate differs from Siddhi's.
    pub(crate) fn rate_notes(
        &mut self,
        query: &Query,
        window: Option<&BoundWindow>,
        select: &SelectPlan,
        rate: Option<RatePlan>,
    ) {
        let (Some(rate), Some(span)) = (rate, query.rate.as_ref().map(|r| r.span)) else { return };
        let grouped = !select.group_by.is_empty();
        let batches = window.is_some_and(|w| !w.sliding);
        match rate {
            RatePlan::Events(Which::First, 1) => self.diagnostics.push(notes::first_of_one(span)),
            RatePlan::Events(Which::First, _) | RatePlan::Time(Which::First, _)
                if batches && !grouped && select.aggregates.is_empty() =>
            {
                self.diagnostics.push(notes::first_after_batch(span));
            }
            RatePlan::Snapshot(_) if window.is_some() => self.snapshot_notes(select, span),
            _ => {}
        }
        let ticks = !matches!(rate, RatePlan::Events(..) | RatePlan::Time(Which::First, _));
        if ticks && self.playback {
            self.diagnostics.push(notes::playback_rate(span));
        }
    }

    fn snapshot_notes(&mut self, select: &SelectPlan, span: Span) {
        let bare = select.items.iter().filter(|i| matches!(i.expr.node, Node::Aggregate(_))).count();
        if bare == select.items.len() {
            if select.group_by.is_empty() {
                self.diagnostics.push(notes::snapshot_of_aggregates(span));
            }
        } else if select.items.iter().any(|i| i.expr.has_aggregate()) {
            self.diagnostics.push(notes::snapshot_expiry(span));
        }
    }
}
