//! The Siddhi TCP port: one for all sources of the process, each with a channel of its own.
//!
//! To a client that did not ask for acknowledgements the server writes nothing, as Siddhi's does. One that did is told of each
//! frame once it is accepted, at the app's level, or refused.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use riddhi_edge::{Counters, Door, Io, Listening, Next, Outcome, Protocol, Service, Took, UNJUDGED, Verdict};
use riddhi_wire::Extent;
use riddhi_wire::siddhi_tcp::{CONTROL_VERSION, Control, Frame, NOBODY, extent};

use super::{Network, lock};

/// Frames that a client which asked for acknowledgements may have without one.
const FRAMES_MAX: usize = 1024;

/// Which source has which channel.
#[derive(Default)]
pub(crate) struct Channels {
    open: Mutex<Open>,
    /// Whether sources are being closed: a frame without one is not refused then, as it is for the node that takes over.
    closed: AtomicBool,
}

#[derive(Default)]
struct Open {
    doors: HashMap<Vec<u8>, Door>,
    /// There as long as there is a channel.
    listening: Option<Listening>,
}

/// A channel that a source has; it is given back when dropped.
pub(crate) struct Channel {
    channels: Arc<Channels>,
    name: String,
}

impl Channel {
    /// Takes a channel, and opens the port if it is the first.
    pub(crate) fn open(network: &Network, name: &str, door: Door) -> Result<Channel, String> {
        let edge = network.edge()?;
        let channels = network.tcp.clone();
        let mut open = lock(&channels.open);
        if open.doors.contains_key(name.as_bytes()) {
            return Err(format!("another tcp source has the channel '{name}'; give one of them a context of its own"));
        }
        if open.listening.is_none() {
            let listening = edge.listen(network.options().tcp, Arc::new(TcpService(channels.clone())));
            open.listening = Some(listening.map_err(|e| e.to_string())?);
        }
        open.doors.insert(name.as_bytes().to_vec(), door);
        drop(open);
        Ok(Channel { channels, name: name.to_owned() })
    }

    /// Where the port is.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        lock(&self.channels.open).listening.as_ref().map(|l| l.address)
    }
}

impl Channels {
    /// Whether frames without a channel are for another node.
    pub(crate) fn set_closed(&self, closed: bool) {
        self.closed.store(closed, Ordering::Release);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let mut open = lock(&self.channels.open);
        open.doors.remove(self.name.as_bytes());
        if open.doors.is_empty() {
            open.listening = None;
        }
    }
}

struct TcpService(Arc<Channels>);

impl Service for TcpService {
    fn accept(&self, _: SocketAddr) -> Box<dyn Protocol> {
        Box::new(TcpProtocol { channels: self.0.clone(), last: None, unanswered: None })
    }
}

struct TcpProtocol {
    channels: Arc<Channels>,
    /// The channel of the frame before, which is mostly that of the next one.
    last: Option<(Vec<u8>, Door)>,
    /// There once the client asked for acknowledgements.
    unanswered: Option<Unanswered>,
}

/// Frames without an answer, by number from 1.
#[derive(Default)]
struct Unanswered {
    /// All up to this number have theirs.
    before: u64,
    /// Whether those behind it have theirs, which may come out of order: channels are not equally fast.
    behind: VecDeque<bool>,
}

impl Unanswered {
    /// The number of the next frame.
    fn begin(&mut self) -> u64 {
        self.behind.push_back(false);
        self.before + self.behind.len() as u64
    }

    /// Notes an answer; gives the number up to which all have one now, if that changed.
    fn end(&mut self, number: u64) -> Option<u64> {
        let at = number.checked_sub(self.before + 1).and_then(|at| usize::try_from(at).ok())?;
        *self.behind.get_mut(at)? = true;
        let before = self.before;
        while self.behind.front() == Some(&true) {
            self.behind.pop_front();
            self.before += 1;
        }
        (self.before > before).then_some(self.before)
    }
}

/// What became of a frame.
enum Passed {
    Yes,
    /// There is no room now.
    Full,
    /// Nobody takes it now, and what follows must not go before it.
    Ahead,
    /// Its source is gone, as all will be.
    Gone,
    Wrong,
}

impl TcpProtocol {
    fn find(&mut self, channel: &[u8]) -> Option<Door> {
        if let Some((name, door)) = &self.last
            && name == channel
            && !door.is_closed()
        {
            return Some(door.clone());
        }
        let door = lock(&self.channels.open).doors.get(channel)?.clone();
        self.last = Some((channel.to_vec(), door.clone()));
        Some(door)
    }

