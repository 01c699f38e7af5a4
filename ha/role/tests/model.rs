//! Every schedule of a small model, with the real machine in it: bounded kills, cuts and late writes, clocks as they like.
//!
//! With all rules nothing is lost; with any one switched off the check finds the loss.

use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use riddhi_role::Rules;
use world::{Bounds, Kept, Step, World};

#[path = "model/world.rs"]
mod world;

/// Quick, and good enough for states that differ in a few words.
#[derive(Default)]
struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xE703_7ED1_A0B4_28DB_u128;
        self.0 = (mixed >> 64) as u64 ^ mixed as u64;
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

struct Found {
    states: usize,
    lost: Option<(&'static str, Vec<Step>)>,
}

fn explore(rules: &Rules, kept: Kept, bounds: Bounds, before: &[Step], states_max: usize) -> Found {
    let first_is_shortest = *rules != Rules::default() || kept != KEPT;
    let mut seen = HashSet::new();
    let mut came: Vec<(u32, Step)> = vec![(0, Step::Cut)];
    let mut first = World::in_sync(rules, kept, bounds);
    before.iter().for_each(|step| first.take(*step, rules, kept));
    let mut queue = VecDeque::from([(0u32, first)]);
    let mut steps = Vec::new();
    let mut shown = 0;
    while let Some((at, world)) = { if first_is_shortest { queue.pop_front() } else { queue.pop_back() } } {
        if world.nodes.iter().any(|n| n.epoch >= bounds.epochs) {
            continue;
        }
        steps.clear();
        world.steps(&mut steps);
        for &step in &steps {
            let mut next = world.clone();
            next.take(step, rules, kept);
            let mut hasher = Words::default();
            next.hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                continue;
            }
            came.push((at, step));
            let index = (came.len() - 1) as u32;
            if let Some(what) = next.lost {
                return Found { states: seen.len(), lost: Some((what, path(&came, index))) };
            }
            queue.push_back((index, next));
        }
        if came.len() / 200_000 > shown {
            shown = came.len() / 200_000;
            eprintln!("{} states, {} wait", seen.len(), queue.len());
        }
        if seen.len() > states_max {
            panic!("more than {states_max} states; {} wait", queue.len());
        }
    }
    Found { states: seen.len(), lost: None }
}

fn path(came: &[(u32, Step)], mut index: u32) -> Vec<Step> {
    let mut path = Vec::new();
    while index > 0 {
        let (before, step) = came[index as usize];
        path.push(step);
        index = before;
    }
    path.reverse();
    path
}

const KEPT: Kept = Kept { cas: true, commit: true };
/// A is cut off from B and says so in the row.
const ALONE: [Step; 4] = [Step::Answer(0), Step::Cut, Step::Notice(0), Step::Answer(0)];
/// They see each other again, and A is about to write that B is in sync.
const JOINING: [Step; 3] = [Step::Connect, Step::Replicate(0), Step::Acknowledge(0)];
/// That write is delayed, they are parted again, the row, read back, does not have it, and A goes alone once more.
const LATE: [Step; 6] = [Step::Late(0), Step::Cut, Step::Notice(0), Step::Answer(0), Step::Answer(0), Step::Append(0)];
const NONE: Bounds = Bounds { entries: 1, kills: [0, 0], cuts: 0, delays: 0, epochs: 2, restarts: false };

/// Without a rule: the shortest schedule that loses something.
fn finds(rules: Rules, kept: Kept, bounds: Bounds, before: &[Step]) {
    let found = explore(&rules, kept, bounds, before, 3_000_000);
    let (what, path) = found.lost.unwrap_or_else(|| panic!("{rules:?} {kept:?}: nothing in {} states", found.states));
    println!("{rules:?} {kept:?}: {what}, after {} states:", found.states);
    path.iter().for_each(|step| println!("    {step:?}"));
}

#[test]
fn without_incarnations_it_is_lost() {
    finds(Rules { incarnation: false, ..Rules::default() }, KEPT, Bounds { kills: [1, 1], ..NONE }, &[]);
}

#[test]
fn without_order_it_is_lost() {
    finds(Rules { order: false, ..Rules::default() }, KEPT, Bounds { kills: [1, 0], cuts: 1, ..NONE }, &ALONE);
}

#[test]
fn without_versions_it_is_lost() {
    finds(
        Rules::default(),
        Kept { cas: false, commit: true },
        Bounds { kills: [1, 0], cuts: 2, delays: 1, ..NONE },
        &[&ALONE[..], &JOINING, &LATE].concat(),
    );
}

#[test]
fn without_the_gate_it_is_lost() {
    finds(Rules::default(), Kept { cas: true, commit: false }, Bounds { kills: [1, 0], ..NONE }, &[]);
}

fn holds(bounds: Bounds) {
    let found = explore(&Rules::default(), KEPT, bounds, &[], 30_000_000);
    println!("{bounds:?}: {} states", found.states);
    assert!(found.lost.is_none(), "{:?}", found.lost);
}

// A need not be killed for B to take over: their clocks go as they like.

#[test]
fn nothing_is_lost_by_kills() {
    holds(Bounds { kills: [1, 1], ..NONE });
}

#[test]
#[ignore = "ten seconds and more"]
fn nothing_is_lost_by_late_writes() {
    holds(Bounds { delays: 1, ..NONE });
}

#[test]
#[ignore = "ten seconds and more"]
fn nothing_is_lost_by_cuts() {
    holds(Bounds { cuts: 1, ..NONE });
}

#[test]
#[ignore = "takes minutes"]
fn nothing_is_lost_by_all_together() {
    holds(Bounds { kills: [0, 1], cuts: 1, delays: 1, ..NONE });
}
