//! `unique:`: windows that keep one row of each key.

mod batch;
mod deduplicate;
mod latest;
mod table;
mod time;

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Registry, StreamKernel, WindowFunction};

use super::expression::computed::Computed;

type Bind = fn(&[ArgType]) -> Result<BoundWindow, ArgError>;

/// A window of the pack: how it binds, and how many of its first arguments are keys.
struct Unique {
    bind: Bind,
    keys: usize,
}

impl WindowFunction for Unique {
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError> {
        (self.bind)(args)
    }

    fn computed(&self, at: usize, _: Type) -> Option<Arc<dyn StreamKernel>> {
        (at < self.keys).then(|| Arc::new(Computed) as Arc<dyn StreamKernel>)
    }
}

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    let all: [(&str, Bind, usize); 8] = [
        ("unique:ever", latest::bind_ever, usize::MAX),
        ("#unique:deduplicate", deduplicate::bind, 1),
        ("unique:first", latest::bind_first, usize::MAX),
        ("unique:time", time::bind, 1),
        ("unique:timeBatch", batch::bind_time, 1),
        ("unique:firstTimeBatch", batch::bind_first_time, 1),
        ("unique:timeLengthBatch", batch::bind_time_length, 1),
        ("unique:externalTimeBatch", batch::bind_external, 1),
    ];
    for (name, bind, keys) in all {
        registry.window(name, Arc::new(Unique { bind, keys }));
    }
}

/// The attribute that argument `at`, a key, is.
fn key(args: &[ArgType], at: usize) -> Result<u32, ArgError> {
    let help = "name an attribute";
    args[at].attribute.ok_or_else(|| ArgError::at(at, "the key must not be a constant", help))
}
