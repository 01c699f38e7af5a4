//! A passive watches the holder, and takes over when it may.

use crate::action::Action;
use crate::active::Active;
use crate::event::Message;
use crate::line::{Cannot, Line, Why};
use crate::role::{Phase, Role, cannot};
use crate::types::{Epoch, Holder, Incarnation, Ms, Position, Row};
use crate::witness::Sent;

/// An operator decides by a row that is not older.
const FRESH_MS: Ms = 5000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Passive {
    /// The last sign of life of the holder: a new beat read, or something on the link.
    heard_at: Ms,
    /// The last beat read, and whose it was.
    seen: Option<(Incarnation, u64)>,
    claim: Claim,
    /// The holder of this epoch has handed over its journal up to this position.
    handed: Option<(Epoch, Position, Ms)>,
    /// How often the row was seen to be beaten under this node's id. Once may be a late write of an earlier run.
    same_id: u32,
}

/// How far a take-over is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Claim {
    None,
    /// The seal was asked for.
    Sealing(Why),
    /// Nothing more is answered; the row may be asked for.
    Sealed(Why),
}

impl Passive {
    pub fn new(now: Ms) -> Self {
        Passive { heard_at: now, seen: None, claim: Claim::None, handed: None, same_id: 0 }
    }

    /// This process was asleep, so it cannot have heard anything.
    pub fn wake(&mut self, now: Ms) {
        self.heard_at = now;
    }

    /// Whether it asks for the row, and why.
    pub fn claims(&self) -> Option<Why> {
        match self.claim {
            Claim::None => None,
            Claim::Sealing(why) | Claim::Sealed(why) => Some(why),
        }
    }

    pub fn beat(&mut self) -> Option<&mut u64> {
        self.seen.as_mut().map(|s| &mut s.1)
    }

    pub fn times(&mut self) -> Vec<&mut Ms> {
        let mut times = vec![&mut self.heard_at];
        times.extend(self.handed.as_mut().map(|h| &mut h.2));
        times
    }
}

impl Role {
    fn passive(&mut self) -> Option<&mut Passive> {
        match &mut self.phase {
            Phase::Passive(passive) => Some(passive),
            Phase::Active(_) => None,
        }
    }

    /// A row was read: is the holder alive, and is this process in sync?
    pub(crate) fn look(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Some(row) = self.witness.known.as_ref().map(|k| k.row.clone()) else { return };
        let (me, trusted) = (self.me.clone(), self.witness.doubt(&self.disk).is_none());
        let Some(passive) = self.passive() else { return };
        if let Some(holder) = &row.holder
            && *holder != me
        {
            let beat = (holder.incarnation, row.beat);
            if passive.seen != Some(beat) {
                let other = passive.seen.is_some_and(|s| s.0 == beat.0) && holder.node == me.node;
                passive.same_id += u32::from(other);
                let other = passive.same_id > 1;
                passive.seen = Some(beat);
                passive.heard_at = now;
                if other {
                    self.say_once(Line::SameId(me.node.clone()), out);
                } else {
                    self.unsay();
                }
            }
        }
        if trusted && row.in_sync == Some(me.incarnation) && self.disk.carries != row.in_sync {
            self.disk.carries = row.in_sync;
        }
    }

    pub(crate) fn heartbeat(
        &mut self,
        from: Incarnation,
        epoch: Epoch,
        sent_at: Ms,
        alive: bool,
        now: Ms,
        out: &mut Vec<Action>,
    ) {
        self.note_epoch(epoch);
        let known = self.witness.known.as_ref().map(|k| (k.row.epoch, k.row.holder.as_ref().map(|h| h.incarnation)));
        if known.is_some_and(|(e, _)| epoch > e) {
            self.witness.distrust();
        }
        let holds = known.is_none_or(|(e, h)| epoch > e || (epoch == e && h == Some(from)));
        let open = self.witness.open.is_some();
        let seen = self.disk.epoch;
        let Some(passive) = self.passive() else { return };
        if alive && holds {
            passive.heard_at = now;
            // Where the row is not to be had, the holder that is heard after all goes on.
            if open && passive.claim != Claim::None {
                self.unclaim(out);
            }
        }
        let Some(passive) = self.passive() else { return };
        // An old epoch is answered only to say that it is old.
        if passive.claim == Claim::None || seen > epoch {
            let answer = Message::Answer { from: self.me.incarnation, epoch: seen, sent_at, alive };
            out.push(Action::Send(answer));
        }
    }

