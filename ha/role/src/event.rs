//! What happens to a node.

use crate::types::{Database, Epoch, Holder, Incarnation, Ms, Position, Row};

/// What happens to a node. Each is an answer to an action, or comes from the peer, the data path, the clock or an operator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    /// The clock goes on. Told at least every `Config::tick_ms`, after everything that waits on the link was told.
    Tick,

    /// Answer to `Action::Read`: the row, and the database that answered, asked in the same statement.
    Row {
        /// The row; the default one if the table has none.
        row: Row,
        /// Who answered.
        database: Database,
    },
    /// Answer to `Action::Read`: none came, or an error.
    Unreadable,
    /// Answer to `Action::Write`: committed.
    Written,
    /// Answer to `Action::Write`: the row has another version than expected, or the database is not the one of `Row::written_on`.
    Refused,
    /// Answer to `Action::Write`: none came. It may have been carried out, or may still be.
    Unanswered,

    /// The link to the peer is up, and this is what it said of itself.
    LinkUp(Hello),
    /// The link is down. Messages of it that are still to come are dropped.
    LinkDown,
    /// The peer's machine says something.
    Message(Message),

    /// On the active: the journal goes up to `position`, by the node's acknowledgement level. May be told once a tick.
    Appended {
        /// The last entry.
        position: Position,
    },
    /// On the active: the passive `incarnation` has said, under this node's present epoch, that it has everything up to `position`.
    /// May be told once a tick.
    Acknowledged {
        /// The passive's process.
        incarnation: Incarnation,
        /// Its last entry.
        position: Position,
    },
    /// On the passive: the stream of the active of `epoch` has brought the journal up to `position`. A stream that begins by cutting off or
    /// replacing what is there tells so with the first position that holds. May be told once a tick.
    Received {
        /// The active's epoch.
        epoch: Epoch,
        /// The last entry.
        position: Position,
    },
    /// Answer to `Action::Gate`: in force in all threads.
    Gated {
        /// The gate's number.
        serial: u64,
        /// Nothing beyond was acknowledged or had an effect so far.
        released: Position,
    },
    /// Answer to `Action::Seal`: nothing more of an old epoch will be received or answered.
    Sealed {
        /// The last entry.
        position: Position,
    },
    /// Answer to `Action::StopServing` (told each time; only a hand-over waits for it): all that was taken in is in the journal.
    Drained {
        /// The last entry.
        position: Position,
    },
    /// Answer to `Action::TakeOver`: the engine stands at the end of the journal.
    TakenOver,
    /// An operator wants something.
    Operator(Command),
}

/// What the ends of a link tell each other first; `Role::hello` makes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hello {
    /// Who speaks.
    pub from: Holder,
    /// The highest epoch it has seen.
    pub epoch: Epoch,
    /// The epoch under which the end of its journal was written.
    pub line: Epoch,
    /// The end of its journal.
    pub position: Position,
    /// Whether it is the active of `epoch`.
    pub active: bool,
}

/// What the machines tell each other over the link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// From the holder.
    Heartbeat {
        /// Its process.
        from: Incarnation,
        /// Its epoch.
        epoch: Epoch,
        /// Its own clock when it sent this; comes back in the answer.
        sent_at: Ms,
        /// Whether it counts as a sign of life. One whose right has run out only probes for an answer: if it counted, and no answer could
        /// come back, neither node would ever serve.
        alive: bool,
    },
    /// Answers a heartbeat.
    Answer {
        /// Who answers.
        from: Incarnation,
        /// The highest epoch it has seen.
        epoch: Epoch,
        /// The heartbeat's.
        sent_at: Ms,
        /// The heartbeat's.
        alive: bool,
    },
    /// From a holder that retires: everything up to `position` is yours, take over at once.
    HandOver {
        /// Its epoch.
        epoch: Epoch,
        /// The end of its journal.
        position: Position,
    },
    /// From the passive: an operator wants it to be the active.
    AskHandOver,
}

/// What an operator may want.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Command {
    /// Of the passive: become the active, by a hand-over.
    Promote,
    /// Of the active: hand over.
    Demote,
    /// Take the row although something acknowledged may be lost. Unconfirmed it only says what is at stake.
    Force {
        /// Whether the operator has seen what is at stake.
        confirmed: bool,
    },
}
