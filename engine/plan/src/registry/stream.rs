//! Stream functions (`#log()`): see or change rows on their way through a query.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Columns, Schema, Sel};

use super::{ArgError, ArgType};

/// A stream function of the registry.
pub trait StreamFunction: Send + Sync {
    /// Whether it takes these arguments on rows of this shape, and what it then is.
    fn bind(&self, args: &[ArgType], input: &Schema) -> Result<BoundStream, ArgError>;
}

/// A stream function with its arguments settled.
#[derive(Clone)]
pub struct BoundStream {
    /// Attributes it adds behind the input's.
    pub adds: Vec<Attribute>,
    /// What it does.
    pub kernel: Arc<dyn StreamKernel>,
}

impl fmt::Debug for BoundStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kernel)
    }
}

/// What a stream function may use.
pub struct StreamCx<'a> {
    /// Long strings of the rows.
    pub arena: &'a mut Arena,
    /// Lines for the log.
    pub log: &'a mut Vec<String>,
    /// Names of the attributes.
    pub schema: &'a Schema,
    /// The app's name.
    pub app: &'a str,
}

/// A stream function at work.
pub trait StreamKernel: Send + Sync + fmt::Debug {
    /// Sees `n` rows; appends a row to each added column for each of them (added columns come last in `rows`).
    /// `args` holds the computed arguments, a row each. `expired`: empty, or 1 where the row leaves a window.
    fn run(&self, cx: &mut StreamCx<'_>, rows: &Columns, sel: Sel<'_>, n: usize, args: &Columns, expired: &[u8]);
}
