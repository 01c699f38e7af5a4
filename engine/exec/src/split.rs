//! What gives the events of a stream the keys of a partition: each run of events of equal key leaves as a chunk, the number of
//! the key in a last attribute.

use riddhi_batch::{Chunk, Column, Columns, Data, Flow, Kind, LoadError, Reader, Sel, Writer};
use riddhi_plan::logical::QueryPlan;
use riddhi_plan::partition::{SplitKey, SplitPlan};
use riddhi_plan::registry::{Failed, Volatility};

use crate::expr::{Program, Rows, Scratch};
use crate::operator::{Inputs, Operator};
use crate::partition::{KEYS_MAX, Keys, NO_KEY};
use crate::query::{Cx, Failure, Section};
use crate::steps::{Fired, Part};
use crate::timers::Pending;

enum Key {
    Value(Program),
    /// Values are compared by their text.
    Text(Program),
    Ranges(Vec<(Program, String)>),
    All,
}

/// A stream on its way into a partition.
pub struct Split {
    element: u32,
    name: String,
    partition: usize,
    key: Key,
    asks_ts: bool,
    asks_now: bool,
    /// Which attributes are read inside.
    read: Vec<bool>,
    interval_ms: Option<i64>,
    started: bool,
    timers: Pending,
    out: Flow,
    scratch: Scratch,
    failed: Failed,
    column: Column,
    ts: Vec<i64>,
    now: Vec<i64>,
    /// By row, or by label: the number of the key.
    keys: Vec<u32>,
    hits: Vec<u32>,
    /// Rows and keys that leave, in order.
    rows: Vec<u32>,
}