    fn frame(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Passed {
        let Ok(frame) = Frame::parse(bytes) else { return Passed::Wrong };
        match Control::parse(&frame) {
            Ok(None) => {}
            Ok(Some(Control::Hello { .. })) if self.unanswered.is_none() => {
                self.unanswered = Some(Unanswered::default());
                write(io, &Control::Welcome { version: CONTROL_VERSION, frames_max: FRAMES_MAX as u32 });
                return Passed::Yes;
            }
            // Only a server says the others, and a hello comes once.
            Ok(Some(_)) | Err(_) => return Passed::Wrong,
        }
        if self.unanswered.as_ref().is_some_and(|u| u.behind.len() >= FRAMES_MAX) {
            return Passed::Full;
        }
        let Some(door) = self.find(frame.channel) else {
            if self.channels.closed.load(Ordering::Acquire) {
                return Passed::Gone;
            }
            Counters::add(&io.counters().unknown, 1);
            if let Some(unanswered) = &mut self.unanswered {
                let number = unanswered.begin();
                self.refuse(number, NOBODY, io);
                if crate::names::parse(frame.session).is_some() {
                    return Passed::Ahead;
                }
            }
            return Passed::Yes;
        };
        // Only of who waits for answers can a repeat be told from an event of its own.
        let (number, name) = match &mut self.unanswered {
            Some(unanswered) => (unanswered.begin(), frame.session),
            None => (UNJUDGED, &b""[..]),
        };
        if io.push(&door, name, frame.data, number) {
            return Passed::Yes;
        }
        if let Some(unanswered) = &mut self.unanswered {
            unanswered.behind.pop_back();
        }
        Passed::Full
    }

    fn refuse(&mut self, frame: u64, reason: &[u8], io: &mut Io<'_>) {
        write(io, &Control::Refused { frame, reason });
        self.end(frame, io);
    }

    fn end(&mut self, number: u64, io: &mut Io<'_>) {
        if let Some(frame) = self.unanswered.as_mut().and_then(|u| u.end(number)) {
            write(io, &Control::Ack { frame });
        }
    }
}

fn write(io: &mut Io<'_>, control: &Control<'_>) {
    let mut out = Vec::with_capacity(64);
    control.write(&mut out);
    io.write(&out);
}

impl Protocol for TcpProtocol {
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took {
        let max = io.limits().message_bytes;
        let mut taken = 0;
        loop {
            let passed = match extent(&bytes[taken..], max) {
                Ok(Extent::Whole(n)) => {
                    let passed = self.frame(&bytes[taken..taken + n], io);
                    if matches!(passed, Passed::Yes) {
                        taken += n;
                    }
                    passed
                }
                Ok(Extent::Partial(_)) => {
                    // A frame in transit must move; between frames the peer may be silent.
                    let within = taken < bytes.len();
                    io.set_deadline(if within { Some(io.limits().progress) } else { io.limits().idle });
                    return Took { bytes: taken, next: Next::Read };
                }
                Err(_) => Passed::Wrong,
            };
            match passed {
                Passed::Yes => {}
                Passed::Full => return Took { bytes: taken, next: Next::Hold },
                Passed::Ahead => return Took { bytes: bytes.len(), next: Next::Drain },
                Passed::Gone => return Took { bytes: taken, next: Next::Close },
                // Nothing that follows can be trusted, and there is no way to tell the peer.
                Passed::Wrong => {
                    Counters::add(&io.counters().malformed, 1);
                    return Took { bytes: taken, next: Next::Reset };
                }
            }
        }
    }

    fn answer(&mut self, verdict: Verdict, io: &mut Io<'_>) -> Next {
        match verdict.outcome {
            Outcome::Accepted => self.end(verdict.seq, io),
            Outcome::Refused(reason) => self.refuse(verdict.seq, reason.as_bytes(), io),
        }
        Next::Read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_out_of_order_are_told_in_order() {
        let mut frames = Unanswered::default();
        assert_eq!([frames.begin(), frames.begin(), frames.begin()], [1, 2, 3]);
        assert_eq!(frames.end(2), None);
        assert_eq!(frames.end(1), Some(2));
        assert_eq!(frames.begin(), 4);
        assert_eq!(frames.end(4), None);
        assert_eq!(frames.end(3), Some(4));
        // Those that were never sent, or were answered before.
        assert_eq!([frames.end(9), frames.end(0), frames.end(3)], [None; 3]);
    }
}
