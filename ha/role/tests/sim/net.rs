//! The wires: A to B, and each to the database, cut one way or both.

use riddhi_role::{Epoch, Hello, Incarnation, Message};

#[derive(Clone, Debug)]
pub enum Wire {
    Hello(Hello),
    Machine(Message),
    /// The active's stream begins: cut off what is beyond, or everything.
    Begin(Epoch, Option<usize>),
    Entries(Epoch, usize, Vec<u64>),
    Ack(Incarnation, Epoch, usize),
}

/// A direction of a wire. Data of a connection stays in order, and waits while its direction is cut.
#[derive(Default)]
pub struct Lane {
    pub cut: u32,
    last: u64,
    pub held: Vec<(u64, Wire)>,
}

impl Lane {
    /// When something sent now with this delay arrives.
    pub fn arrival(&mut self, now: u64, delay: u64) -> u64 {
        self.last = self.last.max(now + delay);
        self.last
    }
}

#[derive(Default)]
pub struct Net {
    /// From A, from B.
    pub peer: [Lane; 2],
    /// To the database, and back, of each node: how often it is cut at present.
    pub to_db: [u32; 2],
    pub from_db: [u32; 2],
    pub conn: u64,
}
