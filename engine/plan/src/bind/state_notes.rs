//! Where Siddhi's answer to a pattern is another: it loses results, gives them late, or ends too early.

use crate::states::{StateKind, StatePlan, StatesPlan};

/// What there is to say of a pattern or sequence.
pub(crate) fn differences(plan: &StatesPlan) -> Vec<&'static str> {
    let mut said = Vec::new();
    let states = &plan.states;
    let absent = |state: &StatePlan| match state.kind {
        StateKind::Absent(..) => true,
        StateKind::Logical { left, right, .. } => left.absent.is_some() || right.absent.is_some(),
        _ => false,
    };
    let least = |state: &StatePlan| match state.kind {
        StateKind::Count { min, .. } => Some(min),
        _ => None,
    };
    let last = states.last().and_then(least);
    let mut say = |when: bool, what: &'static str| {
        if when {
            said.push(what);
        }
    };
    let sequence = plan.sequence;
    let inner = states.split_last().map_or(&states[..], |(_, before)| before);
    say(
        sequence && inner.iter().filter_map(least).any(|min| min > 1),
        "in Siddhi a count of two or more in a sequence never matches",
    );
    say(
        sequence && last.is_some_and(|min| min > 0),
        "in Siddhi the counted last element of a sequence never comes out",
    );
    // As second state Siddhi does so only behind a first one that is more than one event.
    let behind = match &states[..] {
        [first, _] => match first.kind {
            StateKind::Count { min, .. } => min == 0,
            StateKind::Absent(..) | StateKind::Logical { .. } => true,
            _ => false,
        },
        _ => states.len() > 2,
    };
    say(
        last == Some(0) && behind,
        "Siddhi gives the row of a counted last state that needs nothing late, or with the events of another match",
    );
    say(
        sequence && last == Some(0) && matches!(states[..], [StatePlan { kind: StateKind::Count { .. }, .. }, _]),
        "in Siddhi rows of one array have what comes later in it, or are lost",
    );
    let both = matches!(states[..], [StatePlan { kind: StateKind::Logical { and: true, left, right }, .. }]
        if left.absent.is_none() && right.absent.is_none());
    say(both, "in Siddhi a match that the left side completes is lost");
    if plan.within.is_some() {
        say(
            states.iter().any(|s| s.group.is_some_and(|group| group > 0)),
            "in Siddhi the `every` goes on after the time of `within`",
        );
        let collects = |s: &StatePlan| matches!(s.kind, StateKind::Count { min, max, .. } if max != Some(min));
        let first = states.first().is_some_and(|s| s.again == Some(0) && collects(s));
        say(first, "in Siddhi the expiry of a match that goes on collecting starts one more");
        let or = |s: &StatePlan| match s.kind {
            StateKind::Logical { and: false, left, right } => left.absent.is_none() && right.absent.is_none(),
            _ => false,
        };
        say(
            !sequence && states.first().is_some_and(|s| s.group == Some(0) && or(s)),
            "in Siddhi the expiry of an event that was the match of `or` starts one more",
        );
    }
    let begins = states.first().is_some_and(|s| matches!(s.kind, StateKind::Absent(..)) && s.group.is_none());
    say(begins && !sequence, "in Siddhi the wait at the start does not begin anew with each event");
    let grouped = |(number, state): (usize, &StatePlan)| {
        absent(state) && state.group.is_some_and(|group| state.again != Some(number) || group != number)
    };
    say(
        !sequence && states.iter().enumerate().any(grouped),
        "in Siddhi an `every` over several states of which one is absent ends",
    );
    let counted = |pair: &[StatePlan]| least(&pair[0]).is_some() && absent(&pair[1]);
    say(
        states.windows(2).any(counted),
        "in Siddhi the wait does not begin anew with an event that is collected meanwhile",
    );
    let every = states.first().is_some_and(|s| s.group.is_some());
    let later = states.iter().skip(1).any(absent);
    say(sequence && every && later, "in Siddhi an event that should not come does no harm, or ends the sequence");
    let waits = |s: &StatePlan| match s.kind {
        StateKind::Logical { left, right, .. } => {
            [left, right].iter().any(|side| side.absent.is_some_and(|wait| wait.is_some()))
        }
        _ => false,
    };
    say(states.iter().skip(1).any(waits), "in Siddhi an event for one waiting match makes the others late or silent");
    said
}
