//! `#geo:crosses(id, longitude, latitude, fence)`, or of a geometry: a row when an id has come into the fence (true) or has left it
//! (false). Of ids only those inside are remembered.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use riddhi_batch::{LoadError, Reader, Value, Writer};

use super::watched::{KEPT_MAX, Watch, too_many};
use crate::functions::geo::packed::{Inside, read_inside};

/// Strings of ids that have left, at most, that are kept for others.
const SPARE_MAX: usize = 1024;

/// The ids that are inside.
#[derive(Clone, Default)]
pub(super) struct Crosses {
    inside: HashSet<String, FixedState>,
    spare: Vec<String>,
}

impl Watch for Crosses {
    fn see(&mut self, packed: &str) -> Result<Value, String> {
        let Inside { id, inside } = read_inside(packed)?;
        if inside == self.inside.contains(id) {
            return Ok(Value::Null);
        }
        if !inside {
            self.spare.extend(self.inside.take(id).filter(|_| self.spare.len() < SPARE_MAX));
        } else if self.inside.len() < KEPT_MAX {
            let mut own = self.spare.pop().unwrap_or_default();
            own.clear();
            own.push_str(id);
            self.inside.insert(own);
        } else {
            return Err(too_many());
        }
        Ok(Value::Bool(inside))
    }

    fn is_clear(&self) -> bool {
        self.inside.is_empty()
    }

    fn save(&self, out: &mut Writer) {
        let mut ids: Vec<&str> = self.inside.iter().map(String::as_str).collect();
        ids.sort_unstable();
        out.put_u64(ids.len() as u64);
        ids.into_iter().for_each(|id| out.put_bytes(id.as_bytes()));
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.inside.clear();
        for _ in 0..from.get_count(1)? {
            self.inside.insert(super::watched::get_text(from)?.into());
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.inside.iter().map(|id| id.len() + 24).sum()
    }
}
