//! What several nodes of an app look at or change: a value of the engine, lent to the node that runs.

use riddhi_batch::LoadError;
use riddhi_plan::logical::{self, AppPlan};

use crate::query::Section;

/// All of it.
#[derive(Debug, Default)]
pub struct Shared {}

impl Shared {
    /// What an app begins with.
    pub fn new(_plan: &AppPlan) -> Shared {
        Shared::default()
    }

    /// All that there is, in the order of a snapshot.
    pub fn all(&self) -> impl Iterator<Item = logical::Shared> + use<> {
        std::iter::empty()
    }

    /// What has the key of a snapshot's section.
    pub fn find(&self, _key: &str) -> Option<logical::Shared> {
        None
    }

    /// Appends the sections of one of them.
    pub fn save(&self, _what: logical::Shared, _out: &mut Vec<Section>) {}

    /// Reads the section of that role.
    pub fn load(&mut self, _what: logical::Shared, role: &str, _bytes: &[u8]) -> Result<(), LoadError> {
        Err(LoadError::new(format!("it has no {role}")))
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        0
    }
}
