//! What people are told.

use std::fmt;

use crate::types::{Database, Epoch, Holder, Incarnation, NodeId, Position};

/// Why a node does not trust the row: it may have been written again, and that forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The row has a lower epoch than this node has seen.
    LowerEpoch {
        /// The row's.
        row: Epoch,
        /// The highest seen.
        seen: Epoch,
    },
    /// The row was written on another database, or another timeline of it.
    OtherDatabase {
        /// Where it was written.
        written_on: Database,
        /// Who answered.
        answered: Database,
    },
    /// The row has a lower version than this process has seen.
    LowerVersion,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::LowerEpoch { row, seen } => write!(f, "the row is of epoch {row}, but epoch {seen} has been"),
            Doubt::OtherDatabase { written_on, answered } => {
                write!(f, "the row was written on {written_on}, but {answered} answered")
            }
            Doubt::LowerVersion => f.write_str("the row is older than the one seen before"),
        }
    }
}

/// Why a node takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// Nobody has ever held the row.
    First,
    /// In sync, and the holder is silent.
    Silence,
    /// This node was the holder, and its journal is whole.
    Restart,
    /// The holder hands over.
    HandOver,
    /// An operator said so.
    Force,
    /// The row already names this process: a write that was given up had landed.
    Landed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::First => "nobody has held the row before",
            Why::Silence => "in sync, and the active is silent",
            Why::Restart => "this node was the active, its journal is whole, and nobody has taken over",
            Why::HandOver => "the active hands over",
            Why::Force => "an operator forces it",
            Why::Landed => "the row already names this process",
        })
    }
}

/// What the passive is lost by, seen from the active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The link is down.
    Link,
    /// The link is up, but nothing comes back.
    Silent,
    /// It answers, but stays behind for longer than is waited.
    Slow,
    /// Its process is another one.
    Restarted,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Link => "the link is down",
            Loss::Silent => "it does not answer",
            Loss::Slow => "it is too slow",
            Loss::Restarted => "it has restarted",
        })
    }
}

/// How much attention a line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// As it should be.
    Info,
    /// Served, but with less protection, or not as asked.
    Warn,
    /// Somebody has to do something.
    Error,
}

/// One line for people. `Display` is the text; the driver adds time and node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Line {
    /// A take-over is asked for.
    TakingOver(Why),
    /// This node is the active.
    Active(Epoch),
    /// The take-over did not come about.
    NotTaken,
    /// Ports open.
    Serving,
    /// The right has run out while the row may name a passive.
    RightRanOut,
    /// Another holds a higher epoch.
    Superseded(Epoch),
    /// This node is the passive of an active that it has a link to.
    Follows(NodeId, Epoch),
    /// The passive is being brought up.
    CatchingUp(Incarnation, Option<Position>),
    /// The passive has everything, and the row says so.
    InSync(Incarnation),
    /// The passive is lost; the row is to say so.
    Leaving(Incarnation, Loss),
    /// The row says that nobody is in sync.
    Alone,
    /// The row is not to be trusted.
    InDoubt(Doubt),
    /// An active tells the database again what it had forgotten.
    Reasserted(Epoch),
    /// The holder is silent, but this node must not take over by itself.
    NotInSync,
    /// Another process runs under this node's name.
    SameId(NodeId),
    /// Handing over to the passive.
    HandingOver,
    /// The hand-over was not taken up; this node goes on.
    HandOverFailed,
    /// What is lost, or at stake, if this node takes over by force.
    Stakes {
        /// This node's journal.
        line: Epoch,
        /// Its end.
        position: Position,
        /// The row's epoch.
        epoch: Epoch,
        /// The row's holder.
        holder: Option<Holder>,
        /// The least that the holder had acknowledged.
        recorded: Position,
    },
    /// An operator's wish cannot be met.
    Cannot(Cannot),
}

/// Why an operator's wish cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cannot {
    /// Promote or force, of the active.
    AlreadyActive,
    /// Demote, of a passive.
    NotActive,
    /// Promote, without a link to the active.
    NoLink,
    /// Demote, with nobody in sync.
    NobodyInSync,
    /// Force, while the active lives.
    ActiveLives,
    /// Force, without the database.
    NoDatabase,
    /// Something of the kind is under way.
    Busy,
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cannot::AlreadyActive => "this node is the active already",
            Cannot::NotActive => "this node is not the active: ask the other one",
            Cannot::NoLink => "there is no link to the active: it takes over by itself when the active is gone and it is in sync; else use force",
            Cannot::NobodyInSync => "no node is in sync to hand over to: wait until the passive has caught up",
            Cannot::ActiveLives => "the active lives: use promote, or stop it first",
            Cannot::NoDatabase => "the database does not answer, and only its row can say who is the active",
            Cannot::Busy => "a change of roles is under way",
        })
    }
}

impl Line {
    /// How much attention it wants.
    pub fn level(&self) -> Level {
        match self {
            Line::TakingOver(_) | Line::Active(_) | Line::Serving | Line::CatchingUp(..) | Line::InSync(_) => {
                Level::Info
            }
            Line::Follows(..) | Line::NotTaken | Line::HandingOver => Level::Info,
            Line::RightRanOut | Line::Superseded(_) | Line::Leaving(..) | Line::Alone | Line::Reasserted(_) => {
                Level::Warn
            }
            Line::HandOverFailed | Line::Stakes { .. } | Line::Cannot(_) => Level::Warn,
            Line::InDoubt(_) | Line::NotInSync | Line::SameId(_) => Level::Error,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::TakingOver(why) => write!(f, "taking over: {why}"),
            Line::Active(epoch) => write!(f, "active, epoch {epoch}"),
            Line::NotTaken => f.write_str("not taken over: the row has changed or the active is back"),
            Line::Serving => f.write_str("serving"),
            Line::RightRanOut => f.write_str(
                "not serving: neither database nor passive has answered in time, and the passive may have taken over",
            ),
            Line::Superseded(epoch) => write!(f, "passive now: epoch {epoch} is another's"),
            Line::Follows(node, epoch) => write!(f, "passive: node {node} is the active, epoch {epoch}"),
            Line::CatchingUp(who, Some(from)) => write!(f, "bringing up {who} from position {from}"),
            Line::CatchingUp(who, None) => write!(f, "bringing up {who} with the whole state"),
            Line::InSync(who) => write!(f, "{who} is in sync"),
            Line::Leaving(who, loss) => write!(f, "going alone: {who} is lost, {loss}"),
            Line::Alone => f.write_str("alone: acknowledged events are on this node only"),
            Line::InDoubt(doubt) => {
                write!(f, "who is in sync is unknown: {doubt}; `force` decides, on the node with the best journal")
            }
            Line::Reasserted(epoch) => write!(f, "the database had forgotten epoch {epoch}; it is told again"),
            Line::NotInSync => {
                f.write_str("the active is silent, but this node is not in sync: start the other node, or use `force`")
            }
            Line::SameId(node) => write!(f, "another process runs as node {node}: give each node an id of its own"),
            Line::HandingOver => f.write_str("handing over"),
            Line::HandOverFailed => f.write_str("the hand-over was not taken up; going on"),
            Line::Stakes { line, position, epoch, holder, recorded } => {
                write!(f, "at stake: this journal ends at {position} of epoch {line}; the row is of epoch {epoch}, ")?;
                match holder {
                    Some(holder) => write!(f, "holder {}, ", holder.node)?,
                    None => f.write_str("no holder, ")?,
                }
                write!(f, "and at least {recorded} had been acknowledged")
            }
            Line::Cannot(why) => write!(f, "not done: {why}"),
        }
    }
}
