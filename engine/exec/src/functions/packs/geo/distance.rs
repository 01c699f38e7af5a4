//! `geo:distance(latitude, longitude, latitude, longitude)`: metres between two places, by the haversine formula.

use std::sync::Arc;

use riddhi_batch::Type;
use riddhi_plan::registry::{Registry, RowFailure};

use super::super::fdlibm;
use super::super::rowwise::{Out, Row, null, of_row};
use super::super::signature::{Checked, DOUBLE};

/// The earth's, in metres.
const RADIUS: f64 = 6_371_000.0;

pub(super) fn register(registry: &mut Registry) {
    let distance = Checked {
        overloads: &[&[DOUBLE, DOUBLE, DOUBLE, DOUBLE]],
        make: |_| Ok(of_row("geo:distance", Type::Double, distance)),
    };
    registry.scalar("geo", "distance", Arc::new(distance));
}

fn distance(row: &Row<'_>, _: &mut String) -> Result<Out, RowFailure> {
    let degrees = |k: usize| row.number(k)?.ok_or_else(|| null(k));
    let (latitude, longitude, other_latitude, other_longitude) = (degrees(0)?, degrees(1)?, degrees(2)?, degrees(3)?);
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin();
    let (north, east) = (half(latitude, other_latitude), half(longitude, other_longitude));
    let a = north * north + latitude.to_radians().cos() * other_latitude.to_radians().cos() * east * east;
    Ok(Out::Double(RADIUS * 2.0 * fdlibm::atan2(a.sqrt(), (1.0 - a).sqrt())))
}
