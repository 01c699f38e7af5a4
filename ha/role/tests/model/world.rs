//! Two machines, the row and a wire, as small as can be; every step that may be taken from a state.

use riddhi_role::*;

pub const TTL: Ms = 1000;
const HALF: Ms = TTL / 2;
/// Where every clock stands after each step.
const NOW: Ms = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    Read,
    Write(u64, Row),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    pub role: Option<Role>,
    pub run: u64,
    pub disk: Disk,
    pub journal: Vec<u8>,
    pub line: Epoch,
    pub conn: bool,
    pub request: Option<Request>,
    pub serving: bool,
    pub sealed: bool,
    pub gate: Gate,
    pub released: usize,
    pub epoch: Epoch,
    /// To whom this active streams, and whether the beginning was sent, from where.
    pub stream: Option<(Incarnation, Option<Option<usize>>)>,
    pub acked: (Incarnation, usize),
    /// What this passive has acknowledged, on its way.
    pub ack: Option<(Epoch, usize)>,
    pub sent: Option<Message>,
    now: Ms,
}

/// What may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    pub entries: u8,
    pub kills: [u8; 2],
    pub cuts: u8,
    /// Writes without an answer that land at once, or later.
    pub delays: u8,
    /// Take-overs after which no more is looked at.
    pub epochs: Epoch,
    /// A killed A starts again, with its disk.
    pub restarts: bool,
}

/// The rules, and what breaks them: see `riddhi_role::Rules`; `cas` and `commit` are for the database and the data path to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kept {
    pub cas: bool,
    pub commit: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub nodes: [Node; 2],
    pub row: Row,
    pub late: Vec<Request>,
    pub wire: bool,
    pub effects: Vec<u8>,
    pub bounds: Bounds,
    pub lost: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Tick(usize),
    Answer(usize),
    NoAnswer(usize),
    AnswerLost(usize),
    Late(usize),
    Lands(usize),
    Append(usize),
    Deliver(usize),
    Replicate(usize),
    Acknowledge(usize),
    Cut,
    Notice(usize),
    Connect,
    Kill(usize),
    Restart(usize),
}

fn database() -> Database {
    Database { system: 1, timeline: 1 }
}

impl World {
    /// A active, B in sync, nothing appended.
    pub fn in_sync(rules: &Rules, kept: Kept, bounds: Bounds) -> World {
        let node = || Node {
            role: None,
            run: 0,
            disk: Disk::default(),
            journal: Vec::new(),
            line: 0,
            conn: false,
            request: None,
            serving: false,
            sealed: false,
            gate: Gate::Shut,
            released: 0,
            epoch: 0,
            stream: None,
            acked: (Incarnation(0), 0),
            ack: None,
            sent: None,
            now: NOW,
        };
        let many = Bounds { entries: 0, kills: [0; 2], cuts: 0, delays: 0, epochs: 9, restarts: false };
        let row = Row { written_on: database(), ..Row::default() };
        let mut world = World {
            nodes: [node(), node()],
            row,
            late: Vec::new(),
            wire: true,
            effects: Vec::new(),
            bounds: many,
            lost: None,
        };
        world.start(0, rules, kept, true);
        let script = [Step::Answer(0), Step::Tick(0), Step::Answer(0), Step::Tick(0), Step::Answer(0), Step::Tick(0)];
        script.iter().for_each(|s| world.take(*s, rules, kept));
        for _ in 0..3 {
            world.take(Step::Answer(0), rules, kept);
        }
        world.start(1, rules, kept, true);
        let script = [Step::Answer(1), Step::Connect, Step::Replicate(0), Step::Acknowledge(0), Step::Answer(0)];
        script.iter().for_each(|s| world.take(*s, rules, kept));
        for step in [Step::Tick(0), Step::Answer(0), Step::Deliver(1), Step::Tick(1), Step::Answer(1)] {
            world.take(step, rules, kept);
        }
        assert_eq!(world.row.in_sync, Some(world.incarnation(1)), "the model begins in sync: {world:#?}");
        assert!(world.nodes[0].serving);
        world.bounds = bounds;
        world
    }

    pub fn incarnation(&self, n: usize) -> Incarnation {
        Incarnation(10 * (n as u64 + 1) + self.nodes[n].run)
    }

