//! `@source(type='tcp')`: messages of a channel of the Siddhi TCP port, which all sources of the process share
//! (`NetworkOptions::tcp`). A client that did not ask for acknowledgements loses what was not read when a node ends.

use riddhi_edge::{Answers, Door};
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionType, Payload};

use super::Source;
use super::inbound::Inbound;
use super::pushed::{Kind, Pushed};
use crate::names::Seen;
use crate::network::Network;
use crate::network::tcp::Channel;
use crate::registry::{Setting, option};

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "tcp",
        options: vec![option("context", OptionType::Text)],
        payload: Payload::Bytes,
        properties: Vec::new(),
        check: |_| Vec::new(),
    }
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let otherwise = || format!("{}/{}", setting.app, setting.stream);
    let channel = plan.options.text("context").map_or_else(otherwise, str::to_owned);
    Box::new(Pushed::new(Tcp { channel, seen: Seen::default() }, &setting.network))
}

/// Takes the messages of a channel.
struct Tcp {
    channel: String,
    /// What was seen before it was opened.
    seen: Seen,
}

impl Kind for Tcp {
    type Place = Channel;

    fn open(&mut self, network: &Network, door: Door, answers: Answers) -> Result<(Channel, Inbound), String> {
        let inbound = Inbound::new(answers, format!("tcp channel {}", self.channel));
        let inbound = inbound.with_seen(std::mem::take(&mut self.seen));
        Ok((Channel::open(network, &self.channel, door)?, inbound))
    }

    fn address(&self, channel: &Channel) -> Option<String> {
        Some(format!("tcp://{}/{}", channel.address()?, self.channel))
    }

    fn save(&self, inbound: Option<&Inbound>) -> Vec<u8> {
        inbound.and_then(Inbound::seen).unwrap_or(&self.seen).save()
    }

    fn restore(&mut self, bytes: &[u8]) {
        // None was noted by older versions.
        self.seen = Seen::restore(bytes).unwrap_or_default();
    }
}
