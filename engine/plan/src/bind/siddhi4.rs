//! What a query does otherwise in an app that answers as Siddhi 4.

use riddhi_ql::ast::{Query, Selection};

use super::Pass;
use crate::diagnose::notes;
use crate::logical::SelectPlan;
use crate::registry::Compat;

impl Pass<'_> {
    /// Of a query whose rows come one by one, not batch by batch.
    pub(super) fn row_by_row(&mut self, select: &mut SelectPlan, query: &Query) {
        if self.compat == Compat::Siddhi4 && !(select.aggregates.is_empty() && select.group_by.is_empty()) {
            select.each_row = true;
            self.diagnostics.push(notes::row_by_row(query.input.span()));
        }
        self.limits_only(select, query);
    }

    /// The same of a pattern, which gives each match by itself in both lines. Before the rows of a partition are grouped by key.
    pub(super) fn limits_only(&mut self, select: &mut SelectPlan, query: &Query) {
        if self.compat != Compat::Siddhi4 || select.group_by.is_empty() {
            return;
        }
        select.limits_only = true;
        let Some(Selection { order_by, offset, .. }) = &query.selection else { return };
        let first = order_by.first().map(|o| (o.span, "order by"));
        let second = offset.as_ref().map(|o| (o.span, "offset"));
        for (span, clause) in first.into_iter().chain(second) {
            self.diagnostics.push(notes::no_order_in_groups(clause, span));
        }
    }
}
