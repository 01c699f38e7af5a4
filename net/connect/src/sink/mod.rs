//! Sinks: where messages go.
//!
//! Invariants: whole messages are written or kept; a full disk is waited for; what could not be sent is counted and
//! reported, never dropped in silence.

pub mod file;
pub mod http;
pub mod log;
pub mod memory;
pub mod stdout;
mod writer;

use std::collections::BTreeMap;
use std::time::Duration;

use riddhi_batch::{Chunk, Columns, Sel};
use riddhi_plan::connector::Template;

use crate::mapper::template::render;
use crate::mapper::{OutRows, Outgoing, SinkMapper};
use crate::registry::{Say, Stopping};

/// How often something that waits looks again.
pub(crate) const RETRY: Duration = Duration::from_millis(200);

/// Reports that are shown one by one; further ones are only counted.
const REPORTS_MAX: u64 = 20;

/// What is sent.
#[derive(Clone, Copy)]
pub enum Published<'a> {
    /// Messages; `lines`: each ends a line already.
    Messages {
        /// The messages.
        out: &'a Outgoing,
        /// Whether each ends with a line end.
        lines: bool,
    },
    /// Rows as they are.
    Rows(&'a OutRows<'a>),
}

/// Why something was not sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Unsent {
    /// What it is sent to is not there, or refuses: it may be tried again.
    Unavailable(String),
    /// These messages, by place, will never be sent, for this reason; the others are.
    Partly(Vec<usize>, String),
    /// Whoever read it has gone away.
    Closed,
    /// The end was asked for while it waited.
    Stopping(String),
}

/// Where messages go.
pub trait Sink: Send {
    /// Sends messages, or keeps them until [`Sink::flush`]. `to`: the value of its dynamic option.
    fn publish(&mut self, to: Option<&str>, what: Published<'_>) -> Result<(), Unsent>;

    /// Hands on all that is kept.
    fn flush(&mut self) -> Result<(), Unsent> {
        Ok(())
    }

    /// Told once, before anything is sent: what can be opened is opened. `to`: the value of its dynamic option, if it is
    /// always the same.
    fn begin(&mut self, _to: Option<&str>) {}

    /// Gives up what is kept; gives the number of messages.
    fn abandon(&mut self) -> u64 {
        0
    }

    /// All that was sent so far has been noted as sent: the time for what must not happen in between.
    fn noted(&mut self) {}

    /// Its option that may differ from event to event.
    fn dynamic(&self) -> Option<&'static str> {
        None
    }

    /// What it needs to go on from what was noted last.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what was noted last: takes back what was sent after it, if it can.
    fn restore(&mut self, _bytes: &[u8]) {}
}

/// What happens to what cannot be sent: `on.error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It is reported and lost.
    Log,
    /// It is tried again until it can.
    Wait,
}

/// A sink at work: with its mapper and its counts.
pub struct SinkSlot {
    /// Identity of what it remembers.
    pub key: String,
    /// The stream, by number.
    pub stream: u32,
    /// Its type.
    pub ty: String,
    sink: Box<dyn Sink>,
    mapper: Option<Box<dyn SinkMapper>>,
    on_error: OnError,
    /// The value of the dynamic option.
    dynamic: Option<Template>,
    out: Outgoing,
    say: Say,
    stopping: Stopping,
    reports: u64,
    /// Rows sent.
    pub rows: u64,
    /// Rows that could not be sent.
    pub lost: u64,
}

impl SinkSlot {
    /// With nothing sent.
    pub fn new(
        plan: &riddhi_plan::connector::ConnectorPlan,
        sink: Box<dyn Sink>,
        mapper: Option<Box<dyn SinkMapper>>,
        setting: &crate::Setting,
    ) -> SinkSlot {
        let on_error = match plan.options.word("on.error", "log").as_str() {
            "wait" => OnError::Wait,
            _ => OnError::Log,
        };
        let dynamic = sink.dynamic().and_then(|name| plan.options.get(name)).map(|o| o.value.clone());
        SinkSlot {
            key: plan.key.clone(),
            stream: plan.stream as u32,
            ty: plan.ty.clone(),
            sink,
            mapper,
            on_error,
            dynamic,
            out: Outgoing::default(),
            say: setting.say.clone(),
            stopping: setting.stopping.clone(),
            reports: 0,
            rows: 0,
            lost: 0,
        }
    }

    /// Sends rows. An error ends the app.
    pub fn take(&mut self, rows: &OutRows<'_>) -> Result<(), Unsent> {
        match self.dynamic.take() {
            Some(template) if template.constant().is_none() => {
                let sent = self.by_value(&template, rows);
                self.dynamic = Some(template);
                sent
            }
            template => {
                let sent = self.send(template.as_ref().and_then(Template::constant), rows);
                self.dynamic = template;
                sent
            }
        }
    }

