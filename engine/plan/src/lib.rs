//! Names and types to a logical plan: binder, registry, EXPLAIN.
//!
//! Plan nodes are read-only once built and know nothing of what changes while they run; that is `riddhi-exec`'s.

#[cfg(test)]
extern crate self as riddhi_plan;
// For all files of `diagnose`.
#[macro_use(also, code, family)]
extern crate riddhi_ql;

pub mod aggregation;
mod bind;
pub mod civil;
pub mod connector;
pub mod cron;
mod diagnose;
mod exact;
mod explain;
pub mod expr;
pub mod java;
pub mod join;
mod known;
pub mod logical;
pub mod on_demand;
pub mod partition;
mod regions;
pub mod registry;
mod rules;
pub mod states;
pub mod store;
pub mod table;
mod text;
pub mod trigger;
mod vain;

pub use bind::{Planned, PlannedOnDemand, Verdict, plan, plan_on_demand};
pub use diagnose::CODES;
pub use explain::{explain_json, explain_mermaid, explain_text};
