//! What a query remembers; inside a partition, for one key.

use riddhi_batch::Writer;
use riddhi_plan::registry::Window;

use super::limit::Limiter;
use super::state::{Section, store_attributes, store_kinds};
use super::{Aggregates, Code, Step, Way};
use crate::expr::Program;
use crate::groups::Groups;
use crate::keyed::ByKey;
use crate::store::Store;
use crate::timers::Pending;

/// All that it remembers but how many random values were drawn.
pub(crate) struct Kept {
    pub(super) window: Option<Box<dyn Window>>,
    pub(super) store: Store,
    pub(super) groups: Groups,
    pub(super) sweep_at: usize,
    pub(super) aggregates: Aggregates,
    /// Of handlers with aggregates, in order: before the window, then after it.
    pub(super) handlers: Vec<Aggregates>,
    pub(super) timers: Pending,
    pub(super) limiter: Option<Box<Limiter>>,
}

impl Kept {
    /// Nothing remembered yet.
    pub fn new(code: &Code) -> Kept {
        let mut window = code.window.as_ref().map(|w| (w.create)(if w.sliding { code.watched } else { code.expired }));
        let entering = |item: &Program| item.attribute().filter(|&a| (a as usize) < code.entering);
        let selected: Vec<Option<u32>> = code.items.iter().map(entering).collect();
        window.iter_mut().for_each(|w| w.selected(&selected));
        let grouped = !code.group_by.is_empty() && matches!(code.way, Way::Slide | Way::Flush);
        let store = Store::new(store_kinds(code), grouped).holding(store_attributes(code));
        let handlers = code.before.iter().chain(&code.after).map(Step::aggregates);
        Kept {
            window,
            store: if code.keyed { store.small() } else { store },
            groups: if code.grouped_by_key { Groups::dense() } else { Groups::default() },
            sweep_at: 64,
            aggregates: Aggregates::new(&code.aggregates),
            handlers: handlers.filter(|list| !list.is_empty()).map(Aggregates::new).collect(),
            timers: Pending::new(code.element, code.part),
            limiter: Limiter::new(code).map(Box::new),
        }
    }

    /// What counts from the start of the app, or from the first event of a key, counts from `now`.
    pub fn start(&mut self, now: i64) {
        self.limiter.iter_mut().for_each(|limiter| limiter.start(now));
    }

    /// Appends its sections of a snapshot: those that hold anything. `serial`: the query's own, which is no key's.
    pub fn save(&self, code: &Code, serial: u64, out: &mut Vec<Section>) {
        let mut put = |role: &str, write: &dyn Fn(&mut Writer)| {
            let mut writer = Writer::default();
            write(&mut writer);
            out.push(Section { name: format!("{}/{role}", code.key), bytes: writer.bytes });
        };
        let plain = code.way == Way::Plain && !code.asks_random && self.handlers.is_empty();
        if plain && self.limiter.is_none() {
            return;
        }
        let limited = |g| self.limiter.as_ref().is_some_and(|l| !l.is_clear(g));
        let ids = self.groups.sorted(|g| self.aggregates.is_clear(g) && !limited(g));
        if let Some(window) = &self.window {
            let mut rank = vec![0; self.groups.bound().max(1)];
            ids.iter().enumerate().for_each(|(r, &g)| rank[g as usize] = r as u32);
            put("window", &|w| {
                window.save(w);
                if code.window.as_ref().is_some_and(|w| w.leaving.in_any_order()) {
                    let mut held = Vec::with_capacity(window.holds());
                    window.held(&mut held);
                    held.sort_unstable();
                    self.store.save_rows(w, &held);
                } else {
                    self.store.save(w, |g| rank[g as usize]);
                }
                self.timers.save(w);
            });
        }
        put("select", &|w| {
            w.put_u64(serial);
            self.save_groups(code, &ids, w);
        });
        for (i, filter) in self.handlers.iter().enumerate() {
            put(&format!("filter{i}"), &|w| filter.list.iter().for_each(|a| a.save(0, w)));
        }
        // Behind the selection, whose groups it names.
        if let Some(limiter) = &self.limiter {
            put("limiter", &|w| limiter.save(&ids, w));
        }
    }

    fn save_groups(&self, code: &Code, ids: &[u32], w: &mut Writer) {
        if code.group_by.is_empty() {
            self.aggregates.list.iter().for_each(|a| a.save(0, w));
            return;
        }
        w.put_u64(ids.len() as u64);
        for &id in ids {
            self.groups.save(id, w);
            self.aggregates.list.iter().for_each(|a| a.save(id, w));
        }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let aggregates: usize = self.aggregates.list.iter().map(|a| a.bytes()).sum();
        let limiter = self.limiter.as_ref().map_or(0, |l| l.bytes());
        self.store.bytes() + self.groups.bytes() + aggregates + limiter
    }
}

impl ByKey for Kept {
    /// 0 its window, 1 its rate limiter.
    fn pending(&self, part: usize) -> Option<&Pending> {
        if part == 0 { Some(&self.timers) } else { self.limiter.as_ref().map(|l| l.timers()) }
    }

    fn begin(&mut self) {
        self.timers.begin();
        self.limiter.iter_mut().for_each(|l| l.timers_mut().begin());
    }

    fn resume(&mut self, now: i64) {
        self.timers.resume(now);
        self.limiter.iter_mut().for_each(|l| l.timers_mut().resume(now));
    }
}
