//! `@sink(type='inMemory')`: to the sources of a topic, in this app or another of the process.

use std::sync::Arc;

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionSpec, OptionType, Payload};

use super::{Published, Sink, Unsent, on_error};
use crate::names::Names;
use crate::registry::{Setting, required};
use crate::source::memory::{Block, Bus, RowBlock, Sent};

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "inMemory",
        options: vec![OptionSpec { dynamic: true, ..required("topic", OptionType::Text) }, on_error::option()],
        payload: Payload::Any,
        properties: Vec::new(),
        check: on_error::check,
    }
}

/// Publishes to topics.
pub struct Memory {
    bus: Arc<Bus>,
}

/// Makes it.
pub(crate) fn make(_: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    Box::new(Memory { bus: setting.bus.clone() })
}

impl Sink for Memory {
    fn publish(&mut self, to: Option<&str>, what: Published<'_>, _: &Names<'_>) -> Result<(), Unsent> {
        let topic = to.unwrap_or_default();
        let block = match what {
            Published::Messages { out, .. } => Block::Messages(out.bytes.clone(), out.ends.clone()),
            Published::Rows(rows) => Block::Rows(RowBlock::new(rows)),
        };
        match self.bus.publish(topic, block) {
            Sent::Taken => Ok(()),
            Sent::Nobody => Err(Unsent::Unavailable(format!("nobody reads the topic '{topic}'"))),
            Sent::Full => Err(Unsent::Unavailable(format!("a reader of the topic '{topic}' takes no more"))),
        }
    }

    fn dynamic(&self) -> Option<&'static str> {
        Some("topic")
    }
}
