//! `@source(type='wso2event')`: events of a stream of the data bridge, which publishers reach by Thrift and by Binary.
//!
//! `wso2.stream.id` is the stream's id, `name:version`; else it is the name of the stream and version 1.0.0. A publisher has
//! its answer when the events are where they will not be lost.

use std::sync::Arc;

use riddhi_edge::door;
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionProblem, OptionType, Payload};
use riddhi_wire::definition::StreamDefinition;

use super::inbound::Inbound;
use super::{Inlet, Polled, Source, Wake};
use crate::mapper::wso2event::Layout;
use crate::network::Network;
use crate::network::databridge::Taken;
use crate::registry::{Say, Setting, option};

const ID: &str = "wso2.stream.id";

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "wso2event",
        options: vec![option(ID, OptionType::Text)],
        payload: Payload::DataBridge,
        properties: Vec::new(),
        check,
    }
}

fn check(plan: &ConnectorPlan) -> Vec<OptionProblem> {
    let id = plan.options.text(ID).map(StreamDefinition::of_id);
    let help = "write a name and a version of three numbers, for example 'org.example.stocks:1.0.0'";
    id.and_then(Result::err).map(|e| OptionProblem::wrong(ID, e.to_string(), help)).into_iter().collect()
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let id = plan.options.text(ID).map_or_else(|| format!("{}:1.0.0", setting.stream), str::to_owned);
    let layout = Layout::of(&setting.schema.attributes, &plan.map);
    let definition = layout.and_then(|layout| layout.definition(&id).map_err(|e| e.to_string()));
    let (network, say) = (setting.network.clone(), setting.say.clone());
    Box::new(Wso2Event { network, definition, id, say, wake: None, open: None })
}

/// Takes the events of a stream.
pub struct Wso2Event {
    network: Arc<Network>,
    /// Or why there is none.
    definition: Result<StreamDefinition, String>,
    id: String,
    say: Say,
    wake: Option<Wake>,
    open: Option<(Taken, Inbound)>,
}

impl Source for Wso2Event {
    fn open(&mut self) -> Result<(), String> {
        let definition = self.definition.clone()?;
        let edge = self.network.edge().map_err(|e| format!("cannot start the poll loops: {e}"))?;
        let (door, answers) = door(&edge);
        let mut inbound = Inbound::new(answers, format!("data bridge stream {}", self.id)).with_heads();
        if let Some(wake) = self.wake.take() {
            inbound.set_waker(wake);
        }
        self.open = Some((Taken::open(&self.network, definition, door, &self.say)?, inbound));
        Ok(())
    }

    fn address(&self) -> Option<String> {
        let (taken, _) = self.open.as_ref()?;
        let at: Vec<String> = taken.addresses().iter().map(ToString::to_string).collect();
        Some(format!("{} as {}", at.join(" and "), self.id))
    }

    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        self.open.as_mut().map_or(Polled::Ended, |(_, inbound)| inbound.poll(to))
    }

    fn taken(&mut self, position: u64) {
        if let Some((_, inbound)) = &mut self.open {
            inbound.taken(position);
        }
    }

    fn accepted(&mut self, position: u64) {
        if let Some((_, inbound)) = &mut self.open {
            inbound.accepted(position);
        }
    }

    fn set_waker(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }
}
