//! Rows to bundles: written straight from the columns, all but the session, which may be another one when they are sent.

use riddhi_batch::{Arena, Column, Data};
use riddhi_wire::databridge::binary::{self, write_event};
use riddhi_wire::databridge::client::Speaks;
use riddhi_wire::databridge::thrift::{Arguments, BundleWriter, Method, write_call};
use riddhi_wire::{Value, put};

use crate::mapper::OutRows;
use crate::mapper::wso2event::Layout;

/// Events that are on their way to be a bundle.
pub(super) struct Bundler {
    speaks: Speaks,
    layout: Layout,
    stream: Vec<u8>,
    events: usize,
    binary: Vec<u8>,
    thrift: BundleWriter,
}

/// A bundle without its session.
pub(super) struct Bundle {
    pub events: usize,
    bytes: Vec<u8>,
}

impl Bundler {
    pub fn new(speaks: Speaks, layout: Layout, stream: String) -> Bundler {
        let (stream, thrift) = (stream.into_bytes(), BundleWriter::default());
        Bundler { speaks, layout, stream, events: 0, binary: Vec::new(), thrift }
    }

    /// Events so far.
    pub fn len(&self) -> usize {
        self.events
    }

    /// Whether a value is null, which only texts can be.
    pub fn has_null(&self, rows: &OutRows<'_>, row: usize) -> bool {
        let null = |(at, ty): &(usize, riddhi_wire::Type)| {
            *ty != riddhi_wire::Type::Text && rows.columns.cols[*at].is_null(row)
        };
        self.layout.values.iter().any(null)
    }

    /// Adds a row. It must be of the layout's columns, and have no null but of texts.
    pub fn add(&mut self, rows: &OutRows<'_>, row: usize) {
        let Bundler { layout, stream, binary, thrift, .. } = self;
        let (columns, ts) = (&rows.columns.cols, rows.columns.ts[row]);
        let values = layout.values.iter().map(|(at, _)| value(&columns[*at], row, rows.arena));
        // A pair that is not there is null to whoever reads it.
        let pairs = layout.arbitrary.iter().filter_map(|(key, at)| match value(&columns[*at], row, rows.arena) {
            Value::Text(Some(text)) => Some((key, text)),
            _ => None,
        });
        match self.speaks {
            Speaks::Binary => write_event(binary, stream, ts, |out| {
                values.for_each(|v| put::value(out, v));
                pairs.for_each(|(key, text)| put::pair(out, key, text));
            }),
            Speaks::Thrift => {
                thrift.event(stream, ts);
                values.for_each(|v| thrift.value(v));
                pairs.for_each(|(key, text)| thrift.pair(key, text));
            }
        }
        self.events += 1;
    }

    /// What was added, in the memory of a bundle that is no longer needed.
    pub fn seal(&mut self, mut memory: Vec<u8>) -> Bundle {
        memory.clear();
        match self.speaks {
            Speaks::Binary => memory.append(&mut self.binary),
            Speaks::Thrift => self.thrift.finish_behind_session(&mut memory),
        }
        Bundle { events: std::mem::take(&mut self.events), bytes: memory }
    }

    /// Forgets what was added.
    pub fn clear(&mut self) -> usize {
        self.binary.clear();
        self.thrift.clear();
        std::mem::take(&mut self.events)
    }
}

impl Bundle {
    /// Appends the request.
    pub fn write(&self, speaks: Speaks, session: &[u8], scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        match speaks {
            Speaks::Binary => binary::publish(out, session, self.events, &self.bytes),
            Speaks::Thrift => {
                scratch.clear();
                BundleWriter::begin(scratch, session);
                scratch.extend_from_slice(&self.bytes);
                write_call(out, Method::Publish, 1, Arguments::Bundle(scratch));
            }
        }
    }

    /// Its memory, to be used again.
    pub fn memory(self) -> Vec<u8> {
        self.bytes
    }
}

#[inline]
fn value<'a>(column: &'a Column, row: usize, arena: &'a Arena) -> Value<'a> {
    match &column.data {
        Data::I32(v) => Value::Int(v[row]),
        Data::I64(v) => Value::Long(v[row]),
        Data::F32(v) => Value::Float(v[row]),
        Data::F64(v) => Value::Double(v[row]),
        Data::Bool(v) => Value::Bool(v[row] != 0),
        Data::Str(v) if !column.is_null(row) => Value::Text(Some(v[row].bytes(arena))),
        // The layout has no attribute of another type.
        Data::Str(_) | Data::Any(_) => Value::Text(None),
    }
}
