//! An active holds the row, and serves while its right lasts.

use crate::action::{Action, Gate};
use crate::event::Message;
use crate::line::{Cannot, Line};
use crate::pair::Pair;
use crate::passive::Passive;
use crate::role::{Phase, Role, cannot};
use crate::types::{Epoch, Incarnation, Ms, Position, Row};
use crate::witness::Sent;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Active {
    pub epoch: Epoch,
    /// The epoch under which the journal was written before, and where this one began.
    pub before: (Epoch, Position),
    /// The engine stands at the end of the journal.
    pub taken_over: bool,
    /// Ports are open.
    pub serving: bool,
    pub pair: Pair,
    pub serial: u64,
    /// What the passive of `sync` has; none before it has spoken since its resync was asked for.
    pub acked: Option<Position>,
    /// The passive was told to have this much, by then.
    pub mark: (Position, Ms),
    /// It had that within a beat.
    pub near: bool,
    /// The last sign of life of the passive.
    pub answer_at: Ms,
    /// The right to serve began last with a write sent, or an answer asked for, then.
    pub right_from: Ms,
    /// The last successful write was sent then.
    pub beat_from: Ms,
    /// The passive of `sync` has answered, under this epoch, what was sent then.
    pub evidence_from: Ms,
    heartbeat_at: Ms,
    handing: Option<HandingOver>,
    /// The passive was told to take over, and may have done so.
    unsure: bool,
}

/// How far a hand-over is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct HandingOver {
    since: Ms,
    drained: Option<Position>,
    /// The passive was told to take over then; from there on this node keeps still.
    told_at: Option<Ms>,
}

impl Active {
    pub fn new(epoch: Epoch, line: Epoch, position: Position, right_from: Ms, now: Ms) -> Self {
        Active {
            epoch,
            before: (line, position),
            taken_over: false,
            serving: false,
            pair: Pair::Alone,
            serial: 0,
            acked: None,
            mark: (position, now),
            near: false,
            answer_at: now,
            right_from,
            beat_from: right_from,
            evidence_from: 0,
            heartbeat_at: 0,
            handing: None,
            unsure: false,
        }
    }

    /// This process was asleep, so it cannot have heard anything. Its right runs on all the same.
    pub fn wake(&mut self, now: Ms) {
        self.answer_at = now;
        self.mark.1 = now;
    }

    pub fn times(&mut self) -> Vec<&mut Ms> {
        let mut times = vec![
            &mut self.mark.1,
            &mut self.answer_at,
            &mut self.right_from,
            &mut self.beat_from,
            &mut self.evidence_from,
            &mut self.heartbeat_at,
        ];
        if let Some(handing) = &mut self.handing {
            times.push(&mut handing.since);
            times.extend(handing.told_at.as_mut());
        }
        times
    }

    pub fn drained(&mut self, position: Position) {
        if let Some(handing) = &mut self.handing {
            handing.drained = Some(position);
        }
    }

    /// The passive has not taken over.
    fn goes_on(&mut self, out: &mut Vec<Action>) {
        if std::mem::take(&mut self.unsure) {
            out.push(Action::Say(Line::HandOverFailed));
        }
    }

    pub fn hands_over(&self) -> bool {
        self.handing.is_some()
    }

    pub fn is_unsure(&self) -> bool {
        self.unsure
    }

    pub fn told(&self) -> bool {
        self.handing.as_ref().is_some_and(|h| h.told_at.is_some())
    }
}

impl Role {
    pub(crate) fn active(&mut self) -> Option<&mut Active> {
        match &mut self.phase {
            Phase::Active(active) => Some(active),
            Phase::Passive(_) => None,
        }
    }

    /// Whether nobody else may take over now. Recorded alone, nobody may at any time.
    pub(crate) fn has_right(&self, active: &Active, now: Ms) -> bool {
        active.pair.recorded_alone() || now - active.right_from < self.config.ttl_ms
    }

    /// The row is still this process's, and the last one it wrote.
    pub(crate) fn in_office(&self, active: &Active) -> bool {
        let known = self.witness.known.as_ref();
        known.is_some_and(|k| k.row.epoch == active.epoch && k.row.holder.as_ref() == Some(&self.me))
            && self.witness.doubt(&self.disk).is_none()
    }

