//! Mixed regions: which frames may run query by query.
//!
//! Where one query changes a table that another looks at, entries have to be taken one by one, unless a frame's entries (and
//! timers) reach only queries that look at it, or only one of those that use it. So a table that is filled first and looked up
//! afterwards costs what a table that never changes does.

use std::collections::BTreeMap;

use riddhi_batch::Frame;
use riddhi_plan::logical::{Access, Mode, Shared};

use crate::compile::App;
use crate::engine::Engine;

/// Queries of a region that use what they share, told apart in a frame; with more of them the region is always stepped.
const USERS_MAX: usize = 64;

/// What may not be reached at once.
#[derive(Debug, Default)]
pub struct Contention {
    /// Queries that use something shared, a bit each. None if there are too many.
    users: Option<Vec<usize>>,
    /// By what is shared: its users, and those of them that change it.
    shared: Vec<(u64, u64)>,
    /// By stream: the users that its chunks may come to.
    reach: Vec<u64>,
    /// By query: the users that its output, or itself, may come to.
    reach_of_query: Vec<u64>,
}

impl Contention {
    /// That of the region of these queries, each after those that write its inputs.
    pub fn new(app: &App, queries: &[usize]) -> Contention {
        let users: Vec<usize> = queries.iter().copied().filter(|&q| !app.queries[q].shared.is_empty()).collect();
        if users.len() > USERS_MAX {
            return Contention::default();
        }
        let bit = |q: usize| users.iter().position(|&u| u == q).map_or(0, |place| 1 << place);
        let mut shared: BTreeMap<Shared, (u64, u64)> = BTreeMap::new();
        for &q in &users {
            for (what, access) in &app.queries[q].shared {
                let (all, changing) = shared.entry(*what).or_default();
                *all |= bit(q);
                *changing |= if *access == Access::Write { bit(q) } else { 0 };
            }
        }
        let mut reach = vec![0; app.streams.len()];
        let mut reach_of_query = vec![0; app.queries.len()];
        for &q in queries.iter().rev() {
            let mask = bit(q) | app.queries[q].output.map_or(0, |output| reach[output]);
            reach_of_query[q] = mask;
            app.queries[q].inputs.iter().for_each(|&input| reach[input] |= mask);
        }
        Contention { users: Some(users), shared: shared.into_values().collect(), reach, reach_of_query }
    }

    /// Whether users of that mask must see each other's changes.
    fn conflict(&self, reached: u64) -> bool {
        self.users.is_none()
            || self.shared.iter().any(|(all, changing)| (reached & all).count_ones() > 1 && reached & changing != 0)
    }
}

impl Engine {
    /// Whether a region runs entry by entry in this frame.
    pub(crate) fn steps_through(&self, region: usize, frame: &Frame) -> bool {
        let node = &self.graph.regions[region];
        // Keys are dropped between two steps, at all nodes of the partition at once.
        let last = frame.entries.last().map_or(i64::MIN, |e| e.now);
        if node.purging.iter().any(|&q| self.query(q).due().is_some_and(|due| due <= last)) {
            return true;
        }
        match node.mode {
            Mode::Batched => false,
            Mode::Stepped => true,
            Mode::Mixed => {
                let streams = frame.touched.iter().filter(|&&s| self.graph.streams[s as usize].region == Some(region));
                let mut reached =
                    streams.fold(0, |mask, &s| mask | node.contention.reach.get(s as usize).copied().unwrap_or(0));
                for &q in &node.timed {
                    if self.query(q).due().is_some_and(|due| due <= last) {
                        reached |= node.contention.reach_of_query.get(q).copied().unwrap_or(0);
                    }
                }
                node.contention.conflict(reached)
            }
        }
    }
}
