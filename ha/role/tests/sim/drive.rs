//! What drivers, threads and connections do between machine and world.

use riddhi_role::{Action, Event, Incarnation};

use super::db::{Answer, Request};
use super::net::Wire;
use super::node::{BATCH, Input, WINDOW};
use super::{Happening, World};
use crate::words;

/// The driver gives up on the database after this long.
const DB_TIMEOUT: u64 = 700;

impl World {
    pub(super) fn tell(&mut self, n: usize, event: Event) {
        let local = self.nodes[n].local(self.now);
        let Some(role) = &mut self.nodes[n].role else { return };
        let quiet = matches!(event, Event::Tick);
        let text = if self.tracing { words::event(&event) } else { String::new() };
        let actions = role.step(event, local);
        if self.tracing && !(quiet && actions.is_empty()) {
            let list: Vec<_> = actions.iter().map(words::action).collect();
            let name = self.nodes[n].name;
            self.note(|| format!("{name} {text}\n            => {}", list.join("\n            => ")));
        }
        self.carry_out(n, actions);
    }

    pub(super) fn tick(&mut self, n: usize, run: u32) {
        if self.nodes[n].run != run || self.nodes[n].role.is_none() {
            return;
        }
        let every = self.config.tick_ms();
        let next = self.rng.range(every / 2, every);
        self.after(next, Happening::Tick(n, run));
        if self.nodes[n].paused {
            return;
        }
        self.tell_positions(n);
        self.tell(n, Event::Tick);
        self.flow(n);
    }

    fn tell_positions(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        let (appended, acked) = std::mem::take(&mut node.untold);
        let (position, (incarnation, by)) = (node.journal.len() as u64, node.acked);
        if appended {
            self.tell(n, Event::Appended { position });
        }
        if acked {
            self.tell(n, Event::Acknowledged { incarnation, position: by as u64 });
        }
    }

    /// Something reaches a process, or waits until it wakes.
    pub(super) fn reach(&mut self, n: usize, run: u32, input: Input) {
        let node = &mut self.nodes[n];
        if node.run != run || node.role.is_none() {
            return;
        }
        if node.paused {
            node.inbox.push(input);
            return;
        }
        self.take(n, input);
        self.flow(n);
    }

    pub(super) fn take(&mut self, n: usize, input: Input) {
        match input {
            Input::Wire(conn, Wire::Hello(hello)) => {
                if conn == self.net.conn && self.nodes[n].conn != Some(conn) {
                    self.nodes[n].conn = Some(conn);
                    self.nodes[n].unread.clear();
                    self.tell(n, Event::LinkUp(hello));
                }
            }
            Input::Wire(conn, wire) => {
                if self.nodes[n].conn == Some(conn) {
                    self.wire(n, wire);
                }
            }
            Input::Down(conn) => {
                if self.nodes[n].conn == Some(conn) {
                    self.nodes[n].conn = None;
                    self.nodes[n].stream = None;
                    self.nodes[n].unread.clear();
                    self.tell(n, Event::LinkDown);
                }
            }
            Input::Answer(id, answer) => self.answer(n, id, answer),
            Input::Gate(serial, gate) => {
                // What the old gate lets through may leave up to the last moment.
                self.release(n);
                self.nodes[n].gate = gate;
                let released = self.nodes[n].released as u64;
                self.tell(n, Event::Gated { serial, released });
            }
            Input::SealDone => {
                if std::mem::take(&mut self.nodes[n].sealing) {
                    self.nodes[n].sealed = true;
                    let position = self.nodes[n].journal.len() as u64;
                    self.tell(n, Event::Sealed { position });
                }
            }
            Input::Drained => {
                self.tell_positions(n);
                let position = self.nodes[n].journal.len() as u64;
                self.tell(n, Event::Drained { position });
            }
            Input::TakenOver(epoch) => {
                if self.nodes[n].epoch == epoch {
                    self.tell(n, Event::TakenOver);
                }
            }
            Input::Client(c, id) => {
                if self.nodes[n].serving {
                    self.nodes[n].journal.push(id);
                    self.nodes[n].untold.0 = true;
                    let _ = c;
                    if self.rng.percent(20) {
                        self.tell_positions(n);
                    }
                }
            }
            Input::Operator(command) => self.tell(n, Event::Operator(command)),
        }
    }

    fn answer(&mut self, n: usize, id: u64, answer: Answer) {
        let node = &mut self.nodes[n];
        if node.request != id || !std::mem::take(&mut node.asked) {
            return;
        }
        let write = node.writing;
        let event = match answer {
            Answer::Row(row, database) => Event::Row { row, database },
            Answer::Written => Event::Written,
            Answer::Refused => Event::Refused,
            Answer::None if write => Event::Unanswered,
            Answer::None => Event::Unreadable,
        };
        self.tell(n, event);
    }

