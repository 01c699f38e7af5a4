//! How the process talks: colours, how much, and in which form.
//!
//! Results go to standard output and are never coloured or left out by what is set here, but for the colours of what is
//! made for people. All else goes to standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::exit::{Exit, Failure, plain};
use crate::log;

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Talk")]
pub struct TalkArgs {
    /// Colours: auto is on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        value_enum,
        default_value = "auto",
        global = true,
        value_name = "auto|always|never",
        hide_possible_values = true
    )]
    pub color: Color,
    /// Say only what is wrong: no summary, no notes, no progress
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: each passed case, what is opened and how long it takes
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Form of what is said on standard error; json is an object a line
    #[arg(
        long,
        value_enum,
        default_value = "text",
        global = true,
        value_name = "text|json",
        hide_possible_values = true
    )]
    pub log_format: LogFormat,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Form of what is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

static SET: OnceLock<TalkArgs> = OnceLock::new();

/// Says how the process talks from now on. The first call counts.
pub fn set(args: &TalkArgs) {
    let _ = SET.set(args.clone());
    log::start(args);
}

fn talk() -> &'static TalkArgs {
    SET.get_or_init(TalkArgs::default)
}

/// Whether what goes to a terminal, or not to one, has colours.
pub fn colours(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match talk().color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Whether what is said on standard error has colours.
pub fn stderr_colours() -> bool {
    talk().log_format == LogFormat::Text && colours(io::stderr().is_terminal())
}

/// Whether only what is wrong is said.
pub fn is_quiet() -> bool {
    talk().quiet
}

/// Whether more is said.
pub fn is_verbose() -> bool {
    talk().verbose
}

/// Puts a result on standard output; a reader that has gone away is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, format!("cannot write the output: {}", plain(&e))))
        }
        _ => Ok(()),
    }
}

/// Says on standard error what is wrong.
pub fn say(text: &str) {
    let level = ["error", "warning"].into_iter().find(|level| text.starts_with(level));
    said(level.unwrap_or("info"), text);
}

/// Says on standard error what is good to know, unless that is not wanted.
pub fn tell(text: &str) {
    if !is_quiet() {
        said("info", text);
    }
}

/// Sums up on standard error what was done, unless that is not wanted: a text for people, or members for tools.
pub fn sum_up(text: &str, members: Map<String, Value>) {
    if is_quiet() {
        return;
    }
    match talk().log_format {
        LogFormat::Text => said("info", text),
        LogFormat::Json => {
            let mut line = Map::new();
            line.insert("level".to_owned(), "info".into());
            line.insert("message".to_owned(), "summary".into());
            line.extend(members);
            let _ = io::stderr().write_all(format!("{}\n", Value::Object(line)).as_bytes());
        }
    }
}

/// Puts lines of an app on standard error as they are, or each as an object.
pub fn log(lines: &[u8]) {
    match talk().log_format {
        LogFormat::Text => {
            let _ = io::stderr().lock().write_all(lines);
        }
        LogFormat::Json => String::from_utf8_lossy(lines).lines().for_each(|line| said("info", line)),
    }
}

/// Whoever closed standard error does not want to know, and that is no reason to fail.
fn said(level: &str, text: &str) {
    let _ = match talk().log_format {
        LogFormat::Text => io::stderr().write_all(text.as_bytes()),
        LogFormat::Json if text.trim().is_empty() => Ok(()),
        LogFormat::Json => {
            let line = json!({"level": level, "message": text.trim_end()});
            io::stderr().write_all(format!("{line}\n").as_bytes())
        }
    };
}

/// So many of them, in words.
pub fn counted(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// A number with a comma between thousands.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
            assert_eq!(grouped(n), text);
        }
    }
}
