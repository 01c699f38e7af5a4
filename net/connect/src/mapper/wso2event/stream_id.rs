//! `wso2.stream.id`: what publishers and receivers call a stream, `name:version`.

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{OptionProblem, OptionSpec, OptionType};
use riddhi_wire::definition::StreamDefinition;

use crate::registry::{self, Setting};

const NAME: &str = "wso2.stream.id";

/// The option.
pub(crate) fn option() -> OptionSpec {
    registry::option(NAME, OptionType::Text)
}

/// What is wrong with it.
pub(crate) fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let id = plan.options.text(NAME).map(StreamDefinition::of_id);
    let help = "write a name and a version of three numbers, for example 'org.example.stocks:1.0.0'";
    id.and_then(Result::err).map(|e| OptionProblem::wrong(NAME, e.to_string(), help)).into_iter().collect()
}

/// What the app says; else the name of the stream, version 1.0.0.
pub(crate) fn of(plan: &ConnectorPlan, setting: &Setting) -> String {
    plan.options.text(NAME).map_or_else(|| format!("{}:1.0.0", setting.stream), str::to_owned)
}
