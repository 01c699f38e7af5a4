//! The stream functions. A file is one function, or one family of a pack.

mod geo;
mod items;
mod log;
mod pieces;
mod pol2cart;
mod resource;
mod tokenize;

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Value};
use riddhi_plan::registry::{Failed, Registry, RowFailure, Spreads, StreamCx, StreamKernel, StreamRows};

/// Rows that a function gives for one row, at most.
const ROWS_MAX: usize = 65_536;

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry.stream("", "log", Arc::new(log::Log));
    registry.stream("", "pol2Cart", Arc::new(pol2cart::Pol2Cart));
    geo::register(registry);
    registry.stream("env", "resourceIdentifier", Arc::new(resource::ResourceIdentifier));
    registry.stream("json", "tokenize", Arc::new(tokenize::Tokenize { objects: false }));
    registry.stream("json", "tokenizeAsObject", Arc::new(tokenize::Tokenize { objects: true }));
    registry.stream("list", "tokenize", Arc::new(items::Tokenize::List));
    registry.stream("map", "tokenize", Arc::new(items::Tokenize::Map));
    registry.stream("str", "tokenize", Arc::new(pieces::Tokenize));
}

#[cold]
fn too_many() -> RowFailure {
    RowFailure::new(format!("more than {ROWS_MAX} rows of one"))
}

/// What gives any number of rows for a row: its kernel is [`Spread`].
trait Several: fmt::Debug + Send + Sync {
    /// The values that one row adds.
    type Added: AsRef<[Value]>;
    /// Which of the rows given make a chunk.
    const SPREADS: Spreads;

    /// Puts the values of the rows given for one row into `out`, in order.
    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure>;
}

/// The kernel of such a function.
#[derive(Debug)]
struct Spread<T>(T);

impl<T: Several> StreamKernel for Spread<T> {
    fn run(&self, _: &mut StreamCx<'_>, _: &StreamRows<'_>, _: &mut [Column]) {
        unreachable!("gives any number of rows for a row")
    }

    fn spreads(&self) -> Spreads {
        T::SPREADS
    }

    fn spread(
        &self,
        cx: &mut StreamCx<'_>,
        rows: &StreamRows<'_>,
        added: &mut [Column],
        from: &mut Vec<u32>,
        failed: &mut Failed,
    ) {
        let mut given = Vec::new();
        for row in 0..rows.n {
            if failed.is(row) {
                continue;
            }
            given.clear();
            if let Err(why) = self.0.give(rows.args, row, cx.arena, &mut given) {
                failed.mark(row, rows.n, RowFailure::new(format!("{:?}: {}", self.0, why.what)));
                continue;
            }
            for values in &given {
                from.push(row as u32);
                for (column, value) in added.iter_mut().zip(values.as_ref()) {
                    if !column.push_value(value, cx.arena) {
                        column.push_null();
                    }
                }
            }
        }
    }
}
