//! `@sink(type='log')`: a line an event, or a chunk, in the app's log.

use riddhi_batch::Arena;
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionType, Payload};

use super::{Published, Sink, Unsent, on_error};
use crate::mapper::OutRows;
use crate::mapper::values::push_plain;
use crate::names::Names;
use crate::registry::{Setting, option};
use crate::text::number::push_long;

const PRIORITIES: &[&str] = &["INFO", "DEBUG", "WARN", "FATAL", "ERROR", "OFF", "TRACE"];

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "log",
        options: vec![
            option("priority", OptionType::OneOf(PRIORITIES)),
            option("prefix", OptionType::Text),
            option("name", OptionType::Bool),
            on_error::option(),
        ],
        payload: Payload::Any,
        properties: Vec::new(),
        check: on_error::check,
    }
}

/// Writes lines to the log.
pub struct Log {
    /// Before each payload.
    head: Vec<u8>,
    /// Whether the name of what is written stands behind it, and where they are put together.
    named: bool,
    named_head: Vec<u8>,
    off: bool,
    lines: Vec<u8>,
    log: crate::registry::Log,
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let priority = plan.options.text("priority").unwrap_or("INFO").to_ascii_uppercase();
    let default = format!("{} : {}", setting.app, setting.stream);
    let prefix = plan.options.text("prefix").unwrap_or(&default);
    Box::new(Log {
        head: format!("{priority} {prefix} : ").into_bytes(),
        named: plan.options.flag("name", false),
        named_head: Vec::new(),
        off: priority == "OFF",
        lines: Vec::new(),
        log: setting.log.clone(),
    })
}

impl Sink for Log {
    fn publish(&mut self, _: Option<&str>, what: Published<'_>, names: &Names<'_>) -> Result<(), Unsent> {
        if self.off {
            return Ok(());
        }
        self.lines.clear();
        match what {
            Published::Messages { out, .. } => {
                for (i, message) in out.messages().enumerate() {
                    self.lines.extend_from_slice(&self.head);
                    if self.named {
                        names.push_of_message(out, i, &mut self.lines);
                        self.lines.extend_from_slice(b" : ");
                    }
                    self.lines.extend_from_slice(message.trim_ascii_end());
                    self.lines.push(b'\n');
                }
            }
            Published::Rows(rows) if self.named => {
                for i in 0..rows.chunks.len() {
                    self.named_head.clear();
                    self.named_head.extend_from_slice(&self.head);
                    names.push_of_chunk(i, &mut self.named_head);
                    self.named_head.extend_from_slice(b" : ");
                    let one = OutRows { chunks: &rows.chunks[i..=i], ..*rows };
                    push_events(&one, &self.named_head, &mut self.lines);
                }
            }
            Published::Rows(rows) => push_events(rows, &self.head, &mut self.lines),
        }
        (self.log)(&self.lines);
        Ok(())
    }
}

/// A line a chunk: an event, or a list of several.
pub(super) fn push_events(rows: &OutRows<'_>, head: &[u8], out: &mut Vec<u8>) {
    for chunk in rows.chunks {
        out.extend_from_slice(head);
        if chunk.rows > 1 {
            out.push(b'[');
        }
        for row in chunk.first..chunk.first + chunk.rows {
            if row > chunk.first {
                out.extend_from_slice(b", ");
            }
            push_event(rows, row as usize, rows.arena, out);
        }
        if chunk.rows > 1 {
            out.push(b']');
        }
        out.push(b'\n');
    }
}

fn push_event(rows: &OutRows<'_>, row: usize, arena: &Arena, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Event{timestamp=");
    push_long(out, rows.columns.ts[row]);
    out.extend_from_slice(b", data=[");
    for (i, column) in rows.columns.cols.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        push_plain(out, column, row, arena);
    }
    out.extend_from_slice(b"], isExpired=false}");
}
