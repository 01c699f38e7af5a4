//! What keeps a node from serving, for those who ask.

use std::fmt;

use crate::line::{Doubt, Line, Why};
use crate::role::{Phase, Role};
use crate::types::Ms;

/// What keeps a node from serving. `Display` is the reason in a sentence, [`Waits::help`] what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// The active: its apps are not there yet.
    Starting,
    /// The active: it hands over.
    HandingOver,
    /// The active: it has told the passive to take over, and does not know whether that has.
    Unsure,
    /// The active: its right has run out while the row may name a passive.
    NoRight,
    /// The passive: it asks for the row.
    TakingOver(Why),
    /// The passive: it has not read the row.
    NoRow,
    /// The passive: the row is not to be trusted.
    InDoubt(Doubt),
    /// The passive: the active is silent, but this node does not have everything.
    NotInSync,
    /// The passive: another process runs under its name.
    SameId,
    /// The passive: the active lives, and all is as it should be.
    ActiveLives,
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Waits::Starting => "the apps are being started from what is on the disk",
            Waits::HandingOver => "it hands over to the passive",
            Waits::Unsure => "the passive was told to take over, and whether it has is not known",
            Waits::NoRight => "neither database nor passive has answered in time, and the passive may have taken over",
            Waits::TakingOver(why) => return write!(f, "it takes over: {why}"),
            Waits::NoRow => "the database has not said yet who is the active",
            Waits::InDoubt(doubt) => return write!(f, "who is in sync is unknown: {doubt}"),
            Waits::NotInSync => "the active is silent, but this node does not have everything that was acknowledged",
            Waits::SameId => "another process runs under this node's id",
            Waits::ActiveLives => "the active lives",
        })
    }
}

impl Waits {
    /// What to do; none if it goes away by itself.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Waits::Unsure | Waits::NoRight => {
                Some("bring back the database, or the link to the other node: either of them decides")
            }
            Waits::NoRow => {
                Some("look at the database: is it up, and does it let this node in? `riddhi config check` says more")
            }
            Waits::InDoubt(_) => {
                Some("find out on which node the journal goes further (position), and use `riddhi ha force` there")
            }
            Waits::NotInSync => Some(
                "start the other node, which has everything; if it never comes back, `riddhi ha force` here, which says what may be lost",
            ),
            Waits::SameId => Some("give each node an id of its own, `wso2.carbon: id` or `node`, and start it again"),
            Waits::Starting | Waits::HandingOver | Waits::TakingOver(_) | Waits::ActiveLives => None,
        }
    }
}

impl Role {
    /// What keeps the node from serving at `now`; none if it serves.
    pub(crate) fn waits(&self, now: Ms) -> Option<Waits> {
        match &self.phase {
            Phase::Active(active) if active.serving => None,
            Phase::Active(active) => Some(match () {
                () if !active.taken_over => Waits::Starting,
                () if active.hands_over() => Waits::HandingOver,
                () if active.is_unsure() => Waits::Unsure,
                () if !self.has_right(active, now) => Waits::NoRight,
                () => Waits::Starting,
            }),
            Phase::Passive(passive) => Some(match (passive.claims(), self.last_said()) {
                (Some(why), _) => Waits::TakingOver(why),
                _ if self.witness.known.is_none() => Waits::NoRow,
                (_, Some(Line::InDoubt(doubt))) => Waits::InDoubt(*doubt),
                (_, Some(Line::NotInSync)) => Waits::NotInSync,
                (_, Some(Line::SameId(_))) => Waits::SameId,
                _ => Waits::ActiveLives,
            }),
        }
    }
}
