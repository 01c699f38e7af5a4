//! What a pattern remembers, as bytes: matches in the order in which lists name them, with the events and chains that they
//! hold, each once; then who waits where, and the timers. Numbers of the slabs do not show.

use riddhi_batch::{Arena, Column, LoadError, Reader, Writer};

use super::States;
use super::events::NONE;
use super::machine::Station;
use super::matches::{EMPTY, FILLED, Memory};
use super::queue::Queue;
use crate::query::{Cx, Section};
use crate::shared::Shared;
use crate::steps::Steps;

/// Numbers in order of first appearance.
#[derive(Default)]
struct Names {
    of: Vec<u32>,
    all: Vec<u32>,
}

impl Names {
    fn name(&mut self, id: u32) -> u32 {
        if self.of.len() <= id as usize {
            self.of.resize(id as usize + 1, NONE);
        }
        if self.of[id as usize] == NONE {
            self.of[id as usize] = self.all.len() as u32;
            self.all.push(id);
        }
        self.of[id as usize]
    }
}

impl States {
    pub(super) fn save_machine(&self, out: &mut Vec<Section>) {
        let mut w = Writer::default();
        w.put_u64(self.tester.serial);
        self.tester.save_running(&mut w);
        let there = || self.keys.iter().enumerate().filter_map(|(key, kept)| Some((key, kept.as_ref()?)));
        let mut matches = Names::default();
        for station in there().flat_map(|(_, waiting)| &waiting.stations) {
            for m in station.pending.iter().chain(station.new.iter()) {
                matches.name(m);
            }
        }
        save_memory(&self.memory, &matches.all, &mut w);
        w.put_u64(there().count() as u64);
        for (key, waiting) in there() {
            w.put_u32(key as u32);
            w.put_u64(waiting.rank);
            for station in &waiting.stations {
                save_station(station, &mut matches, &mut w);
            }
        }
        self.timers.save(&mut w);
        out.push(Section { name: format!("{}/states", self.key), bytes: w.bytes });
    }

    pub(super) fn load_machine(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        let mut from = Reader::new(bytes);
        self.tester.serial = from.get_u64()?;
        self.tester.load_running(&mut from)?;
        self.memory.clear();
        let n = load_memory(&mut self.memory, &mut from)?;
        for _ in 0..from.get_count(12)? {
            let (key, rank) = (from.get_u32()?, from.get_u64()?);
            // A wrong number must not make room for four billion keys.
            if key as usize >= self.keys.len() + KEYS_AHEAD_MAX {
                return Err(LoadError::new("the number of a key is out of range"));
            }
            self.enter(key, rank);
            if let Some(waiting) = &mut self.keys[key as usize] {
                for station in &mut waiting.stations {
                    *station = load_station(&mut self.memory, n, &mut from)?;
                }
            }
            with_cx(|cx| self.turn(cx, None, key, (0, 0, 0), |turn| turn.index_pending()));
        }
        let keys = &self.keys;
        let rank = |key: u32| keys.get(key as usize).and_then(Option::as_ref).map_or(0, |waiting| waiting.rank);
        self.timers.load(&mut from, rank)?;
        from.end()
    }
}

/// How far the number of a key in a snapshot may be ahead of those before it: numbers of dropped keys are left out.
const KEYS_AHEAD_MAX: usize = 1 << 24;

fn save_station(station: &Station, matches: &mut Names, w: &mut Writer) {
    for list in [&station.pending, &station.new] {
        w.put_u64(list.len() as u64);
        list.iter().for_each(|m| w.put_u32(matches.name(m)));
    }
    w.put_bool(station.unsorted);
    w.put_bool(station.mixed);
    w.put_bool(station.done);
    w.put_bool(station.tried);
    for time in [station.last_ts, station.newest, station.deadline, station.last] {
        w.put_i64(time);
    }
}

/// Reads a station of matches that are numbered below `n`.
fn load_station(memory: &mut Memory, n: u32, from: &mut Reader<'_>) -> Result<Station, LoadError> {
    let mut lists = [Queue::default(), Queue::default()];
    for list in &mut lists {
        for _ in 0..from.get_count(4)? {
            let m = from.get_u32()?;
            if m >= n {
                return Err(LoadError::new("it names a match that it does not have"));
            }
            memory.hold(m);
            list.push_placed(m, memory);
        }
    }
    let [pending, new] = lists;
    let (unsorted, mixed, done, tried) = (from.get_bool()?, from.get_bool()?, from.get_bool()?, from.get_bool()?);
    let (last_ts, newest) = (from.get_i64()?, from.get_i64()?);
    let (deadline, last) = (from.get_i64()?, from.get_i64()?);
    let kept =
        Station { pending, new, unsorted, mixed, done, tried, last_ts, newest, deadline, last, ..Station::default() };
    // In which order they began is not known any more.
    Ok(Station { starts_mixed: true, ..kept })
}

