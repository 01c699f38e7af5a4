//! On-demand queries, answered between two frames.

use std::sync::mpsc::SyncSender;

use super::{End, Live, wall};
use crate::exit::Exit;
use crate::run::asked::{Ask, compiled, refusal, told};

/// Answers that may wait for the journal or the other node. At the bound no further change is taken.
const WAITING_MAX: usize = 1024;

/// The answer to a query that changed a table. It leaves when what was changed is safe, as an acknowledgement does.
pub struct Waiting {
    /// Position behind the query's entry.
    after: u64,
    answer: String,
    to: SyncSender<String>,
}

impl Live {
    /// Answers the queries that wait.
    pub(super) fn answer_queries(&mut self) -> Result<(), End> {
        while let Some(Ask { text, format, to }) = self.shared.asked.clone().next(&self.name) {
            let query = match compiled(&text, &self.app) {
                Ok(query) if query.changes() && !self.may_take() => {
                    let _ = to.try_send(refusal(Exit::Failed, "this node does not serve, so no table is changed here"));
                    continue;
                }
                Ok(query) if query.changes() && self.answers.len() >= WAITING_MAX => {
                    let _ =
                        to.try_send(refusal(Exit::Failed, "too many changes wait for the journal or the other node"));
                    continue;
                }
                Ok(query) => query,
                Err(answer) => {
                    let _ = to.try_send(answer);
                    continue;
                }
            };
            // Timers that are due by now fire before.
            if !self.app.playback {
                let now = wall().max(self.clock.now());
                self.clock.set(now);
                let due = self.with_worker(|worker| worker.call(|pool, _| pool.next_due()))?;
                if due.is_some_and(|due| due <= now) {
                    self.frame.tick(now, true);
                    self.process()?;
                }
            }
            let now = self.clock.now();
            let changes = query.changes();
            if changes {
                self.frame.ask(&text, now);
                self.process()?;
            }
            let answer = self.with_worker(|worker| {
                worker.call(move |pool, _| {
                    let answer = match changes {
                        true => pool.take_answer().unwrap_or_else(|| Err("it was not asked".to_owned())),
                        false => pool.ask(&query, now),
                    };
                    told(format, &query.schema(), answer)
                })
            })?;
            if changes {
                self.answers.push_back(Waiting { after: self.frame.base, answer, to });
                self.release_answers();
            } else {
                let _ = to.try_send(answer);
            }
        }
        Ok(())
    }

    /// Lets the answers go whose changes are safe.
    pub(super) fn release_answers(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let safe = self.safe_to();
        while self.answers.front().is_some_and(|waiting| waiting.after <= safe)
            && let Some(Waiting { answer, to, .. }) = self.answers.pop_front()
        {
            let _ = to.try_send(answer);
        }
    }
}
