//! Fault streams: `!S` of a stream with `@OnError(action='stream')`, and the nodes that fill them.

use riddhi_batch::Type;
use riddhi_ql::Ident;
use riddhi_ql::ast::Scope;

use super::catalog::{Field, Shape};
use super::scope::marked;
use super::{Pass, output};
use crate::logical::{Kinds, QueryPlan, Role};

impl Pass<'_> {
    /// The fault stream of a stream of that shape.
    pub(crate) fn fault_stream(&mut self, of: &Ident, mut shape: Shape) {
        shape.fields.push(Field::new("_error", Type::Object));
        self.catalog.add(&marked(Scope::Fault, &of.name), output::inferred(shape, of.span));
    }

    /// What puts the events of an input that fail in a query into the fault stream, if there is one.
    pub(crate) fn fault_node(&self, query: &QueryPlan, input: usize) -> Option<QueryPlan> {
        let stream = *query.inputs.get(input)?;
        // Inside a partition a stream is read by way of what splits it.
        let split = |q: &&QueryPlan| q.output == Some(stream) && matches!(q.role, Role::Split(_));
        let of = self.queries.iter().find(split).map_or(stream, QueryPlan::input);
        let name = self
            .catalog
            .streams
            .get(of)
            .filter(|_| matches!(query.role, Role::Select | Role::Join(_) | Role::States(_)))?;
        self.catalog.get(name).filter(|e| e.fault)?;
        let fault = self.catalog.get(&marked(Scope::Fault, name))?;
        Some(QueryPlan {
            label: query.label.clone(),
            key: if input == 0 { format!("{}:fault", query.key) } else { format!("{}:fault:{input}", query.key) },
            inputs: vec![stream],
            role: Role::Fault(self.queries.len(), input as u32),
            output: Some(fault.number),
            ..QueryPlan::of(Kinds::Current, query.span)
        })
    }
}
