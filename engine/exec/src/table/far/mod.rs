//! A table whose rows are in a store: those that a run of entries needs stand in the table itself while the run lasts.
//!
//! A *run* is a frame, or in a replay the entries that were a frame when the store was asked. A condition is asked for an event
//! when it is first looked up in a run, all events of a call at once, and never twice for the same values. The rows stand in
//! the table from then on, so what looks them up and what changes them works as on a table in memory. At the end of the run
//! they are forgotten; what changed them has been copied, and goes to the store in batches when whoever drives the engine says
//! so. What was asked and answered is kept as bytes for the journal: where a run has answers of the journal, no store is asked.

mod ahead;
mod answers;
mod asks;
mod at_hand;
mod cache;
mod changes;
mod link;
mod state;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use riddhi_batch::{Arena, Kind, LoadError, Writer};
use riddhi_plan::logical::AppPlan;
use riddhi_plan::registry::{Failed, RowFailure};
use riddhi_plan::table::{ALL_ROWS, TableCondition};

use super::{Finder, Refusal, StoreError, Table, TableStore};
use crate::expr::Rows;
use answers::{Answer, Given, Record, StoreRows};
use asks::Batch;
use at_hand::AtHand;
use cache::Cache;
use changes::Pending;
use link::Link;

pub use ahead::Ahead;
pub(super) use asks::Asks;
pub use link::{Away, LateFailure, Patience, StoreCounters};

/// Rows of a store that are at hand in a run at most; a look-up that finds more fails.
const ROWS_AT_HAND_MAX: usize = 1_000_000;

/// Bytes of answers of a run for the journal, at most; a look-up that brings more fails.
const RUN_ANSWER_BYTES_MAX: usize = 64 << 20;

/// The number of the first row that events of a run make: they come after all rows of the store.
const FIRST_OWN: u64 = 1 << 63;

/// What a table knows of its store.
pub(super) struct Far {
    /// Whether no query sees its rows: changes are only told to the store.
    blind: bool,
    all: Option<Finder>,
    own_key: Option<Finder>,
    conditions: Vec<TableCondition>,
    changes: Vec<(usize, riddhi_plan::table::ChangePlan)>,
    link: Option<Link>,
    /// What was asked in this run, and where there is no answer, why.
    asked: HashMap<Box<[u8]>, Option<Arc<str>>, FixedState>,
    failures: usize,
    at_hand: AtHand,
    cache: Option<Cache>,
    /// Whether a run has begun, and what the clock read at its first entry.
    begun: Option<i64>,
    /// While a query is asked between two frames: what it leaves as it was.
    query: Option<Before>,
    /// Whether the last run looked anything up, of which the journal has to know.
    looked_up: bool,
    given: Option<Given>,
    record: Record,
    pending: Pending,
    counters: StoreCounters,
    key: Writer,
}

/// What a query between two frames leaves as it was.
struct Before {
    cache: Option<Cache>,
    blind: bool,
    answers: Record,
    looked_up: bool,
}

impl std::fmt::Debug for Far {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Far").field("blind", &self.blind).field("counters", &self.counters).finish_non_exhaustive()
    }
}

impl Far {
    fn new(plan: &AppPlan, number: usize) -> Far {
        let table = &plan.tables[number];
        Far {
            blind: !plan.sees_rows_of(number),
            all: Some(Finder::compile(&TableCondition::all(number, table))),
            own_key: TableCondition::own_key(number, table).as_ref().map(Finder::compile),
            conditions: plan.conditions_on(number),
            changes: plan.changes_of(number),
            link: None,
            asked: HashMap::default(),
            failures: 0,
            at_hand: AtHand::default(),
            cache: table.store.as_ref().and_then(|s| s.cache).map(Cache::new),
            begun: None,
            query: None,
            looked_up: false,
            given: None,
            record: Record::default(),
            pending: Pending::default(),
            counters: StoreCounters::default(),
            key: Writer::default(),
        }
    }

    /// Whether all rows are at hand.
    fn has_all(&self) -> bool {
        matches!(self.asked.get(&ALL_ROWS.to_le_bytes()[..]), Some(None))
    }

