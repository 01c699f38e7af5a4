//! `@map(type='wso2event')`: events of the data bridge.
//!
//! Attributes named `meta_x`, `correlation_x` and `arbitrary_x` are taken from those parts of an event, all others from its
//! payload; `@attributes` gives other names. Each event is a chunk of its own and keeps its timestamp.
//! A message is what the data bridge hands on: events of one stream, already found to be whole (`riddhi_wire`'s `run`).

mod layout;
pub(crate) mod stream_id;

use riddhi_batch::Str;
use riddhi_plan::connector::MapPlan;
use riddhi_plan::registry::{MapperSpec, Mapping, Payload};
use riddhi_wire::databridge::run::{Run, RunEvent, Texts};
use riddhi_wire::{Type, Values, WireError};

use super::{MapTarget, Messages, SourceMapper};
use crate::input::fault::{Fault, Kind};
use crate::registry::Setting;
pub(crate) use layout::Layout;

/// It has no options.
pub(crate) fn spec() -> MapperSpec {
    MapperSpec {
        name: "wso2event",
        options: Vec::new(),
        payload: Payload::DataBridge,
        mapping: Mapping::Names,
        check: |_| Vec::new(),
    }
}

/// The one of a sink has none either; attributes go to the parts that their names tell.
pub(crate) fn sink_spec() -> MapperSpec {
    MapperSpec { mapping: Mapping::Ignored, ..spec() }
}

/// Makes it. A stream with attributes that it cannot carry is refused by the source, which needs the same layout.
pub(crate) fn make_source(plan: &MapPlan, setting: &Setting) -> Option<Box<dyn SourceMapper>> {
    let layout = Layout::of(&setting.schema.attributes, plan).unwrap_or_default();
    Some(Box::new(Wso2Source { layout }))
}

struct Wso2Source {
    layout: Layout,
}

impl SourceMapper for Wso2Source {
    fn map(&mut self, messages: &Messages<'_>, to: &mut MapTarget<'_>) {
        for i in 0..messages.ranges.len() {
            if let Err(e) = self.message(messages.message(i), to) {
                to.refuse(i, Fault::new(Kind::Malformed, 0, 1, e.to_string()));
            }
        }
    }
}

impl Wso2Source {
    fn message(&self, message: &[u8], to: &mut MapTarget<'_>) -> Result<(), WireError> {
        let (head, events) = message.split_at(message.len().min(1));
        for event in Run::new(Texts::of_head(head)?, events) {
            let event = event?;
            let timestamp = event.timestamp;
            self.event(event, to)?;
            to.commit_at(timestamp);
        }
        Ok(())
    }

    #[inline]
    fn event(&self, event: RunEvent<'_>, to: &mut MapTarget<'_>) -> Result<(), WireError> {
        let (rows, arena) = to.frame.rows_of(to.stream);
        rows.ts.push(event.timestamp);
        let mut values = event.values;
        for (at, ty) in &self.layout.values {
            let column = &mut rows.cols[*at];
            match ty {
                Type::Int => column.push_i32(values.int()?),
                Type::Long => column.push_i64(values.long()?),
                Type::Float => column.push_f32(values.float()?),
                Type::Double => column.push_f64(values.double()?),
                Type::Bool => column.push_bool(values.bool()?),
                Type::Text => match values.text()? {
                    None => column.push_null(),
                    Some(text) => column.push_str(Str::new(riddhi_wire::text(text).as_bytes(), arena)),
                },
            }
        }
        for (key, at) in &self.layout.arbitrary {
            let (mut pairs, mut found) = (values.clone(), None);
            while let Some((name, value)) = pairs.pair()? {
                found = if *name == **key { Some(value) } else { found };
            }
            match found {
                None => rows.cols[*at].push_null(),
                Some(text) => rows.cols[*at].push_str(Str::new(riddhi_wire::text(text).as_bytes(), arena)),
            }
        }
        Ok(())
    }
}