    fn start(&mut self, n: usize, rules: &Rules, kept: Kept, bare: bool) {
        self.nodes[n].run += 1;
        let me = Holder { node: ["A", "B"][n].into(), incarnation: self.incarnation(n) };
        let node = &mut self.nodes[n];
        let position = node.journal.len() as Position;
        let recovered = (!bare).then_some(Recovered { line: node.line, position, whole: true });
        let config = Config::new(TTL, HALF).expect("good times").with_rules(rules.clone());
        let (role, actions) = Role::start(config, Start { me, disk: node.disk.clone(), recovered }, NOW);
        node.role = Some(role);
        self.carry_out(n, actions, kept);
    }

    /// All steps that may be taken now.
    pub fn steps(&self, steps: &mut Vec<Step>) {
        let linked = self.wire && self.nodes[0].conn && self.nodes[1].conn;
        for n in 0..2 {
            let (node, other) = (&self.nodes[n], &self.nodes[1 - n]);
            if node.role.is_none() {
                if n == 0 && self.bounds.restarts {
                    steps.push(Step::Restart(n));
                }
                continue;
            }
            steps.push(Step::Tick(n));
            // A database that is away is one that does not answer yet.
            if node.request.is_some() {
                steps.push(Step::Answer(n));
            }
            if self.bounds.delays > 0 && matches!(node.request, Some(Request::Write(..))) {
                steps.extend([Step::NoAnswer(n), Step::AnswerLost(n), Step::Late(n)]);
            }
            if node.serving && self.bounds.entries > 0 {
                steps.push(Step::Append(n));
            }
            if linked && other.role.is_some() && other.sent.is_some() {
                steps.push(Step::Deliver(n));
            }
            if linked && self.replicates(n) {
                steps.push(Step::Replicate(n));
            }
            if linked && other.ack.is_some() {
                steps.push(Step::Acknowledge(n));
            }
            if node.conn && !linked {
                steps.push(Step::Notice(n));
            }
            if self.bounds.kills[n] > 0 {
                steps.push(Step::Kill(n));
            }
        }
        if self.wire && self.bounds.cuts > 0 {
            steps.push(Step::Cut);
        }
        if !linked && self.nodes.iter().all(|n| n.role.is_some()) {
            steps.push(Step::Connect);
        }
        steps.extend((0..self.late.len()).map(Step::Lands));
    }

    /// Whether the passive has something to get from the active n.
    fn replicates(&self, n: usize) -> bool {
        let (node, other) = (&self.nodes[n], &self.nodes[1 - n]);
        let Some((who, begin)) = &node.stream else { return false };
        *who == self.incarnation(1 - n)
            && !other.sealed
            && other.epoch == 0
            && other.disk.epoch <= node.epoch
            && (begin.is_some() || (other.line == node.epoch && other.journal.len() < node.journal.len()))
    }

    pub fn take(&mut self, step: Step, rules: &Rules, kept: Kept) {
        match step {
            Step::Tick(n) => {
                // The active's clock leaps, so that all it relies on runs out; the passive's may not, or it would think itself asleep.
                let active = self.nodes[n].epoch > 0;
                self.nodes[n].now += if active { TTL } else { HALF };
                self.tell(n, Event::Tick, kept);
            }
            Step::Answer(n) => {
                let Some(request) = self.nodes[n].request.take() else { return };
                let event = self.execute(&request, kept);
                self.tell(n, event, kept);
            }
            Step::NoAnswer(n) => {
                self.bounds.delays -= 1;
                let event = match self.nodes[n].request.take() {
                    Some(Request::Read) => Event::Unreadable,
                    _ => Event::Unanswered,
                };
                self.tell(n, event, kept);
            }
            Step::AnswerLost(n) | Step::Late(n) => {
                self.bounds.delays -= 1;
                let Some(request) = self.nodes[n].request.take() else { return };
                if matches!(step, Step::Late(_)) {
                    self.late.push(request);
                } else {
                    self.execute(&request, kept);
                }
                self.tell(n, Event::Unanswered, kept);
            }
            Step::Lands(i) => {
                let request = self.late.remove(i);
                self.execute(&request, kept);
            }
            Step::Append(n) => {
                self.nodes[n].journal.push(2 * self.bounds.entries + n as u8);
                self.bounds.entries -= 1;
                let position = self.nodes[n].journal.len() as Position;
                self.tell(n, Event::Appended { position }, kept);
            }
            Step::Deliver(n) => {
                if let Some(message) = self.nodes[1 - n].sent.take() {
                    self.tell(n, Event::Message(message), kept);
                }
                // What is answered to it arrives at once.
                if let Some(answer @ Message::Answer { .. }) = self.nodes[n].sent.take() {
                    self.tell(1 - n, Event::Message(answer), kept);
                }
            }
            Step::Replicate(n) => self.replicate(n, kept),
            Step::Acknowledge(n) => {
                let incarnation = self.incarnation(1 - n);
                if let Some((epoch, position)) = self.nodes[1 - n].ack.take()
                    && self.nodes[n].epoch == epoch
                {
                    self.nodes[n].acked = (incarnation, position);
                    self.tell(n, Event::Acknowledged { incarnation, position: position as Position }, kept);
                }
            }
            Step::Cut => {
                self.wire = false;
                self.bounds.cuts -= 1;
                self.drop_messages();
            }
            Step::Notice(n) => {
                self.nodes[n].conn = false;
                self.tell(n, Event::LinkDown, kept);
            }
            Step::Connect => self.connect(kept),
            Step::Kill(n) => {
                self.bounds.kills[n] -= 1;
                self.kill(n, rules, kept);
            }
            Step::Restart(n) => self.start(n, rules, kept, false),
        }
        for n in 0..2 {
            self.release(n, kept);
        }
        self.make_comparable();
    }

