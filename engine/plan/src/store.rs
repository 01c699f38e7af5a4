//! Tables that live elsewhere: what `@store` says of one, and what an app asks and tells it.

use riddhi_ql::Span;

use crate::connector::Options;
use crate::expr::{Expr, Node};
use crate::logical::{Access, AppPlan, QueryPlan, Role, Shared};
use crate::registry::Volatility;
use crate::table::{Change, ChangePlan, TableCondition};

/// The store of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct StorePlan {
    /// Its type, spelled as the registry does.
    pub ty: String,
    /// Its options.
    pub options: Options,
    /// What of its rows stays at hand.
    pub cache: Option<CachePlan>,
    /// Where it stands.
    pub span: Span,
}

/// Which row leaves a full cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CachePolicy {
    /// The one that came first.
    #[default]
    Fifo,
    /// The one that was looked up least recently.
    Lru,
    /// The one that was looked up for the fewest events.
    Lfu,
}

/// `@cache` of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CachePlan {
    /// Rows at most.
    pub size: usize,
    /// Which one leaves.
    pub policy: CachePolicy,
    /// How long a row stays, milliseconds.
    pub retention_ms: Option<i64>,
    /// How often old rows are looked for.
    pub purge_ms: i64,
}

impl AppPlan {
    /// The conditions by which queries look rows of a table up, each once.
    pub fn conditions_on(&self, table: usize) -> Vec<TableCondition> {
        let mut all: Vec<TableCondition> = Vec::new();
        let mut note = |condition: &TableCondition| {
            if condition.table == table && all.iter().all(|c| c.number != condition.number) {
                all.push(condition.clone());
            }
        };
        for stored in self.aggregations.iter().flat_map(|a| &a.stored) {
            [&stored.within, &stored.rolled, &stored.old].into_iter().for_each(&mut note);
        }
        for query in &self.queries {
            for expr in query.expressions().into_iter().chain(changed(query).flat_map(|c| c.change.expressions())) {
                each_in(expr, &mut note);
            }
            match &query.role {
                Role::Join(join) if join.buckets.is_none() => join.table.iter().for_each(&mut note),
                Role::Change(change) => change.change.condition().into_iter().for_each(&mut note),
                _ => {}
            }
        }
        all.sort_by_key(|c| c.number);
        all
    }

    /// The changes that queries make to a table, by the number of the node that makes them; an aggregation makes two, it adds
    /// rows and drops those that are old.
    pub fn changes_of(&self, table: usize) -> Vec<(usize, ChangePlan)> {
        let mut all = Vec::new();
        for (node, query) in self.queries.iter().enumerate() {
            all.extend(changed(query).filter(|c| c.table == table).map(|c| (node, c.clone())));
            if let Role::Aggregate(number) = query.role
                && let Some(stored) = self.aggregations[number].stored.iter().find(|s| s.within.table == table)
            {
                let change = |change: Change| (node, ChangePlan { table, change });
                all.extend([change(Change::Insert), change(Change::Delete(stored.old.clone()))]);
            }
        }
        all
    }

    /// Where random values would be asked or told of a store.
    pub fn random_in_stores(&self) -> Vec<Span> {
        let mut found = Vec::new();
        for table in (0..self.tables.len()).filter(|&n| self.tables[n].store.is_some()) {
            let (conditions, changes) = (self.conditions_on(table), self.changes_of(table));
            let changed = changes.iter().flat_map(|(_, change)| change.change.expressions());
            for expr in conditions.iter().flat_map(|c| c.expressions()).chain(changed) {
                if expr.volatility() == Volatility::Random && !found.contains(&expr.span) {
                    found.push(expr.span);
                }
            }
        }
        found
    }

    /// Whether queries see the rows of a table: its changes have to show before they are told elsewhere.
    pub fn sees_rows_of(&self, table: usize) -> bool {
        let kept = self.aggregations.iter().position(|a| a.tables.contains(&table)).map(Shared::Aggregation);
        let reads = |q: &QueryPlan| {
            let is = |(of, access): &(Shared, Access)| {
                *access == Access::Read && (*of == Shared::Table(table) || Some(*of) == kept)
            };
            q.shared.iter().any(is)
        };
        let inside = |q: &QueryPlan| {
            let mut found = false;
            for expr in changed(q).flat_map(|c| c.change.expressions()) {
                each_in(expr, &mut |condition| found |= condition.table == table);
            }
            found
        };
        // Events that a table refuses go to a fault stream with the entry that brought them.
        let faulty = |node: usize| self.queries.iter().any(|q| matches!(q.role, Role::Fault(of, _) if of + 1 == node));
        self.queries.iter().any(|q| reads(q) || inside(q))
            || self.changes_of(table).iter().any(|(node, _)| faulty(*node))
    }
}

fn changed(query: &QueryPlan) -> impl Iterator<Item = &ChangePlan> {
    let change = if let Role::Change(change) = &query.role { Some(&**change) } else { None };
    change.into_iter()
}

fn each_in(expr: &Expr, f: &mut impl FnMut(&TableCondition)) {
    expr.visit(&mut |e| {
        if let Node::In(condition) = &e.node {
            f(condition);
        }
    });
}
