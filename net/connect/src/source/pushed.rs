//! Sources that are pushed to: each has a place at a port of the process, and a door behind it.

use std::sync::Arc;

use riddhi_edge::{Answers, Door, door};

use super::inbound::Inbound;
use super::{Inlet, Polled, Source, Wake};
use crate::network::Network;

/// A kind of them.
pub(super) trait Kind: Send {
    /// What it has at a port; given back when dropped.
    type Place: Send;

    /// Takes its place, with this door behind it.
    ///
    /// # Errors
    ///
    /// The place is taken, or the port cannot be opened: why, for people.
    fn open(&mut self, network: &Network, door: Door, answers: Answers) -> Result<(Self::Place, Inbound), String>;

    /// Where it can be reached.
    fn address(&self, place: &Self::Place) -> Option<String>;

    /// What it remembers, with what came through the door if it is open.
    fn save(&self, _inbound: Option<&Inbound>) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what another one remembered.
    fn restore(&mut self, _bytes: &[u8]) {}
}

/// A source of this kind.
pub(super) struct Pushed<K: Kind> {
    kind: K,
    network: Arc<Network>,
    wake: Option<Wake>,
    open: Option<(K::Place, Inbound)>,
}

impl<K: Kind> Pushed<K> {
    pub(super) fn new(kind: K, network: &Arc<Network>) -> Pushed<K> {
        Pushed { kind, network: network.clone(), wake: None, open: None }
    }
}

impl<K: Kind> Source for Pushed<K> {
    fn open(&mut self) -> Result<(), String> {
        let (door, mut answers) = door(&self.network.edge()?);
        if let Some(wake) = self.wake.take() {
            answers.set_waker(Box::new(move || wake()));
        }
        self.open = Some(self.kind.open(&self.network, door, answers)?);
        Ok(())
    }

    fn address(&self) -> Option<String> {
        self.kind.address(&self.open.as_ref()?.0)
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
        self.kind.save(self.open.as_ref().map(|(_, inbound)| inbound))
    }

    fn restore(&mut self, bytes: &[u8]) {
        self.kind.restore(bytes);
    }

    fn set_waker(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }
}
