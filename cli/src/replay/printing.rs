//! What comes out of the engine, printed and counted.

use riddhi_batch::Schema;
use riddhi_connect::text::json::push_string;
use riddhi_plan::logical::{AppPlan, QueryPlan};
use riddhi_ql::suggest;
use riddhi_run::{Answer, Output, Outputs, Target as EngineTarget};

use crate::exit::{Exit, Failure};
use crate::output::sink::{Broken, Sink};
use crate::output::{Format, Printer, Rows, Target, What};

/// Rows that are formatted before the buffer is looked at, so that one huge chunk does not make it grow.
const ROWS_AT_ONCE: usize = 1024;

/// A printer, where it prints to, and how much it printed.
pub struct Printing {
    format: Format,
    targets: Vec<Target>,
    streams: usize,
    printer: Printer,
    sink: Sink,
    /// Names of what is printed; empty if all is.
    only: Vec<String>,
    counts: Vec<u64>,
    /// Counts of apps that ran before this one.
    earlier: Vec<(String, u64)>,
}

impl Printing {
    /// For the rows of an app, or those of the streams and queries named in `only`.
    pub fn new(app: &AppPlan, format: Format, only: &[String], sink: Sink) -> Result<Printing, Failure> {
        let targets = targets(app, only);
        let names = || targets.iter().map(|t| t.name.as_str()).filter(|n| !n.is_empty());
        if let Some(unknown) = only.iter().find(|o| names().all(|n| n != o.as_str())) {
            let failure = Failure::new(Exit::Usage, format!("--only: the app has no stream or query '{unknown}'"));
            return Err(match suggest(unknown, names()) {
                Some(near) => failure.help(format!("did you mean '{near}'?")),
                None => failure,
            });
        }
        Ok(Printing {
            format,
            streams: app.streams.len(),
            printer: Printer::new(format, &targets),
            counts: vec![0; targets.len()],
            only: only.to_vec(),
            targets,
            sink,
            earlier: Vec::new(),
        })
    }

    /// Goes on with the rows of another app.
    pub fn restart(&mut self, app: &AppPlan) {
        self.earlier = self.counts();
        self.targets = targets(app, &self.only);
        self.streams = app.streams.len();
        self.printer = Printer::new(self.format, &self.targets);
        self.counts = vec![0; self.targets.len()];
    }

    /// Prints all that came out of a frame.
    pub fn print(&mut self, outputs: &Outputs<'_>) -> Result<(), Broken> {
        let mut result = Ok(());
        outputs.each(|output| {
            if result.is_ok() {
                result = self.run(output);
            }
        });
        result
    }

    fn run(&mut self, output: Output<'_>) -> Result<(), Broken> {
        let target = match output.target {
            EngineTarget::Stream(s) => s as usize,
            EngineTarget::Query(q) => self.streams + q as usize,
        };
        if !self.targets[target].shown {
            return Ok(());
        }
        self.counts[target] += output.n as u64;
        let end = output.first + output.n;
        for first in (output.first..end).step_by(ROWS_AT_ONCE) {
            let n = ROWS_AT_ONCE.min(end - first);
            let rows = Rows { columns: output.rows, arena: output.arena, first, n, kinds: output.kinds };
            self.printer.print(target, rows, self.sink.lines());
            self.sink.offer()?;
        }
        Ok(())
    }

    /// Prints the answer to the on-demand query of that number, or why there is none.
    pub fn answer(&mut self, number: u64, answer: Result<(Schema, Answer), String>) -> Result<(), Broken> {
        match answer {
            Ok((schema, answer)) => {
                let target =
                    Target { name: number.to_string(), what: What::Result, shown: true, attributes: schema.attributes };
                let n = answer.rows.len();
                let rows = Rows { columns: &answer.rows, arena: &answer.arena, first: 0, n, kinds: &[] };
                if n > 0 {
                    Printer::new(self.format, &[target]).print(0, rows, self.sink.lines());
                }
            }
            Err(reason) if self.format == Format::Jsonl => {
                let lines = self.sink.lines();
                lines.extend_from_slice(format!("{{\"result\":{number},\"error\":").as_bytes());
                push_string(lines, reason.as_bytes());
                lines.extend_from_slice(b"}\n");
            }
            Err(_) => {}
        }
        self.sink.offer()
    }

    /// Hands on all that was printed.
    pub fn flush(&mut self) -> Result<(), Broken> {
        self.sink.flush()
    }

    /// Rows printed, by target.
    pub fn counts(&self) -> Vec<(String, u64)> {
        let mut all = self.earlier.clone();
        for (target, &n) in self.targets.iter().zip(&self.counts).filter(|(_, n)| **n > 0) {
            let name = if target.what == What::Query { format!("query {}", target.name) } else { target.name.clone() };
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += n,
                None => all.push((name, n)),
            }
        }
        all
    }
}

/// Streams by number, then queries by number.
fn targets(app: &AppPlan, only: &[String]) -> Vec<Target> {
    let streams = app.streams.iter().map(|s| Target {
        name: s.name.clone(),
        what: What::Stream,
        shown: !s.writers.is_empty() && !s.hidden,
        attributes: s.schema.attributes.clone(),
    });
    let mut all: Vec<Target> = streams.chain(app.queries.iter().map(|q| query_target(app, q))).collect();
    all.iter_mut().for_each(|t| t.shown &= only.is_empty() || only.contains(&t.name));
    all
}

/// A query's rows have the stream's types, but its own names.
fn query_target(app: &AppPlan, query: &QueryPlan) -> Target {
    let mut attributes = query.output.map_or(Vec::new(), |output| app.streams[output].schema.attributes.clone());
    for (attribute, item) in attributes.iter_mut().zip(&query.select.items) {
        attribute.name.clone_from(&item.name);
    }
    let shown = query.is_asked_for();
    Target { name: query.name.clone().unwrap_or_default(), what: What::Query, shown, attributes }
}
