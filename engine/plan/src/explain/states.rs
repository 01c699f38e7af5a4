//! The states of a pattern, a line each.

use crate::logical::{AppPlan, QueryPlan};
use crate::states::{At, Side, SlotPlan, StateKind, StatesPlan, What};
use crate::text::{handler_text, name_text, state_text};

/// What the states wait for, and what is kept for later.
pub(super) fn state_lines(plan: &AppPlan, query: &QueryPlan, states: &StatesPlan) -> Vec<String> {
    let how = if states.sequence { "sequence" } else { "pattern" };
    let within = states.within.map_or(String::new(), |ms| format!(" within {ms} ms"));
    let mut lines = vec![format!("{how} of {} states{within}", states.states.len())];
    for (number, state) in states.states.iter().enumerate() {
        let every = if starts_every(states, number) { "every " } else { "" };
        let slot = |slot: usize| slot_text(plan, query, states, &states.slots[slot]);
        let text = match state.kind {
            StateKind::One(one) => slot(one),
            StateKind::Count { slot: counted, min, max: Some(max) } => format!("{min} to {max} of {}", slot(counted)),
            StateKind::Count { slot: counted, min, max: None } => format!("{min} or more of {}", slot(counted)),
            StateKind::Absent(absent, ms) => format!("no {} for {ms} ms", slot(absent)),
            StateKind::Logical { and, left, right } => {
                let side = |side: Side| match side.absent {
                    None => slot(side.slot),
                    Some(None) => format!("no {}", slot(side.slot)),
                    Some(Some(ms)) => format!("no {} for {ms} ms", slot(side.slot)),
                };
                format!("{} {} {}", side(left), if and { "and" } else { "or" }, side(right))
            }
        };
        let by = state.kind.slots().find_map(|slot| states.looked_up_by(slot));
        let by = by.map_or(String::new(), |a| format!(", waiting matches looked up by {}", name_text(&a.name)));
        lines.push(format!("state {}: {every}{text}{by}", number + 1));
    }
    lines.extend(states.slots.iter().enumerate().filter_map(|(number, slot)| kept_text(states, number, slot)));
    lines
}

fn starts_every(states: &StatesPlan, number: usize) -> bool {
    states.states.iter().any(|s| s.again == Some(number))
}

/// `e1 = S[condition]`
fn slot_text(plan: &AppPlan, query: &QueryPlan, states: &StatesPlan, slot: &SlotPlan) -> String {
    let stream = query.inputs.get(slot.input).map_or("", |&s| super::stream_name(plan, s));
    let mut text = match slot.name == stream {
        true => name_text(stream),
        false => format!("{} = {}", name_text(&slot.name), name_text(stream)),
    };
    slot.functions.iter().for_each(|f| text.push_str(&handler_text(f, &slot.schema)));
    for condition in &slot.conditions {
        let captured = condition.captures.iter().map(|c| states.attribute(c).name);
        let captured: Vec<String> = captured.chain(condition.aggregates.iter().map(|a| a.text.clone())).collect();
        text.push_str(&format!("[{}]", state_text(&condition.expr, &slot.schema, &captured)));
    }
    text
}

/// Which attributes of a slot's events are kept.
fn kept_text(states: &StatesPlan, number: usize, slot: &SlotPlan) -> Option<String> {
    let conditions = states.slots.iter().flat_map(|s| &s.conditions).flat_map(|c| &c.captures);
    let mut kept: Vec<&str> = Vec::new();
    for capture in states.captures.iter().chain(conditions).filter(|c| c.slot == number) {
        if let What::Attribute(a) | What::List(a) = capture.what
            && let Some(attribute) = slot.schema.attributes.get(a as usize)
            && !kept.contains(&attribute.name.as_str())
            && (slot.many || capture.at == At::Nth(0))
        {
            kept.push(&attribute.name);
        }
    }
    (!kept.is_empty()).then(|| format!("keeps of {}: {}", name_text(&slot.name), kept.join(", ")))
}
