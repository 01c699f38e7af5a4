//! Clauses of a query: the selection, its output and its rate.

mod r0401_negative_limit;
mod r0402_snapshot_kind;
mod r0403_no_events;
mod r0404_returns;
mod r0405_inner_query;
mod r0406_bare_having;
mod r0407_no_time;
mod r0408_schedule;

family! {
    r0401_negative_limit,
    r0402_snapshot_kind,
    r0403_no_events,
    r0404_returns,
    r0405_inner_query,
    r0406_bare_having,
    r0407_no_time,
    r0408_schedule,
}