    fn execute(&mut self, request: &Request, kept: Kept) -> Event {
        match request {
            Request::Read => Event::Row { row: self.row.clone(), database: database() },
            Request::Write(expected, _) if kept.cas && *expected != self.row.version => Event::Refused,
            // Without versions the holder and its epoch are still compared, as anybody would.
            Request::Write(_, row) if row.epoch < self.row.epoch => Event::Refused,
            Request::Write(_, row) => {
                self.row = row.clone();
                Event::Written
            }
        }
    }

    fn replicate(&mut self, n: usize, kept: Kept) {
        let (epoch, journal) = (self.nodes[n].epoch, self.nodes[n].journal.clone());
        let begin = self.nodes[n].stream.as_mut().and_then(|s| s.1.take());
        let other = &mut self.nodes[1 - n];
        if let Some(from) = begin {
            other.journal.truncate(from.unwrap_or(0));
            other.line = epoch;
        }
        if let Some(more) = journal.get(other.journal.len()..) {
            other.journal.extend(more);
        }
        other.released = other.released.min(other.journal.len());
        let position = other.journal.len();
        other.ack = Some((epoch, position));
        self.tell(1 - n, Event::Received { epoch, position: position as Position }, kept);
    }

    fn drop_messages(&mut self) {
        for node in &mut self.nodes {
            node.sent = None;
            node.ack = None;
            node.stream = None;
        }
    }

    fn connect(&mut self, kept: Kept) {
        self.wire = true;
        for n in 0..2 {
            if std::mem::take(&mut self.nodes[n].conn) {
                self.tell(n, Event::LinkDown, kept);
            }
        }
        self.drop_messages();
        let hellos = [0, 1].map(|n| self.nodes[n].role.as_ref().map(Role::hello));
        self.nodes.iter_mut().for_each(|n| n.conn = true);
        for (n, hello) in hellos.into_iter().rev().enumerate() {
            if let (Some(hello), true) = (hello, self.nodes[n].conn) {
                self.tell(n, Event::LinkUp(hello), kept);
            }
        }
    }

    /// B comes back at once, without its disk; A stays away, or comes back with it.
    fn kill(&mut self, n: usize, rules: &Rules, kept: Kept) {
        let mut late =
            self.nodes[n].request.take().filter(|r| matches!(r, Request::Write(..)) && self.bounds.delays > 0);
        if let Some(request) = late.take() {
            self.bounds.delays -= 1;
            self.late.push(request);
        }
        self.drop_messages();
        let node = &mut self.nodes[n];
        (node.role, node.conn, node.serving, node.sealed) = (None, false, false, false);
        (node.gate, node.released, node.epoch, node.acked) = (Gate::Shut, 0, 0, (Incarnation(0), 0));
        if n == 1 {
            (node.disk, node.line) = (Disk::default(), 0);
            node.journal.clear();
            self.start(n, rules, kept, true);
        }
    }

    fn tell(&mut self, n: usize, event: Event, kept: Kept) {
        let now = self.nodes[n].now;
        let Some(role) = &mut self.nodes[n].role else { return };
        let actions = role.step(event, now);
        self.carry_out(n, actions, kept);
    }