    /// A row was read by the active: has another taken over?
    pub(crate) fn check_office(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Phase::Active(active) = &self.phase else { return };
        let Some(row) = self.witness.known.as_ref().map(|k| &k.row) else { return };
        let mine = row.holder.as_ref() == Some(&self.me);
        if row.epoch > active.epoch || (row.epoch == active.epoch && !mine) {
            self.step_down(row.epoch, now, out);
        }
    }

    /// A write of this active is in the row.
    pub(crate) fn own_landed(&mut self, sent: &Sent, now: Ms, out: &mut Vec<Action>) {
        let office = match &mut self.phase {
            Phase::Active(active) => {
                active.right_from = active.right_from.max(sent.sent_at);
                active.beat_from = active.beat_from.max(sent.sent_at);
                active.goes_on(out);
                active.epoch == sent.row.epoch
            }
            Phase::Passive(_) => false,
        };
        if office {
            self.sync_landed(sent.row.in_sync, now, out);
        }
    }

    pub(crate) fn answered(&mut self, from: Incarnation, sent_at: Ms, alive: bool, now: Ms, out: &mut Vec<Action>) {
        let linked = self.link.as_ref().is_some_and(|l| l.from.incarnation == from);
        let Some(active) = self.active() else { return };
        if !linked || active.told() || sent_at > now {
            return;
        }
        active.answer_at = now;
        if active.pair.peer() != Some(from) {
            return;
        }
        active.evidence_from = active.evidence_from.max(sent_at);
        active.goes_on(out);
        if alive {
            active.right_from = active.right_from.max(sent_at);
        } else {
            // Both ways of the link work again, so from now on this node counts as alive.
            self.send_heartbeat(true, now, out);
        }
    }

    fn send_heartbeat(&mut self, alive: bool, now: Ms, out: &mut Vec<Action>) {
        let from = self.me.incarnation;
        let Some(active) = self.active() else { return };
        active.heartbeat_at = now;
        let epoch = active.epoch;
        out.push(Action::Send(Message::Heartbeat { from, epoch, sent_at: now, alive }));
    }

    pub(crate) fn advance_active(&mut self, now: Ms, out: &mut Vec<Action>) {
        self.advance_sync(now, out);
        self.advance_handing(now, out);
        self.advance_serving(now, out);
        self.advance_row(now, out);
        let Phase::Active(active) = &self.phase else { return };
        let due = now - active.heartbeat_at >= self.config.beat_ms();
        if due && self.link.is_some() && !active.told() {
            let alive = self.has_right(active, now);
            self.send_heartbeat(alive, now, out);
        }
    }

    fn advance_serving(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Phase::Active(active) = &self.phase else { return };
        let right = self.has_right(active, now);
        let serve = active.taken_over && active.handing.is_none() && !active.unsure && right;
        let was = active.serving;
        if serve == was {
            return;
        }
        if let Some(active) = self.active() {
            active.serving = serve;
        }
        if serve {
            self.unsay();
            out.push(Action::Serve);
            out.push(Action::Say(Line::Serving));
        } else {
            out.push(Action::StopServing);
            if !right {
                out.push(Action::Say(Line::RightRanOut));
            }
        }
    }

    /// The row: beaten in time, written when who is in sync changes, read when it may have changed.
    fn advance_row(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Phase::Active(active) = &self.phase else { return };
        if active.told() || !self.may_ask(now) {
            return;
        }
        if self.witness.must_read() {
            self.witness.read(now, out);
            return;
        }
        let in_office = self.in_office(active);
        if !in_office && !self.may_reassert(active) {
            if let Some(doubt) = self.witness.doubt(&self.disk) {
                self.say_once(Line::InDoubt(doubt), out);
            }
            // Another row may come.
            if now - self.witness.tried_at >= self.config.beat_ms() {
                self.witness.read(now, out);
            }
            return;
        }
        let wanted = active.pair.wants_row(active.acked, self.config.rules.order);
        let due = now - self.witness.tried_at >= self.config.beat_ms();
        if !(due || !in_office || active.pair.presses(wanted)) {
            return;
        }
        let position = if active.pair.gated_alone() { self.position } else { active.acked.unwrap_or(0) };
        let (epoch, holder) = (active.epoch, Some(self.me.clone()));
        let row = Row { epoch, holder, in_sync: wanted, position, ..Row::default() };
        if !in_office {
            out.push(Action::Say(Line::Reasserted(epoch)));
        }
        self.witness.write(row, now, out);
        if let Some(active) = self.active() {
            active.pair.wrote(wanted);
        }
    }

