//! `riddhi check` and `riddhi explain`.

use std::io::{self, IsTerminal, Write};

use riddhi_plan::cron::Zone;
use riddhi_plan::registry::Outside;
use riddhi_plan::{explain_json, explain_mermaid, explain_text};
use riddhi_ql::Severity;
use serde_json::json;

use crate::app::AppFile;
use crate::args::{AppArgs, ExplainArgs, ExplainFormat, ReportFormat};
use crate::exit::{Exit, Failure, plain};
use crate::terminal::colours;

/// Shows an app's mistakes.
pub fn check(args: &AppArgs) -> Result<Exit, Failure> {
    let file = AppFile::open(&args.app, Outside::Started)?;
    match args.format {
        ReportFormat::Json => {
            let report = json!({"file": args.app, "exit": file.exit() as u8, "diagnostics": file.reports()});
            print(&format!("{report:#}\n"))?;
        }
        ReportFormat::Text => {
            print(&file.text(colours(io::stdout().is_terminal())))?;
            print(&verdict(&args.app, &file))?;
        }
    }
    Ok(file.exit())
}

fn verdict(path: &str, file: &AppFile) -> String {
    let count = |severity| file.diagnostics.iter().filter(|d| d.severity == severity).count();
    let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let errors = count(Severity::Error);
    let space = if file.diagnostics.is_empty() { "" } else { "\n" };
    let text = match (file.exit(), count(Severity::Warning)) {
        (Exit::Done, 0) => "no mistakes".to_owned(),
        (Exit::Done, warnings) => format!("runs, with {}", counted(warnings, "warning")),
        (Exit::Missing, _) => format!("needs {} that Riddhi does not have yet", counted(errors, "feature")),
        _ => counted(errors, "mistake"),
    };
    format!("{space}{path}: {text}\n")
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

/// Standard output; a reader that has gone away is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, format!("cannot write the output: {}", plain(&e))))
        }
        _ => Ok(()),
    }
}
