//! `@purge` of aggregations and partitions.

use riddhi_ql::ast::{AggregationDef, Annotation, Partition};
use riddhi_ql::{Diagnostics, Span};

use super::annotations::{element, single};
use crate::aggregation::{RetentionPlan, Unit};
use crate::diagnose::annotations as wrong;
use crate::partition::PurgePlan;

const HOUR: i64 = 3_600_000;
/// Between two looks for idle keys of a partition, if nothing is said.
const PURGE_INTERVAL_MS: i64 = 5 * 60_000;
const DAY: i64 = 24 * HOUR;

/// Keys of `@retentionPeriod` with the table they are for and the shortest time, in milliseconds.
const RETENTIONS: [(&[&str], Unit, i64); 6] = [
    (&["sec", "second", "seconds"], Unit::Second, 120_000),
    (&["min", "minute", "minutes"], Unit::Minute, 2 * HOUR),
    (&["h", "hour", "hours"], Unit::Hour, 25 * HOUR),
    (&["day", "days"], Unit::Day, 32 * DAY),
    (&["month", "months"], Unit::Month, 13 * 30 * DAY),
    (&["year", "years"], Unit::Year, 0),
];

/// How long rows of a duration stay, if nothing is said.
const DEFAULTS: [Option<i64>; 6] = [Some(120_000), Some(24 * HOUR), Some(30 * DAY), Some(365 * DAY), None, None];
/// Between two looks for old rows of an aggregation, if nothing is said.
const RETENTION_INTERVAL_MS: i64 = 15 * 60_000;

/// `@purge` of an aggregation with these durations: what it says, or what holds if nothing is said; none if it is switched off.
pub(crate) fn aggregation(d: &AggregationDef, units: &[Unit], out: &mut Diagnostics) -> Option<RetentionPlan> {
    let keep = |unit: &Unit| DEFAULTS[*unit as usize];
    let mut plan = RetentionPlan { interval_ms: RETENTION_INTERVAL_MS, keep_ms: units.iter().map(keep).collect() };
    let Some(purge) = single(&d.annotations, "purge", out) else { return Some(plan) };
    let told = purge.elements.iter().any(|e| e.key.as_ref().is_some_and(|k| k.name.eq_ignore_ascii_case("enable")));
    let enabled = switch(purge, false, out) || !told;
    if let Some(interval) = element(purge, "interval", out)
        && let Some(ms) = time("interval", &interval.value.value, interval.value.span, out)
    {
        plan.interval_ms = ms.max(1);
    }
    let retention = single(&purge.annotations, "retentionPeriod", out);
    retained(retention, units, &mut plan, out);
    enabled.then_some(plan)
}

fn retained(retention: Option<&Annotation>, units: &[Unit], plan: &mut RetentionPlan, out: &mut Diagnostics) {
    let Some(retention) = retention else { return };
    for found in &retention.elements {
        let key = found.key.as_ref().map_or("", |k| k.name.as_str());
        let words = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(key));
        let Some((_, unit, least)) = RETENTIONS.iter().find(|(w, ..)| words(w)) else {
            out.push(wrong::retention_key(key, found.span));
            continue;
        };
        let Some(at) = units.iter().position(|u| u == unit) else {
            out.push(wrong::retention_unit(key, found.span));
            continue;
        };
        if found.value.value.eq_ignore_ascii_case("all") {
            plan.keep_ms[at] = None;
        } else if let Some(ms) = time(key, first_unit(&found.value.value), found.value.span, out) {
            plan.keep_ms[at] = Some(ms);
            if ms < *least {
                out.push(wrong::retention_short(key, found.value.span));
            }
        }
    }
}

/// A number and what follows it up to the next: of a time of several units the others do not count.
fn first_unit(text: &str) -> &str {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let end = text[digits..].find(|c: char| c.is_ascii_digit()).map_or(text.len(), |at| digits + at);
    text[..end].trim_end()
}

/// `@purge` of a partition: `enable` and `idle.period` are needed. What it says, if it is enabled.
pub(crate) fn partition(partition: &Partition, out: &mut Diagnostics) -> Option<PurgePlan> {
    let purge = single(&partition.annotations, "purge", out)?;
    let enabled = switch(purge, true, out);
    let idle_ms = match element(purge, "idle.period", out) {
        None => {
            out.push(wrong::element_missing("purge", "idle.period", purge.span));
            None
        }
        Some(found) => time("idle.period", &found.value.value, found.value.span, out),
    };
    let interval_ms = match element(purge, "interval", out) {
        None => Some(PURGE_INTERVAL_MS),
        Some(found) => time("interval", &found.value.value, found.value.span, out),
    };
    let purge = PurgePlan { idle_ms: idle_ms?, interval_ms: interval_ms?.max(1) };
    enabled.then_some(purge)
}

fn switch(purge: &Annotation, needed: bool, out: &mut Diagnostics) -> bool {
    match element(purge, "enable", out) {
        None if needed => out.push(wrong::element_missing("purge", "enable", purge.span)),
        Some(found) => match found.value.value.to_ascii_lowercase().as_str() {
            "true" => return true,
            "false" => {}
            _ => out.push(wrong::no_switch(&found.value.value, found.value.span)),
        },
        None => {}
    }
    false
}

/// A number and a unit, of which `h` is one here.
pub(crate) fn time(key: &str, value: &str, span: Span, out: &mut Diagnostics) -> Option<i64> {
    let digits = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let ms = match digits.trim() {
        "h" | "H" => value[..value.len() - digits.len()].parse::<i64>().ok().map(|n| n.saturating_mul(HOUR)),
        _ => riddhi_ql::parse_time(value).ok().map(|t| t.ms),
    };
    if ms.is_none() {
        out.push(wrong::no_time_for(key, value, span));
    }
    ms
}