    /// Whether this node may tell a database what it has forgotten: nobody else can hold a higher epoch, as nobody was in sync, or the one who was
    /// has answered, since the row was read, that it has seen none.
    fn may_reassert(&self, active: &Active) -> bool {
        let asked_at = self.witness.known.as_ref().map_or(0, |k| k.asked_at);
        active.pair.recorded_alone() || active.evidence_from >= asked_at
    }

    /// Another has a higher epoch.
    pub(crate) fn step_down(&mut self, epoch: Epoch, now: Ms, out: &mut Vec<Action>) {
        let Some(active) = self.active() else { return };
        let serial = active.serial + 1;
        if active.serving {
            out.push(Action::StopServing);
        }
        out.push(Action::Gate { serial, gate: Gate::Shut });
        out.push(Action::StepDown);
        out.push(Action::HangUp);
        out.push(Action::Say(Line::Superseded(epoch)));
        self.link = None;
        self.phase = Phase::Passive(Passive::new(now));
        self.witness.distrust();
        self.unsay();
        self.note_epoch(epoch);
    }

    /// Hands over, if there is somebody in sync.
    pub(crate) fn demote(&mut self, now: Ms, out: &mut Vec<Action>) {
        let linked = self.link.is_some();
        let Some(active) = self.active() else { return };
        if active.handing.is_some() {
            return cannot(Cannot::Busy, out);
        }
        if !linked || !matches!(active.pair, Pair::InSync(_)) || !active.serving {
            return cannot(Cannot::NobodyInSync, out);
        }
        active.handing = Some(HandingOver { since: now, drained: None, told_at: None });
        active.serving = false;
        out.push(Action::Say(Line::HandingOver));
        out.push(Action::StopServing);
    }

    fn advance_handing(&mut self, now: Ms, out: &mut Vec<Action>) {
        let patience = 2 * self.config.ttl_ms.max(self.config.lag_max_ms);
        let ttl = self.config.ttl_ms;
        let linked = self.link.is_some();
        let Some(active) = self.active() else { return };
        let (in_sync, acked, epoch) = (matches!(active.pair, Pair::InSync(_)), active.acked, active.epoch);
        let Some(handing) = &mut active.handing else { return };
        let late = match handing.told_at {
            Some(told_at) => now - told_at > ttl,
            None => now - handing.since > patience,
        };
        if late || !in_sync || !linked {
            active.unsure = handing.told_at.is_some();
            active.handing = None;
            // Once the passive was told, the row or its answer says whether it has taken over.
            if !active.unsure {
                out.push(Action::Say(Line::HandOverFailed));
            }
            self.witness.distrust();
            return;
        }
        if let (Some(position), None) = (handing.drained, handing.told_at)
            && acked >= Some(position)
        {
            handing.told_at = Some(now);
            out.push(Action::Send(Message::HandOver { epoch, position }));
        }
    }

    /// An active in doubt is told by an operator that nobody else has taken over: it goes alone.
    pub(crate) fn force_active(&mut self, confirmed: bool, now: Ms, out: &mut Vec<Action>) {
        let Phase::Active(active) = &self.phase else { return };
        let Some(known) = &self.witness.known else { return cannot(Cannot::NoDatabase, out) };
        if self.has_right(active, now) || self.in_office(active) || self.may_reassert(active) {
            return cannot(Cannot::AlreadyActive, out);
        }
        if self.witness.must_read() {
            return cannot(Cannot::NoDatabase, out);
        }
        out.push(Action::Say(Line::Stakes {
            line: self.line,
            position: self.position,
            epoch: known.row.epoch,
            holder: known.row.holder.clone(),
            recorded: known.row.position,
        }));
        if let (true, Some(active)) = (confirmed, self.active()) {
            active.evidence_from = now;
            active.pair.leave();
        }
    }
}
