//! The stream functions of `geo`: `#geo:crosses`, `#geo:stationary` and `#geo:proximity`, which give a row when something changes,
//! `#geo:locationApproximate`, which gives one for each, and `#geo:closestPoints`.

mod beacons;
mod closest;
mod crosses;
mod moves;
mod watched;

use std::fmt;
use std::sync::Arc;

use riddhi_batch::{Arena, Attribute, Column, Schema, Type, Value};
use riddhi_plan::registry::{
    ArgError, ArgType, BoundScalar, BoundStream, Memory, Registry, RowFailure, Spreads, StreamFunction,
};

use super::{Several, Spread};
use crate::functions::geo::located::{Fence, Located};
use crate::functions::geo::packed;
use crate::functions::signature::{ANY, DOUBLE, LONG, STRING, Types, check};
use crate::geometry::DEGREE_METRES;
use beacons::Beacons;
use crosses::Crosses;
use moves::{Proximity, Stationary};
use watched::memory;

pub(super) fn register(registry: &mut Registry) {
    registry.stream("geo", "closestPoints", Arc::new(closest::ClosestPoints));
    for watches in [Watches::Crosses, Watches::Stationary, Watches::Proximity, Watches::Beacons] {
        registry.stream("geo", &watches.name()["geo:".len()..], Arc::new(watches));
    }
}

/// A function that remembers where something was.
#[derive(Clone, Copy, Debug)]
enum Watches {
    Crosses,
    Stationary,
    Proximity,
    Beacons,
}

const FENCED: &[&[Types]] = &[&[ANY, DOUBLE, DOUBLE, STRING], &[ANY, STRING, STRING]];
const WITHIN: &[&[Types]] = &[&[ANY, DOUBLE, DOUBLE, DOUBLE], &[ANY, STRING, DOUBLE]];
const SIGHTED: &[&[Types]] = &[&[STRING, DOUBLE, DOUBLE, STRING, STRING, DOUBLE, LONG]];

impl Watches {
    fn name(self) -> &'static str {
        match self {
            Watches::Crosses => "geo:crosses",
            Watches::Stationary => "geo:stationary",
            Watches::Proximity => "geo:proximity",
            Watches::Beacons => "geo:locationApproximate",
        }
    }

    fn adds(self) -> Vec<Attribute> {
        let added: &[(&str, Type)] = match self {
            Watches::Crosses => &[("crosses", Type::Bool)],
            Watches::Stationary => &[("stationary", Type::Bool)],
            Watches::Proximity => &[("proximityWith", Type::String), ("inCloseProximity", Type::Bool)],
            Watches::Beacons => {
                &[("averagedLatitude", Type::Double), ("averagedLongitude", Type::Double), ("averageExist", Type::Bool)]
            }
        };
        added.iter().map(|(name, ty)| Attribute::new(*name, *ty)).collect()
    }

    /// What makes one text of the arguments, and what begins as knowing nothing.
    fn parts(self, args: &[ArgType]) -> Result<(BoundScalar, Watching), ArgError> {
        let name = self.name();
        check(
            args,
            match self {
                Watches::Crosses => FENCED,
                Watches::Stationary | Watches::Proximity => WITHIN,
                Watches::Beacons => SIGHTED,
            },
        )?;
        if let Watches::Beacons = self {
            return Ok((packed::sighting(name), Watching::Beacons(Beacons::default())));
        }
        let located = Located::of(args, 1);
        if let Watches::Crosses = self {
            let fence = Fence::of(args, located.end())?;
            return Ok((packed::inside(name, located, fence), Watching::Crosses(Crosses::default())));
        }
        let last = located.end();
        let Some(Value::Double(metres)) = args[last].constant else {
            return Err(ArgError::at(last, "the metres must be a constant double", "write them as in 100.0"));
        };
        let degrees = metres / DEGREE_METRES;
        let watching = match self {
            Watches::Proximity => Watching::Proximity(Proximity::new(degrees)),
            _ => Watching::Stationary(Stationary::new(degrees)),
        };
        Ok((packed::at(name, located), watching))
    }
}

enum Watching {
    Crosses(Crosses),
    Stationary(Stationary),
    Proximity(Proximity),
    Beacons(Beacons),
}

impl StreamFunction for Watches {
    fn bind(&self, args: &[ArgType], _: &Schema) -> Result<BoundStream, ArgError> {
        self.parts(args)?;
        Ok(BoundStream { adds: self.adds(), kernel: Arc::new(Spread(Changed(self.name()))) })
    }

    fn memory(&self, args: &[ArgType]) -> Result<Option<Memory>, ArgError> {
        let (packs, watching) = self.parts(args)?;
        let takes = match watching {
            Watching::Crosses(new) => memory(new),
            Watching::Stationary(new) => memory(new),
            Watching::Proximity(new) => memory(new),
            Watching::Beacons(new) => memory(new),
        };
        Ok(Some(Memory { packs, takes }))
    }
}

/// Gives the rows that what was watched asks for.
struct Changed(&'static str);

impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What is added to a row that is given.
enum Given {
    One([Value; 1]),
    Several(Vec<Value>),
}

impl AsRef<[Value]> for Given {
    fn as_ref(&self) -> &[Value] {
        match self {
            Given::One(value) => value,
            Given::Several(values) => values,
        }
    }
}

impl Several for Changed {
    type Added = Given;
    const SPREADS: Spreads = Spreads::Together;

    fn give(&self, args: &[Column], row: usize, arena: &Arena, out: &mut Vec<Self::Added>) -> Result<(), RowFailure> {
        match args[0].value(row, arena) {
            Value::Null => {}
            Value::Str(why) => return Err(RowFailure::new(why)),
            Value::List(rows) => out.extend(rows.into_iter().filter_map(|row| match row {
                Value::List(values) => Some(Given::Several(values)),
                _ => None,
            })),
            value => out.push(Given::One([value])),
        }
        Ok(())
    }
}