    fn wire(&mut self, n: usize, wire: Wire) {
        let behind = self.nodes[n].sealed || !self.nodes[n].unread.is_empty();
        if behind && matches!(wire, Wire::Begin(..) | Wire::Entries(..)) {
            self.nodes[n].unread.push_back(wire);
            return;
        }
        self.open(n, wire);
    }

    fn open(&mut self, n: usize, wire: Wire) {
        match wire {
            Wire::Hello(_) => {}
            Wire::Machine(message) => self.tell(n, Event::Message(message)),
            Wire::Begin(epoch, from) => {
                if !self.follows(n, epoch) {
                    return;
                }
                let node = &mut self.nodes[n];
                node.journal.truncate(from.unwrap_or(0));
                node.line = epoch;
                node.torn = false;
                node.released = node.released.min(node.journal.len());
                self.received(n, epoch);
            }
            Wire::Entries(epoch, base, entries) => {
                let node = &mut self.nodes[n];
                let fits = node.line == epoch && node.journal.len() == base;
                if fits && self.follows(n, epoch) {
                    self.nodes[n].journal.extend(entries);
                    self.received(n, epoch);
                }
            }
            Wire::Ack(who, epoch, position) => {
                let node = &mut self.nodes[n];
                if node.epoch == epoch && epoch > 0 {
                    node.acked = (who, position);
                    node.untold.1 = true;
                    if self.rng.percent(30) {
                        self.tell_positions(n);
                    }
                }
            }
        }
    }

    /// Whether this node listens to the active of an epoch.
    fn follows(&self, n: usize, epoch: u64) -> bool {
        self.nodes[n].role.as_ref().is_some_and(|r| {
            let me = r.hello();
            !me.active && me.epoch <= epoch
        })
    }

    fn received(&mut self, n: usize, epoch: u64) {
        let (position, who) = (self.nodes[n].journal.len(), self.nodes[n].incarnation);
        self.tell(n, Event::Received { epoch, position: position as u64 });
        self.send(n, Wire::Ack(who, epoch, position));
    }

    pub(super) fn carry_out(&mut self, n: usize, actions: Vec<Action>) {
        for action in actions {
            self.act(n, action);
        }
    }

    fn act(&mut self, n: usize, action: Action) {
        let run = self.nodes[n].run;
        match action {
            Action::Read => self.ask(n, Request::Read),
            Action::Write { expected, row } => self.ask(n, Request::Write { expected, row }),
            Action::Send(message) => self.send(n, Wire::Machine(message)),
            Action::HangUp => self.hang_up(n),
            Action::Gate { serial, gate } => {
                let delay = self.profile.thread_delay;
                self.after(delay, Happening::Reach(n, run, Input::Gate(serial, gate)));
            }
            Action::Serve => self.nodes[n].serving = true,
            Action::StopServing => {
                self.nodes[n].serving = false;
                let delay = self.rng.range(1, 30);
                self.after(delay, Happening::Reach(n, run, Input::Drained));
            }
            Action::Seal => {
                self.nodes[n].sealing = true;
                let delay = self.profile.thread_delay;
                self.after(delay, Happening::Reach(n, run, Input::SealDone));
            }
            Action::Unseal => {
                self.nodes[n].sealing = false;
                self.nodes[n].sealed = false;
            }
            Action::TakeOver { epoch, after } => {
                let node = &mut self.nodes[n];
                let grown = after as usize != node.journal.len();
                (node.epoch, node.line, node.torn) = (epoch, epoch, false);
                (node.sealed, node.released) = (false, 0);
                (node.stream, node.acked) = (None, (Incarnation(0), 0));
                if grown {
                    self.fail("entries were received after the seal".into());
                }
                self.check_take_over(n);
                self.forcing = false;
                let delay = self.rng.range(5, 200);
                self.after(delay, Happening::Reach(n, run, Input::TakenOver(epoch)));
            }
            Action::StepDown => {
                let node = &mut self.nodes[n];
                (node.epoch, node.stream) = (0, None);
            }
            Action::Resync { incarnation, from } => {
                let (epoch, from) = (self.nodes[n].epoch, from.map(|p| p as usize));
                self.nodes[n].stream = Some((incarnation, from.unwrap_or(0)));
                self.send(n, Wire::Begin(epoch, from));
            }
            Action::Persist(disk) => self.nodes[n].disk = disk,
            Action::Say(_) => {}
        }
    }

