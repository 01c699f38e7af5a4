//! Functions, aggregators, windows and stream functions: unknown, or called wrongly.

use riddhi_ql::ast::Call;

mod r0201_unknown_function;
mod r0202_unknown_window;
mod r0203_unknown_stream_function;
mod r0204_unknown_namespace;
mod r0205_arguments;
mod r0206_aggregate_here;
mod r0207_window_on_window;
mod r0208_unknown_language;
mod r0209_script;

family! {
    r0201_unknown_function,
    r0202_unknown_window,
    r0203_unknown_stream_function,
    r0204_unknown_namespace,
    r0205_arguments,
    r0206_aggregate_here,
    r0207_window_on_window,
    r0208_unknown_language,
    r0209_script,
}

/// The name as written.
pub(crate) fn call_name(call: &Call) -> String {
    match &call.namespace {
        Some(namespace) => format!("{namespace}:{}", call.name),
        None => call.name.name.clone(),
    }
}
