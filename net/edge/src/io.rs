//! What a protocol is to the poll loop, and what it may do there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::door::{Block, ConnId, Door, DoorId, Message, Verdict};
use crate::limits::Limits;

/// Makes the protocol of each connection that a listener takes.
pub trait Service: Send + Sync {
    /// A connection from `peer` was taken.
    fn accept(&self, peer: SocketAddr) -> Box<dyn Protocol>;

    /// Whether connections are to be reset and not ended, whenever they end without [`Next::Close`].
    fn resets(&self) -> bool {
        false
    }

    /// Whether what was read is to be acknowledged at once, for peers that send no more before.
    fn acknowledges_at_once(&self) -> bool {
        false
    }
}

/// One connection's side of a protocol. It never waits.
pub trait Protocol: Send {
    /// The connection is there: the time to set its first deadline.
    fn begin(&mut self, _io: &mut Io<'_>) {}

    /// Takes bytes that came, from the first one not yet taken; those that are not taken come again with what follows them.
    fn read(&mut self, bytes: &[u8], io: &mut Io<'_>) -> Took;

    /// What became of a message that it pushed. Afterwards bytes that it left are offered again.
    fn answer(&mut self, _verdict: Verdict, _io: &mut Io<'_>) -> Next {
        Next::Read
    }

    /// The time set by [`Io::set_deadline`] has come.
    fn expired(&mut self, _io: &mut Io<'_>) -> Next {
        Next::Reset
    }

    /// It has been held for this time; asked a few times a second. After [`Next::Read`] bytes that it left are offered again.
    fn held(&mut self, _time: Duration, _io: &mut Io<'_>) -> Next {
        Next::Hold
    }

    /// The source behind a door is gone, and will judge nothing any more. By default that is of no interest.
    fn gone(&mut self, _door: DoorId, _io: &mut Io<'_>) -> Next {
        Next::Read
    }

    /// The peer will send no more; what it has left was offered before. By default the connection ends.
    fn ended(&mut self, _io: &mut Io<'_>) -> Next {
        Next::Close
    }
}

/// How many bytes were taken, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// From the beginning of what was offered.
    pub bytes: usize,
    /// What next.
    pub next: Next,
}

/// What a connection does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Reads on.
    Read,
    /// Reads no more until an answer has come, or until there is room at the door that was full.
    Hold,
    /// Ends when all that was written is sent.
    Close,
    /// Like [`Next::Close`], but what the peer still sends is thrown away for a short time: else it would see a reset and not
    /// what was written.
    Drain,
    /// Ends at once, by a reset.
    Reset,
}

/// What a protocol may do with its connection.
pub struct Io<'a> {
    pub(crate) id: ConnId,
    pub(crate) now: Instant,
    pub(crate) out: &'a mut Vec<u8>,
    pub(crate) deadline: &'a mut Option<Instant>,
    pub(crate) waits_at: &'a mut Option<DoorId>,
    pub(crate) outboxes: &'a mut Outboxes,
    pub(crate) counters: &'a Arc<Counters>,
    pub(crate) limits: &'a Limits,
}

impl Io<'_> {
    /// When the poll loop woke.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What the listener counts.
    pub fn counters(&self) -> &Counters {
        self.counters
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// Appends to what is sent.
    pub fn write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// [`Protocol::expired`] is called after this time unless another is set before; none: never.
    pub fn set_deadline(&mut self, after: Option<Duration>) {
        *self.deadline = after.map(|after| self.now + after);
    }

    /// Pushes a message through a door. False if there is no room: then it is to be offered again after [`Next::Hold`].
    pub fn push(&mut self, door: &Door, head: &[u8], body: &[u8], seq: u64) -> bool {
        if self.outboxes.push(door, head, body, self.id, seq, self.limits.block_bytes) {
            Counters::add(&self.counters.messages, 1);
            return true;
        }
        *self.waits_at = Some(door.id());
        Counters::add(&self.counters.held, 1);
        false
    }
}

/// Blocks that a poll loop fills, by door.
pub(crate) struct Outboxes {
    thread: u16,
    open: Vec<Outbox>,
}

struct Outbox {
    door: Door,
    block: Block,
}

impl Outboxes {
    pub(crate) fn new(thread: u16) -> Outboxes {
        Outboxes { thread, open: Vec::new() }
    }

    fn push(&mut self, door: &Door, head: &[u8], body: &[u8], from: ConnId, seq: u64, max: usize) -> bool {
        let at = match self.open.iter().position(|o| o.door.id() == door.id()) {
            Some(at) => at,
            None => {
                self.open.push(Outbox { door: door.clone(), block: door.block() });
                self.open.len() - 1
            }
        };
        let outbox = &mut self.open[at];
        let bytes = head.len() + body.len();
        if !outbox.block.messages.is_empty() && outbox.block.bytes.len() + bytes > max {
            let full = std::mem::take(&mut outbox.block);
            match door.hand_over(full, self.thread) {
                Ok(()) => outbox.block = door.block(),
                Err(full) => {
                    outbox.block = full;
                    return false;
                }
            }
        }
        let block = &mut outbox.block;
        let begin = block.bytes.len();
        block.bytes.extend_from_slice(head);
        let middle = block.bytes.len();
        block.bytes.extend_from_slice(body);
        let end = block.bytes.len();
        block.messages.push(Message { head: begin..middle, body: middle..end, from, seq });
        true
    }

    /// Hands over what has gathered; what finds no room stays.
    pub(crate) fn flush(&mut self) {
        let thread = self.thread;
        self.open.retain_mut(|outbox| {
            if outbox.block.messages.is_empty() {
                // Kept for the next turn, unless its source is gone.
                return !outbox.door.is_closed();
            }
            match outbox.door.hand_over(std::mem::take(&mut outbox.block), thread) {
                Ok(()) => outbox.block = outbox.door.block(),
                Err(block) => outbox.block = block,
            }
            true
        });
    }
}
