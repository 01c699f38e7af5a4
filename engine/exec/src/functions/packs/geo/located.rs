//! Where arguments say that something is: a longitude and a latitude, or a geometry as GeoJSON.

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, RowFailure};

use super::super::rowwise::null;
use crate::expr::type_name;
use crate::geometry::{Geometry, Point, View, read};

/// Which arguments say where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Located {
    /// Longitude and latitude, from this one on.
    Place(usize),
    /// A geometry.
    Geometry(usize),
}

/// What it is compared with.
pub(crate) enum Fence {
    /// A constant, read once.
    Fixed(Box<Geometry>),
    /// That of the row.
    Argument(usize),
}

impl Located {
    /// From argument `at` on; their types have been checked.
    pub(crate) fn of(args: &[ArgType], at: usize) -> Located {
        if args[at].ty == Type::String { Located::Geometry(at) } else { Located::Place(at) }
    }

    /// The first argument behind it.
    pub(crate) fn end(self) -> usize {
        match self {
            Located::Place(at) => at + 2,
            Located::Geometry(at) => at + 1,
        }
    }

    /// Hands over where it is.
    pub(crate) fn with<T>(
        self,
        cell: impl Fn(usize) -> Value,
        of: impl FnOnce(View<'_>) -> Result<T, RowFailure>,
    ) -> Result<T, RowFailure> {
        match self {
            Located::Place(at) => of(point(cell, at)?.view()),
            Located::Geometry(at) => of(geometry(cell, at)?.view()),
        }
    }
}

impl Fence {
    /// That of argument `at`; a constant must be a geometry.
    pub(crate) fn of(args: &[ArgType], at: usize) -> Result<Fence, ArgError> {
        const HELP: &str = "give GeoJSON, as \"{'type':'Point','coordinates':[16.37,48.21]}\", or a circle, \
                            \"{'radius':100,'coordinates':[16.37,48.21]}\"";
        match &args[at].constant {
            Some(Value::Str(text)) => {
                let geometry = read(text).map_err(|why| ArgError::at(at, why.what, HELP))?;
                Ok(Fence::Fixed(Box::new(geometry)))
            }
            _ => Ok(Fence::Argument(at)),
        }
    }

    /// Hands it over.
    pub(crate) fn with<T>(
        &self,
        cell: impl Fn(usize) -> Value,
        of: impl FnOnce(View<'_>) -> Result<T, RowFailure>,
    ) -> Result<T, RowFailure> {
        match self {
            Fence::Fixed(geometry) => of(geometry.view()),
            Fence::Argument(at) => of(geometry(cell, *at)?.view()),
        }
    }
}

/// The place whose longitude is argument `at`, and whose latitude the next one.
pub(crate) fn point(cell: impl Fn(usize) -> Value, at: usize) -> Result<Point, RowFailure> {
    Ok(Point { x: number(cell(at), at)?, y: number(cell(at + 1), at + 1)? })
}

fn geometry(cell: impl Fn(usize) -> Value, at: usize) -> Result<Geometry, RowFailure> {
    read(&text(cell(at), at)?)
}

fn number(value: Value, k: usize) -> Result<f64, RowFailure> {
    match value {
        Value::Double(x) => Ok(x),
        Value::Null => Err(null(k)),
        other => Err(RowFailure::new(format!("a {} where a double is needed", type_name(&other)))),
    }
}

/// The text of an argument.
pub(crate) fn text(value: Value, k: usize) -> Result<Box<str>, RowFailure> {
    match value {
        Value::Str(text) => Ok(text),
        Value::Null => Err(null(k)),
        other => Err(RowFailure::new(format!("a {} where a string is needed", type_name(&other)))),
    }
}
