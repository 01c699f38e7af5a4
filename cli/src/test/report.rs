//! What a run of cases came to, for people.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::Duration;

use riddhi_case::compare::{Failure, Mark};
use riddhi_ql::{Source, render_text};

use super::{Done, Outcome};
use crate::exit::Failure as Ended;
use crate::terminal::{colours, is_quiet, is_verbose, print};

/// Prints results.
pub struct Report {
    colours: bool,
}

/// How a text stands out.
#[derive(Clone, Copy)]
enum Style {
    Good,
    Bad,
    Strong,
    Faint,
}

impl Report {
    /// To standard output.
    pub fn new() -> Report {
        Report { colours: colours(io::stdout().is_terminal()) }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Good => "32",
            Style::Bad => "31",
            Style::Strong => "1",
            Style::Faint => "2",
        };
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A case that failed or was updated, and any if much is to be said.
    pub fn case(&self, done: &Done<'_>) -> Result<(), Ended> {
        let line = match &done.outcome {
            Outcome::Passed if !is_verbose() => return Ok(()),
            Outcome::Updated if is_quiet() => return Ok(()),
            Outcome::Passed => format!("{}    {}\n", self.styled(Style::Good, "ok"), done.name),
            Outcome::Updated => format!("{} {}\n", self.styled(Style::Good, "wrote"), done.name),
            Outcome::Failed(failure) => {
                format!("{}  {}\n{}", self.styled(Style::Bad, "FAIL"), done.name, self.failure(done, failure))
            }
        };
        print(&line)
    }

    /// Why a case fails, each line with two blanks before it.
    fn failure(&self, done: &Done<'_>, failure: &Failure) -> String {
        let mut out = String::new();
        match failure {
            Failure::Rows(differences) => {
                for difference in differences {
                    let _ = writeln!(out, "  {}", self.styled(Style::Strong, &difference.title()));
                    for (mark, line) in &difference.lines {
                        let line = format!("{} {line}", mark.sign());
                        let line = match mark {
                            Mark::Same => line,
                            Mark::Missing => self.styled(Style::Bad, &line),
                            Mark::Extra => self.styled(Style::Good, &line),
                            Mark::Skipped => self.styled(Style::Faint, &line),
                        };
                        let _ = writeln!(out, "    {line}");
                    }
                }
            }
            Failure::Refused(number, diagnostics) => {
                let (name, text) = app_of(done, *number);
                let shown = render_text(diagnostics, &Source::new(name, text), self.colours);
                indented(&shown, &mut out);
            }
            Failure::Told(text) => indented(text, &mut out),
        }
        out
    }

    /// How many passed and failed.
    pub fn summary(&self, all: &[Done<'_>], took: Duration) -> Result<(), Ended> {
        if is_quiet() {
            return Ok(());
        }
        let count = |is: fn(&Outcome) -> bool| all.iter().filter(|d| is(&d.outcome)).count();
        let parts = [
            (Style::Bad, count(|o| matches!(o, Outcome::Failed(_))), "failed"),
            (Style::Good, count(|o| matches!(o, Outcome::Updated)), "updated"),
            (Style::Good, count(|o| matches!(o, Outcome::Passed)), "passed"),
        ];
        let parts = parts.iter().filter(|(_, n, _)| *n > 0);
        let parts: Vec<String> = parts.map(|(style, n, word)| self.styled(*style, &format!("{n} {word}"))).collect();
        print(&format!("{} in {:.2} s\n", parts.join(", "), took.as_secs_f64()))
    }
}

fn indented(text: &str, out: &mut String) {
    for line in text.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// Where the app of a case stands, and its text.
pub fn app_of(done: &Done<'_>, number: usize) -> (String, String) {
    let Some(case) = done.case else { return Default::default() };
    let text = case.apps.get(number).cloned().unwrap_or_default();
    let name = match case.app_files.get(number) {
        Some(Some(file)) => file.clone(),
        _ if number == 0 => format!("{} (app)", done.file.path),
        _ => format!("{} (app {})", done.file.path, number + 1),
    };
    (name, text)
}
