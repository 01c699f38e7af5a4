//! The database: one row, and standbys that may have missed the last commits.

use riddhi_role::{Database, Row};

#[derive(Clone, Debug)]
pub enum Request {
    Read,
    Write { expected: u64, row: Row },
}

#[derive(Clone, Debug)]
pub enum Answer {
    Row(Row, Database),
    Written,
    Refused,
    /// Time is up, or the connection broke.
    None,
}

/// Rows kept, for a standby to have missed.
const HISTORY: usize = 6;

pub struct Db {
    pub row: Row,
    pub database: Database,
    pub up: bool,
    /// Compare versions; off only to show what happens.
    pub cas: bool,
    history: Vec<Row>,
    /// Raised when requests under way are lost.
    pub life: u32,
}

impl Db {
    pub fn new() -> Self {
        let database = Database { system: 77, timeline: 1 };
        let row = Row { written_on: database, ..Row::default() };
        Db { row, database, up: true, cas: true, history: Vec::new(), life: 0 }
    }

    pub fn execute(&mut self, request: Request) -> Answer {
        match request {
            Request::Read => Answer::Row(self.row.clone(), self.database),
            Request::Write { expected, row } => {
                if (self.cas && expected != self.row.version) || row.written_on != self.database {
                    return Answer::Refused;
                }
                if self.history.len() == HISTORY {
                    self.history.remove(0);
                }
                self.history.push(std::mem::replace(&mut self.row, row));
                Answer::Written
            }
        }
    }

    /// A standby takes the primary's place, without its last commits.
    pub fn promote(&mut self, forgotten: usize) -> usize {
        let forgotten = forgotten.min(self.history.len());
        for _ in 0..forgotten {
            if let Some(row) = self.history.pop() {
                self.row = row;
            }
        }
        self.database.timeline += 1;
        self.life += 1;
        forgotten
    }
}
