//! `#geo:closestPoints(longitude, latitude, fence)`, or of a geometry: the nearest points of the two. The attributes are called as in
//! Siddhi, where what is called latitude is the longitude, and the other way round.

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Schema, Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundStream, RowFailure, Spreads, StreamFunction};

use crate::functions::geo::located::{Fence, Located};
use crate::functions::signature::{DOUBLE, STRING, check};
use crate::geometry::nearest;
use crate::stream::{Several, Spread};

pub(super) struct ClosestPoints;

struct Closest {
    located: Located,
    fence: Fence,
}

impl fmt::Debug for Closest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("geo:closestPoints")
    }
}

impl StreamFunction for ClosestPoints {
    fn bind(&self, args: &[ArgType], _: &Schema) -> Result<BoundStream, ArgError> {
        check(args, &[&[DOUBLE, DOUBLE, STRING], &[STRING, STRING]])?;
        let located = Located::of(args, 0);
        let fence = Fence::of(args, located.end())?;
        let names = [
            "closestPointOf1From2Latitude",
            "closestPointOf1From2Longitude",
            "closestPointOf2From1Latitude",
            "closestPointOf2From1Longitude",
        ];
        let adds = names.map(|name| Attribute::new(name, Type::Double)).to_vec();
        Ok(BoundStream { adds, kernel: Arc::new(Spread(Closest { located, fence })) })
    }
}

impl Several for Closest {
    type Added = [Value; 4];
    const SPREADS: Spreads = Spreads::Together;

    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure> {
        let cell = |k: usize| args[k].value(row, arena);
        let found = self.located.with(cell, |place| self.fence.with(cell, |fence| nearest(place, fence)))?;
        let (one, other) = found.ok_or_else(|| RowFailure::new("a geometry has no point, or one that is no number"))?;
        out.push([one.x, one.y, other.x, other.y].map(Value::Double));
        Ok(())
    }
}
