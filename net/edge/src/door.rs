//! The way of messages from the poll loops to a source, and of verdicts back.
//!
//! Invariants: at most [`Limits::blocks`](crate::Limits) blocks wait at a door; a block that was taken comes back to be used
//! again; whoever found the door full is told when there is room.

use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};

use crate::edge::Edge;
use crate::poller::Command;

/// A connection, by poll loop and token; tokens are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnId {
    pub thread: u16,
    pub token: usize,
}

/// Which door; no other has its number, ever.
pub type DoorId = u64;

/// The number of a message whose protocol wants no verdict.
pub const UNJUDGED: u64 = u64::MAX;

/// A message in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What the protocol tells about it, in a form of its own; in the block's bytes.
    pub head: Range<usize>,
    /// The message itself; in the block's bytes.
    pub body: Range<usize>,
    pub(crate) from: ConnId,
    /// Number that the protocol gave it, or [`UNJUDGED`].
    pub seq: u64,
}

/// Messages on their way to a source, in the order they came on each connection.
#[derive(Debug, Default)]
pub struct Block {
    /// All bytes.
    pub bytes: Vec<u8>,
    /// The messages.
    pub messages: Vec<Message>,
}

impl Block {
    fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is where it will not be lost, at the level asked for.
    Accepted,
    /// It cannot be taken, for this reason.
    Refused(Box<str>),
}

/// What became of a message, by connection and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub(crate) to: ConnId,
    /// The number that the protocol gave the message.
    pub seq: u64,
    /// What became of it.
    pub outcome: Outcome,
}

struct Shared {
    id: u64,
    /// A bit for each poll loop that found no room.
    waiting: AtomicU64,
    closed: AtomicBool,
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
    blocks: Sender<Block>,
    used: Receiver<Block>,
}

/// The side of a source's way that poll loops push into.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

/// The source's side: blocks come out, verdicts go back.
pub struct Answers {
    shared: Arc<Shared>,
    blocks: Receiver<Block>,
    used: Sender<Block>,
    edge: Arc<Edge>,
    /// By poll loop.
    verdicts: Vec<Vec<Verdict>>,
}

/// A way from the edge's poll loops to one source.
pub fn door(edge: &Arc<Edge>) -> (Door, Answers) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = edge.limits().blocks;
    let (blocks, taken) = bounded(n);
    let (back, used) = bounded(n + 1);
    let shared = Arc::new(Shared {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        waiting: AtomicU64::new(0),
        closed: AtomicBool::new(false),
        wake: OnceLock::new(),
        blocks,
        used,
    });
    let verdicts = vec![Vec::new(); edge.threads()];
    (Door { shared: shared.clone() }, Answers { shared, blocks: taken, used: back, edge: edge.clone(), verdicts })
}

impl Door {
    /// Which one it is.
    pub fn id(&self) -> DoorId {
        self.shared.id
    }

    /// Whether the source is gone.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Acquire)
    }

    /// An empty block, used before if there is one.
    pub(crate) fn block(&self) -> Block {
        self.shared.used.try_recv().unwrap_or_default()
    }

    /// Hands a block over; gives it back if there is no room, and then poll loop `thread` is told when there is. To a source
    /// that is gone it goes as if taken.
    pub(crate) fn hand_over(&self, block: Block, thread: u16) -> Result<(), Block> {
        let block = match self.try_send(block) {
            Ok(()) => return Ok(()),
            Err(block) => block,
        };
        self.shared.waiting.fetch_or(1 << thread, Ordering::AcqRel);
        // Room may have come before the bit stood there; then nobody would tell.
        self.try_send(block)
    }

    fn try_send(&self, block: Block) -> Result<(), Block> {
        match self.shared.blocks.try_send(block) {
            Ok(()) => {
                if let Some(wake) = self.shared.wake.get() {
                    wake();
                }
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Ok(()),
            Err(TrySendError::Full(block)) => Err(block),
        }
    }
}

impl Answers {
    /// Told once, by which the source's thread is woken when a block is there.
    pub fn set_waker(&mut self, wake: Box<dyn Fn() + Send + Sync>) {
        let _ = self.shared.wake.set(wake);
    }

    /// The next block, if there is one.
    pub fn take(&mut self) -> Option<Block> {
        let block = match self.blocks.try_recv() {
            Ok(block) => block,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        };
        self.tell_of_room();
        Some(block)
    }

    fn tell_of_room(&self) {
        let mut waiting = self.shared.waiting.swap(0, Ordering::AcqRel);
        while waiting != 0 {
            let thread = waiting.trailing_zeros() as u16;
            waiting &= waiting - 1;
            self.edge.command(thread, Command::Room(self.shared.id));
        }
    }

    /// Gives a block back for reuse.
    pub fn done(&mut self, mut block: Block) {
        block.clear();
        let _ = self.used.try_send(block);
    }

    /// Notes what became of a message; [`Answers::send`] sends it.
    pub fn push(&mut self, verdict: Verdict) {
        if let Some(list) = self.verdicts.get_mut(usize::from(verdict.to.thread)) {
            list.push(verdict);
        }
    }

    /// Sends the verdicts noted so far to the connections' poll loops.
    pub fn send(&mut self) {
        for (thread, list) in self.verdicts.iter_mut().enumerate() {
            if !list.is_empty() {
                self.edge.command(thread as u16, Command::Verdicts(std::mem::take(list)));
            }
        }
    }
}

impl Message {
    /// The verdict on it, for [`Answers::push`].
    pub fn judge(&self, outcome: Outcome) -> Verdict {
        Verdict { to: self.from, seq: self.seq, outcome }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.tell_of_room();
        for thread in 0..self.edge.threads() {
            self.edge.command(thread as u16, Command::Gone(self.shared.id));
        }
    }
}
