//! The built-in windows: a file or folder is one window, or a pack of them. What they share: `args`, `due`, `walk`, and keys (`key`,
//! `keyed`).

mod args;
mod batch;
mod cron;
mod delay;
mod due;
mod expression;
mod external_time;
mod external_time_batch;
mod frequent;
mod key;
mod keyed;
mod length;
mod length_batch;
mod lossy_frequent;
mod reorder;
mod resource_batch;
mod session;
mod sort;
mod time;
mod time_batch;
mod time_length;
mod unique;
mod walk;

use std::sync::Arc;

use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Registry, WindowFunction};

use args::{arity, const_bool, const_int, const_time};
use due::{Asked, Rising};
use walk::Walk;

type Bind = fn(&[ArgType]) -> Result<BoundWindow, ArgError>;

/// A built-in: how it binds.
struct BuiltIn(Bind);

impl WindowFunction for BuiltIn {
    fn bind(&self, args: &[ArgType]) -> Result<BoundWindow, ArgError> {
        (self.0)(args)
    }
}

/// Adds the built-in windows.
pub fn register(registry: &mut Registry) {
    let all: [(&str, Bind); 13] = [
        ("batch", batch::bind),
        ("delay", delay::bind),
        ("length", length::bind),
        ("lengthBatch", length_batch::bind),
        ("session", session::bind),
        ("sort", sort::bind),
        ("time", time::bind),
        ("timeBatch", time_batch::bind),
        ("timeLength", time_length::bind),
        ("externalTime", external_time::bind),
        ("frequent", frequent::bind),
        ("lossyFrequent", lossy_frequent::bind),
        ("externalTimeBatch", external_time_batch::bind),
    ];
    reorder::register(registry);
    unique::register(registry);
    registry.window("env:resourceBatch", Arc::new(resource_batch::ResourceBatch));
    registry.window("cron", Arc::new(cron::CronWindow));
    registry.window("expression", Arc::new(expression::Expression));
    registry.window("expressionBatch", Arc::new(expression::ExpressionBatch));
    for (name, bind) in all {
        registry.window(name, Arc::new(BuiltIn(bind)));
    }
}
