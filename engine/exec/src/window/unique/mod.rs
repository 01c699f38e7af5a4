//! `unique:`: windows that keep one row of each key.

mod batch;
mod deduplicate;
mod external;
mod latest;
mod length;
mod queue;
mod table;
mod time;

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Registry, StreamKernel, WindowFunction};

use super::const_int;
use super::expression::computed::Computed;

pub(super) use table::write_key;

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
    let all: [(&str, Bind, usize); 11] = [
        ("unique:ever", latest::bind_ever, usize::MAX),
        ("#unique:deduplicate", deduplicate::bind, 1),
        ("unique:first", latest::bind_first, usize::MAX),
        ("unique:length", length::bind, 1),
        ("unique:lengthBatch", batch::bind_length, 1),
        ("unique:firstLengthBatch", batch::bind_first_length, 1),
        ("unique:time", time::bind, 1),
        ("unique:timeBatch", batch::bind_time, 1),
        ("unique:firstTimeBatch", batch::bind_first_time, 1),
        ("unique:timeLengthBatch", batch::bind_time_length, 1),
        ("unique:externalTimeBatch", external::bind, 1),
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

/// The constant number of keys that argument `at` is.
fn keys_max(args: &[ArgType], at: usize) -> Result<i32, ArgError> {
    let n = const_int(args, at, "the number of keys")?;
    if n < 1 {
        let help = "Siddhi accepts this, and nothing useful comes out; give a number of keys, for example 10";
        return Err(ArgError::at(at, "the number of keys must be at least 1", help));
    }
    Ok(n)
}
