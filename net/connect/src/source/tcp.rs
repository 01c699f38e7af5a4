//! `@source(type='tcp')`: messages of a channel of the Siddhi TCP port. The port is the process's, `host` and `port` of the
//! configuration; a client that did not ask for acknowledgements loses what was not
//! read when a node ends.

use std::sync::Arc;

use riddhi_edge::door;
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionType, Payload};

use super::inbound::Inbound;
use super::{Inlet, Polled, Source, Wake};
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
    Box::new(Tcp { network: setting.network.clone(), channel, wake: None, seen: Seen::default(), open: None })
}

/// Takes the messages of a channel.
pub struct Tcp {
    network: Arc<Network>,
    channel: String,
    wake: Option<Wake>,
    /// What was seen before it was opened.
    seen: Seen,
    open: Option<(Channel, Inbound)>,
}

impl Source for Tcp {
    fn open(&mut self) -> Result<(), String> {
        let edge = self.network.edge().map_err(|e| format!("cannot start the poll loops: {e}"))?;
        let (door, answers) = door(&edge);
        let inbound = Inbound::new(answers, format!("tcp channel {}", self.channel));
        let mut inbound = inbound.with_seen(std::mem::take(&mut self.seen));
        if let Some(wake) = self.wake.take() {
            inbound.set_waker(wake);
        }
        self.open = Some((Channel::open(&self.network, &self.channel, door)?, inbound));
        Ok(())
    }

    fn address(&self) -> Option<String> {
        let (channel, _) = self.open.as_ref()?;
        Some(format!("tcp://{}/{}", channel.address()?, self.channel))
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

    fn save(&self) -> Vec<u8> {
        self.open.as_ref().and_then(|(_, inbound)| inbound.seen()).unwrap_or(&self.seen).save()
    }

    fn restore(&mut self, bytes: &[u8]) {
        // None was noted by older versions.
        self.seen = Seen::restore(bytes).unwrap_or_default();
    }

    fn set_waker(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }
}