    /// Has the rows at hand that the condition finds for these events.
    fn fetch(&mut self, table: &mut Table, finder: &Finder, rows: &Rows<'_>, arena: &mut Arena, ahead: bool) {
        if self.blind || self.has_all() {
            return;
        }
        let by_key = self.cache.as_ref().and_then(|_| finder.keys(table, rows, arena));
        let now = self.begun.unwrap_or(0);
        if let (Some(cache), Some(_), false) = (&mut self.cache, &by_key, ahead) {
            cache.purge(table, now);
        }
        let mut own = Writer::default();
        let (mut wanted, mut keys) = (Vec::new(), Vec::new());
        for i in 0..rows.n {
            finder.asks.put(rows, i, arena, &mut self.key);
            let asked = self.asked.contains_key(&self.key.bytes[..]);
            if let (Some(cache), Some((columns, failed))) = (&mut self.cache, &by_key)
                && !failed.is(i)
            {
                own.bytes.clear();
                columns.iter().for_each(|column| own.put_row(column, i, arena));
                // What is asked ahead may never be looked up, and then nobody knows of it in a replay.
                if !ahead {
                    cache.touch(&own.bytes);
                }
                if !asked && cache.has(&own.bytes) {
                    if !ahead {
                        self.counters.hits += 1;
                        self.asked.insert(self.key.bytes.as_slice().into(), None);
                    }
                    continue;
                }
            }
            if asked {
                continue;
            }
            let key: Box<[u8]> = self.key.bytes.as_slice().into();
            self.asked.insert(key.clone(), None);
            keys.push(key);
            wanted.push(i as u32);
        }
        if wanted.is_empty() {
            return;
        }
        self.counters.asked += wanted.len() as u64;
        if let Some(cache) = &mut self.cache {
            cache.purge(table, now);
        }
        if self.given.is_some() {
            return keys.iter().for_each(|key| self.take_given(table, key));
        }
        let mut batch = finder.asks.gather(rows, &wanted, arena);
        if !self.ask(table, finder, &mut batch, (0, keys.len()), &keys, ahead) {
            // Only those that the store refuses fail.
            for (i, key) in keys.iter().enumerate() {
                self.ask(table, finder, &mut batch, (i, i + 1), std::slice::from_ref(key), ahead);
            }
        }
    }

    /// Asks the store for events of a batch. False if it refuses several of them together.
    fn ask(
        &mut self,
        table: &mut Table,
        finder: &Finder,
        batch: &mut Batch,
        (from, to): (usize, usize),
        keys: &[Box<[u8]>],
        ahead: bool,
    ) -> bool {
        let answered = match &mut self.link {
            Some(link) => link.look_up(&table.plan, finder.condition(), batch, (from, to), &mut self.counters),
            None => Err(StoreError::Refused("there is no store, and the journal has no answer".to_owned())),
        };
        let (mut rows, ends) = match answered {
            Ok(answered) => answered,
            Err(StoreError::Refused(_)) if keys.len() > 1 => return false,
            Err(why) => {
                let why: Arc<str> = link::reason(why).into();
                for key in keys {
                    self.record.failed(key, ahead, &why);
                    self.fail(key, why.clone());
                }
                return true;
            }
        };
        if rows.numbers.is_empty() {
            self.at_hand.number(&table.plan, &mut rows, &ends);
        }
        let mut first = 0;
        for (key, &end) in keys.iter().zip(&ends) {
            let range = (first, end as usize);
            let before = self.record.len();
            self.record.rows(key, ahead, &rows, range);
            if self.record.len() > RUN_ANSWER_BYTES_MAX {
                let why: Arc<str> = "the store's answers in this turn are larger than the journal takes".into();
                self.record.cut(before);
                self.record.failed(key, ahead, &why);
                self.fail(key, why);
            } else if let Err(why) = enter(table, (&mut self.at_hand, self.cache.as_ref()), &rows, range) {
                self.fail(key, why.into());
            }
            first = end as usize;
        }
        true
    }

    /// Takes the journal's answer.
    fn take_given(&mut self, table: &mut Table, key: &[u8]) {
        let Some(given) = &self.given else { return };
        let why: Arc<str> = match given.by_asked.get(key) {
            Some(&Answer::Rows(from, to)) => {
                match enter(table, (&mut self.at_hand, self.cache.as_ref()), &given.rows, (from, to)) {
                    Ok(()) => return,
                    Err(why) => why.into(),
                }
            }
            Some(Answer::Failed(why)) => why.clone(),
            None => "the journal does not have what the store answered".into(),
        };
        self.fail(key, why);
    }

    fn fail(&mut self, key: &[u8], why: Arc<str>) {
        self.failures += 1;
        self.asked.insert(key.into(), Some(why));
    }

