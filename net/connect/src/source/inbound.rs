//! What sources that are pushed to have in common: blocks out of a door, and verdicts back when they may be told.
//!
//! Invariant: no message is said to be accepted before the position behind it is.

use std::collections::VecDeque;
use std::time::Duration;

use riddhi_edge::{Answers, Block, Message, Outcome, UNJUDGED, Verdict};
use riddhi_http::properties;

use super::{Inlet, Polled};
use crate::input::fault::Fault;
use crate::mapper::Messages;
use crate::names::Seen;

/// Bytes that are mapped at once, so that no frame becomes much larger than it should.
const STEP_BYTES: usize = 64 << 10;

/// The inner side of a door.
pub(crate) struct Inbound {
    answers: Answers,
    /// Where messages come from, for reports.
    name: String,
    at_hand: Option<(Block, usize)>,
    /// Verdicts on messages taken since the last position was told.
    fresh: Vec<Verdict>,
    /// Verdicts that wait for a position.
    waiting: VecDeque<(u64, Vec<Verdict>)>,
    ranges: Vec<std::ops::Range<usize>>,
    numbers: Vec<u64>,
    /// Number of the next message, for reports.
    count: u64,
    /// Whether the mapper reads what the protocol tells about a message, before the message.
    heads: bool,
    /// What was seen, where the heads of messages are names.
    seen: Option<Seen>,
    /// Of messages offered, their places in the block.
    places: Vec<usize>,
    /// What the mapper calls the properties that the heads of messages hold, as `riddhi_http::properties` reads them.
    names: Vec<String>,
}

impl Inbound {
    pub(crate) fn new(answers: Answers, name: String) -> Inbound {
        Inbound {
            answers,
            name,
            at_hand: None,
            fresh: Vec::new(),
            waiting: VecDeque::new(),
            ranges: Vec::new(),
            numbers: Vec::new(),
            count: 1,
            heads: false,
            seen: None,
            places: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Messages are mapped with what the protocol tells about each before it.
    pub(crate) fn with_heads(self) -> Inbound {
        Inbound { heads: true, ..self }
    }

    /// Messages have names in their heads; those that were seen are passed over.
    pub(crate) fn with_seen(self, seen: Seen) -> Inbound {
        Inbound { seen: Some(seen), ..self }
    }

    /// What was seen.
    pub(crate) fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// Messages have these properties in their heads.
    pub(crate) fn with_names(self, names: Vec<String>) -> Inbound {
        Inbound { names, ..self }
    }

    /// Offers what is at hand, as long as there is room.
    pub(crate) fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        while to.room() > 0 {
            let (block, from) = match self.at_hand.take() {
                Some(at_hand) => at_hand,
                None => match self.answers.take() {
                    Some(block) => (block, 0),
                    None => return Polled::Nothing(Duration::from_secs(3600)),
                },
            };
            let end = step(&block.messages, from, to.room());
            match self.names.is_empty() {
                true => self.offer(&block, from, end, &[], to),
                // Each has properties of its own.
                false => (from..end).for_each(|i| self.offer_with_properties(&block, i, to)),
            }
            if end == block.messages.len() {
                self.answers.done(block);
            } else {
                self.at_hand = Some((block, end));
            }
        }
        Polled::More
    }

    fn offer_with_properties(&mut self, block: &Block, i: usize, to: &mut Inlet<'_>) {
        let names = std::mem::take(&mut self.names);
        let values = properties(&block.bytes[block.messages[i].head.clone()]);
        let given = names.iter().zip(values).filter_map(|(name, value)| Some((name.as_str(), value?)));
        let given: Vec<(&str, &str)> = given.collect();
        self.offer(block, i, i + 1, &given, to);
        drop(given);
        self.names = names;
    }

    fn offer(&mut self, block: &Block, from: usize, end: usize, given: &[(&str, &str)], to: &mut Inlet<'_>) {
        let messages = &block.messages[from..end];
        self.ranges.clear();
        self.numbers.clear();
        self.places.clear();
        for (i, message) in messages.iter().enumerate() {
            if let Some(seen) = &mut self.seen
                && !message.head.is_empty()
                && seen.is_repeat(&block.bytes[message.head.clone()])
            {
                continue;
            }
            self.places.push(i);
            let begin = if self.heads { message.head.start } else { message.body.start };
            self.ranges.push(begin..message.body.end);
            self.numbers.push(self.count);
            self.count += 1;
        }
        let faults = to.offer(&Messages {
            bytes: &block.bytes,
            ranges: &self.ranges,
            name: &self.name,
            lines: &self.numbers,
            properties: given,
            eof: false,
        });
        let mut faults = faults.into_iter().peekable();
        for (i, message) in messages.iter().enumerate() {
            let fault = faults.next_if(|(at, _)| self.places[*at] == i);
            if message.seq != UNJUDGED {
                let refused = |(_, fault): (usize, Box<Fault>)| Outcome::Refused(fault.message.into());
                self.fresh.push(message.judge(fault.map_or(Outcome::Accepted, refused)));
            }
        }
    }

    /// All that was taken so far lies before this position.
    pub(crate) fn taken(&mut self, position: u64) {
        if !self.fresh.is_empty() {
            self.waiting.push_back((position, std::mem::take(&mut self.fresh)));
        }
    }

    /// All before this position will not be lost.
    pub(crate) fn accepted(&mut self, position: u64) {
        let mut some = false;
        while self.waiting.front().is_some_and(|(at, _)| *at <= position)
            && let Some((_, verdicts)) = self.waiting.pop_front()
        {
            verdicts.into_iter().for_each(|v| self.answers.push(v));
            some = true;
        }
        if some {
            self.answers.send();
        }
    }
}

/// Where to stop in a block: at the room, or when there are bytes enough.
fn step(messages: &[Message], from: usize, room: usize) -> usize {
    let mut bytes = 0;
    let fits = |m: &&Message| {
        let fits = bytes < STEP_BYTES;
        bytes += m.body.len();
        fits
    };
    from + messages[from..].iter().take(room).take_while(fits).count()
}
