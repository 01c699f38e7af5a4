//! `riddhi check` and `riddhi explain`.

use std::io::{self, IsTerminal};

use riddhi_plan::cron::Zone;
use riddhi_plan::registry::Outside;
use riddhi_plan::{explain_json, explain_mermaid, explain_text};
use riddhi_ql::{Diagnostic, Severity};
use serde_json::json;

use crate::app::AppFile;
use crate::args::{CheckArgs, ExplainArgs, ExplainFormat, ReportFormat};
use crate::exit::{Exit, Failure};
use crate::terminal::{colours, counted, print, say};

/// Shows the mistakes of apps. A file that cannot be read is told, and the others are looked at all the same.
pub fn check(args: &CheckArgs) -> Result<Exit, Failure> {
    let (mut exit, mut reports) = (Exit::Done, Vec::new());
    for path in &args.apps {
        let this = match AppFile::open(path, Outside::Started) {
            Err(failure) => {
                say(&failure.text);
                failure.exit
            }
            Ok(file) if args.format == ReportFormat::Json => {
                reports.push(json!({"file": path, "exit": file.exit() as u8, "diagnostics": file.reports()}));
                file.exit()
            }
            Ok(file) => {
                print(&file.text(colours(io::stdout().is_terminal())))?;
                print(&verdict(path, &file))?;
                file.exit()
            }
        };
        exit = exit.max(this);
    }
    match &reports[..] {
        [report] if args.apps.len() == 1 => print(&format!("{report:#}\n"))?,
        all if args.format == ReportFormat::Json && args.apps.len() > 1 => print(&format!("{:#}\n", json!(all)))?,
        _ => {}
    }
    Ok(exit)
}

fn verdict(path: &str, file: &AppFile) -> String {
    let count = |severity| file.diagnostics.iter().filter(|d| d.severity == severity).count();
    let missing = |d: &&Diagnostic| d.severity == Severity::Error && d.code.0.starts_with('U');
    let missing = file.diagnostics.iter().filter(missing).count();
    let mistakes = count(Severity::Error) - missing;
    let warnings = count(Severity::Warning);
    let space = if file.diagnostics.is_empty() { "" } else { "\n" };
    let mut text = match file.exit() {
        Exit::Done if warnings == 0 => "no mistakes".to_owned(),
        Exit::Done => "runs".to_owned(),
        Exit::Missing => format!("needs {} that Riddhi does not have yet", counted(missing, "feature")),
        _ if missing > 0 => format!("{}, {} not there yet", counted(mistakes, "mistake"), counted(missing, "feature")),
        _ => counted(mistakes, "mistake"),
    };
    if warnings > 0 {
        text.push_str(&format!(", with {}", counted(warnings, "warning")));
    }
    // Names and types are looked at once the text can be read.
    let unread = file.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code.0.starts_with('S'));
    let more = if unread { "; names and types are looked at once the text can be read" } else { "" };
    format!("{space}{path}: {text}{more}\n")
}

/// Shows how an app is run.
pub fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let app = AppFile::open_to_run(&args.app, Outside::NotStarted, &Zone::utc())?;
    let text = match args.format {
        ExplainFormat::Json => format!("{:#}\n", explain_json(&app)),
        ExplainFormat::Text => explain_text(&app),
        ExplainFormat::Mermaid => explain_mermaid(&app),
    };
    print(&text)?;
    Ok(Exit::Done)
}
