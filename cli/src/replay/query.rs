//! On-demand queries of an events file: compiled when they are reached, answered between two frames, printed like other rows.

use riddhi_plan::Verdict;
use riddhi_ql::{Source, render_text};
use riddhi_run::{CompiledOnDemand, compile_on_demand};

use super::End;
use super::session::Session;
use crate::exit::{Exit, Failure};
use crate::say;
use crate::terminal::stderr_colours;

impl Session {
    /// Answers the next query. `place`: where in the events file it stands.
    pub fn query(&mut self, text: &str, place: &str) -> Result<(), End> {
        let number = self.queries_asked;
        self.queries_asked += 1;
        let CompiledOnDemand { query, diagnostics } = compile_on_demand(text, self.app());
        let report = |colours| render_text(&diagnostics, &Source::new(place, text), colours);
        if query.is_none() && Verdict::of(&diagnostics) == Verdict::Unsupported {
            return Err(Failure::report(Exit::Missing, report(stderr_colours())).into());
        }
        let now = self.clock.now();
        // What changes a table is an entry of the journal, like an event.
        let changes = query.as_ref().is_some_and(|query| query.changes());
        let mut entries = 0;
        if changes {
            self.frame.ask(text, now);
            entries = self.send()?;
        }
        let wrong = diagnostics.iter().find(|d| d.is_error()).map(|d| format!("{}: {}", d.code, d.message));
        if wrong.is_some() {
            say(&report(stderr_colours()));
        }
        let place = place.to_owned();
        self.with_worker(move |worker| {
            worker.call(move |pool, console| {
                let answer = match &query {
                    Some(query) if changes => {
                        let answer = pool.take_answer().unwrap_or_else(|| Err("it was not asked".to_owned()));
                        answer.map(|answer| (query.schema(), answer))
                    }
                    Some(query) => pool.ask(query, now).map(|answer| (query.schema(), answer)),
                    None => Err(wrong.unwrap_or_default()),
                };
                if let (Some(_), Err(reason)) = (&query, &answer) {
                    say(&format!("warning: {place}: the query failed: {reason}\n"));
                }
                for refused in answer.iter().flat_map(|(_, answer)| &answer.refused) {
                    say(&format!("warning: {place}: {refused}\n"));
                }
                console.answer(number, answer);
            })
        })?;
        // The worker that a restore makes knows nothing of the answer.
        self.restore_if_due(entries)
    }
}
