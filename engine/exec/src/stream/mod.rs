//! The stream functions. A file is one function, or one family of a pack.

mod items;
mod log;
mod pieces;
mod pol2cart;
mod tokenize;

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Column, Value};
use riddhi_plan::registry::{Failed, Registry, RowFailure, StreamCx, StreamRows};

/// Rows that a function gives for one row, at most.
const ROWS_MAX: usize = 65_536;

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry.stream("", "log", Arc::new(log::Log));
    registry.stream("", "pol2Cart", Arc::new(pol2cart::Pol2Cart));
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

/// Gives for each row the rows whose added values `of` hands over, in order.
fn spread<const N: usize>(
    name: &dyn fmt::Debug,
    cx: &mut StreamCx<'_>,
    rows: &StreamRows<'_>,
    (added, from, failed): (&mut [Column], &mut Vec<u32>, &mut Failed),
    of: impl Fn(usize, &Arena, &mut Vec<[Value; N]>) -> Result<(), RowFailure>,
) {
    let mut given = Vec::new();
    for row in 0..rows.n {
        if failed.is(row) {
            continue;
        }
        given.clear();
        let done = of(row, cx.arena, &mut given);
        if let Err(why) = done {
            failed.mark(row, rows.n, RowFailure::new(format!("{name:?}: {}", why.what)));
            continue;
        }
        for values in &given {
            from.push(row as u32);
            for (column, value) in added.iter_mut().zip(values) {
                if !column.push_value(value, cx.arena) {
                    column.push_null();
                }
            }
        }
    }
}
