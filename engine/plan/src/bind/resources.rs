//! Resource groups: how many `#env:resourceIdentifier('group')` an app has of each, which is what `env:resourceBatch` waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use riddhi_ql::ast::{App, Args, Element, ExprKind, Handler, QueryInput, State, StateKind};

/// Members by group.
pub(crate) type Members = Arc<BTreeMap<String, u32>>;

/// The members of all groups of an app.
pub(super) fn members(app: &App) -> Members {
    let mut all = BTreeMap::new();
    for element in &app.elements {
        match element {
            Element::Query(query) => input(&query.input, &mut all),
            Element::Partition(partition) => partition.queries.iter().for_each(|query| input(&query.input, &mut all)),
        }
    }
    Arc::new(all)
}

fn input(of: &QueryInput, all: &mut BTreeMap<String, u32>) {
    match of {
        QueryInput::Stream(stream) => handlers(&stream.handlers, all),
        QueryInput::Join(join) => [&join.left, &join.right].iter().for_each(|side| handlers(&side.handlers, all)),
        QueryInput::Pattern(states) | QueryInput::Sequence(states) => state(&states.root, all),
        QueryInput::Anonymous(inner) => input(&inner.input, all),
    }
}

fn state(of: &State, all: &mut BTreeMap<String, u32>) {
    match &of.kind {
        StateKind::Next(states) => states.iter().for_each(|next| state(next, all)),
        StateKind::Every(inner) => state(inner, all),
        StateKind::Stream(stream) | StateKind::Count(stream, _) => handlers(&stream.input.handlers, all),
        StateKind::Logical { left, right, .. } => [left, right].into_iter().for_each(|side| state(side, all)),
        StateKind::Absent(stream, _) => handlers(&stream.handlers, all),
    }
}

fn handlers(list: &[Handler], all: &mut BTreeMap<String, u32>) {
    for handler in list {
        let Handler::Function(call) = handler else { continue };
        let is_member =
            call.namespace.as_ref().is_some_and(|n| n.name == "env") && call.name.name == "resourceIdentifier";
        if let Args::List(args) = &call.args
            && let [group] = &args[..]
            && let ExprKind::Str(group) = &group.kind
            && is_member
        {
            *all.entry(group.clone()).or_default() += 1;
        }
    }
}
