//! An app's text to something an engine can be made of.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use riddhi_plan::logical::AppPlan;
use riddhi_plan::registry::{Host, Registry};
use riddhi_plan::{Planned, plan};
use riddhi_ql::{Diagnostic, Diagnostics};

/// A compiled app: its plan, shared by all engines that run it, and what it could use.
#[derive(Clone)]
pub struct App {
    plan: Arc<AppPlan>,
    registry: Arc<Registry>,
}

impl App {
    /// The number of the stream of that name.
    pub fn stream(&self, name: &str) -> Option<usize> {
        // What is a named window too has several; its events come first.
        let of = |defined: bool| self.plan.streams.iter().position(|s| s.name == name && (s.defined || !defined));
        of(true).or_else(|| of(false))
    }
}

impl App {
    /// What queries on it may call by name: what it was compiled with.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// An app with another plan, and the same functions.
    pub(crate) fn with_plan(&self, plan: AppPlan) -> App {
        App { plan: Arc::new(plan), registry: self.registry.clone() }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)
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
    compile_with(text, &registry())
}

/// The built-in functions, to add others to.
pub fn registry() -> Registry {
    riddhi_exec::registry()
}

/// Compiles an app with the functions of a registry.
pub fn compile_with(text: &str, registry: &Registry) -> Compiled {
    let parsed = riddhi_ql::parse(text);
    let broken = parsed.diagnostics.iter().any(Diagnostic::is_error);
    let mut registry = registry.clone();
    registry.set_host(registry.host().anew());
    let Planned { plan, diagnostics } = plan(&parsed.app, &registry);
    let mut all = Diagnostics::new();
    all.extend(parsed.diagnostics);
    // What the binder says of a text that could not be read whole may only follow from that.
    if !broken {
        all.extend(diagnostics);
    }
    // A query that is asked of the app is answered the same by whoever runs it.
    registry.set_host(Host::only(registry.host().asked()));
    let plan = plan.filter(|_| !broken).map(|plan| App { plan: Arc::new(plan), registry: Arc::new(registry) });
    Compiled { plan, diagnostics: all.into_sorted() }
}
