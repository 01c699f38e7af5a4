//! Who is in sync, seen from the active: rules 2 and 3.
//!
//! ```text
//!  Alone ──▶ CatchingUp ──▶ Joining ──▶ InSync ──▶ Leaving ──▶ Alone
//!    ▲            │           │ │                     ▲  │
//!    └────────────┴───────────┘ └─── flag was sent ───┘  └─▶ InSync, if the same passive is back before the row was touched
//! ```
//! Alone and CatchingUp acknowledge alone; from Joining to Leaving nothing leaves that the passive does not have.

use crate::action::{Action, Gate};
use crate::active::Active;
use crate::line::{Line, Loss};
use crate::role::{Phase, Role};
use crate::types::{Incarnation, Ms, Position};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Pair {
    /// The row says that nobody is in sync.
    Alone,
    /// It still does, and this passive is being brought up.
    CatchingUp(Incarnation),
    /// Acknowledging alone has been told to stop. Once that is in force (`released`), and the passive has all that was released, the row is
    /// written; from then on (`wrote`) it may name the passive at any time.
    Joining { who: Incarnation, released: Option<Position>, wrote: bool },
    /// The row names this passive.
    InSync(Incarnation),
    /// The row may name this passive, which is lost: it is to say "none".
    Leaving(Incarnation),
}

impl Pair {
    pub fn peer(&self) -> Option<Incarnation> {
        match self {
            Pair::Alone => None,
            Pair::CatchingUp(who) | Pair::InSync(who) | Pair::Leaving(who) | Pair::Joining { who, .. } => Some(*who),
        }
    }

    /// The row cannot name anybody, whatever write is still under way.
    pub fn recorded_alone(&self) -> bool {
        matches!(self, Pair::Alone | Pair::CatchingUp(_) | Pair::Joining { wrote: false, .. })
    }

    pub fn gated_alone(&self) -> bool {
        matches!(self, Pair::Alone | Pair::CatchingUp(_))
    }

    /// What the row should say, given what the passive has.
    pub fn wants_row(&self, acked: Option<Position>, order: bool) -> Option<Incarnation> {
        match self {
            Pair::InSync(who) => Some(*who),
            Pair::Joining { who, wrote: true, .. } => Some(*who),
            Pair::Joining { who, released, .. } => {
                let all = released.is_some() && acked >= *released;
                (all || !order).then_some(*who)
            }
            Pair::Alone | Pair::CatchingUp(_) | Pair::Leaving(_) => None,
        }
    }

    /// Whether that should be written at once.
    pub fn presses(&self, wanted: Option<Incarnation>) -> bool {
        matches!((self, wanted), (Pair::Leaving(_), _) | (Pair::Joining { .. }, Some(_)))
    }

    /// A write that says `in_sync` was sent.
    pub fn wrote(&mut self, in_sync: Option<Incarnation>) {
        if let (Pair::Joining { wrote, .. }, Some(_)) = (self, in_sync) {
            *wrote = true;
        }
    }

    /// The passive is lost.
    pub fn leave(&mut self) {
        if let Some(who) = self.peer() {
            *self = if self.recorded_alone() { Pair::Alone } else { Pair::Leaving(who) };
        }
    }
}

impl Active {
    pub fn acknowledged(&mut self, who: Incarnation, position: Position, now: Ms) {
        if self.pair.peer() == Some(who) {
            self.acked = self.acked.max(Some(position));
            self.answer_at = now;
        }
    }

    pub fn gated(&mut self, serial: u64, position: Position) {
        if let Pair::Joining { released, .. } = &mut self.pair
            && serial == self.serial
        {
            *released = Some(position);
        }
    }

    /// Whether the passive keeps up: it has what the mark says, and did not need longer than a beat for it.
    fn keep_mark(&mut self, end: Position, beat: Ms, now: Ms) {
        if self.acked >= Some(self.mark.0) {
            self.near = now - self.mark.1 <= beat;
            self.mark = (end, now);
        }
    }
}

impl Role {
    pub(crate) fn open_gate(&mut self, out: &mut Vec<Action>) {
        let Some(active) = self.active() else { return };
        let gate = match active.pair {
            Pair::Alone | Pair::CatchingUp(_) => Gate::Alone,
            Pair::Joining { who, .. } | Pair::InSync(who) | Pair::Leaving(who) => Gate::Passive(who),
        };
        active.serial += 1;
        out.push(Action::Gate { serial: active.serial, gate });
    }