    pub(crate) fn handed(&mut self, epoch: Epoch, position: Position, now: Ms) {
        if let Some(passive) = self.passive() {
            passive.handed = Some((epoch, position, now));
            self.witness.distrust();
        }
    }

    pub(crate) fn received(&mut self, epoch: Epoch, position: Position, now: Ms) {
        let current = epoch >= self.disk.epoch;
        let Some(passive) = self.passive() else { return };
        if current {
            passive.heard_at = now;
        }
        self.recovered = None;
        self.line = epoch;
        self.position = position;
        self.note_epoch(epoch);
    }

    pub(crate) fn sealed(&mut self, position: Position) {
        if let Phase::Passive(passive) = &mut self.phase
            && let Claim::Sealing(why) = passive.claim
        {
            passive.claim = Claim::Sealed(why);
            self.position = position;
        }
    }

    pub(crate) fn advance_passive(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Phase::Passive(passive) = &self.phase else { return };
        let claim = passive.claim;
        if matches!(claim, Claim::Sealing(_)) || !self.may_ask(now) {
            return;
        }
        if self.witness.must_read() || (claim == Claim::None && self.should_look(passive, now)) {
            self.witness.read(now, out);
            return;
        }
        match (claim, self.may_take(now)) {
            (Claim::None, Ok(why)) => self.begin_claim(why, out),
            (Claim::None, Err(Some(line))) => self.say_once(line, out),
            (Claim::Sealed(Why::Landed), Ok(Why::Landed)) => {
                let row = self.witness.known.as_ref().map(|k| (k.row.epoch, k.asked_at));
                if let Some((epoch, asked_at)) = row {
                    self.activate(epoch, asked_at, now, out);
                }
            }
            (Claim::Sealed(Why::Force), _) => self.ask_for_row(now, out),
            (Claim::Sealed(_), Ok(_)) => self.ask_for_row(now, out),
            (Claim::Sealed(_), Err(_)) => self.unclaim(out),
            _ => {}
        }
    }

    /// The row is read every now and then, and again before the holder's silence is believed.
    fn should_look(&self, passive: &Passive, now: Ms) -> bool {
        let asked_at = self.witness.known.as_ref().map_or(0, |k| k.asked_at);
        let silent_at = passive.heard_at + self.config.silence_ms();
        now - self.witness.tried_at >= self.config.beat_ms() || (now >= silent_at && asked_at < silent_at)
    }

    /// Whether the holder is silent: for long enough, and a row asked for since then shows no new beat.
    fn silent(&self, passive: &Passive, now: Ms) -> bool {
        let silent_at = passive.heard_at + self.config.silence_ms();
        now >= silent_at && self.witness.known.as_ref().is_some_and(|k| k.asked_at >= silent_at)
    }

    /// Whether this node may take the row, and why; else what there is to say.
    fn may_take(&self, now: Ms) -> Result<Why, Option<Line>> {
        let (Phase::Passive(passive), Some(known)) = (&self.phase, &self.witness.known) else { return Err(None) };
        if let Some(doubt) = self.witness.doubt(&self.disk) {
            return Err(Some(Line::InDoubt(doubt)));
        }
        let row = &known.row;
        let silent = self.silent(passive, now);
        let Some(holder) = &row.holder else {
            // Who has a journal goes first, if the two know of each other.
            let waited = now - self.started_at >= self.config.silence_ms();
            let first = self.link.as_ref().map_or(waited, |peer| peer.position <= self.position || waited);
            return if first { Ok(Why::First) } else { Err(None) };
        };
        if *holder == self.me {
            return Ok(Why::Landed);
        }
        // Rule 1. What this run has not received itself it may have from an earlier one, if its journal is whole.
        let whole = self.recovered.is_some_and(|r| r.whole) && self.position >= row.position;
        if holder.node == self.me.node && whole && [self.disk.claim, self.disk.held].contains(&row.epoch) {
            return if silent { Ok(Why::Restart) } else { Err(None) };
        }
        let named =
            row.in_sync == Some(self.me.incarnation) || (!self.config.rules.incarnation && row.in_sync.is_some());
        if named || (whole && row.in_sync.is_some() && row.in_sync == self.disk.carries) {
            let handed = passive.handed.is_some_and(|(epoch, position, at)| {
                epoch == row.epoch && position <= self.position && now - at <= self.config.ttl_ms() / 2
            });
            return match (silent, handed) {
                (_, true) => Ok(Why::HandOver),
                (true, false) => Ok(Why::Silence),
                (false, false) => Err(None),
            };
        }
        Err((silent && passive.same_id < 2).then_some(Line::NotInSync))
    }

