//! Functions of Siddhi's extension packs. A file or folder is a pack.

mod environment;
pub(crate) mod fdlibm;
pub(crate) mod geo;
mod hyperbolic;
pub(crate) mod json;
mod maths;
mod pattern;
mod random;
mod regexes;
mod rounding;
pub(crate) mod signature;
mod strings;
mod user_agent;

pub(crate) use pattern::Pattern;

use super::{columns, rowwise};
use riddhi_plan::registry::Registry;

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    environment::register(registry);
    geo::register(registry);
    json::register(registry);
    maths::register(registry);
    regexes::register(registry);
    strings::register(registry);
    user_agent::register(registry);
}
