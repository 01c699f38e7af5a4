//! How the grammar can derive a part of a pattern or sequence.
//!
//! The grammar of absent states is odd: `not A for t -> B` may stand in parentheses inside a longer chain only where
//! another absent state makes it a "left" or "right" chain, `every` may not stand inside an `every` group unless there
//! is an absent state, and so on. Siddhi refuses what its grammar does not derive, so the same derivations are done
//! here, by two small automata over the parts of a chain:
//!
//! ```text
//! left  = n c | c left | left left | left n | '(' left ')'
//! right = c n | n right | right right | right c | '(' right ')'
//! ```
//!
//! where `c` is a chain without absent states and `n` an absent state.

use crate::lex::TokenKind;

/// A set of derivations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set(u8);

/// No absent state, no `every`.
const PLAIN: u8 = 1;
/// No absent state.
const PRESENT: u8 = 2;
/// A single absent state.
const ABSENT: u8 = 4;
const LEFT: u8 = 8;
const RIGHT: u8 = 16;
/// Stands for a whole input with absent states.
const ABSENT_CHAIN: u8 = 32;
/// In sequences: a single source, which alone may stand before the first comma.
const SOURCE: u8 = 64;

impl Set {
    fn has(self, form: u8) -> bool {
        self.0 & form != 0
    }

    fn when(self, form: u8, gives: u8) -> u8 {
        if self.has(form) { gives } else { 0 }
    }
}

/// How a part can be derived in a pattern, and how in a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forms {
    pattern: Set,
    sequence: Set,
    /// Two sides with an absent one among them; may stand in parentheses and remains one source.
    logical_absent: bool,
}

impl Forms {
    fn new(pattern: u8, sequence: u8) -> Forms {
        Forms { pattern: Set(pattern), sequence: Set(sequence), logical_absent: false }
    }

    /// A present source, perhaps counted with `<m:n>`.
    pub fn source() -> Forms {
        Forms::new(PLAIN | PRESENT, PRESENT | SOURCE)
    }

    /// A present source counted with `*`, `+` or `?`.
    pub fn starred() -> Forms {
        Forms::new(0, PRESENT | SOURCE)
    }

    /// Two sides with `and` or `or`.
    pub fn logical(absent: bool) -> Forms {
        Forms { logical_absent: absent, ..Forms::source() }
    }

    /// `not S for t`
    pub fn absent() -> Forms {
        Forms::new(ABSENT | ABSENT_CHAIN, ABSENT | ABSENT_CHAIN)
    }

    /// The same in parentheses.
    pub fn group(self) -> Forms {
        let source = if self.logical_absent { SOURCE } else { 0 };
        Forms {
            pattern: Set(self.pattern.0 & !ABSENT),
            sequence: Set(self.sequence.0 & !ABSENT & !(SOURCE & !source)),
            logical_absent: self.logical_absent,
        }
    }

    /// The same after `every`, as part of a pattern. A sequence has `every` at its start only.
    fn every(self) -> Forms {
        let present = self.pattern.when(PLAIN, PRESENT);
        let rest = self.pattern.0 & (ABSENT | LEFT | RIGHT | ABSENT_CHAIN);
        Forms::new(present | rest, 0)
    }

    /// A chain of parts, of which some have `every`.
    pub fn of_chain(parts: &[(Forms, bool)], separator: Option<TokenKind>) -> Forms {
        let forms: Vec<Forms> = parts.iter().map(|&(f, every)| if every { f.every() } else { f }).collect();
        if let [single] = forms[..] {
            return single;
        }
        match separator {
            Some(TokenKind::Comma) => Forms::new(0, chain(forms.iter().map(|f| f.sequence))),
            _ => Forms::new(chain(forms.iter().map(|f| f.pattern)), 0),
        }
    }

    /// Whether nothing derives it.
    pub fn is_none(self) -> bool {
        self.pattern.0 == 0 && self.sequence.0 == 0
    }

    /// Whether it can be a whole pattern.
    pub fn is_pattern(self) -> bool {
        self.pattern.has(PRESENT | ABSENT_CHAIN)
    }

    pub fn is_plain_pattern(self) -> bool {
        self.pattern.has(PLAIN)
    }

    pub fn is_absent(self) -> bool {
        self.pattern.has(ABSENT)
    }

    pub fn is_only_sequence(self) -> bool {
        self.pattern.0 == 0 && self.sequence.0 != 0
    }

