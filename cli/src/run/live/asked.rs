//! On-demand queries, answered between two frames.

use super::{End, Live, wall};
use crate::run::asked::{Ask, compiled, told};

impl Live {
    /// Answers the queries that wait.
    pub(super) fn answer_queries(&mut self) -> Result<(), End> {
        while let Some(Ask { text, format, to }) = self.shared.asked.clone().next(&self.name) {
            let journaled = self.store.is_some() || self.recorder.is_some();
            let query = match compiled(&text, &self.app, self.watch.zone_itself(), journaled) {
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
            let answer = self.with_worker(|worker| {
                worker.call(move |pool, _| {
                    let answer = pool.ask(&query, now);
                    told(format, &query.schema(), answer)
                })
            })?;
            let _ = to.try_send(answer);
        }
        Ok(())
    }
}