    /// Marks the events for which there is no answer.
    fn mark_failed(&self, finder: &Finder, rows: &Rows<'_>, arena: &Arena, failed: &mut Failed) {
        if self.failures == 0 {
            return;
        }
        let mut key = Writer::default();
        for i in 0..rows.n {
            finder.asks.put(rows, i, arena, &mut key);
            if let Some(Some(why)) = self.asked.get(&key.bytes[..]) {
                failed.mark(i, rows.n, RowFailure::new(why.to_string()));
            }
        }
    }

    /// Ends a run. `kept`: rows that stay beside those of the cache.
    fn end(&mut self, table: &mut Table, kept: Option<&Cache>) {
        let live = self.given.is_none();
        let mut looked_up = !self.asked.is_empty();
        self.asked.clear();
        self.failures = 0;
        self.at_hand.clear();
        self.given = None;
        let now = self.begun.take().unwrap_or(0);
        match (&mut self.cache, kept) {
            (Some(cache), _) => looked_up |= cache.settle(table, now),
            (None, Some(kept)) => kept.keep_rows(table),
            (None, None) => table.clear(),
        }
        self.looked_up |= live && looked_up;
        table.next_number = FIRST_OWN;
    }

    /// Forgets all rows.
    fn forget(&mut self, table: &mut Table) {
        self.cache.iter_mut().for_each(Cache::clear);
        table.clear();
        self.end(table, None);
        self.looked_up = false;
    }
}

/// Makes rows of a store that are not at hand yet rows of the table.
fn enter(
    table: &mut Table,
    (at_hand, cache): (&mut AtHand, Option<&Cache>),
    rows: &StoreRows,
    (from, to): (usize, usize),
) -> Result<(), &'static str> {
    let mut key = Writer::default();
    for row in from..to {
        let number = rows.numbers[row];
        if !at_hand.enter(number) {
            continue;
        }
        if let Some(cache) = cache {
            table.put_key_of(&rows.cols, row, &rows.arena, &mut key);
            if cache.has(&key.bytes) {
                // It was at hand when the run began, and has been changed or removed since, if it is not as the store has it.
                table.renumber_like(&rows.cols, row, &rows.arena, number);
                continue;
            }
        }
        if let Err(Refusal::Full) = table.place(&rows.cols, row, &rows.arena, number) {
            return Err("the store has more rows for this turn than may be at hand");
        }
    }
    Ok(())
}

impl Table {
    /// An empty table of an app, whose rows are in a store if the plan says so.
    pub fn of_app(plan: &AppPlan, number: usize, rows_max: usize) -> Table {
        let of = Arc::new(plan.tables[number].clone());
        if of.store.is_none() {
            return Table::new(of, rows_max);
        }
        let mut table = Table::new(of, ROWS_AT_HAND_MAX);
        table.far = Some(Box::new(Far::new(plan, number)));
        table.next_number = FIRST_OWN;
        table
    }

    /// Whether the rows are in a store.
    #[inline]
    pub fn is_far(&self) -> bool {
        self.far.is_some()
    }

    /// What the clock read at the first entry of the run, if one has begun.
    pub fn begun(&self) -> Option<i64> {
        self.far.as_ref().and_then(|far| far.begun)
    }

    /// Lets somebody look at the rows who is no query.
    pub(crate) fn seen<T>(&mut self, look: impl FnOnce(&mut Table) -> T) -> T {
        let blind = self.far.as_mut().map(|far| std::mem::replace(&mut far.blind, false));
        let seen = look(self);
        self.far.iter_mut().zip(blind).for_each(|(far, blind)| far.blind = blind);
        seen
    }

    /// What the store has is of another life, unless a journal says what it answered in this one: the names of changes begin
    /// anew.
    pub(crate) fn begin_names(&mut self) {
        if let Some(far) = &mut self.far
            && far.given.is_none()
        {
            far.link.iter_mut().for_each(Link::begin_anew);
        }
    }

    /// Whether changes are only told to a store.
    pub(crate) fn is_blind(&self) -> bool {
        self.far.as_ref().is_some_and(|far| far.blind)
    }

    /// Has the rows of a store at hand that the condition finds for these events.
    #[inline]
    pub(super) fn fetch(&mut self, finder: &Finder, rows: &Rows<'_>, arena: &mut Arena) {
        if self.far.is_some() {
            self.fetch_far(finder, rows, arena, false);
        }
    }

    /// Lets what is known of the store work on the table, if the rows are in one.
    fn with_far<T>(&mut self, work: impl FnOnce(&mut Far, &mut Table) -> T) -> Option<T> {
        let mut far = self.far.take()?;
        let done = work(&mut far, self);
        self.far = Some(far);
        Some(done)
    }