    fn begin_claim(&mut self, why: Why, out: &mut Vec<Action>) {
        let seal = self.config.rules.seal;
        let Some(passive) = self.passive() else { return };
        passive.claim = if seal { Claim::Sealing(why) } else { Claim::Sealed(why) };
        out.push(Action::Say(Line::TakingOver(why)));
        if seal {
            out.push(Action::Seal);
        }
        self.unsay();
    }

    /// Rule 4: the one statement sets epoch, holder and "none in sync". What is claimed is on disk first.
    fn ask_for_row(&mut self, now: Ms, out: &mut Vec<Action>) {
        let Some(known) = &self.witness.known else { return };
        let epoch = known.row.epoch.max(self.disk.epoch) + 1;
        // The claim that is given up for this one had been successful, if the row has it.
        let held = known.row.holder.as_ref().is_some_and(|h| h.node == self.me.node);
        if held && self.disk.claim == known.row.epoch {
            self.disk.held = self.disk.claim;
        }
        self.disk.claim = epoch;
        let row =
            Row { epoch, holder: Some(self.me.clone()), in_sync: None, position: self.position, ..Row::default() };
        self.witness.write(row, now, out);
    }

    /// A take-over is given up.
    pub(crate) fn unclaim(&mut self, out: &mut Vec<Action>) {
        let seal = self.config.rules.seal;
        let Some(passive) = self.passive() else { return };
        if passive.claim == Claim::None {
            return;
        }
        passive.claim = Claim::None;
        passive.handed = None;
        if seal {
            out.push(Action::Unseal);
        }
        out.push(Action::Say(Line::NotTaken));
        self.witness.distrust();
    }

    /// A row that this process asked for is there. If it has unsealed meanwhile, it finds itself in the row and seals again.
    pub(crate) fn take_landed(&mut self, sent: &Sent, now: Ms, out: &mut Vec<Action>) {
        let trusted = self.witness.doubt(&self.disk).is_none();
        if let Phase::Passive(passive) = &self.phase
            && matches!(passive.claim, Claim::Sealed(_))
            && trusted
        {
            self.activate(sent.row.epoch, sent.sent_at, now, out);
        }
    }

    fn activate(&mut self, epoch: Epoch, right_from: Ms, now: Ms, out: &mut Vec<Action>) {
        self.note_epoch(epoch);
        self.disk.held = epoch;
        self.recovered = None;
        let active = Active::new(epoch, self.line, self.position, right_from, now);
        self.line = epoch;
        self.phase = Phase::Active(active);
        out.push(Action::Say(Line::Active(epoch)));
        out.push(Action::TakeOver { epoch, after: self.position });
        self.open_gate(out);
        // What the two said of themselves does not hold any more.
        if self.link.take().is_some() {
            out.push(Action::HangUp);
        }
    }

    pub(crate) fn promote(&mut self, out: &mut Vec<Action>) {
        let busy = self.passive().is_some_and(|p| p.claim != Claim::None);
        match &self.link {
            _ if busy => cannot(Cannot::Busy, out),
            None => cannot(Cannot::NoLink, out),
            Some(_) => out.push(Action::Send(Message::AskHandOver)),
        }
    }

    /// An operator decides: first what is at stake, then, confirmed, the row.
    pub(crate) fn force(&mut self, confirmed: bool, now: Ms, out: &mut Vec<Action>) {
        let Phase::Passive(passive) = &self.phase else { return };
        let fresh = |asked_at: Ms| now - asked_at <= self.config.ttl_ms().max(FRESH_MS);
        let known = match &self.witness.known {
            _ if passive.claim != Claim::None => return cannot(Cannot::Busy, out),
            Some(known) if fresh(known.asked_at) && !self.witness.must_read() => known,
            _ => return cannot(Cannot::NoDatabase, out),
        };
        let holder: Option<Holder> = known.row.holder.clone();
        if holder.is_some() && holder.as_ref() != Some(&self.me) && !self.silent(passive, now) {
            return cannot(Cannot::ActiveLives, out);
        }
        let row = &known.row;
        let stakes =
            Line::Stakes { line: self.line, position: self.position, epoch: row.epoch, holder, recorded: row.position };
        out.push(Action::Say(stakes));
        if confirmed {
            self.begin_claim(Why::Force, out);
        }
    }
}
