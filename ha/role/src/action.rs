//! What the driver does for the machine.

use crate::event::Message;
use crate::line::Line;
use crate::types::{Disk, Epoch, Incarnation, Position, Row};

/// What the driver does for the machine, in the order given, each before the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the row. Answered by `Row` or `Unreadable`; one request to the database at a time.
    Read,
    /// Write `row` if the version is still `expected` and the database is `row.written_on`, in one statement.
    /// Answered by `Written`, `Refused` or `Unanswered`.
    Write {
        /// The version that was read.
        expected: u64,
        /// The row to be.
        row: Row,
    },
    /// Send to the peer's machine; lost if the link is.
    Send(Message),
    /// Close the link, and set it up again with new hellos.
    HangUp,
    /// From now on acknowledgements and outputs leave as the gate says. Answered by `Gated`.
    Gate {
        /// The number to answer with.
        serial: u64,
        /// What may leave.
        gate: Gate,
    },
    /// Open ports, start sources.
    Serve,
    /// Close ports, stop sources, go on with the rest. Answered by `Drained`.
    StopServing,
    /// Receive and answer nothing more of any active. Answered by `Sealed`.
    Seal,
    /// Receive and answer again.
    Unseal,
    /// This node holds `epoch`: apply what is received, let timers run, go on with outputs behind the published mark. Answered by `TakenOver`.
    TakeOver {
        /// The new epoch.
        epoch: Epoch,
        /// The last entry of the epochs before.
        after: Position,
    },
    /// This node is superseded: drop clients and outputs. What its journal has beyond the take-over of the new active is void.
    StepDown,
    /// Bring the passive `incarnation` up and keep it so: entries behind `from`, or the whole state first if there is none.
    Resync {
        /// The passive's process.
        incarnation: Incarnation,
        /// Up to here its journal equals this one; what it has beyond is to be cut off.
        from: Option<Position>,
    },
    /// Keep on the node's disk, synced.
    Persist(Disk),
    /// Tell people.
    Say(Line),
}

/// What acknowledgements and outputs wait for. Both go by the same gate (the rule of commit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Nothing leaves.
    Shut,
    /// What is appended leaves.
    Alone,
    /// What this passive has acknowledged under the present epoch leaves.
    Passive(Incarnation),
}
