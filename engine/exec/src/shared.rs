//! What several nodes of an app look at or change: a value of the engine, lent to the node that runs.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::logical::{self, AppPlan, QueryPlan, Role};

use crate::aggregation::Aggregation;
use crate::fault::Faults;
use crate::partition::Keys;
use crate::query::Section;
use crate::table::{ROWS_MAX, Table};

/// The role of a table's section in a snapshot.
const TABLE: &str = "table";

/// What stands before a table's name in a section's: a query may have the same name.
const TABLES: &str = "table:";

/// The role of an aggregation's section in a snapshot.
const BUCKETS: &str = "buckets";

/// What stands before an aggregation's name in a section's.
const AGGREGATIONS: &str = "aggregation:";

/// The role of the section with the mark of a named window.
const MARKS: &str = "looked";

/// The role of the section with the keys of a partition.
const KEYS: &str = "keys";

/// The mark of a named window that asks for it.
fn looked(query: &QueryPlan) -> Option<Looked> {
    let Role::Window(_) = query.role else { return None };
    let mark = |(shared, _): &(logical::Shared, logical::Access)| match shared {
        logical::Shared::Looked(stream) => Some(*stream),
        _ => None,
    };
    let stream = query.shared.iter().find_map(mark)?;
    Some(Looked { stream, key: format!("marks:{}", query.key), until: 0 })
}

/// All of it.
#[derive(Debug, Default)]
pub struct Shared {
    /// By node: of queries whose failed events go to a fault stream, those of this frame.
    pub faults: Vec<Option<Faults>>,
    /// Keys by partition.
    pub keys: Vec<Keys>,
    /// Tables by number.
    pub tables: Vec<Table>,
    /// Aggregations by number.
    pub aggregations: Vec<Aggregation>,
    /// Position of the frame's first entry.
    pub base: u64,
    /// Marks of named windows.
    looked: Vec<Looked>,
}

/// How far the rows of a named window have been looked at.
#[derive(Debug)]
struct Looked {
    stream: usize,
    key: String,
    /// The number behind the last such row.
    until: u64,
}

impl Shared {
    /// What an app begins with.
    pub fn new(plan: &AppPlan) -> Shared {
        let faulty = |n: usize| plan.queries.iter().any(|q| matches!(q.role, Role::Fault(of, _) if of == n));
        let last =
            plan.queries.iter().filter_map(|q| if let Role::Fault(of, _) = q.role { Some(of + 1) } else { None }).max();
        Shared {
            faults: (0..last.unwrap_or(0)).map(|n| faulty(n).then(Faults::default)).collect(),
            keys: plan.partitions.iter().map(Keys::new).collect(),
            tables: (0..plan.tables.len()).map(|n| Table::of_app(plan, n, ROWS_MAX)).collect(),
            base: 0,
            aggregations: plan.aggregations.iter().map(|a| Aggregation::new(Arc::new(a.clone()))).collect(),
            looked: plan.queries.iter().filter_map(looked).collect(),
        }
    }

    /// Somebody has looked at the rows before the number of the named window that puts out that stream.
    pub fn look(&mut self, stream: usize, until: u64) {
        let marks = self.looked.iter_mut().filter(|l| l.stream == stream);
        marks.for_each(|mark| mark.until = mark.until.max(until));
    }

    /// How far they have been looked at.
    pub fn looked(&self, stream: usize) -> u64 {
        self.looked.iter().find(|l| l.stream == stream).map_or(0, |l| l.until)
    }

    /// Begins a frame: rows have new numbers.
    pub fn begin(&mut self) {
        self.faults.iter_mut().flatten().for_each(Faults::clear);
    }

    /// All that there is, in the order of a snapshot.
    pub fn all(&self) -> impl Iterator<Item = logical::Shared> + use<> {
        let tables = (0..self.tables.len()).map(logical::Shared::Table);
        let aggregations = (0..self.aggregations.len()).map(logical::Shared::Aggregation);
        let looked: Vec<_> = self.looked.iter().map(|l| logical::Shared::Looked(l.stream)).collect();
        tables.chain((0..self.keys.len()).map(logical::Shared::Keys)).chain(aggregations).chain(looked)
    }

    /// What has the key of a snapshot's section.
    pub fn find(&self, key: &str) -> Option<logical::Shared> {
        let table = |t: &Table| key.strip_prefix(TABLES) == Some(t.plan().name.as_str());
        let keys = || self.keys.iter().position(|k| k.name() == key).map(logical::Shared::Keys);
        let aggregation = |a: &Aggregation| key.strip_prefix(AGGREGATIONS) == Some(a.plan().name.as_str());
        let aggregations = || self.aggregations.iter().position(aggregation).map(logical::Shared::Aggregation);
        let looked = || self.looked.iter().find(|l| l.key == key).map(|l| logical::Shared::Looked(l.stream));
        self.tables
            .iter()
            .position(table)
            .map(logical::Shared::Table)
            .or_else(keys)
            .or_else(aggregations)
            .or_else(looked)
    }

    /// Begins one of them anew.
    pub fn forget(&mut self, what: logical::Shared, plan: &AppPlan) {
        match what {
            logical::Shared::Table(n) if self.tables[n].is_far() => self.tables[n].forget_far(),
            logical::Shared::Table(n) => self.tables[n] = Table::of_app(plan, n, ROWS_MAX),
            logical::Shared::Keys(n) => self.keys[n] = Keys::new(&plan.partitions[n]),
            logical::Shared::Aggregation(n) => {
                self.aggregations[n] = Aggregation::new(Arc::new(plan.aggregations[n].clone()));
            }
            logical::Shared::Looked(stream) => {
                self.looked.iter_mut().filter(|l| l.stream == stream).for_each(|mark| mark.until = 0);
            }
        }
    }

    /// Appends the sections of one of them.
    pub fn save(&self, what: logical::Shared, out: &mut Vec<Section>) {
        let mut bytes = Writer::default();
        let name = match what {
            logical::Shared::Keys(number) => {
                self.keys[number].save(&mut bytes);
                format!("{}/{KEYS}", self.keys[number].name())
            }
            logical::Shared::Aggregation(number) => {
                self.aggregations[number].save(&mut bytes);
                format!("{AGGREGATIONS}{}/{BUCKETS}", self.aggregations[number].plan().name)
            }
            logical::Shared::Looked(stream) => {
                bytes.put_u64(self.looked(stream));
                let key = self.looked.iter().find(|l| l.stream == stream).map_or("", |l| &l.key);
                format!("{key}/{MARKS}")
            }
            logical::Shared::Table(number) => {
                self.tables[number].save(&mut bytes);
                format!("{TABLES}{}/{TABLE}", self.tables[number].plan().name)
            }
        };
        out.push(Section { name, bytes: bytes.bytes });
    }

    /// Reads the section of that role.
    pub fn load(&mut self, what: logical::Shared, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let mut from = Reader::new(bytes);
        match (what, role) {
            (logical::Shared::Keys(number), KEYS) => self.keys[number].load(&mut from)?,
            (logical::Shared::Aggregation(number), BUCKETS) => self.aggregations[number].load(&mut from)?,
            (logical::Shared::Looked(stream), MARKS) => self.look(stream, from.get_u64()?),
            (logical::Shared::Table(number), TABLE) => self.tables[number].load(&mut from)?,
            _ => return Err(LoadError::new(format!("it has no {role}"))),
        }
        from.end()
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let aggregations = self.aggregations.iter().map(Aggregation::bytes);
        self.keys.iter().map(Keys::bytes).chain(self.tables.iter().map(Table::bytes)).chain(aggregations).sum()
    }
}
