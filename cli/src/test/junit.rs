//! What a run of cases came to, as JUnit XML: a suite for each file.

use std::fmt::Write;
use std::time::Duration;

use riddhi_case::compare::Failure;
use riddhi_ql::{Source, render_text};

use super::report::app_of;
use super::{Done, Outcome};

/// All results.
pub fn text(all: &[Done<'_>]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites name=\"riddhi\" {}>", counts(all));
    for cases in all.chunk_by(|a, b| a.file.path == b.file.path) {
        let file = escaped(&cases[0].file.path);
        let _ = writeln!(out, "  <testsuite name=\"{file}\" {}>", counts(cases));
        for done in cases {
            let (name, class) = (escaped(&done.name), escaped(&done.file.stem));
            let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\" time=\"{}\"", seconds(done.took));
            match &done.outcome {
                Outcome::Failed(failure) => {
                    let (message, detail) = told(done, failure);
                    let (message, detail) = (escaped(&message), escaped(&detail));
                    let _ =
                        writeln!(out, ">\n      <failure message=\"{message}\">{detail}</failure>\n    </testcase>");
                }
                Outcome::Passed | Outcome::Updated => out.push_str("/>\n"),
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts(cases: &[Done<'_>]) -> String {
    let failed = cases.iter().filter(|d| matches!(d.outcome, Outcome::Failed(_))).count();
    let took = cases.iter().map(|d| d.took).sum();
    format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{}\"", cases.len(), seconds(took))
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// A line, and the whole.
fn told(done: &Done<'_>, failure: &Failure) -> (String, String) {
    let whole = match failure {
        Failure::Refused(number, diagnostics) => {
            let (name, text) = app_of(done, *number);
            render_text(diagnostics, &Source::new(name, text), false)
        }
        other => other.to_string(),
    };
    (whole.lines().next().unwrap_or("").to_owned(), whole)
}

/// A text between tags or in quotes. Characters that XML cannot hold become the one that stands for such.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("a<b> & \"c\"\u{0}\r\n\u{ffff}é"),
            "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}\u{fffd}\n\u{fffd}é"
        );
    }
}
