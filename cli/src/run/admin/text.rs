//! Prometheus' text form: families with help and type, each with its samples.

use std::fmt::{Display, Write};

/// What is read of it, as its media type says.
pub const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text that grows by families; all samples of one come after it and before the next.
#[derive(Default)]
pub struct Text {
    out: String,
    family: &'static str,
}

impl Text {
    /// A family of numbers that only grow; its name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &str) {
        self.family(name, "counter", help);
    }

    /// A family of numbers that go up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) {
        self.family(name, "gauge", help);
    }

    fn family(&mut self, name: &'static str, ty: &str, help: &str) {
        self.family = name;
        // Writing to a string does not fail.
        let _ = write!(self.out, "# HELP {name} ");
        escape(&mut self.out, help, false);
        let _ = write!(self.out, "\n# TYPE {name} {ty}\n");
    }

    /// A sample of the family at hand.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.out.push_str(self.family);
        for (i, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.out, "{}{label}=\"", if i == 0 { '{' } else { ',' });
            escape(&mut self.out, text, true);
            self.out.push('"');
        }
        if !labels.is_empty() {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }

    /// The whole.
    pub fn end(self) -> String {
        self.out
    }
}

fn escape(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::check;
    use super::*;

    #[test]
    fn labels_and_help_are_escaped() {
        let mut text = Text::default();
        text.gauge("riddhi_a", "One\\line\n\"so\".");
        text.sample(&[("app", "a\"b\\c\nd"), ("n", "1")], 3);
        text.sample(&[], 0.5);
        let text = text.end();
        assert_eq!(
            text,
            "# HELP riddhi_a One\\\\line\\n\"so\".\n# TYPE riddhi_a gauge\n\
             riddhi_a{app=\"a\\\"b\\\\c\\nd\",n=\"1\"} 3\nriddhi_a 0.5\n"
        );
        assert_eq!(check(&text), Ok(()));
    }
}
