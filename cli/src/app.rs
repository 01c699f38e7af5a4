//! An app's file: read, variables filled in, compiled, its diagnostics shown.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use riddhi_connect::Connectors;
use riddhi_plan::Verdict;
use riddhi_plan::cron::Zone;
use riddhi_plan::registry::{Compat, Host, HostValue, Outside, Registry};
use riddhi_ql::{Diagnostic, Report, Severity, Source, render_text, substitute, suggest};
use riddhi_run::{App, Compiled, compile_with};

use crate::args::AnswerArgs;
use crate::exit::{Exit, Failure};
use crate::kept::Kept;
use crate::say;
use crate::terminal::stderr_colours;
use crate::{handed, user_agents};

/// Bytes of an app's text at most; spans count in 32 bits, and no app comes near.
pub const APP_BYTES_MAX: u64 = 64 << 20;

/// How this process's apps answer.
static ANSWERS: OnceLock<AnswerArgs> = OnceLock::new();

/// Says once, before an app is compiled, how apps answer. Fails if a file that is named for it cannot be read.
pub fn answer_as(answers: AnswerArgs) -> Result<(), Failure> {
    let read = answers.user_agents.as_deref().map_or(Ok(()), user_agents::read_once);
    ANSWERS.get_or_init(|| answers);
    read
}

/// A file that was compiled.
pub struct AppFile {
    source: Source,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// If nothing stands against running it.
    pub app: Option<App>,
}

impl AppFile {
    /// Reads and compiles `path`. Fails only if it cannot be read. `outside`: whether its sources and sinks are to start.
    pub fn open(path: &str, outside: Outside) -> Result<AppFile, Failure> {
        let text = read(path)?;
        Ok(AppFile::compile(path, text, outside, &Zone::utc()))
    }

    /// Compiles a text that stood in the file at `path`; its schedules are read in `zone`.
    pub fn compile(path: &str, text: String, outside: Outside, zone: &Zone) -> AppFile {
        AppFile::compile_by(path, text, &registry(outside, zone))
    }

    /// Compiles a text that a state has kept, with what was told to the app then.
    pub fn compile_kept(path: &str, kept: &str, outside: Outside, zone: &Zone) -> AppFile {
        let kept = Kept::read(kept);
        let mut registry = registry(outside, zone);
        registry.set_compat(Compat::default());
        registry.set_host(Host::only(kept.told));
        AppFile::compile_by(path, kept.text.to_owned(), &registry)
    }

    fn compile_by(path: &str, text: String, registry: &Registry) -> AppFile {
        let started = Instant::now();
        let Compiled { plan, diagnostics } = match substitute(&text, |name| std::env::var(name).ok()) {
            Ok(filled) => {
                let Compiled { plan, diagnostics } = compile_with(filled.text(), registry);
                Compiled { plan, diagnostics: diagnostics.into_iter().map(|d| filled.restore(d)).collect() }
            }
            Err(diagnostics) => Compiled { plan: None, diagnostics },
        };
        tracing::debug!(app = path, ms = started.elapsed().as_millis() as u64, "an app was compiled");
        AppFile { source: Source::new(path, text), diagnostics, app: plan }
    }

    /// Reads and compiles `path` to be run: warnings go to standard error, anything worse is a failure. Notes are for
    /// `check`.
    pub fn open_to_run(path: &str, outside: Outside, zone: &Zone) -> Result<App, Failure> {
        AppFile::compile(path, read(path)?, outside, zone).into_app()
    }

    /// The app, its warnings told on standard error; a failure if anything is worse.
    pub fn into_app(self) -> Result<App, Failure> {
        let mut file = self;
        if file.app.is_some() {
            file.diagnostics.retain(|d| d.severity != Severity::Note);
        }
        let text = file.text(stderr_colours());
        match file.app {
            Some(app) => {
                say(&text);
                Ok(app)
            }
            None => Err(Failure::report(exit_of(&file.diagnostics), text)),
        }
    }

    /// The exit code that the diagnostics come to.
    pub fn exit(&self) -> Exit {
        if self.app.is_some() { Exit::Done } else { exit_of(&self.diagnostics) }
    }

    /// The diagnostics for people.
    pub fn text(&self, colours: bool) -> String {
        render_text(&self.diagnostics, &self.source, colours)
    }

    /// The diagnostics for tools.
    pub fn reports(&self) -> Vec<Report> {
        self.diagnostics.iter().map(|d| Report::new(d, &self.source)).collect()
    }
}

/// All that an app may use.
pub fn registry(outside: Outside, zone: &Zone) -> Registry {
    let mut registry = riddhi_run::registry();
    Connectors::built_in().register(&mut registry, outside);
    registry.set_zone(zone.clone());
    registry.set_host(Host::by(told_by_process));
    registry.set_references(handed::references());
    if let Some(answers) = ANSWERS.get() {
        registry.set_compat(answers.compat.unwrap_or_default());
        registry.set_sandbox(answers.sandbox);
    }
    registry
}

/// What this process is told from outside.
fn told_by_process(value: HostValue, name: &str) -> Option<String> {
    let of = |list: &[(String, String)]| list.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    match value {
        // A name that has none of a variable's forms is one that is not set.
        HostValue::Variable if name.is_empty() || name.contains(['=', '\0']) => None,
        HostValue::Variable => std::env::var(name).ok(),
        HostValue::Property => of(&ANSWERS.get()?.properties),
        HostValue::Setting => of(handed::settings()),
        HostValue::UserAgents => user_agents::told(name),
    }
}

fn exit_of(diagnostics: &[Diagnostic]) -> Exit {
    match Verdict::of(diagnostics) {
        Verdict::Unsupported => Exit::Missing,
        Verdict::Mistaken | Verdict::Runs => Exit::Mistakes,
    }
}

/// An app that is too large to be one.
pub fn too_large(path: &str, size: u64) -> Failure {
    Failure::new(Exit::Usage, format!("the app {path} has {size} bytes; at most {APP_BYTES_MAX} are read"))
}

/// The text of an app's file.
pub fn read(path: &str) -> Result<String, Failure> {
    let failed = |e: &io::Error| neighbour(path, Failure::file("cannot read the app", path, e), e);
    let size = fs::metadata(path).map_err(|e| failed(&e))?.len();
    if size > APP_BYTES_MAX {
        return Err(too_large(path, size));
    }
    let bytes = fs::read(path).map_err(|e| failed(&e))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::new(Exit::Usage, format!("the app {path} is not UTF-8 at byte {at}"))
    })
}

/// Suggests a file of the same folder whose name is near to one that does not exist.
pub fn neighbour(path: &str, failure: Failure, cause: &io::Error) -> Failure {
    const NAMES_MAX: usize = 1000;
    if cause.kind() != io::ErrorKind::NotFound {
        return failure;
    }
    let path = Path::new(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(NAMES_MAX);
    let names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    let wanted = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    match suggest(wanted, names.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean {}?", path.with_file_name(near).display())),
        None => failure,
    }
}
