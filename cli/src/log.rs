//! What the command does, for whoever looks into it: events of `tracing` on standard error.
//!
//! `RIDDHI_LOG` says which, as `RUST_LOG` does elsewhere: `debug`, `riddhi_cli=debug,riddhi_run=info`. Without it:
//! warnings, errors only with `--quiet`, and all of the command line's own with `--verbose`. Nothing is logged per event.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::terminal::{LogFormat, TalkArgs};

/// The variable that says what is logged.
const VARIABLE: &str = "RIDDHI_LOG";

/// Logs from now on.
pub fn start(args: &TalkArgs) {
    let usual = match (args.quiet, args.verbose) {
        (true, _) => "error",
        (_, true) => "warn,riddhi_cli=debug",
        _ => "warn",
    };
    let asked = std::env::var(VARIABLE).ok().filter(|asked| !asked.is_empty());
    let (filter, wrong) = match asked.as_deref().map(EnvFilter::try_new) {
        None => (EnvFilter::new(usual), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(e)) => (EnvFilter::new(usual), Some(e)),
    };
    let _ = tracing_subscriber::registry().with(Lines(args.log_format).with_filter(filter)).try_init();
    if let Some(e) = wrong {
        tracing::warn!("{VARIABLE} is not understood and left aside: {e}");
    }
}

/// Writes each event as a line.
struct Lines(LogFormat);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let line = match self.0 {
            LogFormat::Text => {
                let level = if level == "warn" { "warning" } else { &level };
                let mut line = format!("{level}: {}", fields.message);
                for (name, value) in &fields.others {
                    let _ = write!(line, " {name}={value}");
                }
                line
            }
            LogFormat::Json => {
                let mut line = Map::new();
                line.insert("level".to_owned(), level.into());
                line.insert("target".to_owned(), event.metadata().target().into());
                line.insert("message".to_owned(), fields.message.into());
                line.extend(fields.others);
                Value::Object(line).to_string()
            }
        };
        // Whoever closed standard error does not want to know.
        let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => drop(self.others.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}