    fn ask(&mut self, n: usize, request: Request) {
        let node = &mut self.nodes[n];
        let busy = node.asked;
        node.request += 1;
        node.asked = true;
        node.writing = matches!(request, Request::Write { .. });
        let (id, run, life) = (node.request, node.run, self.db.life);
        if busy {
            self.fail("two requests to the database at a time".into());
        }
        self.after(DB_TIMEOUT, Happening::Reach(n, run, Input::Answer(id, Answer::None)));
        // What cannot get through now may still be in the network's buffers, and arrive when nobody waits for it any more.
        let cut = self.net.to_db[n] > 0;
        let delay = match cut {
            true if self.rng.percent(50) => return,
            true => self.rng.range(100, 6000),
            false => self.db_delay(),
        };
        self.after(delay, Happening::Execute(n, run, id, request, life));
    }

    fn db_delay(&mut self) -> u64 {
        let slow = self.profile.db_slow;
        if self.rng.percent(slow) { self.rng.range(50, 2500) } else { self.rng.range(1, 12) }
    }

    pub(super) fn execute(&mut self, n: usize, run: u32, id: u64, request: Request, life: u32) {
        if life != self.db.life {
            return;
        }
        let answer = if self.db.up { self.db.execute(request) } else { Answer::None };
        let back = if self.rng.percent(10) { self.db_delay() } else { self.rng.range(1, 6) };
        if self.net.from_db[n] == 0 && !self.rng.percent(self.profile.answer_loss) {
            self.after(back, Happening::Reach(n, run, Input::Answer(id, answer)));
        }
    }

    pub(super) fn send(&mut self, n: usize, wire: Wire) {
        let Some(conn) = self.nodes[n].conn else { return };
        self.send_on(n, conn, wire);
    }

    pub(super) fn send_on(&mut self, n: usize, conn: u64, wire: Wire) {
        let delay =
            if self.rng.percent(self.profile.link_slow) { self.rng.range(20, 400) } else { self.rng.range(1, 4) };
        let (run, lane) = (self.nodes[1 - n].run, &mut self.net.peer[n]);
        if lane.cut > 0 {
            lane.held.push((conn, wire));
            return;
        }
        let at = lane.arrival(self.now, delay);
        self.after(at - self.now, Happening::Reach(1 - n, run, Input::Wire(conn, wire)));
    }

    /// This end is closed; the other end hears of it, if it can.
    pub(super) fn hang_up(&mut self, n: usize) {
        let Some(conn) = self.nodes[n].conn.take() else { return };
        self.nodes[n].stream = None;
        self.nodes[n].unread.clear();
        let (run, lane) = (self.nodes[1 - n].run, &mut self.net.peer[n]);
        if lane.cut == 0 {
            let at = lane.arrival(self.now, 2);
            self.after(at - self.now, Happening::Reach(1 - n, run, Input::Down(conn)));
        } else {
            let delay = self.rng.range(500, 6000);
            self.after(delay, Happening::Reach(1 - n, run, Input::Down(conn)));
        }
    }

    /// Sets up the link, if it is not there: what is left of the old one is closed, then both say hello.
    pub(super) fn connect(&mut self) {
        let delay = self.rng.range(30, 150);
        self.after(delay, Happening::Connect);
        let ready = self.nodes.iter().all(|n| n.role.is_some() && !n.paused);
        let through = self.net.peer.iter().all(|l| l.cut == 0);
        let missing = self.nodes.iter().any(|n| n.conn != Some(self.net.conn));
        if !(ready && through && missing) || self.rng.percent(10) {
            return;
        }
        for n in 0..2 {
            if let Some(old) = self.nodes[n].conn {
                self.take(n, Input::Down(old));
            }
        }
        self.net.conn += 1;
        for n in 0..2 {
            if let Some(role) = &self.nodes[n].role {
                let hello = role.hello();
                self.send_on(n, self.net.conn, Wire::Hello(hello));
            }
        }
    }

    /// The data path: what may leave leaves, what the passive lacks is sent.
    pub(super) fn flow(&mut self, n: usize) {
        while !self.nodes[n].sealed
            && let Some(wire) = self.nodes[n].unread.pop_front()
        {
            self.open(n, wire);
        }
        self.release(n);
        let node = &mut self.nodes[n];
        let Some((who, sent)) = node.stream else { return };
        let acked = if node.acked.0 == who { node.acked.1 } else { 0 };
        let end = node.journal.len();
        let bulk = end - sent.min(end) > WINDOW;
        if sent >= end || (!bulk && sent > acked + WINDOW && node.acked.0 == who) {
            return;
        }
        let to = end.min(sent + BATCH);
        let entries = node.journal[sent..to].to_vec();
        node.stream = Some((who, to));
        let epoch = node.epoch;
        self.send(n, Wire::Entries(epoch, sent, entries));
    }

    fn release(&mut self, n: usize) {
        let limit =
            if self.ungated && self.nodes[n].serving { self.nodes[n].journal.len() } else { self.nodes[n].limit() };
        while self.nodes[n].released < limit {
            let position = self.nodes[n].released;
            let id = self.nodes[n].journal[position];
            self.effect(n, position, id);
            self.nodes[n].released += 1;
        }
    }
}
