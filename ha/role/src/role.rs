//! The machine: what both phases have in common.

use crate::action::Action;
use crate::active::Active;
use crate::config::Config;
use crate::event::{Command, Event, Hello, Message};
use crate::line::{Cannot, Line};
use crate::passive::Passive;
use crate::types::{Database, Disk, Epoch, Holder, Ms, Position, Recovered, Row, Start};
use crate::witness::{Sent, Witness};

/// A node's part in its group. `step` is a function of the value, the event and the time: a clone that is told the same does the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    pub(crate) config: Config,
    pub(crate) me: Holder,
    pub(crate) disk: Disk,
    /// The journal of earlier runs, as long as nothing has been received since.
    pub(crate) recovered: Option<Recovered>,
    /// The epoch under which the end of the journal was written.
    pub(crate) line: Epoch,
    /// The end of the journal.
    pub(crate) position: Position,
    pub(crate) witness: Witness,
    /// What the peer said of itself, while the link is up.
    pub(crate) link: Option<Hello>,
    pub(crate) phase: Phase,
    pub(crate) started_at: Ms,
    pub(crate) stepped_at: Ms,
    /// What was said last of what need not be said again.
    said: Option<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Passive(Passive),
    Active(Active),
}

impl Role {
    /// A node starts, as passive. Its first action is to read the row.
    pub fn start(config: Config, start: Start, now: Ms) -> (Role, Vec<Action>) {
        let recovered = start.recovered.unwrap_or_default();
        let mut role = Role {
            config,
            me: start.me,
            disk: start.disk,
            recovered: start.recovered,
            line: recovered.line,
            position: recovered.position,
            witness: Witness::default(),
            link: None,
            phase: Phase::Passive(Passive::new(now)),
            started_at: now,
            stepped_at: now,
            said: None,
        };
        let mut out = Vec::new();
        role.advance(now, &mut out);
        (role, out)
    }

    /// Something has happened: what is to be done about it.
    #[must_use = "the actions are to be carried out, in their order"]
    pub fn step(&mut self, event: Event, now: Ms) -> Vec<Action> {
        let now = now.max(self.stepped_at);
        if now - self.stepped_at > self.config.asleep_ms() {
            match &mut self.phase {
                Phase::Passive(passive) => passive.wake(now),
                Phase::Active(active) => active.wake(now),
            }
        }
        self.stepped_at = now;
        let (mut out, disk) = (Vec::new(), self.disk.clone());
        self.take_in(event, now, &mut out);
        self.advance(now, &mut out);
        // What is to be remembered is on disk before anything else is done about it.
        if self.disk != disk {
            out.insert(0, Action::Persist(self.disk.clone()));
        }
        out
    }

    /// What this node says of itself when a link comes up.
    pub fn hello(&self) -> Hello {
        Hello {
            from: self.me.clone(),
            epoch: self.disk.epoch,
            line: self.line,
            position: self.position,
            active: matches!(self.phase, Phase::Active(_)),
        }
    }

    fn take_in(&mut self, event: Event, now: Ms, out: &mut Vec<Action>) {
        match event {
            Event::Tick => {}
            Event::Row { row, database } => self.row_read(row, database, now, out),
            Event::Unreadable => self.witness.unreadable(),
            Event::Written => {
                if let Some(sent) = self.witness.written() {
                    self.keep_database();
                    self.landed(&sent, now, out);
                }
            }
            Event::Refused => {
                self.witness.refused();
                self.unclaim(out);
            }
            Event::Unanswered => self.witness.unanswered(),
            Event::LinkUp(hello) => self.link_up(hello, now, out),
            Event::LinkDown => self.link = None,
            Event::Message(message) => self.message(message, now, out),
            Event::Appended { position } => {
                if let Phase::Active(_) = &self.phase {
                    self.position = self.position.max(position);
                }
            }
            Event::Acknowledged { incarnation, position } => {
                if let Phase::Active(active) = &mut self.phase {
                    // Should it be brought up again over the same link, then from here.
                    if let Some(peer) = self.link.as_mut().filter(|l| l.from.incarnation == incarnation) {
                        (peer.line, peer.position) = (active.epoch, position);
                    }
                    active.acknowledged(incarnation, position, now);
                }
            }
            Event::Received { epoch, position } => self.received(epoch, position, now),
            Event::Gated { serial, released } => {
                if let Phase::Active(active) = &mut self.phase {
                    active.gated(serial, released);
                }
            }
            Event::Sealed { position } => self.sealed(position),
            Event::Drained { position } => {
                if let Phase::Active(active) = &mut self.phase {
                    self.position = self.position.max(position);
                    active.drained(self.position);
                }
            }
            Event::TakenOver => {
                if let Phase::Active(active) = &mut self.phase {
                    active.taken_over = true;
                }
            }
            Event::Operator(command) => self.operator(command, now, out),
        }
    }

