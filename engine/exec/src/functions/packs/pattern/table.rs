//! A pattern as a table of states, for short texts of ASCII: neither memory to borrow nor a search to set up, only a step a byte.
//! It tells the same as the engines, which take all other texts and the patterns whose table would be large.

use std::fmt;
use std::ops::Range;

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_syntax::hir::Look;

/// Bytes of a table.
const TABLE_MAX: usize = 1 << 16;
/// Bytes that making it may take.
const WORK_MAX: usize = 1 << 18;
/// Characters of ASCII.
const ASCII: usize = 128;

type States = dense::DFA<Vec<u32>>;

/// See above.
pub(super) struct Table {
    states: States,
    /// Where a search over all of the text begins.
    anywhere: StateID,
    /// Of a pattern that ends where the text does: the same backwards from there, and where that begins.
    backwards: Option<(States, StateID)>,
    /// Where a match begins behind each character, and at the beginning of the text.
    here: [StateID; ASCII + 1],
    /// Whether there is an empty match at the end of a text, likewise.
    at_end: [bool; ASCII + 1],
    /// Characters with which a match can begin, or before which an empty one can stand.
    begins: [bool; ASCII],
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Table")
    }
}

impl Table {
    /// Of a pattern of the `regex` crate's; none if it would be large.
    pub fn new(pattern: &str) -> Option<Table> {
        let states = states(pattern, false)?;
        let from =
            |behind, anchored| states.start_state(&start::Config::new().look_behind(behind).anchored(anchored)).ok();
        let anywhere = from(None, Anchored::No)?;
        let mut here = [from(None, Anchored::Yes)?; ASCII + 1];
        for (byte, state) in (0..ASCII as u8).zip(&mut here) {
            *state = from(Some(byte), Anchored::Yes)?;
        }
        let mut begins = [false; ASCII];
        for (byte, begins) in (0..ASCII as u8).zip(&mut begins) {
            *begins = here.iter().any(|&state| !states.is_dead_state(states.next_state(state, byte)));
        }
        let at_end = here.map(|state| states.is_match_state(states.next_eoi_state(state)));
        let backwards = match syntax::parse(pattern).ok()?.properties().look_set_suffix().contains(Look::End) {
            true => self::states(pattern, true)
                .and_then(|s| Some((s.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?, s)))
                .map(|(start, states)| (states, start)),
            false => None,
        };
        Some(Table { states, anywhere, backwards, here, at_end, begins })
    }

    /// Whether it is found anywhere in the text.
    #[inline]
    pub fn holds(&self, text: &[u8]) -> bool {
        match &self.backwards {
            Some((states, start)) => run(states, *start, text.iter().rev()),
            None => run(&self.states, self.anywhere, text.iter()),
        }
    }

    /// The first match from `at` on.
    #[inline]
    pub fn find(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        for start in at..text.len() {
            let begins = self.begins.get(text[start] as usize).is_some_and(|&begins| begins);
            if begins && let Some(end) = self.end(text, start) {
                return Some(start..end);
            }
        }
        self.at_end[behind(text, text.len())].then_some(text.len()..text.len())
    }

    /// Where a match that begins at `start` ends.
    #[inline]
    fn end(&self, text: &[u8], start: usize) -> Option<usize> {
        let (mut state, mut matches, mut end) = (self.here[behind(text, start)], false, None);
        for (at, &byte) in text.iter().enumerate().skip(start) {
            let next = self.states.next_state(state, byte);
            // Often it stays as it is, which the processor foresees: then no step waits for the last.
            if next != state {
                state = next;
                matches = self.states.is_match_state(state);
                if !matches && self.states.is_dead_state(state) {
                    return end;
                }
            }
            if matches {
                // It is told by the byte behind it.
                end = Some(at);
            }
        }
        if self.states.is_match_state(self.states.next_eoi_state(state)) { Some(text.len()) } else { end }
    }
}

/// What stands before a place, as an index.
#[inline]
fn behind(text: &[u8], at: usize) -> usize {
    if at == 0 { ASCII } else { text[at - 1] as usize & (ASCII - 1) }
}

/// The table of a pattern, or of what it is backwards.
fn states(pattern: &str, backwards: bool) -> Option<States> {
    let mut config = dense::Config::new()
        .start_kind(if backwards { StartKind::Anchored } else { StartKind::Both })
        .dfa_size_limit(Some(TABLE_MAX))
        .determinize_size_limit(Some(WORK_MAX));
    for byte in ASCII as u8..=u8::MAX {
        config = config.quit(byte, true);
    }
    let mut builder = dense::Builder::new();
    builder.configure(config).thompson(thompson::Config::new().reverse(backwards)).build(pattern).ok()
}

/// Whether a match is met on the way.
#[inline]
fn run<'a>(states: &States, start: StateID, text: impl Iterator<Item = &'a u8>) -> bool {
    let mut state = start;
    for &byte in text {
        state = states.next_state(state, byte);
        if states.is_special_state(state) {
            if states.is_match_state(state) {
                return true;
            }
            if states.is_dead_state(state) {
                return false;
            }
        }
    }
    states.is_match_state(states.next_eoi_state(state))
}
