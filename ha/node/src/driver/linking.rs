//! The link of the moment: whether one that came about is used, and who connects to whom.

use std::time::{Duration, Instant};

use riddhi_role::{Event, Hello};
use riddhi_sync::Link;

use super::Driver;
use crate::peer::{self, Said};

/// How often a link is tried.
const DIAL_EVERY: Duration = Duration::from_millis(250);

impl Driver {
    pub(super) fn is_link(&self, number: u64) -> bool {
        self.link.as_ref().is_some_and(|(link, _)| *link == number)
    }

    /// A link is used if the two said hello with no other one up, and what this node said still holds. If it said hello while
    /// another one was up, the peer has given that up, so it is closed, and this one as well: the next greeting says what is so.
    pub(super) fn linked(&mut self, link: Link, said: &Said) -> Result<(), String> {
        let now = self.said();
        if now.up && said.up && said.links == now.links {
            self.close_link();
            return self.tell(Event::LinkDown);
        }
        let holds = |a: &Hello, b: &Hello| (a.active, a.epoch, a.line) == (b.active, b.epoch, b.line);
        if now.up || said.up || said.links != now.links || !holds(&said.hello, &now.hello) {
            return Ok(());
        }
        self.refused = None;
        self.meter.set_trouble(|t| t.link = None);
        self.links += 1;
        let (number, hello) = (self.links, link.peer.clone());
        self.peer_ends = (hello.line, hello.position);
        self.log.set_link(number);
        self.inlet.set_link(number);
        let incarnation = self.role.hello().from.incarnation;
        self.meter.linked();
        let ends = peer::Ends { log: self.log.clone(), inlet: self.inlet.clone(), meter: self.meter.clone() };
        match peer::start(link, number, incarnation, ends, self.to.clone()) {
            Ok(used) => {
                self.link = Some((number, used));
                self.tell(Event::LinkUp(hello))
            }
            Err(_) => Ok(()),
        }
    }

    pub(super) fn said(&self) -> Said {
        Said { hello: self.role.hello(), links: self.links, up: self.link.is_some() }
    }

    pub(super) fn close_link(&mut self) {
        self.log.set_link(0);
        self.inlet.set_link(0);
        if let Some((_, used)) = self.link.take() {
            used.hang_up();
        }
    }

    /// Who is not the holder connects to the holder.
    pub(super) fn find_peer(&mut self) {
        if self.link.is_some() || self.dialled.elapsed() < DIAL_EVERY {
            return;
        }
        if let Some(peer) = self.peer.as_ref().filter(|peer| **peer != self.advertised) {
            self.dialled = Instant::now();
            let _ = self.dial.try_send(peer.clone());
        }
    }
}