    fn row_read(&mut self, row: Row, database: Database, now: Ms, out: &mut Vec<Action>) {
        let epoch = row.epoch;
        if !self.witness.reading() {
            return;
        }
        let landed = self.witness.absorb(row, database);
        if self.witness.doubt(&self.disk).is_none() {
            self.witness.trust();
            self.keep_database();
        }
        self.note_epoch(epoch);
        if let Some(sent) = landed {
            self.landed(&sent, now, out);
        }
        match &self.phase {
            Phase::Passive(_) => self.look(now, out),
            Phase::Active(_) => self.check_office(now, out),
        }
    }

    /// An own write is in the row.
    fn landed(&mut self, sent: &Sent, now: Ms, out: &mut Vec<Action>) {
        match &self.phase {
            Phase::Passive(_) => self.take_landed(sent, now, out),
            Phase::Active(_) => self.own_landed(sent, now, out),
        }
    }

    fn link_up(&mut self, hello: Hello, now: Ms, out: &mut Vec<Action>) {
        if hello.from.node == self.me.node {
            self.say_once(Line::SameId(hello.from.node), out);
            out.push(Action::HangUp);
            self.link = None;
            return;
        }
        let epoch = hello.epoch;
        if hello.active && matches!(self.phase, Phase::Passive(_)) {
            out.push(Action::Say(Line::Follows(hello.from.node.clone(), epoch)));
        }
        self.link = Some(hello);
        match &mut self.phase {
            Phase::Active(active) if epoch <= active.epoch => self.peer_came(now, out),
            Phase::Active(_) => self.step_down(epoch, now, out),
            Phase::Passive(_) => self.note_epoch(epoch),
        }
    }

    fn message(&mut self, message: Message, now: Ms, out: &mut Vec<Action>) {
        match (&self.phase, message) {
            (Phase::Active(active), Message::Heartbeat { epoch, .. } | Message::Answer { epoch, .. })
                if epoch > active.epoch =>
            {
                self.step_down(epoch, now, out);
            }
            (Phase::Active(active), Message::Answer { from, epoch, sent_at, alive }) if epoch == active.epoch => {
                self.answered(from, sent_at, alive, now, out);
            }
            (Phase::Active(_), Message::AskHandOver) => self.demote(now, out),
            (Phase::Passive(_), Message::Heartbeat { from, epoch, sent_at, alive }) => {
                self.heartbeat(from, epoch, sent_at, alive, now, out);
            }
            (Phase::Passive(_), Message::HandOver { epoch, position }) => self.handed(epoch, position, now),
            // A passive's answer to a node that is not the active any more, or the like: it was for somebody who is gone.
            _ => {}
        }
    }

    fn operator(&mut self, command: Command, now: Ms, out: &mut Vec<Action>) {
        match (&self.phase, command) {
            (Phase::Active(_), Command::Demote) => self.demote(now, out),
            (Phase::Active(_), Command::Force { confirmed }) => self.force_active(confirmed, now, out),
            (Phase::Active(_), Command::Promote) => cannot(Cannot::AlreadyActive, out),
            (Phase::Passive(_), Command::Promote) => self.promote(out),
            (Phase::Passive(_), Command::Force { confirmed }) => self.force(confirmed, now, out),
            (Phase::Passive(_), Command::Demote) => cannot(Cannot::NotActive, out),
        }
    }

    fn advance(&mut self, now: Ms, out: &mut Vec<Action>) {
        match &self.phase {
            Phase::Passive(_) => self.advance_passive(now, out),
            Phase::Active(_) => self.advance_active(now, out),
        }
    }

    /// Whether the database may be asked again: a little later after a failure.
    pub(crate) fn may_ask(&self, now: Ms) -> bool {
        self.witness.idle() && (!self.witness.failed || now - self.witness.tried_at >= self.config.beat_ms() / 2)
    }

    /// Remembers the highest epoch ever seen. A row read before may be older than that: it is read again before anything is made of it.
    pub(crate) fn note_epoch(&mut self, epoch: Epoch) {
        if epoch > self.disk.epoch {
            self.disk.epoch = epoch;
            if self.witness.known.as_ref().is_none_or(|k| k.row.epoch < epoch) {
                self.witness.distrust();
            }
        }
    }

    /// Remembers the database whose row was trusted.
    fn keep_database(&mut self) {
        let Some(known) = &self.witness.known else { return };
        if known.row.holder.is_some() && self.disk.database != Some(known.database) {
            self.disk.database = Some(known.database);
        }
    }

    /// Says what holds on, when it begins.
    pub(crate) fn say_once(&mut self, line: Line, out: &mut Vec<Action>) {
        if self.said.as_ref() != Some(&line) {
            self.said = Some(line.clone());
            out.push(Action::Say(line));
        }
    }

    /// What holds on, as it was said.
    pub(crate) fn last_said(&self) -> Option<&Line> {
        self.said.as_ref()
    }

    /// What held on is over.
    pub(crate) fn unsay(&mut self) {
        self.said = None;
    }
}

pub(crate) fn cannot(why: Cannot, out: &mut Vec<Action>) {
    out.push(Action::Say(Line::Cannot(why)));
}