    /// The link came up, with somebody on it who has seen no higher epoch.
    pub(crate) fn peer_came(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Some(who) = self.link.as_ref().map(|l| l.from.incarnation) else { return };
        let Some(active) = self.active() else { return };
        active.answer_at = now;
        active.mark.1 = now;
        active.near = false;
        // The same passive goes on where it was. Another one has to wait until the row does not name this one.
        if active.pair.peer() == Some(who) && active.pair != Pair::Alone {
            self.resync(out);
        }
    }

    fn resync(&mut self, out: &mut Vec<Action>) {
        let (line, end) = (self.line, self.position);
        let Some(peer) = self.link.clone() else { return };
        let Some(active) = self.active() else { return };
        let (before, base) = active.before;
        let from = if peer.line == line {
            (peer.position <= end).then_some(peer.position)
        } else if peer.line == before {
            Some(peer.position.min(base))
        } else {
            None
        };
        let incarnation = peer.from.incarnation;
        out.push(Action::Resync { incarnation, from });
        out.push(Action::Say(Line::CatchingUp(incarnation, from)));
    }

    fn lose(&mut self, loss: Loss, out: &mut Vec<Action>) {
        let Some(active) = self.active() else { return };
        let Some(who) = active.pair.peer() else { return };
        let gated = !active.pair.gated_alone();
        active.near = false;
        if matches!(active.pair, Pair::Leaving(_)) {
            return;
        }
        active.pair.leave();
        // One that was told to take over ends the link when it does.
        if gated && !active.told() {
            out.push(Action::Say(Line::Leaving(who, loss)));
        }
        if gated && active.pair == Pair::Alone {
            self.open_gate(out);
        }
    }

    pub(crate) fn advance_sync(&mut self, now: Ms, out: &mut Vec<Action>) {
        let (end, beat, lag_max) = (self.position, self.config.beat_ms(), self.config.lag_max_ms);
        let linked = self.link.as_ref().map(|l| l.from.incarnation);
        let Some(active) = self.active() else { return };
        active.keep_mark(end, beat, now);
        let silent = linked.is_some() && now - active.answer_at > lag_max;
        let slow = !active.pair.gated_alone() && active.acked < Some(active.mark.0) && now - active.mark.1 > lag_max;
        let loss = match linked {
            None => Some(Loss::Link),
            Some(_) if silent => Some(Loss::Silent),
            Some(who) if active.pair.peer().is_some_and(|p| p != who) => Some(Loss::Restarted),
            Some(_) if slow => Some(Loss::Slow),
            Some(_) => None,
        };
        if let Some(loss) = loss {
            self.lose(loss, out);
        }
        if silent {
            self.link = None;
            out.push(Action::HangUp);
        }
        self.advance_join(now, out);
    }

    fn advance_join(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Some(linked) = self.link.as_ref().map(|l| l.from.incarnation) else { return };
        let witnessed = !self.witness.must_read();
        let touched = self.witness.unsettled().is_some_and(|sent| sent.row.in_sync.is_none());
        let (end, ttl, order) = (self.position, self.config.ttl_ms, self.config.rules.order);
        let Phase::Active(active) = &self.phase else { return };
        let in_office = self.in_office(active);
        let Some(active) = self.active() else { return };
        match active.pair {
            Pair::Alone if active.taken_over => {
                active.pair = Pair::CatchingUp(linked);
                active.acked = None;
                active.near = false;
                active.mark = (end, now);
                self.resync(out);
            }
            Pair::CatchingUp(who) if active.near && witnessed && in_office && now - active.beat_from < ttl => {
                active.pair = Pair::Joining { who, released: None, wrote: false };
                active.mark = (end, now);
                if order {
                    self.open_gate(out);
                }
            }
            // Without the database the row could not be touched, and the passive is back: nothing has changed.
            Pair::Leaving(who) if who == linked && active.near && !touched => active.pair = Pair::InSync(who),
            _ => {}
        }
    }

    /// A write that says `in_sync` is in the row.
    pub(crate) fn sync_landed(&mut self, in_sync: Option<Incarnation>, now: Ms, out: &mut Vec<Action>) {
        let order = self.config.rules.order;
        let Some(active) = self.active() else { return };
        match (&active.pair, in_sync) {
            (Pair::Joining { who, .. }, Some(named)) if *who == named => {
                active.pair = Pair::InSync(named);
                active.mark.1 = now;
                out.push(Action::Say(Line::InSync(named)));
                if !order {
                    self.open_gate(out);
                }
            }
            (Pair::Leaving(_), None) => {
                active.pair = Pair::Alone;
                out.push(Action::Say(Line::Alone));
                self.open_gate(out);
            }
            _ => {}
        }
    }
}
