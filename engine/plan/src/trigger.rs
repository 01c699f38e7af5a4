//! Triggers: streams that the clock fills.

use crate::cron::{Schedule, Zone};

/// When a trigger fires.
#[derive(Clone, Debug)]
pub enum TriggerPlan {
    /// Once, when the app starts.
    Start,
    /// Every so many milliseconds, at least one, from the start of the app on.
    Every(i64),
    /// By a schedule in a time zone.
    Cron {
        /// As written.
        text: String,
        /// Its instants.
        schedule: Box<Schedule>,
        /// Where they are read.
        zone: Zone,
    },
}

impl TriggerPlan {
    /// For EXPLAIN: `at every 500 ms`.
    pub fn text(&self) -> String {
        match self {
            TriggerPlan::Start => "at the start of the app".to_owned(),
            TriggerPlan::Every(ms) => format!("every {ms} ms"),
            TriggerPlan::Cron { text, .. } => format!("at '{text}'"),
        }
    }
}
