//! What was acknowledged, and what came out: the two are compared.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::client::{Account, PLACE_BITS};

/// Acknowledgements that are kept at most; those beyond are not timed.
const MARKS_MAX: usize = 4_000_000;

/// An acknowledgement, whenever it came.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// When.
    pub at: Instant,
    /// Over which connection.
    pub connection: u64,
    /// From which node.
    pub node: usize,
}

/// The accounts of all connections.
pub struct Ledger {
    /// By connection.
    pub accounts: Vec<Account>,
    /// Of how many events one comes out.
    every: u64,
    marks: Mutex<Vec<Mark>>,
}

impl Ledger {
    /// For so many connections; of `every` events of each one comes out.
    #[must_use]
    pub fn new(connections: usize, every: u64) -> Ledger {
        Ledger { accounts: (0..connections).map(|_| Account::default()).collect(), every, marks: Mutex::default() }
    }

    pub(crate) fn acknowledged(&self, connection: u64, node: usize) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() < MARKS_MAX {
            marks.push(Mark { at: Instant::now(), connection, node });
        }
    }

    /// Events acknowledged so far.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.accounts.iter().map(|a| a.acked.load(Ordering::Acquire)).sum()
    }

    /// Events sent so far, each counted once.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.accounts.iter().map(|a| a.sent.load(Ordering::Acquire)).sum()
    }

    /// The acknowledgements since these were taken last.
    #[must_use]
    pub fn take_marks(&self) -> Vec<Mark> {
        std::mem::take(&mut *self.marks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Compares with what the nodes wrote.
    #[must_use]
    pub fn check(&self, files: &[PathBuf]) -> Checked {
        let mut outputs = Outputs::default();
        files.iter().for_each(|file| outputs.read(&fs::read(file).unwrap_or_default()));
        let mut checked = Checked { lines: outputs.lines, torn: outputs.torn, ..Checked::default() };
        (checked.repeats, checked.different) = (outputs.repeats, outputs.different);
        let mut told: Vec<Vec<u8>> = Vec::new();
        for account in &self.accounts {
            told.push(vec![0; account.sent.load(Ordering::Acquire).div_ceil(self.every) as usize]);
        }
        for made in outputs.by_count.values() {
            let (connection, place) = (made.0 >> PLACE_BITS, made.0 & ((1 << PLACE_BITS) - 1));
            let of = told.get_mut(connection as usize).and_then(|t| t.get_mut((place / self.every) as usize));
            match of.filter(|_| place % self.every == 0) {
                Some(times) => *times = times.saturating_add(1),
                None => checked.unknown += 1,
            }
        }
        for (connection, (account, told)) in self.accounts.iter().zip(&told).enumerate() {
            let acked = account.acked.load(Ordering::Acquire);
            let lost = (0..acked.div_ceil(self.every)).filter(|n| told.get(*n as usize) == Some(&0));
            checked.lost.extend(lost.map(|n| (connection as u64, n * self.every)));
            checked.acked += acked;
            checked.taken_twice += told.iter().map(|t| u64::from(t.saturating_sub(1))).sum::<u64>();
        }
        let last = outputs.by_count.keys().max().copied().unwrap_or(0);
        checked.gaps = last - outputs.by_count.len() as u64;
        checked
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Events acknowledged.
    pub acked: u64,
    /// Lines written by both nodes.
    pub lines: u64,
    /// Acknowledged events without an output: connection and place.
    pub lost: Vec<(u64, u64)>,
    /// Places in the order of outputs that no output has.
    pub gaps: u64,
    /// Outputs of one place that were made of different events.
    pub different: u64,
    /// Outputs that are there again, as they were.
    pub repeats: u64,
    /// Events that were taken in more than once, since the client had no answer the first time.
    pub taken_twice: u64,
    /// Lines that are none.
    pub torn: u64,
    /// Events that nobody sent.
    pub unknown: u64,
}

impl Checked {
    /// Whether nothing acknowledged is lost, and no place has two meanings.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.gaps == 0 && self.different == 0 && self.unknown == 0
    }
}

/// Outputs by their place: the event, and the sum up to it, which stands for the state.
#[derive(Default)]
struct Outputs {
    by_count: HashMap<u64, (u64, i64)>,
    lines: u64,
    torn: u64,
    repeats: u64,
    different: u64,
}

impl Outputs {
    fn read(&mut self, bytes: &[u8]) {
        for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            self.lines += 1;
            let Some((event, count, sum)) = parse(line) else {
                self.torn += 1;
                continue;
            };
            match self.by_count.insert(count, (event, sum)) {
                None => {}
                Some(before) if before == (event, sum) => self.repeats += 1,
                Some(_) => self.different += 1,
            }
        }
    }
}

fn parse(line: &[u8]) -> Option<(u64, u64, i64)> {
    let mut fields = std::str::from_utf8(line).ok()?.split(',').map(|f| f.trim().trim_matches('"'));
    let found = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    fields.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Checked {
        let ledger = Ledger::new(1, 1);
        ledger.accounts[0].sent.store(3, Ordering::Relaxed);
        ledger.accounts[0].acked.store(2, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("riddhi-ledger-{}-{name}", std::process::id()));
        fs::write(&file, text).unwrap();
        let checked = ledger.check(std::slice::from_ref(&file));
        fs::remove_file(&file).unwrap();
        checked
    }

    #[test]
    fn what_is_wrong_is_found() {
        assert!(check("good", "0,1,0\n1,2,1\n1,2,1\n2,3,3\n0,4,3\n").is_good());
        let repeated = check("repeats", "0,1,0\n1,2,1\n1,2,1\n0,3,1\n");
        assert_eq!((repeated.repeats, repeated.taken_twice), (1, 1));
        assert_eq!(check("lost", "0,1,0\n").lost, [(0, 1)]);
        assert_eq!(check("gap", "0,1,0\n1,3,1\n").gaps, 1);
        assert_eq!(check("different", "0,1,0\n1,2,1\n2,2,3\n").different, 1);
        assert_eq!(check("state", "0,1,0\n1,2,1\n1,2,2\n").different, 1);
        assert_eq!(check("torn", "0,1,0\n1,2\n1,2,1\n").torn, 1);
        assert_eq!(check("unknown", "0,1,0\n1,2,1\n9,3,1\n").unknown, 1);
    }
}
