//! How far two geometries are from each other, in degrees of the plane, and where they are nearest.

use riddhi_plan::registry::RowFailure;

use super::relate::{Place, crossing, in_areas};
use super::{Bounds, Point, Segment, View, Work, segments};

/// The nearest two found so far.
struct Nearest {
    distance: f64,
    points: Option<(Point, Point)>,
}

/// Whether the two are no farther from each other than so many degrees.
pub(crate) fn within_distance(a: View<'_>, b: View<'_>, degrees: f64) -> Result<bool, RowFailure> {
    Ok(gap(&a.bounds, &b.bounds) <= degrees && find(a, b, degrees)?.distance <= degrees)
}

/// A point of each, nearest to each other; none if one of them has no point.
pub(crate) fn nearest(a: View<'_>, b: View<'_>) -> Result<Option<(Point, Point)>, RowFailure> {
    Ok(find(a, b, 0.0)?.points)
}

/// Goes on until something as near as `enough` is found.
fn find(a: View<'_>, b: View<'_>, enough: f64) -> Result<Nearest, RowFailure> {
    Work::new().spend(a.positions() * b.positions())?;
    // What lies in an area is where the area is.
    let inside =
        |areas: View<'_>, parts: View<'_>| parts.firsts().find(|&point| in_areas(areas.areas, point) != Place::Outside);
    if let Some(point) = inside(a, b).or_else(|| inside(b, a)) {
        return Ok(Nearest { distance: 0.0, points: Some((point, point)) });
    }
    let mut found = Nearest { distance: f64::INFINITY, points: None };
    let near = |found: &Nearest, one: &Bounds, other: &Bounds| gap(one, other) < found.distance;
    for one in a.all_lines() {
        let bounds = Bounds::of(one);
        if !near(&found, &bounds, &b.bounds) {
            continue;
        }
        for other in b.all_lines() {
            for from in segments(one) {
                for to in segments(other) {
                    found.segments(from, to);
                }
                if found.distance <= enough {
                    return Ok(found);
                }
            }
        }
    }
    for one in a.all_lines() {
        for &point in b.points {
            segments(one).for_each(|segment| found.point(segment, point, false));
        }
    }
    for &point in a.points {
        for other in b.all_lines() {
            segments(other).for_each(|segment| found.point(segment, point, true));
        }
    }
    if found.distance <= enough {
        return Ok(found);
    }
    for &one in a.points {
        b.points.iter().for_each(|&other| found.take(one.distance(other), || (one, other)));
    }
    Ok(found)
}

impl Nearest {
    fn take(&mut self, distance: f64, points: impl FnOnce() -> (Point, Point)) {
        if distance < self.distance {
            *self = Nearest { distance, points: Some(points()) };
        }
    }

    /// A segment and a point; `first`: the point is of the first geometry.
    fn point(&mut self, segment: Segment, point: Point, first: bool) {
        self.take(far(segment, point), || {
            let on = foot(segment, point);
            if first { (point, on) } else { (on, point) }
        });
    }

    fn segments(&mut self, one: Segment, other: Segment) {
        if one.meets(other) {
            return self.take(0.0, || {
                let common = [other.from, other.to].into_iter().find(|&end| one.has(end));
                let common = common.or_else(|| [one.from, one.to].into_iter().find(|&end| other.has(end)));
                let common = common.unwrap_or_else(|| one.at(crossing(one, other)));
                (common, common)
            });
        }
        [one.from, one.to].into_iter().for_each(|point| self.point(other, point, true));
        [other.from, other.to].into_iter().for_each(|point| self.point(one, point, false));
    }
}

/// How far a point is from a segment.
fn far(Segment { from, to }: Segment, p: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let square = dx * dx + dy * dy;
    if square == 0.0 {
        return p.distance(from);
    }
    let place = ((p.x - from.x) * dx + (p.y - from.y) * dy) / square;
    if place <= 0.0 {
        return p.distance(from);
    }
    if place >= 1.0 {
        return p.distance(to);
    }
    (((from.y - p.y) * dx - (from.x - p.x) * dy) / square).abs() * square.sqrt()
}

/// The point of a segment that is nearest to another.
fn foot(segment: Segment, p: Point) -> Point {
    let place = segment.place(p);
    if place > 0.0 && place < 1.0 {
        return segment.at(place);
    }
    if p.distance(segment.from) < p.distance(segment.to) { segment.from } else { segment.to }
}

/// How far two boxes are from each other.
fn gap(a: &Bounds, b: &Bounds) -> f64 {
    let dx = (a.low.x - b.high.x).max(b.low.x - a.high.x).max(0.0);
    let dy = (a.low.y - b.high.y).max(b.low.y - a.high.y).max(0.0);
    (dx * dx + dy * dy).sqrt()
}
