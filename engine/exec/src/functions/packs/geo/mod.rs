//! `geo:`: places on the plane of longitude and latitude, and metres between two on a sphere.

mod distance;
pub(crate) mod located;
pub(crate) mod packed;

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Registry, RowFailure, ScalarFunction};

use super::rowwise::{Out, Row, null, of_row};
use super::signature::{DOUBLE, STRING, Types, check};
use crate::geometry::{DEGREE_METRES, View, intersects, within, within_distance};
use located::{Fence, Located};

pub(super) fn register(registry: &mut Registry) {
    distance::register(registry);
    for function in [
        Relation { name: "geo:within", near: false, holds: |a, b, _| within(a, b) },
        Relation { name: "geo:intersects", near: false, holds: |a, b, _| intersects(a, b) },
        Relation { name: "geo:withinDistance", near: true, holds: within_distance },
    ] {
        registry.scalar("geo", &function.name["geo:".len()..], Arc::new(function));
    }
}

/// A function that tells how a place or a geometry stands to a fence.
struct Relation {
    name: &'static str,
    /// Whether metres follow.
    near: bool,
    /// The last argument are degrees, if metres were given.
    holds: fn(View<'_>, View<'_>, f64) -> Result<bool, RowFailure>,
}

const PLAIN: &[&[Types]] = &[&[DOUBLE, DOUBLE, STRING], &[STRING, STRING]];
const NEAR: &[&[Types]] = &[&[DOUBLE, DOUBLE, STRING, DOUBLE], &[STRING, STRING, DOUBLE]];

impl ScalarFunction for Relation {
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        check(args, if self.near { NEAR } else { PLAIN })?;
        let located = Located::of(args, 0);
        let fence = Fence::of(args, located.end())?;
        let metres = self.near.then_some(located.end() + 1);
        let holds = self.holds;
        Ok(of_row(self.name, Type::Bool, move |row: &Row<'_>, _: &mut String| {
            let degrees = match metres {
                None => 0.0,
                Some(k) => row.number(k)?.ok_or_else(|| null(k))? / DEGREE_METRES,
            };
            let cell = |k: usize| row.cell(k).into();
            located.with(cell, |place| fence.with(cell, |fence| Ok(Out::Bool(holds(place, fence, degrees)?))))
        }))
    }
}
