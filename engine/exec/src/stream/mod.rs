//! The core stream functions. A file is one function.

mod log;
mod pol2cart;

use std::sync::Arc;

use riddhi_plan::registry::Registry;

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry.stream("", "log", Arc::new(log::Log));
    registry.stream("", "pol2Cart", Arc::new(pol2cart::Pol2Cart));
}
