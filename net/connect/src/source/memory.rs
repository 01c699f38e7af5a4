//! `@source(type='inMemory')`, and the topics that join the apps of a process.
//!
//! Invariants: a topic's queue is bounded, and a publisher waits while it is full; after [`FULL_WAIT`] it gives up, says so and counts,
//! so that apps that feed each other in a ring do not stand still for ever.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use riddhi_batch::{Arena, Chunk, Columns, Frame, Sel};
use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, OptionType, Payload};
use riddhi_run::Clock;

use super::{Inlet, Polled, Source, Wake};
use crate::input::fault::{Fault, Kind};
use crate::mapper::{Messages, OutRows};
use crate::network::lock;
use crate::registry::{Setting, required};

/// Blocks that wait for one subscriber at most.
const QUEUE_BLOCKS_MAX: usize = 64;

/// How long a publisher waits for room.
const FULL_WAIT: Duration = Duration::from_secs(5);

/// What goes over a topic at once.
#[derive(Debug)]
pub enum Block {
    /// Messages, one after another, and where each ends.
    Messages(Vec<u8>, Vec<usize>),
    /// Rows as they are.
    Rows(RowBlock),
}

/// Rows with their strings.
#[derive(Debug)]
pub struct RowBlock {
    columns: Columns,
    arena: Arena,
    chunks: Vec<Chunk>,
}

impl RowBlock {
    /// A copy of rows.
    pub fn new(rows: &OutRows<'_>) -> RowBlock {
        let mut columns = Columns::new(rows.columns.cols.iter().map(|c| c.kind()));
        let (mut arena, mut chunks) = (Arena::new(), Vec::new());
        for chunk in rows.chunks {
            let (first, n) = (chunk.first as usize, chunk.rows as usize);
            chunks.push(Chunk { first: columns.len() as u32, ..*chunk });
            columns.ts.extend_from_slice(&rows.columns.ts[first..first + n]);
            for (to, from) in columns.cols.iter_mut().zip(&rows.columns.cols) {
                to.append_from(from, Sel::From(first), n, rows.arena, &mut arena);
            }
        }
        RowBlock { columns, arena, chunks }
    }

    /// Appends chunks to a frame, each an entry; gives the rows, or none if they are not of the stream's types.
    pub(super) fn copy(
        &self,
        from: usize,
        to: usize,
        frame: &mut Frame,
        clock: &mut Clock,
        stream: u32,
    ) -> Option<u64> {
        let kinds = |c: &Columns| c.cols.iter().map(|c| c.kind()).collect::<Vec<_>>();
        if kinds(&self.columns) != kinds(frame.rows_of(stream).0) {
            return None;
        }
        let mut taken = 0;
        for chunk in &self.chunks[from..to] {
            let (first, n) = (chunk.first as usize, chunk.rows as usize);
            let (rows, arena) = frame.rows_of(stream);
            rows.ts.extend_from_slice(&self.columns.ts[first..first + n]);
            for (to, from) in rows.cols.iter_mut().zip(&self.columns.cols) {
                to.append_from(from, Sel::From(first), n, &self.arena, arena);
            }
            let (now, sets) = clock.stamp(Some(clock.now()));
            taken += frame.commit(stream, now, sets) as u64;
        }
        Some(taken)
    }
}

/// The topics of a process.
#[derive(Default)]
pub struct Bus {
    topics: Mutex<BTreeMap<String, Vec<Arc<Subscriber>>>>,
}

struct Subscriber {
    queue: Mutex<VecDeque<Arc<Block>>>,
    room: Condvar,
    wake: Mutex<Option<Wake>>,
    gone: AtomicBool,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All subscribers have it.
    Taken,
    /// There is no subscriber.
    Nobody,
    /// A subscriber had no room for it.
    Full,
}

impl Bus {
    /// Hands a block to all subscribers; waits while one has no room.
    pub fn publish(&self, topic: &str, block: Block) -> Sent {
        let subscribers: Vec<Arc<Subscriber>> = lock(&self.topics).get(topic).cloned().unwrap_or_default();
        let here: Vec<_> = subscribers.iter().filter(|s| !s.gone.load(Ordering::Acquire)).collect();
        if here.is_empty() {
            return Sent::Nobody;
        }
        let block = Arc::new(block);
        let sent: Vec<bool> = here.iter().map(|s| s.push(block.clone())).collect();
        if sent.contains(&false) { Sent::Full } else { Sent::Taken }
    }

