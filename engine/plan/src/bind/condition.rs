//! The condition of an `expression` window: a text of its own, over the row under test, the oldest and the latest row of the
//! window, and aggregates over the rows held. It may come as a constant, or from an attribute while the app runs.

use riddhi_batch::{Schema, Type};
use riddhi_ql::{Diagnostic, Diagnostics};

use super::aggregates::Aggregates;
use super::catalog::{Catalog, Field, Shape};
use super::expr::Binder;
use super::guards::COPIES_MAX;
use super::resources::Members;
use super::scope::{Input, Scope};
use crate::cron::Zone;
use crate::expr::Expr;
use crate::logical::AggregatePlan;
use crate::registry::{Leaving, Registry, WindowUse};

/// Rows that a condition names, in order: the one under test, `first`, `last`.
pub const SLOTS: usize = 3;

/// A condition over the rows of a window. Its attributes are those of the rows under test, first and last one behind the
/// other, then the three rows' timestamps.
#[derive(Clone, Debug)]
pub struct Condition {
    /// A bool.
    pub expr: Expr,
    /// Its aggregates, in order of their numbers.
    pub aggregates: Vec<AggregatePlan>,
}

/// What a window's argument may name.
#[derive(Clone)]
pub struct WindowScope {
    registry: Registry,
    stream: String,
    shape: Shape,
    members: Members,
}

impl WindowScope {
    pub(crate) fn new(registry: &Registry, input: &Input<'_>, members: &Members) -> WindowScope {
        let (stream, shape) = (input.name.clone(), input.shape.clone());
        WindowScope { registry: registry.clone(), stream, shape, members: members.clone() }
    }

    /// How many queries of the app say that they are members of that resource group.
    pub fn members(&self, group: &str) -> u32 {
        self.members.get(group).copied().unwrap_or(0)
    }

    /// The time zone of schedules.
    pub fn zone(&self) -> &Zone {
        self.registry.zone()
    }

    /// The attributes of the rows.
    pub fn schema(&self) -> Schema {
        self.shape.schema()
    }

    /// The name of an attribute.
    pub fn name(&self, attribute: u32) -> &str {
        self.shape.fields.get(attribute as usize).map_or("", |f| &f.name)
    }

    /// Binds a condition; else says what is wrong with it.
    pub fn condition(&self, text: &str) -> Result<Condition, String> {
        let told = |all: Vec<Diagnostic>| {
            let first = all.into_iter().find(Diagnostic::is_error);
            first.map_or_else(|| "it cannot be understood".to_owned(), |d| d.message)
        };
        let tree = riddhi_ql::parse_expression(text).map_err(told)?;
        let n = self.shape.fields.len();
        let slot = |name: &str, slot: usize| Input {
            name: name.to_owned(),
            reference: None,
            shape: self.shape.clone(),
            many: false,
            multi: true,
            state: false,
            first: slot * n,
        };
        let inputs = vec![slot(&self.stream, 0), slot("first", 1), slot("last", 2)];
        let scope = Scope { inputs, own: Some(0), times: Some((SLOTS * n) as u32), ..Scope::default() };
        let mut schema = Shape::default();
        for slot in ["", "first.", "last."] {
            let named = |f: &Field| Field { name: format!("{slot}{}", f.name), ..f.clone() };
            schema.fields.extend(self.shape.fields.iter().map(named));
        }
        schema.fields.extend((0..SLOTS).map(|_| Field::new("eventTimestamp", Type::Long)));
        let window = WindowUse { sliding: true, expired: true, windowed: true, leaving: Leaving::Oldest };
        let mut aggregates = Aggregates::new(window, schema.schema());
        let (catalog, mut diagnostics) = (Catalog::default(), Diagnostics::new());
        catalog.copies.set(COPIES_MAX);
        let mut binder = Binder {
            aggregates: Some(&mut aggregates),
            ..Binder::new(&self.registry, &catalog, &mut diagnostics, &scope, "the expression of a window")
        };
        let bound = binder.bind(&tree);
        let Some(expr) = bound.filter(|_| !diagnostics.has_errors()) else {
            return Err(told(diagnostics.into_sorted()));
        };
        if expr.ty != Type::Bool {
            return Err(format!("it must be a bool, not a {}", expr.ty));
        }
        Ok(Condition { expr, aggregates: aggregates.list })
    }
}
