//! An app's text to something an engine can be made of.

use std::ops::Deref;
use std::sync::Arc;

use riddhi_plan::logical::{AppPlan, Handler, QueryPlan};
use riddhi_plan::registry::Registry;
use riddhi_plan::{Planned, added_attributes, plan};
use riddhi_ql::{Diagnostic, Diagnostics};

/// A compiled app: its plan, shared by all engines that run it.
#[derive(Clone, Debug)]
pub struct App {
    plan: Arc<AppPlan>,
}

impl App {
    /// The number of the stream of that name.
    pub fn stream(&self, name: &str) -> Option<usize> {
        self.plan.streams.iter().position(|s| s.name == name)
    }
}

impl Deref for App {
    type Target = AppPlan;

    fn deref(&self) -> &AppPlan {
        &self.plan
    }
}

/// What came of compiling.
#[derive(Debug)]
pub struct Compiled {
    /// The app, unless it has mistakes or needs what Riddhi does not have yet.
    pub plan: Option<App>,
    /// All that there is to say, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles an app with the built-in functions.
pub fn compile(text: &str) -> Compiled {
    compile_with(text, &riddhi_exec::registry())
}

/// Compiles an app with the functions of a registry.
pub fn compile_with(text: &str, registry: &Registry) -> Compiled {
    let parsed = riddhi_ql::parse(text);
    let broken = parsed.diagnostics.iter().any(Diagnostic::is_error);
    let Planned { plan, mut diagnostics } = plan(&parsed.app, registry);
    if let Some(plan) = &plan {
        diagnostics.extend(plan.queries.iter().filter(|q| adds_attributes(q)).map(|q| added_attributes(q.span)));
    }
    let plan = plan.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    let mut all = Diagnostics::new();
    all.extend(parsed.diagnostics);
    // What the binder says of a text that could not be read whole may only follow from that.
    if !broken {
        all.extend(diagnostics);
    }
    let plan = plan.filter(|_| !broken).map(|plan| App { plan: Arc::new(plan) });
    Compiled { plan, diagnostics: all.into_sorted() }
}

/// Whether a stream function of the query adds attributes: the registry's traits allow it, the engine cannot run it yet.
fn adds_attributes(query: &QueryPlan) -> bool {
    let mut handlers = query.before.iter().chain(&query.after);
    handlers.any(|h| matches!(h, Handler::Stream { function, .. } if !function.adds.is_empty()))
}