    /// Whether `parts` with commas between them are a whole sequence, and if so how many of them an `every` before the
    /// first one covers.
    pub fn sequence_head(parts: &[Forms]) -> Option<usize> {
        let sets: Vec<Set> = parts.iter().map(|f| f.sequence).collect();
        let present = |sets: &[Set]| sets.iter().all(|s| s.has(PRESENT));
        let absent = |sets: &[Set]| match sets {
            [single] => single.has(ABSENT_CHAIN),
            sets => Set(chain(sets.iter().copied())).has(ABSENT_CHAIN),
        };
        if sets[0].has(SOURCE) && present(&sets[1..]) {
            return Some(1);
        }
        let head = (1..sets.len()).rev().find(|&n| absent(&sets[..n]) && present(&sets[n..]));
        head.or_else(|| (sets[0].has(SOURCE) && absent(&sets[1..])).then_some(1))
    }
}

/// The derivations of several parts in a row.
fn chain(parts: impl Iterator<Item = Set> + Clone) -> u8 {
    let all = parts.clone().fold(PLAIN | PRESENT, |all, p| all & p.0);
    let left = if accepts(&LEFT_CHAIN, parts.clone()) { LEFT | ABSENT_CHAIN } else { 0 };
    let right = if accepts(&RIGHT_CHAIN, parts) { RIGHT | ABSENT_CHAIN } else { 0 };
    all | left | right
}

/// An automaton: steps from a state by a form to another one, and the accepting states. It starts in state 0.
struct Automaton {
    steps: &'static [(u8, u8, u8)],
    accepting: u8,
}

/// `left = { c } (l | n c {c}) { { c } (l | n c {c}) | n }`. States: 0 start, 1 after the `n` that needs a `c`,
/// 2 whole, 3 after a `c` that needs more.
const LEFT_CHAIN: Automaton = Automaton {
    steps: &[
        (0, PRESENT, 0),
        (0, LEFT, 2),
        (0, ABSENT, 1),
        (1, PRESENT, 4),
        (4, PRESENT, 4),
        (4, PRESENT, 3),
        (4, LEFT, 2),
        (4, ABSENT, 1),
        (4, ABSENT, 2),
        (2, PRESENT, 3),
        (2, LEFT, 2),
        (2, ABSENT, 1),
        (2, ABSENT, 2),
        (3, PRESENT, 3),
        (3, LEFT, 2),
        (3, ABSENT, 1),
    ],
    accepting: 1 << 2 | 1 << 4,
};

/// `right = { n } (r | c {c} n) { { n } (r | c {c} n) | c }`. States: 0 start, 1 after a `c` that needs an `n`, 2 whole,
/// 3 after an `n` that needs more.
const RIGHT_CHAIN: Automaton = Automaton {
    steps: &[
        (0, ABSENT, 0),
        (0, RIGHT, 2),
        (0, PRESENT, 1),
        (1, PRESENT, 1),
        (1, ABSENT, 2),
        (2, PRESENT, 2),
        (2, PRESENT, 1),
        (2, RIGHT, 2),
        (2, ABSENT, 3),
        (3, ABSENT, 3),
        (3, RIGHT, 2),
        (3, PRESENT, 1),
    ],
    accepting: 1 << 2,
};

fn accepts(automaton: &Automaton, parts: impl Iterator<Item = Set>) -> bool {
    let mut states = 1u8;
    for part in parts {
        let live = automaton.steps.iter().filter(|(from, form, _)| states & (1 << from) != 0 && part.has(*form));
        states = live.fold(0, |next, (_, _, to)| next | 1 << to);
    }
    states & automaton.accepting != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `c`, `l`, `r` (chains) a row of parts is; `n` is an absent state, `L` and `R` are groups.
    fn derived(row: &str) -> String {
        let part = |c| match c {
            'c' => Set(PLAIN | PRESENT),
            'n' => Set(ABSENT),
            'L' => Set(LEFT),
            _ => Set(RIGHT),
        };
        let set = Set(chain(row.chars().map(part)));
        let named = [(PLAIN, 'c'), (LEFT, 'l'), (RIGHT, 'r')];
        named.iter().filter(|(form, _)| set.has(*form)).map(|(_, name)| *name).collect()
    }

    #[test]
    fn chains() {
        for (row, expected) in [
            ("cc", "c"),
            ("nc", "l"),
            ("cn", "r"),
            ("nn", ""),
            ("ncn", "lr"),
            ("cnc", "lr"),
            ("cncn", "lr"),
            ("ncnc", "lr"),
            ("cnn", ""),
            ("nnc", ""),
            ("cnnc", ""),
            ("nncn", "r"),
            ("ncnn", "l"),
            ("Lc", ""),
            ("cL", "l"),
            ("Rc", "r"),
            ("cR", ""),
            ("LR", ""),
        ] {
            assert_eq!(derived(row), expected, "{row}");
        }
    }
}
