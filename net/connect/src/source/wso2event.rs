//! `@source(type='wso2event')`: events of a stream of the data bridge, which publishers reach by Thrift and by Binary.
//!
//! `wso2.stream.id` is the stream's id, `name:version`; else it is the name of the stream and version 1.0.0. A publisher has
//! its answer when the events are where they will not be lost.

use riddhi_edge::{Answers, Door};
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, Payload};
use riddhi_wire::definition::StreamDefinition;

use super::Source;
use super::inbound::Inbound;
use super::pushed::{Kind, Pushed};
use crate::mapper::wso2event::{Layout, stream_id};
use crate::network::Network;
use crate::network::databridge::Taken;
use crate::registry::{Say, Setting};

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "wso2event",
        options: vec![stream_id::option()],
        payload: Payload::DataBridge,
        properties: Vec::new(),
        check: stream_id::check,
    }
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let id = stream_id::of(plan, setting);
    let layout = Layout::of(&setting.schema.attributes, &plan.map);
    let definition = layout.and_then(|layout| layout.definition(&id).map_err(|e| e.to_string()));
    Box::new(Pushed::new(Wso2Event { definition, id, say: setting.say.clone() }, &setting.network))
}

/// Takes the events of a stream.
struct Wso2Event {
    /// Or why there is none.
    definition: Result<StreamDefinition, String>,
    id: String,
    say: Say,
}

impl Kind for Wso2Event {
    type Place = Taken;

    fn open(&mut self, network: &Network, door: Door, answers: Answers) -> Result<(Taken, Inbound), String> {
        let taken = Taken::open(network, self.definition.clone()?, door, &self.say)?;
        Ok((taken, Inbound::new(answers, format!("data bridge stream {}", self.id)).with_heads()))
    }

    fn address(&self, taken: &Taken) -> Option<String> {
        let at: Vec<String> = taken.addresses().iter().map(ToString::to_string).collect();
        Some(format!("{} as {}", at.join(" and "), self.id))
    }
}
