//! A case's app compiled and its input bound to the streams: what a driver needs.

use riddhi_batch::{Type, Value};
use riddhi_plan::Verdict;
use riddhi_plan::registry::{Host, Registry};
use riddhi_ql::{Diagnostic, suggest};
use riddhi_run::{App, Compiled, CompiledOnDemand, OnDemand, compile_on_demand, compile_with, registry};

use crate::form::{Case, Line, Row, Token};

/// An event: its time, if it has one, and its values.
pub type Event = (Option<i64>, Vec<Value>);

/// Something that happens to the app.
#[derive(Clone, Debug)]
pub enum Step {
    /// Events of a stream, by number.
    Chunk(u32, Vec<Event>),
    /// The clock.
    Tick(i64),
    /// What is neither: a control, with the app that a restart starts.
    Control(Line, Option<App>),
    /// An on-demand query, or what is wrong with it.
    Query(Box<Result<OnDemand, String>>),
}

/// An app and what happens to it.
#[derive(Clone, Debug)]
pub struct Script {
    /// What the clock reads before.
    pub start: i64,
    /// Deliveries per entry at most, if not the engine's own bound.
    pub deliveries_max: Option<u32>,
    /// The app.
    pub app: App,
    /// In order.
    pub steps: Vec<Step>,
}

/// Why there is no script.
#[derive(Clone, Debug)]
pub enum Refused {
    /// An app has mistakes: which one, and all that is to be said about it.
    Mistaken(usize, Vec<Diagnostic>),
    /// An app needs what Riddhi does not have yet.
    Unsupported(usize, Vec<Diagnostic>),
    /// The case itself does not fit its app.
    Unfit(String),
}

/// Compiles the app of that number.
fn app(case: &Case, number: usize, registry: &Registry) -> Result<App, Refused> {
    let mut registry = registry.clone();
    let told = case.host.clone();
    registry.set_host(Host::by(move |value, name| told.get(&(value, name.to_owned())).cloned().flatten()));
    let Compiled { plan, diagnostics } = compile_with(&case.apps[number], &registry);
    plan.ok_or_else(|| match Verdict::of(&diagnostics) {
        Verdict::Unsupported => Refused::Unsupported(number, diagnostics),
        Verdict::Mistaken | Verdict::Runs => Refused::Mistaken(number, diagnostics),
    })
}

impl Script {
    /// Compiles a case's app and binds its input.
    pub fn of(case: &Case) -> Result<Script, Refused> {
        Script::with(case, &registry())
    }

    /// The same with the functions and stores of a registry.
    pub fn with(case: &Case, registry: &Registry) -> Result<Script, Refused> {
        let first = app(case, 0, registry)?;
        let mut now = first.clone();
        let mut steps = Vec::new();
        for (i, line) in case.input.iter().enumerate() {
            let unfit = |why: String| match case.input_lines.get(i) {
                Some(line) => Refused::Unfit(format!("line {}: {why}", line + 1)),
                None => Refused::Unfit(why),
            };
            steps.push(match line {
                Line::Chunk { stream, rows } => chunk(&now, stream, rows).map_err(unfit)?,
                Line::Tick(at) => Step::Tick(*at),
                Line::Restart(n) => {
                    now = match n {
                        Some(n) => app(case, *n, registry)?,
                        None => now,
                    };
                    Step::Control(line.clone(), Some(now.clone()))
                }
                Line::Query(text) => query(&now, text).map_err(unfit)?,
                other => Step::Control(other.clone(), None),
            });
        }
        Ok(Script { start: case.start, deliveries_max: case.deliveries_max, app: first, steps })
    }

    /// Whether a control occurs in it.
    pub fn has_controls(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Control(..)))
    }
}

fn query(app: &App, text: &str) -> Result<Step, String> {
    let CompiledOnDemand { query, diagnostics } = compile_on_demand(text, app);
    let wrong = diagnostics.iter().find(|d| d.is_error()).map(|d| d.message.clone()).unwrap_or_default();
    match (query, Verdict::of(&diagnostics)) {
        (None, Verdict::Unsupported) => Err(wrong),
        (query, _) => Ok(Step::Query(Box::new(query.ok_or(wrong)))),
    }
}

fn chunk(app: &App, stream: &str, rows: &[Row]) -> Result<Step, String> {
    let unknown = || {
        let near = suggest(stream, app.streams.iter().map(|s| s.name.as_str()));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("the app has no stream `{stream}`{near}")
    };
    let number = app.stream(stream).ok_or_else(unknown)?;
    let schema = &app.streams[number].schema;
    let events = rows.iter().map(|row| {
        if row.values.len() != schema.attributes.len() {
            let (have, need) = (row.values.len(), schema.attributes.len());
            let s = if have == 1 { "" } else { "s" };
            return Err(format!("an event of `{stream}` has {have} value{s}, the stream has {need}"));
        }
        let values = row.values.iter().zip(&schema.attributes).map(|(t, a)| value(t, a.ty));
        Ok((row.ts, values.collect::<Result<Vec<_>, _>>()?))
    });
    Ok(Step::Chunk(number as u32, events.collect::<Result<Vec<_>, _>>()?))
}

fn value(token: &Token, ty: Type) -> Result<Value, String> {
    let wrong = || format!("{token} is no value of type {ty}");
    Ok(match (token, ty) {
        (Token::Null, _) => Value::Null,
        (Token::Bool(x), Type::Bool) => Value::Bool(*x),
        (Token::Text(x), Type::String) => Value::Str(x.as_str().into()),
        (Token::Number(x), Type::Int) => Value::Int(x.parse().map_err(|_| wrong())?),
        (Token::Number(x), Type::Long) => Value::Long(x.parse().map_err(|_| wrong())?),
        (Token::Number(x), Type::Float) => Value::Float(x.parse().map_err(|_| wrong())?),
        (Token::Number(x), Type::Double) => Value::Double(x.parse().map_err(|_| wrong())?),
        _ => return Err(wrong()),
    })
}
