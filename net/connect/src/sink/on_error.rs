//! `on.error`, which every sink takes: what becomes of what cannot be sent.

use riddhi_plan::connector::{ConnectorPlan, Options};
use riddhi_plan::registry::{OptionProblem, OptionSpec, OptionType};

use crate::registry;

/// What becomes of what cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It is reported and lost.
    Log,
    /// It is tried again until it can.
    Wait,
}

impl OnError {
    /// What the app says, if it does.
    pub(super) fn of(options: &Options) -> Option<OnError> {
        let word = options.text("on.error")?;
        Some(if word.eq_ignore_ascii_case("wait") { OnError::Wait } else { OnError::Log })
    }
}

/// The option.
pub(super) fn option() -> OptionSpec {
    registry::option("on.error", OptionType::OneOf(&["log", "wait", "stream", "store"]))
}

/// What Riddhi does not have of it yet.
pub(super) fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let word = plan.options.word("on.error", "log");
    let missing = matches!(word.as_str(), "stream" | "store");
    let problem = || OptionProblem::missing("on.error", format!("Riddhi does not have on.error='{word}' yet"));
    missing.then(problem).into_iter().collect()
}