    fn carry_out(&mut self, n: usize, actions: Vec<Action>, kept: Kept) {
        for action in actions {
            match action {
                Action::Read => self.nodes[n].request = Some(Request::Read),
                Action::Write { expected, row } => self.nodes[n].request = Some(Request::Write(expected, row)),
                Action::Send(message) => {
                    let node = &mut self.nodes[n];
                    // The latest of a kind will do.
                    if node.conn {
                        node.sent = Some(message);
                    }
                }
                Action::HangUp => {
                    self.nodes[n].conn = false;
                    self.drop_messages();
                }
                Action::Gate { serial, gate } => {
                    self.release(n, kept);
                    self.nodes[n].gate = gate;
                    let released = self.nodes[n].released as Position;
                    self.tell(n, Event::Gated { serial, released }, kept);
                }
                Action::Serve => self.nodes[n].serving = true,
                Action::StopServing => self.nodes[n].serving = false,
                Action::Seal => {
                    self.nodes[n].sealed = true;
                    let position = self.nodes[n].journal.len() as Position;
                    self.tell(n, Event::Sealed { position }, kept);
                }
                Action::Unseal => self.nodes[n].sealed = false,
                Action::TakeOver { epoch, .. } => {
                    let node = &mut self.nodes[n];
                    (node.epoch, node.line, node.sealed, node.stream) = (epoch, epoch, false, None);
                    (node.released, node.acked) = (0, (Incarnation(0), 0));
                    if !node.journal.starts_with(&self.effects) {
                        self.lost.get_or_insert("the new active lacks what was acknowledged or had an effect");
                    }
                    self.tell(n, Event::TakenOver, kept);
                }
                Action::StepDown => (self.nodes[n].epoch, self.nodes[n].stream) = (0, None),
                Action::Resync { incarnation, from } => {
                    self.nodes[n].stream = Some((incarnation, Some(from.map(|p| p as usize))));
                }
                Action::Persist(disk) => self.nodes[n].disk = disk,
                Action::Say(_) => {}
            }
        }
    }

    fn release(&mut self, n: usize, kept: Kept) {
        let node = &mut self.nodes[n];
        if node.role.is_none() || node.epoch == 0 {
            return;
        }
        let limit = match node.gate {
            _ if !kept.commit => node.journal.len(),
            Gate::Alone => node.journal.len(),
            Gate::Passive(who) if who == node.acked.0 => node.acked.1.min(node.journal.len()),
            _ => 0,
        };
        for position in node.released..limit {
            match self.effects.get(position) {
                None => self.effects.push(node.journal[position]),
                Some(first) if *first == node.journal[position] => {}
                Some(_) => {
                    self.lost.get_or_insert("two effects at one position were made of different entries");
                }
            }
        }
        node.released = node.released.max(limit);
    }

    /// Times become ages, and numbers that only grow small ones.
    fn make_comparable(&mut self) {
        let mut numbers: Vec<(Number, &mut u64)> = Vec::new();
        for node in &mut self.nodes {
            let (now, half) = (node.now, HALF);
            if let Some(Message::Heartbeat { sent_at, .. } | Message::Answer { sent_at, .. }) = &mut node.sent {
                *sent_at = NOW - now.saturating_sub(*sent_at).min(2 * half);
            }
            if let Some(role) = &mut node.role {
                role.age(now, NOW);
                numbers.extend(role.numbers());
            }
            node.now = NOW;
            if let Some(Request::Write(expected, row)) = &mut node.request {
                numbers.push((Number::Version, expected));
                numbers.extend([(Number::Version, &mut row.version), (Number::Beat, &mut row.beat)]);
            }
        }
        for request in &mut self.late {
            if let Request::Write(expected, row) = request {
                numbers.push((Number::Version, expected));
                numbers.extend([(Number::Version, &mut row.version), (Number::Beat, &mut row.beat)]);
            }
        }
        numbers.extend([(Number::Version, &mut self.row.version), (Number::Beat, &mut self.row.beat)]);
        for kind in [Number::Version, Number::Beat, Number::Serial] {
            shrink(numbers.iter_mut().filter(|n| n.0 == kind).map(|n| &mut *n.1).collect());
        }
    }
}

/// Keeps order, equality and neighbourhood.
fn shrink(mut numbers: Vec<&mut u64>) {
    numbers.sort_by_key(|n| **n);
    let (mut last, mut small) = (0, 0);
    for number in numbers {
        small += (*number - last).min(2);
        last = *number;
        *number = small;
    }
}
