//! Answers in the order of the requests, though verdicts come in any order.

use std::collections::VecDeque;
use std::time::SystemTime;

use riddhi_edge::{DoorId, Outcome};

use crate::answer::{Answer, Style};

/// Requests of a connection without an answer; further ones wait to be read.
pub(crate) const PIPELINE_MAX: usize = 256;

enum Slot {
    /// A message without a verdict. `lenient`: a refusal is answered as if it were none.
    Waiting {
        door: DoorId,
        style: Style,
        lenient: bool,
    },
    Bytes(Vec<u8>),
}

/// Answers from the oldest that is not written, by number.
#[derive(Default)]
pub(crate) struct Queue {
    first: u64,
    slots: VecDeque<Slot>,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.slots.len() >= PIPELINE_MAX
    }

    /// The number of the next one.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    pub(crate) fn wait(&mut self, door: DoorId, style: Style, lenient: bool) {
        self.slots.push_back(Slot::Waiting { door, style, lenient });
    }

    pub(crate) fn say(&mut self, bytes: Vec<u8>) {
        self.slots.push_back(Slot::Bytes(bytes));
    }

    /// A message was judged.
    pub(crate) fn judge(&mut self, number: u64, outcome: &Outcome, now: SystemTime) {
        let at = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        let Some(slot) = at.and_then(|at| self.slots.get_mut(at)) else { return };
        let Slot::Waiting { style, lenient, .. } = *slot else { return };
        let answer = match outcome {
            Outcome::Refused(why) if !lenient => Answer::error(400, why),
            _ => Answer::empty(200),
        };
        *slot = bytes(&answer, style, now);
    }

    /// The source behind a door is gone.
    pub(crate) fn gone(&mut self, gone: DoorId, now: SystemTime) {
        for slot in &mut self.slots {
            if let Slot::Waiting { door, style, .. } = *slot
                && door == gone
            {
                let answer = Answer::error(503, "the source has ended; what became of the request is not known");
                *slot = bytes(&answer.with("retry-after", "1"), style, now);
            }
        }
    }

    /// The next answer that is ready and has its turn.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        let Some(Slot::Bytes(bytes)) = self.slots.front_mut() else { return None };
        let bytes = std::mem::take(bytes);
        self.slots.pop_front();
        self.first += 1;
        Some(bytes)
    }
}

fn bytes(answer: &Answer, style: Style, now: SystemTime) -> Slot {
    let mut out = Vec::with_capacity(128);
    answer.write(style, now, &mut out);
    Slot::Bytes(out)
}