    /// Each chunk is cut into those of equal values of the dynamic option, in order of first appearance.
    fn by_value(&mut self, template: &Template, rows: &OutRows<'_>) -> Result<(), Unsent> {
        for chunk in rows.chunks {
            let mut order: Vec<String> = Vec::new();
            let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
            for row in chunk.first..chunk.first + chunk.rows {
                let mut value = Vec::new();
                render(template, rows.columns, row as usize, rows.arena, &mut value);
                let value = String::from_utf8_lossy(&value).into_owned();
                if !groups.contains_key(&value) {
                    order.push(value.clone());
                }
                groups.entry(value).or_default().push(row);
            }
            for value in order {
                let members = groups.remove(&value).unwrap_or_default();
                let n = members.len();
                let mut columns = Columns::new(rows.columns.cols.iter().map(|c| c.kind()));
                columns.append(rows.columns, Sel::Rows(&members), n);
                let chunks = [Chunk { first: 0, rows: n as u32, ..*chunk }];
                self.send(Some(&value), &OutRows { columns: &columns, arena: rows.arena, chunks: &chunks })?;
            }
        }
        Ok(())
    }

    fn send(&mut self, to: Option<&str>, rows: &OutRows<'_>) -> Result<(), Unsent> {
        let n = rows.len() as u64;
        let mut dropped = 0;
        let lines = self.mapper.as_ref().is_some_and(|m| m.ends_lines());
        if let Some(mapper) = &mut self.mapper {
            self.out.clear();
            mapper.map(rows, &mut self.out);
            dropped = self.out.dropped;
        }
        if dropped > 0 {
            self.report(dropped, "no JSON came out");
        }
        loop {
            let what = match self.mapper {
                Some(_) => Published::Messages { out: &self.out, lines },
                None => Published::Rows(rows),
            };
            match self.sink.publish(to, what) {
                Ok(()) => {
                    self.rows += n - dropped;
                    return Ok(());
                }
                Err(Unsent::Unavailable(why)) => {
                    if !self.unavailable(&why, n - dropped)? {
                        return Ok(());
                    }
                }
                Err(Unsent::Partly(messages, why)) => {
                    let lost = self.rows_of(&messages, rows).min(n - dropped);
                    self.rows += n - dropped - lost;
                    self.report(lost, &why);
                    return Ok(());
                }
                Err(end) => {
                    self.lost += n - dropped;
                    return Err(end);
                }
            }
        }
    }

    /// Rows of these messages: a message is of a chunk, or of a row.
    fn rows_of(&self, messages: &[usize], rows: &OutRows<'_>) -> u64 {
        if self.out.ends.len() != rows.chunks.len() {
            return messages.len() as u64;
        }
        messages.iter().filter_map(|i| rows.chunks.get(*i)).map(|chunk| u64::from(chunk.rows)).sum()
    }

    /// Whether to try again.
    fn unavailable(&mut self, why: &str, rows: u64) -> Result<bool, Unsent> {
        match self.on_error {
            OnError::Log => {
                self.report(rows, why);
                Ok(false)
            }
            OnError::Wait if (self.stopping)() => {
                self.lost += rows;
                Err(Unsent::Stopping(format!("sink {}: {why}", self.ty)))
            }
            OnError::Wait => {
                self.say_once(&format!("warning: sink {}: {why}; waiting until it can", self.ty));
                std::thread::sleep(RETRY);
                Ok(true)
            }
        }
    }

    fn report(&mut self, rows: u64, why: &str) {
        self.lost += rows;
        let noun = if rows == 1 { "a row".to_owned() } else { format!("{rows} rows") };
        self.say_once(&format!("warning: sink {}: {noun} lost: {why}", self.ty));
    }

    fn say_once(&mut self, text: &str) {
        self.reports += 1;
        match self.reports {
            n if n <= REPORTS_MAX => (self.say)(text),
            n if n == REPORTS_MAX + 1 => (self.say)("note: further troubles of this sink are counted, not shown"),
            _ => {}
        }
    }

    /// Hands on all that is kept. An error ends the app.
    pub fn flush(&mut self) -> Result<(), Unsent> {
        loop {
            match self.sink.flush() {
                Err(Unsent::Unavailable(why)) if self.on_error == OnError::Log => {
                    let lost = self.sink.abandon();
                    self.rows = self.rows.saturating_sub(lost);
                    self.report(lost, &why);
                    return Ok(());
                }
                Err(Unsent::Unavailable(why)) => {
                    self.unavailable(&why, 0)?;
                }
                other => return other,
            }
        }
    }

    /// Told once, after it was restored.
    pub fn begin(&mut self) {
        self.sink.begin(self.dynamic.as_ref().and_then(Template::constant));
    }

    /// All that was sent so far has been noted as sent.
    pub fn noted(&mut self) {
        self.sink.noted();
    }

    /// What sink and mapper remember.
    pub fn save(&self) -> Vec<u8> {
        let mut out = riddhi_batch::Writer::default();
        out.put_bytes(&self.sink.save());
        out.put_bytes(&self.mapper.as_ref().map_or(Vec::new(), |m| m.save()));
        out.bytes
    }

    /// Goes on from what was noted.
    pub fn restore(&mut self, bytes: &[u8]) {
        let mut from = riddhi_batch::Reader::new(bytes);
        if let Ok(sink) = from.get_bytes() {
            self.sink.restore(sink);
        }
        if let (Some(mapper), Ok(bytes)) = (&mut self.mapper, from.get_bytes()) {
            mapper.restore(bytes);
        }
    }
}
