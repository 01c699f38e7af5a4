//! `#env:resourceIdentifier('group')`: says that its query is a member of a group, for the window `env:resourceBatch`, and lets rows pass.

use std::sync::Arc;

use riddhi_batch::{Column, Schema, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, StreamCx, StreamFunction, StreamKernel, StreamRows};

pub(super) struct ResourceIdentifier;

#[derive(Debug)]
struct Passes;

impl StreamFunction for ResourceIdentifier {
    fn bind(&self, args: &[ArgType], _: &Schema) -> Result<BoundStream, ArgError> {
        let help = "write `#env:resourceIdentifier('group')`";
        if args.len() != 1 {
            return Err(ArgError::count(format!("takes 1 argument, found {}", args.len()), help));
        }
        match args[0].constant {
            Some(Value::Str(_)) => Ok(BoundStream { adds: Vec::new(), kernel: Arc::new(Passes) }),
            _ => Err(ArgError::at(0, "the group must be a constant string", help)),
        }
    }
}

impl StreamKernel for Passes {
    fn run(&self, _: &mut StreamCx<'_>, _: &StreamRows<'_>, _: &mut [Column]) {}
}