    #[cold]
    fn fetch_far(&mut self, finder: &Finder, rows: &Rows<'_>, arena: &mut Arena, ahead: bool) {
        self.with_far(|far, table| far.fetch(table, finder, rows, arena, ahead));
    }

    /// Marks the events for which the store has no answer.
    #[cold]
    pub(super) fn mark_failed(&self, finder: &Finder, rows: &Rows<'_>, arena: &Arena, failed: &mut Failed) {
        self.far.iter().for_each(|far| far.mark_failed(finder, rows, arena, failed));
    }

    /// The same for all rows of the store.
    pub(super) fn fetch_all(&mut self, rows: &Rows<'_>, arena: &mut Arena) {
        self.with_far(|far, table| {
            if let Some(all) = far.all.take() {
                far.fetch(table, &all, &Rows { n: rows.n.min(1), ..*rows }, arena, false);
                far.all = Some(all);
            }
        });
    }

    /// The same for those that have the primary keys of these events.
    pub(super) fn fetch_own(&mut self, rows: &Rows<'_>, arena: &mut Arena) {
        self.fetch_own_keys(rows, arena, false);
    }

    fn fetch_own_keys(&mut self, rows: &Rows<'_>, arena: &mut Arena, ahead: bool) {
        self.with_far(|far, table| {
            let own = far.own_key.take();
            own.iter().for_each(|own| far.fetch(table, own, rows, arena, ahead));
            far.own_key = own;
        });
    }

    /// Begins a frame whose first entry has that time. `given`: what the journal has for this table, and the position after the
    /// run that it is for.
    pub fn begin_frame(&mut self, now: i64, given: Option<(&[u8], u64)>) -> Result<(), LoadError> {
        let begin = |far: &mut Far, table: &mut Table| {
            if far.query.is_some() {
                return Ok(());
            }
            // Answers that nobody took are for no journal.
            far.record.take();
            far.looked_up = false;
            let first = far.begun.is_none();
            far.begun.get_or_insert(now);
            far.begin(table, given, first)
        };
        self.with_far(begin).unwrap_or(Ok(()))
    }

    /// Ends a run: the rows of the store are forgotten.
    pub fn end_run(&mut self) {
        self.with_far(|far, table| {
            if far.query.is_none() {
                far.end(table, None);
            }
        });
    }

    /// Begins a query between two frames, which is no part of a run: nobody will know that it was asked.
    pub fn begin_query(&mut self) {
        if let Some(far) = &mut self.far {
            let (answers, looked_up) = (std::mem::take(&mut far.record), far.looked_up);
            let blind = std::mem::replace(&mut far.blind, false);
            far.query = Some(Before { cache: far.cache.take(), blind, answers, looked_up });
        }
    }

    /// Ends it.
    pub fn end_query(&mut self) {
        self.with_far(|far, table| {
            let Some(before) = far.query.take() else { return };
            far.end(table, before.cache.as_ref());
            (far.cache, far.blind) = (before.cache, before.blind);
            (far.record, far.looked_up) = (before.answers, before.looked_up);
            far.link.iter_mut().for_each(|link| link.forget(table.plan.conditions));
        });
    }

    /// Forgets all that is at hand.
    pub fn forget_far(&mut self) {
        self.with_far(Far::forget);
    }

    /// What was answered since this was last asked, for the journal; none if nothing was looked up.
    pub fn take_answers(&mut self) -> Option<Vec<u8>> {
        let far = self.far.as_mut()?;
        std::mem::take(&mut far.looked_up).then(|| far.record.take())
    }
}

impl Far {
    fn begin(&mut self, table: &mut Table, given: Option<(&[u8], u64)>, first: bool) -> Result<(), LoadError> {
        let Some((bytes, until)) = given else { return Ok(()) };
        if self.given.as_ref().is_some_and(|given| given.until == until) {
            return Ok(());
        }
        let kinds: Vec<Kind> = table.cols().iter().map(|c| c.kind()).collect();
        let given = self.given.insert(Given::read(bytes, until, kinds.into_iter())?);
        let ahead = given.ahead.clone();
        if let (Some(cache), Some(now), true) = (&mut self.cache, self.begun, first) {
            cache.purge(table, now);
        }
        for key in ahead {
            if !self.asked.contains_key(&key) {
                self.asked.insert(key.clone(), None);
                self.take_given(table, &key);
            }
        }
        Ok(())
    }
}