    fn subscribe(&self, topic: &str) -> Arc<Subscriber> {
        let subscriber = Arc::new(Subscriber {
            queue: Mutex::default(),
            room: Condvar::new(),
            wake: Mutex::default(),
            gone: AtomicBool::new(false),
        });
        let mut topics = lock(&self.topics);
        let all = topics.entry(topic.to_owned()).or_default();
        all.retain(|s| !s.gone.load(Ordering::Acquire));
        all.push(subscriber.clone());
        subscriber
    }
}

impl Subscriber {
    fn push(&self, block: Arc<Block>) -> bool {
        let full = |queue: &mut VecDeque<_>| queue.len() >= QUEUE_BLOCKS_MAX && !self.gone.load(Ordering::Acquire);
        let waited = self.room.wait_timeout_while(lock(&self.queue), FULL_WAIT, full);
        let (mut queue, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return false;
        }
        queue.push_back(block);
        drop(queue);
        if let Some(wake) = &*lock(&self.wake) {
            wake();
        }
        true
    }
}

/// Its options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "inMemory",
        options: vec![required("topic", OptionType::Text)],
        payload: Payload::Any,
        properties: Vec::new(),
        check: |_| Vec::new(),
    }
}

/// Makes it.
pub(crate) fn make(plan: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let topic = plan.options.text("topic").unwrap_or_default().to_owned();
    let subscriber = setting.bus.subscribe(&topic);
    let rows = plan.map.ty == "passThrough";
    Box::new(Memory { name: format!("topic {topic}"), subscriber, at_hand: None, taken: 0, rows })
}

/// Takes what comes over a topic.
pub struct Memory {
    name: String,
    subscriber: Arc<Subscriber>,
    at_hand: Option<Arc<Block>>,
    /// Messages or chunks of it that were offered.
    taken: usize,
    /// Whether rows are wanted rather than messages.
    rows: bool,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.subscriber.gone.store(true, Ordering::Release);
        self.subscriber.room.notify_all();
    }
}

impl Source for Memory {
    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        while to.room() > 0 {
            let Some(block) = self.next() else { return Polled::Nothing(Duration::from_secs(3600)) };
            let (from, all) = (self.taken, block.len());
            let end = all.min(from + to.room());
            self.offer(&block, from, end, to);
            self.taken = end;
            if end == all {
                self.at_hand = None;
            }
        }
        Polled::More
    }

    fn set_waker(&mut self, wake: Wake) {
        *lock(&self.subscriber.wake) = Some(wake);
    }
}

impl Block {
    fn len(&self) -> usize {
        match self {
            Block::Messages(_, ends) => ends.len(),
            Block::Rows(rows) => rows.chunks.len(),
        }
    }
}

impl Memory {
    fn next(&mut self) -> Option<Arc<Block>> {
        if self.at_hand.is_none() {
            self.at_hand = lock(&self.subscriber.queue).pop_front();
            self.taken = 0;
            self.subscriber.room.notify_all();
        }
        self.at_hand.clone()
    }

    fn offer(&self, block: &Block, from: usize, end: usize, to: &mut Inlet<'_>) {
        let refuse = |to: &mut Inlet<'_>, why: &str| {
            let fault = Fault::new(Kind::WrongType, 0, 1, why);
            (from..end).for_each(|i| to.refuse(&fault, &self.name, i as u64 + 1, b""));
        };
        match block {
            Block::Rows(_) if !self.rows => {
                refuse(to, "events came where messages are mapped; use @map(type='passThrough')")
            }
            Block::Rows(rows) => {
                if !to.offer_rows(rows, from, end) {
                    refuse(to, "events of other types than the stream's");
                }
            }
            Block::Messages(..) if self.rows => refuse(to, "messages came where `passThrough` takes events"),
            Block::Messages(bytes, ends) => {
                let begin = |i: usize| if i == 0 { 0 } else { ends[i - 1] };
                let ranges: Vec<_> = (from..end).map(|i| begin(i)..ends[i]).collect();
                let lines: Vec<u64> = (from..end).map(|i| i as u64 + 1).collect();
                to.offer(&Messages {
                    bytes,
                    ranges: &ranges,
                    name: &self.name,
                    lines: &lines,
                    properties: &[],
                    eof: false,
                });
            }
        }
    }
}