impl Split {
    /// A split of the partition; `one_type`: whether keys of all its streams are of one type; `read`: which attributes are read
    /// behind it.
    pub fn new(
        element: u32,
        query: &QueryPlan,
        plan: &SplitPlan,
        one_type: bool,
        read: &[bool],
        interval: Option<i64>,
    ) -> Split {
        let key = match &plan.key {
            SplitKey::Value(expr) if one_type => Key::Value(Program::compile(expr)),
            SplitKey::Value(expr) => Key::Text(Program::compile(expr)),
            SplitKey::Ranges(ranges) => Key::Ranges(
                ranges.iter().map(|(condition, label)| (Program::compile(condition), label.clone())).collect(),
            ),
            SplitKey::All => Key::All,
        };
        let volatility = match &key {
            Key::Value(program) | Key::Text(program) => program.volatility(),
            Key::Ranges(ranges) => ranges.iter().map(|(p, _)| p.volatility()).max().unwrap_or(Volatility::Pure),
            Key::All => Volatility::Pure,
        };
        let kind = match &key {
            Key::Value(program) | Key::Text(program) => program.kind(),
            _ => Kind::Bool,
        };
        Split {
            element,
            name: query.key.clone(),
            partition: plan.partition,
            key,
            asks_ts: volatility >= Volatility::RowTime,
            asks_now: volatility >= Volatility::Clock,
            read: read.to_vec(),
            interval_ms: interval.filter(|_| plan.purges),
            started: false,
            timers: Pending::new(element, Part::Window),
            out: Flow::of(&query.schema),
            scratch: Scratch::default(),
            failed: Failed::default(),
            column: Column::new(kind),
            ts: Vec::new(),
            now: Vec::new(),
            keys: Vec::new(),
            hits: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Takes chunks that follow each other in one flow.
    fn take(&mut self, cx: &mut Cx<'_>, flow: &Flow, chunks: &[Chunk], place: u32) {
        let (Some(head), Some(last)) = (chunks.first(), chunks.last()) else { return };
        let (first, n) = (head.first as usize, (last.first + last.rows - head.first) as usize);
        if let Key::All = self.key {
            return self.give_all(cx, flow, chunks, place);
        }
        self.ts.clear();
        self.now.clear();
        if self.asks_ts {
            self.ts.extend_from_slice(&flow.rows.ts[first..first + n]);
        }
        if self.asks_now {
            for chunk in chunks {
                self.now.resize(self.now.len() + chunk.rows as usize, cx.steps.now(chunk.step));
            }
        }
        let rows = Rows { ts: &self.ts, now: &self.now, ..Rows::of(&flow.rows.cols, Sel::From(first), n) };
        self.keys.clear();
        self.failed.clear();
        let before = self.out.chunks.len();
        let keys = &mut cx.shared.keys[self.partition];
        match &self.key {
            Key::Value(program) | Key::Text(program) => {
                let by_text = matches!(self.key, Key::Text(_));
                match program.attribute() {
                    Some(a) if !by_text && n == flow.rows.len() => {
                        keys.assign(&flow.rows.cols[a as usize], 0, cx.arena, &mut self.keys);
                    }
                    attribute => {
                        self.column.clear();
                        match attribute {
                            Some(a) => self.column.append(&flow.rows.cols[a as usize], Sel::From(first), n),
                            None => {
                                program.eval(&rows, cx.arena, &mut self.scratch, &mut self.column, &mut self.failed)
                            }
                        }
                        if by_text {
                            texts(keys, &self.column, cx.arena, &mut self.keys);
                        } else {
                            keys.assign(&self.column, 0, cx.arena, &mut self.keys);
                        }
                    }
                }
                for (i, &failed) in self.failed.rows.iter().enumerate() {
                    if failed != 0 {
                        self.keys[i] = NO_KEY;
                    }
                }
                self.give_runs(flow, chunks, place);
            }
            Key::Ranges(ranges) => {
                // Per row and range the number of its label, if it holds; labels get numbers in the order of events.
                let width = ranges.len();
                self.keys.resize(n * width, NO_KEY);
                for (range, (condition, _)) in ranges.iter().enumerate() {
                    self.hits.clear();
                    condition.select(&rows, cx.arena, &mut self.scratch, &mut self.hits, &mut self.failed);
                    self.hits.iter().for_each(|&row| self.keys[row as usize * width + range] = 0);
                }
                for row in 0..n {
                    for (range, (_, label)) in ranges.iter().enumerate() {
                        let key = &mut self.keys[row * width + range];
                        if *key == 0 {
                            *key = keys.text(label.as_bytes());
                        }
                    }
                }
                self.give_ranges(flow, chunks, place, width);
            }
            Key::All => {}
        }
        if !self.failed.is_empty() {
            let at = first + self.failed.first();
            let chunk = chunks.partition_point(|c| (c.first + c.rows) as usize <= at);
            let step = chunks.get(chunk).map_or(head.step, |c| c.step);
            cx.failures.push(Failure::of(&self.failed, self.element, step));
        }
        let keys = &mut cx.shared.keys[self.partition];
        let (refused, purges) = (keys.take_refused(), keys.purge().is_some());
        if refused > 0 {
            let reason = format!("the partition has {KEYS_MAX} keys, as many as it may");
            cx.failures.push(Failure { query: self.element, step: head.step, rows: refused, reason });
        }
        if purges {
            self.touch(cx, before);
        }
    }

    /// Notes when the keys of the chunks from `before` on had events.
    fn touch(&mut self, cx: &mut Cx<'_>, before: usize) {
        let Some(Data::I32(numbers)) = self.out.rows.cols.last().map(|c| &c.data) else { return };
        for chunk in &self.out.chunks[before..] {
            let now = cx.steps.now(chunk.step);
            cx.shared.keys[self.partition].touch(numbers[chunk.first as usize] as u32, now);
        }
    }

    /// Puts out the runs of equal key of each chunk; rows without one are left out.
    fn give_runs(&mut self, flow: &Flow, chunks: &[Chunk], place: u32) {
        let first = chunks[0].first;
        let base = self.out.rows.len() as u32;
        let whole = self.keys.iter().all(|&k| k != NO_KEY);
        if whole {
            append(&mut self.out, flow, Sel::From(first as usize), self.keys.len(), &self.read);
            push_keys(&mut self.out.rows, &self.keys);
        }
        self.rows.clear();
        for (i, chunk) in chunks.iter().enumerate() {
            let cause = place + i as u32;
            let from = (chunk.first - first) as usize;
            if whole && chunk.rows == 1 {
                let at = base + from as u32;
                self.out.chunks.push(Chunk { step: chunk.step, cause, first: at, rows: 1 });
                continue;
            }
            let mut open: Option<(u32, u32)> = None;
            let mut at = if whole { base + from as u32 } else { base + self.rows.len() as u32 };
            for row in from..from + chunk.rows as usize {
                let key = self.keys[row];
                if key == NO_KEY {
                    continue;
                }
                match &mut open {
                    Some((known, rows)) if *known == key => *rows += 1,
                    _ => {
                        if let Some((_, rows)) = open.replace((key, 1)) {
                            self.out.chunks.push(Chunk { step: chunk.step, cause, first: at, rows });
                            at += rows;
                        }
                    }
                }
                if !whole {
                    self.rows.push(row as u32);
                }
            }
            if let Some((_, rows)) = open {
                self.out.chunks.push(Chunk { step: chunk.step, cause, first: at, rows });
            }
        }
        if !whole {
            self.hits.clear();
            self.hits.extend(self.rows.iter().map(|&row| self.keys[row as usize]));
            self.rows.iter_mut().for_each(|row| *row += first);
            append(&mut self.out, flow, Sel::Rows(&self.rows), self.rows.len(), &self.read);
            push_keys(&mut self.out.rows, &self.hits);
        }
    }

    /// The same where each row has a key for each condition that holds.
    fn give_ranges(&mut self, flow: &Flow, chunks: &[Chunk], place: u32, width: usize) {
        let first = chunks[0].first;
        let base = self.out.rows.len() as u32;
        self.rows.clear();
        self.hits.clear();
        for (i, chunk) in chunks.iter().enumerate() {
            let cause = place + i as u32;
            let mut open: Option<(u32, u32)> = None;
            for row in chunk.first..chunk.first + chunk.rows {
                let own = (row - first) as usize * width;
                for &key in self.keys[own..own + width].iter().filter(|&&k| k != NO_KEY) {
                    match &mut open {
                        Some((known, _)) if *known == key => {}
                        _ => {
                            let at = base + self.rows.len() as u32;
                            if let Some((_, from)) = open.replace((key, at)) {
                                self.out.chunks.push(Chunk { step: chunk.step, cause, first: from, rows: at - from });
                            }
                        }
                    }
                    self.rows.push(row);
                    self.hits.push(key);
                }
            }
            if let Some((_, from)) = open {
                let rows = base + self.rows.len() as u32 - from;
                self.out.chunks.push(Chunk { step: chunk.step, cause, first: from, rows });
            }
        }
        append(&mut self.out, flow, Sel::Rows(&self.rows), self.rows.len(), &self.read);
        push_keys(&mut self.out.rows, &self.hits);
    }

    /// Puts out each chunk once for every key that is known.
    fn give_all(&mut self, cx: &Cx<'_>, flow: &Flow, chunks: &[Chunk], place: u32) {
        self.keys.clear();
        cx.shared.keys[self.partition].all(&mut self.keys);
        self.rows.clear();
        self.hits.clear();
        let base = self.out.rows.len() as u32;
        for (i, chunk) in chunks.iter().enumerate() {
            for &key in &self.keys {
                let first = base + self.rows.len() as u32;
                self.out.chunks.push(Chunk { step: chunk.step, cause: place + i as u32, first, rows: chunk.rows });
                self.rows.extend(chunk.first..chunk.first + chunk.rows);
                self.hits.resize(self.rows.len(), key);
            }
        }
        append(&mut self.out, flow, Sel::Rows(&self.rows), self.rows.len(), &self.read);
        push_keys(&mut self.out.rows, &self.hits);
    }
}

/// Appends the numbers of the keys of all rows of a column, by their text.
fn texts(keys: &mut Keys, column: &Column, arena: &riddhi_batch::Arena, out: &mut Vec<u32>) {
    if let Data::Str(_) = column.data {
        return keys.assign(column, 0, arena, out);
    }
    for i in 0..column.len() {
        let key = match column.is_null(i) {
            true => NO_KEY,
            false => keys.text(column.value(i, arena).to_string().as_bytes()),
        };
        out.push(key);
    }
}

/// Appends the attributes that are read; the columns of the others stay empty.
fn append(to: &mut Flow, from: &Flow, sel: Sel<'_>, n: usize, read: &[bool]) {
    // Rows of a named window keep their kinds.
    if !from.kinds.is_empty() {
        sel.copy(&from.kinds, n, &mut to.kinds);
    }
    let (to, from) = (&mut to.rows, &from.rows);
    sel.copy(&from.ts, n, &mut to.ts);
    for ((to, from), read) in to.cols.iter_mut().zip(&from.cols).zip(read) {
        if *read {
            to.append(from, sel, n);
        }
    }
}

fn push_keys(to: &mut Columns, keys: &[u32]) {
    if let Some(Column { data: Data::I32(v), nulls, .. }) = to.cols.last_mut() {
        v.extend(keys.iter().map(|&k| k as i32));
        debug_assert!(nulls.is_empty(), "a key's number is never null");
    }
}

impl Operator for Split {
    fn out(&self) -> &Flow {
        &self.out
    }

    fn clear_out(&mut self) {
        self.out.clear();
    }

    fn timers(&self) -> Option<&Pending> {
        self.interval_ms.is_some().then_some(&self.timers)
    }

    fn timers_mut(&mut self) -> Option<&mut Pending> {
        self.interval_ms.is_some().then_some(&mut self.timers)
    }

    fn start(&mut self, now: i64) {
        let Some(interval) = self.interval_ms else { return };
        if std::mem::replace(&mut self.started, true) {
            return self.timers.resume(now);
        }
        self.timers.set(std::iter::once(now.saturating_add(interval)));
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        let step = cx.steps.fire(timer);
        self.timers.pop();
        let clock = cx.steps.entries().get(timer.entry as usize).map_or(timer.now, |e| e.now);
        cx.shared.keys[self.partition].drop_idle(timer.now);
        if let Some(interval) = self.interval_ms {
            // Looks before a key can be idle find nothing, and with no key at all none that the clock has gone over does.
            let useful = cx.shared.keys[self.partition].first_idle().unwrap_or(clock.saturating_add(1));
            let looks = useful.saturating_sub(timer.due).max(1) as u64;
            let looks = looks.div_ceil(interval as u64).min(i64::MAX as u64) as i64;
            let next = timer.due.saturating_add(interval.saturating_mul(looks));
            self.timers.arm(next, step, cx.steps);
        }
        cx.steps.forget_last();
    }

    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize) {
        if from == to {
            return;
        }
        let flow = inputs.flow(0);
        let first = inputs.order[from].chunk as usize;
        self.take(cx, flow, &flow.chunks[first..first + to - from], from as u32);
    }

    fn save(&self, out: &mut Vec<Section>) {
        if self.interval_ms.is_none() {
            return;
        }
        let mut bytes = Writer::default();
        bytes.put_bool(self.started);
        self.timers.save(&mut bytes);
        out.push(Section { name: format!("{}/purge", self.name), bytes: bytes.bytes });
    }

    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        if role != "purge" {
            return Err(LoadError::new(format!("a partition has no {role}")));
        }
        let mut from = Reader::new(bytes);
        self.started = from.get_bool()?;
        self.timers.load(&mut from)
    }

    fn bytes(&self) -> usize {
        0
    }
}
