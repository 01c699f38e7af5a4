//! A node: the machine, and as much of a driver, a journal and a data path as it takes to be wrong.

use std::collections::VecDeque;

use riddhi_role::*;

use super::net::Wire;

/// Entries on the way to the passive at most.
pub const WINDOW: usize = 8;
/// Entries in one message when a passive is brought up.
pub const BATCH: usize = 256;

pub struct Node {
    pub name: &'static str,
    /// The boot clock: starts anywhere and goes up to 3 % wrong.
    pub clock: (u64, u64),
    pub role: Option<Role>,
    /// The process's number; nothing of an earlier one reaches a later one.
    pub run: u32,
    pub paused: bool,
    /// What waits for a paused process, in order.
    pub inbox: Vec<Input>,
    pub incarnation: Incarnation,
    // On disk.
    pub disk: Disk,
    pub journal: Vec<u64>,
    pub line: Epoch,
    /// Whether the file may lack its end.
    pub torn: bool,
    /// Whether there is no file at all.
    pub bare: bool,
    // The data path.
    pub serving: bool,
    pub gate: Gate,
    pub released: usize,
    pub sealed: bool,
    pub sealing: bool,
    /// What came while sealed and is still in the connection.
    pub unread: VecDeque<Wire>,
    pub conn: Option<u64>,
    pub epoch: Epoch,
    /// Whom this active streams to, and how far it has sent.
    pub stream: Option<(Incarnation, usize)>,
    /// Who has acknowledged what, under `epoch`.
    pub acked: (Incarnation, usize),
    pub request: u64,
    /// Whether it is still to be answered.
    pub asked: bool,
    pub writing: bool,
    /// What the machine has not been told yet.
    pub untold: (bool, bool),
}

/// What reaches a process.
#[derive(Clone, Debug)]
pub enum Input {
    Wire(u64, Wire),
    Down(u64),
    Answer(u64, super::db::Answer),
    Gate(u64, Gate),
    SealDone,
    Drained,
    TakenOver(Epoch),
    Client(usize, u64),
    Operator(Command),
}

impl Node {
    pub fn new(name: &'static str, clock: (u64, u64)) -> Self {
        Node {
            name,
            clock,
            role: None,
            run: 0,
            paused: false,
            inbox: Vec::new(),
            incarnation: Incarnation(0),
            disk: Disk::default(),
            journal: Vec::new(),
            line: 0,
            torn: false,
            bare: true,
            serving: false,
            gate: Gate::Shut,
            released: 0,
            sealed: false,
            sealing: false,
            unread: VecDeque::new(),
            conn: None,
            epoch: 0,
            stream: None,
            acked: (Incarnation(0), 0),
            request: 0,
            asked: false,
            writing: false,
            untold: (false, false),
        }
    }

    pub fn local(&self, now: u64) -> Ms {
        self.clock.0 + now * self.clock.1 / 1000
    }

    pub fn start(&mut self, config: Config, now: u64) -> Vec<Action> {
        self.run += 1;
        let side = if self.name == "A" { 0xa00 } else { 0xb00 };
        self.incarnation = Incarnation(side + u64::from(self.run));
        let me = Holder { node: self.name.into(), incarnation: self.incarnation };
        let position = self.journal.len() as Position;
        let whole = !self.torn;
        let recovered = (!self.bare).then_some(Recovered { line: self.line, position, whole });
        self.bare = false;
        let (role, actions) = Role::start(config, Start { me, disk: self.disk.clone(), recovered }, self.local(now));
        self.role = Some(role);
        actions
    }

    /// The process is gone; what is on disk stays.
    pub fn kill(&mut self) {
        let (name, clock, run) = (self.name, self.clock, self.run);
        let disk = std::mem::take(&mut self.disk);
        let journal = std::mem::take(&mut self.journal);
        let (line, torn, request) = (self.line, self.torn, self.request);
        let bare = self.bare;
        *self = Node { run, disk, journal, line, torn, bare, request, ..Node::new(name, clock) };
    }

    /// How far acknowledgements and outputs may go.
    pub fn limit(&self) -> usize {
        match self.gate {
            Gate::Shut => 0,
            Gate::Alone => self.journal.len(),
            Gate::Passive(who) if self.acked.0 == who => self.acked.1.min(self.journal.len()),
            Gate::Passive(_) => 0,
        }
    }
}
