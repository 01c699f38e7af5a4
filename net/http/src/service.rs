//! Sessions over the edge's connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use riddhi_edge::{Counters, Door, DoorId, Io, Limits, Next, Protocol, Service, Took, Verdict};

use crate::session::{Session, Site, Wire};

/// A site at a port of the edge.
pub struct HttpService<S>(pub Arc<S>);

impl<S: Site> Service for HttpService<S> {
    fn accept(&self, _: SocketAddr) -> Box<dyn Protocol> {
        Box::new(HttpProtocol(Session::new(self.0.clone())))
    }
}

struct HttpProtocol<S>(Session<S>);

impl<S: Site> Protocol for HttpProtocol<S> {
    fn begin(&mut self, io: &mut Io<'_>) {
        self.0.begin(io);
    }

    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        self.0.read(bytes, io)
    }

    fn answer(&mut self, verdict: Verdict, io: &mut Io<'_>) -> Next {
        self.0.judged(verdict.seq, &verdict.outcome, io)
    }

    fn gone(&mut self, door: DoorId, io: &mut Io<'_>) -> Next {
        self.0.gone(door, io)
    }

    fn held(&mut self, _: Duration, io: &mut Io<'_>) -> Next {
        self.0.held(io)
    }

    fn expired(&mut self, io: &mut Io<'_>) -> Next {
        self.0.expired(io)
    }

    fn ended(&mut self, io: &mut Io<'_>) -> Next {
        self.0.ended(io)
    }
}

impl Wire for Io<'_> {
    fn write(&mut self, bytes: &[u8]) {
        Io::write(self, bytes);
    }

    fn push(&mut self, door: &Door, head: &[u8], body: &[u8], seq: u64) -> bool {
        Io::push(self, door, head, body, seq)
    }

    fn now(&self) -> Instant {
        Io::now(self)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn set_deadline(&mut self, after: Option<Duration>) {
        Io::set_deadline(self, after);
    }

    fn limits(&self) -> &Limits {
        Io::limits(self)
    }

    fn counters(&self) -> &Counters {
        Io::counters(self)
    }
}