/// Does something outside of any frame.
pub(super) fn with_cx<R>(what: impl FnOnce(&mut Cx<'_>) -> R) -> R {
    let (mut steps, mut arena, mut shared) = (Steps::new(false), Arena::new(), Shared::default());
    let (mut log, mut failures) = (Vec::new(), Vec::new());
    what(&mut Cx { steps: &mut steps, arena: &mut arena, log: &mut log, failures: &mut failures, shared: &mut shared })
}

fn save_memory(memory: &Memory, matches: &[u32], w: &mut Writer) {
    let mut events: Vec<Names> = (0..memory.n).map(|_| Names::default()).collect();
    let mut chains: Vec<Names> = (0..memory.n).map(|_| Names::default()).collect();
    w.put_u64(matches.len() as u64);
    for &m in matches {
        w.put_i64(memory.ts(m));
        w.put_i64(memory.since(m));
        w.put_u32(memory.flags(m));
        for slot in 0..memory.n {
            w.put_u32(match memory.slot(m, slot) {
                value @ (EMPTY | FILLED) => value,
                value if memory.is_many(slot) => chains[slot].name(value - 1) + 1,
                value => events[slot].name(value - 1) + 1,
            });
        }
    }
    for slot in 0..memory.n {
        let all = &memory.events[slot];
        w.put_u64(chains[slot].all.len() as u64);
        for &chain in &chains[slot].all {
            let chain = &memory.chains[chain as usize];
            w.put_u64(chain.len as u64);
            let mut event = chain.head;
            while event != NONE {
                events[slot].name(event);
                event = all.links[event as usize][1];
            }
        }
        w.put_u64(events[slot].all.len() as u64);
        for &event in &events[slot].all {
            w.put_i64(all.ts(event));
            all.cols.iter().for_each(|c| w.put_row(c, event as usize, &all.arena));
        }
    }
}

/// Reads matches, which get the numbers from 0 on; gives how many.
fn load_memory(memory: &mut Memory, from: &mut Reader<'_>) -> Result<u32, LoadError> {
    let n = from.get_count(20)?;
    let mut slots = Vec::with_capacity(n * memory.n);
    for _ in 0..n {
        let (ts, since, flags) = (from.get_i64()?, from.get_i64()?, from.get_u32()?);
        let m = memory.fresh(ts, since);
        memory.add_flags(m, flags);
        for _ in 0..memory.n {
            slots.push(from.get_u32()?);
        }
    }
    let unknown = || LoadError::new("it names an event that it does not have");
    for slot in 0..memory.n {
        let lengths = (0..from.get_count(8)?).map(|_| from.get_u64()).collect::<Result<Vec<u64>, _>>()?;
        let events = load_events(memory, slot, from)?;
        // The events of chains come first, chain by chain.
        let mut next = 0;
        let mut first_of: Vec<u32> = Vec::with_capacity(lengths.len());
        for (chain, &length) in lengths.iter().enumerate() {
            let holder = (0..n).find(|m| slots[m * memory.n + slot] == chain as u32 + 1).ok_or_else(unknown)?;
            for _ in 0..length {
                let event = *events.get(next).ok_or_else(unknown)?;
                memory.collect(holder as u32, slot, event);
                next += 1;
            }
            first_of.push(memory.slot(holder as u32, slot));
        }
        for m in 0..n {
            match slots[m * memory.n + slot] {
                EMPTY => {}
                FILLED => memory.set_slot(m as u32, slot, FILLED),
                value if memory.is_many(slot) => {
                    let chain = *first_of.get(value as usize - 1).ok_or_else(unknown)?;
                    if memory.slot(m as u32, slot) == EMPTY {
                        memory.hold_value(slot, chain);
                        memory.set_slot(m as u32, slot, chain);
                    }
                }
                value => {
                    let event = *events.get(value as usize - 1).ok_or_else(unknown)?;
                    memory.fill(m as u32, slot, event);
                }
            }
        }
    }
    Ok(n as u32)
}

fn load_events(memory: &mut Memory, slot: usize, from: &mut Reader<'_>) -> Result<Vec<u32>, LoadError> {
    let n = from.get_count(8)?;
    let mut cols: Vec<Column> = memory.events[slot].cols.iter().map(|c| Column::new(c.kind())).collect();
    let (mut arena, mut ids) = (Arena::new(), Vec::with_capacity(n));
    for row in 0..n {
        let ts = from.get_i64()?;
        cols.iter_mut().try_for_each(|c| from.get_row(c, &mut arena))?;
        ids.push(memory.events[slot].restore(&cols, row, ts, &arena));
    }
    Ok(ids)
}
