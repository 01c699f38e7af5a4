//! A sink at work: with its mapper and its counts, the names of what it sends, and what becomes of what cannot be sent.

use std::collections::BTreeMap;

use riddhi_batch::{Chunk, Columns, Sel};
use riddhi_plan::connector::{ConnectorPlan, Template};

use super::{OnError, Published, RETRY, Sink, Unsent};
use crate::mapper::template::render;
use crate::mapper::{OutRows, Outgoing, SinkMapper};
use crate::names::Namer;
use crate::registry::{Say, Setting, Stopping};
use crate::remembered::{joined, parted};
use crate::trouble::Reports;

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
    namer: Namer,
    say: Say,
    stopping: Stopping,
    reports: Reports,
    /// Rows sent.
    pub rows: u64,
    /// Rows that could not be sent.
    pub lost: u64,
}

impl SinkSlot {
    /// With nothing sent.
    pub fn new(
        plan: &ConnectorPlan,
        sink: Box<dyn Sink>,
        mapper: Option<Box<dyn SinkMapper>>,
        setting: &Setting,
    ) -> SinkSlot {
        let on_error = OnError::of(&plan.options).unwrap_or(sink.on_error());
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
            namer: Namer::new(plan, setting),
            say: setting.say.clone(),
            stopping: setting.stopping.clone(),
            reports: Reports::of("troubles of this sink"),
            rows: 0,
            lost: 0,
        }
    }

    /// Sends rows. An error ends the app.
    pub fn take(&mut self, rows: &OutRows<'_>) -> Result<(), Unsent> {
        self.namer.assign(rows);
        match self.dynamic.take() {
            Some(template) if template.constant().is_none() => {
                let sent = self.by_value(&template, rows);
                self.dynamic = Some(template);
                sent
            }
            template => {
                let sent = self.send(template.as_ref().and_then(Template::constant), rows, (0, 0)).map(|_| ());
                self.dynamic = template;
                sent
            }
        }
    }

    /// Each chunk is cut into those of equal values of the dynamic option, in order of first appearance.
    fn by_value(&mut self, template: &Template, rows: &OutRows<'_>) -> Result<(), Unsent> {
        for (number, chunk) in rows.chunks.iter().enumerate() {
            let mut part = 0;
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
                let rows = OutRows { columns: &columns, chunks: &chunks, ..*rows };
                part += self.send(Some(&value), &rows, (number, part))?;
            }
        }
        Ok(())
    }

    /// Gives the number of messages. `from`: the first chunk, and messages of it that were sent before.
    fn send(&mut self, to: Option<&str>, rows: &OutRows<'_>, from: (usize, u32)) -> Result<u32, Unsent> {
        let n = rows.len() as u64;
        let mut dropped = 0;
        let lines = self.mapper.as_ref().is_some_and(|m| m.ends_lines());
        if let Some(mapper) = &mut self.mapper {
            self.out.clear();
            mapper.map(rows, &mut self.out);
            dropped = self.out.dropped;
        }
        if dropped > 0 {
            self.report(dropped, self.out.reason);
        }
        let messages = if self.mapper.is_some() { self.out.ends.len() as u32 } else { 1 };
        loop {
            let names = self.namer.names(from.0, from.1);
            let what = match self.mapper {
                Some(_) => Published::Messages { out: &self.out, lines },
                None => Published::Rows(rows),
            };
            match self.sink.publish(to, what, &names) {
                Ok(()) => {
                    self.rows += n - dropped;
                    self.look_at_refused();
                    return Ok(messages);
                }
                Err(Unsent::Unavailable(why)) => {
                    if !self.unavailable(&why, n - dropped)? {
                        return Ok(messages);
                    }
                }
                Err(Unsent::Partly(which, why)) => {
                    let lost = self.rows_of(&which).min(n - dropped);
                    self.rows += n - dropped - lost;
                    self.report(lost, &why);
                    return Ok(messages);
                }
                Err(end) => {
                    self.lost += n - dropped;
                    return Err(end);
                }
            }
        }
    }

    /// Rows in these messages.
    fn rows_of(&self, messages: &[usize]) -> u64 {
        messages.iter().filter_map(|i| self.out.of.get(*i)).map(|of| u64::from(of.rows)).sum()
    }

    /// Counts what was sent and is not taken after all.
    fn look_at_refused(&mut self) {
        if let Some((rows, why)) = self.sink.refused() {
            self.rows = self.rows.saturating_sub(rows);
            self.report(rows, &why);
        }
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
                self.reports.say(&*self.say, || format!("warning: sink {}: {why}; waiting until it can", self.ty));
                std::thread::sleep(RETRY);
                Ok(true)
            }
        }
    }

    fn report(&mut self, rows: u64, why: &str) {
        self.lost += rows;
        let noun = if rows == 1 { "a row".to_owned() } else { format!("{rows} rows") };
        self.reports.say(&*self.say, || format!("warning: sink {}: {noun} lost: {why}", self.ty));
    }

    /// Hands on all that is kept. An error ends the app.
    pub fn flush(&mut self) -> Result<(), Unsent> {
        loop {
            let flushed = self.sink.flush();
            self.look_at_refused();
            match flushed {
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
        joined(&self.sink.save(), self.mapper.as_ref().map(|m| m.save()))
    }

    /// Goes on from what was noted.
    pub fn restore(&mut self, bytes: &[u8]) {
        let (own, of_mapper) = parted(bytes);
        if let Some(own) = own {
            self.sink.restore(own);
        }
        if let (Some(mapper), Some(bytes)) = (&mut self.mapper, of_mapper) {
            mapper.restore(bytes);
        }
    }
}
