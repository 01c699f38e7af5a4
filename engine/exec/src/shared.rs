//! What several nodes of an app look at or change: a value of the engine, lent to the node that runs.

use riddhi_batch::{LoadError, Reader, Writer};
use riddhi_plan::logical::{self, AppPlan};

use crate::partition::Keys;
use crate::query::Section;

/// The role of the section with the keys of a partition.
const KEYS: &str = "keys";

/// All of it.
#[derive(Debug, Default)]
pub struct Shared {
    /// Keys by partition.
    pub keys: Vec<Keys>,
}

impl Shared {
    /// What an app begins with.
    pub fn new(plan: &AppPlan) -> Shared {
        Shared { keys: plan.partitions.iter().map(Keys::new).collect() }
    }

    /// All that there is, in the order of a snapshot.
    pub fn all(&self) -> impl Iterator<Item = logical::Shared> + use<> {
        (0..self.keys.len()).map(logical::Shared::Keys)
    }

    /// What has the key of a snapshot's section.
    pub fn find(&self, key: &str) -> Option<logical::Shared> {
        self.keys.iter().position(|k| k.name() == key).map(logical::Shared::Keys)
    }

    /// Appends the sections of one of them.
    pub fn save(&self, what: logical::Shared, out: &mut Vec<Section>) {
        if let logical::Shared::Keys(number) = what {
            let keys = &self.keys[number];
            let mut bytes = Writer::default();
            keys.save(&mut bytes);
            out.push(Section { name: format!("{}/{KEYS}", keys.name()), bytes: bytes.bytes });
        }
    }

    /// Reads the section of that role.
    pub fn load(&mut self, what: logical::Shared, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let mut from = Reader::new(bytes);
        match (what, role) {
            (logical::Shared::Keys(number), KEYS) => self.keys[number].load(&mut from)?,
            _ => return Err(LoadError::new(format!("it has no {role}"))),
        }
        if from.left() > 0 { Err(LoadError::new("it is longer than it should be")) } else { Ok(()) }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        self.keys.iter().map(Keys::bytes).sum()
    }
}
