//! Plane geometry of the functions of `geo`: points, lines and areas in degrees, x the longitude and y the latitude.
//!
//! [`read`] makes a geometry of GeoJSON, [`relate`] tells what lies in what, [`near`] what is how far. All of it works on a
//! [`View`], which a point is too, so that points of events need no geometry made. What two geometries ask for grows with the product
//! of their parts and more, and both may come from outside: it is counted, and ends at a bound.

mod near;
mod read;
mod relate;
#[cfg(test)]
mod tests;

use riddhi_plan::registry::RowFailure;

pub(crate) use near::{nearest, within_distance};
pub(crate) use read::read;
pub(crate) use relate::{intersects, within};

/// Metres of a degree, as Siddhi takes them.
pub(crate) const DEGREE_METRES: f64 = 110574.61087757687;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub x: f64,
    pub y: f64,
}

/// Points in a row; of an area the first is the last again.
pub(crate) type Line = Vec<Point>;

/// Something with an inside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Area {
    shell: Ring,
    holes: Vec<Ring>,
}

/// A closed line and the box around it.
#[derive(Clone, Debug, PartialEq)]
struct Ring {
    line: Line,
    bounds: Bounds,
}

/// The smallest box around something; of nothing it has no inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    low: Point,
    high: Point,
}

/// What a GeoJSON text says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Geometry {
    points: Vec<Point>,
    lines: Vec<Line>,
    areas: Vec<Area>,
    bounds: Bounds,
}

/// A geometry, or one point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    points: &'a [Point],
    lines: &'a [Line],
    areas: &'a [Area],
    bounds: Bounds,
}

/// What may still be spent on a comparison: about one for two parts that are looked at together.
struct Work(u64);

/// At most: half a second or so.
const WORK_MAX: u64 = 1 << 26;

impl Work {
    fn new() -> Work {
        Work(WORK_MAX)
    }

    fn spend(&mut self, parts: usize) -> Result<(), RowFailure> {
        let left = self.0.checked_sub(parts as u64);
        self.0 = left.ok_or_else(|| RowFailure::new("the two geometries have too many positions to be compared"))?;
        Ok(())
    }
}

/// Two points.
#[derive(Clone, Copy, Debug)]
struct Segment {
    from: Point,
    to: Point,
}

impl Point {
    /// The point as a geometry.
    pub(crate) fn view(&self) -> View<'_> {
        let bounds = Bounds { low: *self, high: *self };
        View { points: std::slice::from_ref(self), lines: &[], areas: &[], bounds }
    }

    fn distance(self, other: Point) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        (dx * dx + dy * dy).sqrt()
    }
}

impl Bounds {
    const NONE: Bounds = Bounds {
        low: Point { x: f64::INFINITY, y: f64::INFINITY },
        high: Point { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
    };

    fn of(line: &[Point]) -> Bounds {
        line.iter().fold(Bounds::NONE, |all, p| all.with(Bounds { low: *p, high: *p }))
    }

    fn with(self, other: Bounds) -> Bounds {
        let low = Point { x: self.low.x.min(other.low.x), y: self.low.y.min(other.low.y) };
        Bounds { low, high: Point { x: self.high.x.max(other.high.x), y: self.high.y.max(other.high.y) } }
    }

    #[inline]
    fn holds(&self, p: Point) -> bool {
        self.low.x <= p.x && p.x <= self.high.x && self.low.y <= p.y && p.y <= self.high.y
    }

    fn touches(&self, other: &Bounds) -> bool {
        self.low.x <= other.high.x
            && other.low.x <= self.high.x
            && self.low.y <= other.high.y
            && other.low.y <= self.high.y
    }
}

impl Ring {
    fn new(line: Line) -> Ring {
        Ring { bounds: Bounds::of(&line), line }
    }
}

impl Area {
    fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.shell).chain(&self.holes)
    }
}

impl Geometry {
    fn new(points: Vec<Point>, lines: Vec<Line>, areas: Vec<Area>) -> Geometry {
        let bounds = lines.iter().map(|line| Bounds::of(line)).chain(areas.iter().map(|area| area.shell.bounds));
        let bounds = bounds.fold(Bounds::of(&points), Bounds::with);
        Geometry { points, lines, areas, bounds }
    }

    /// A look at it.
    pub(crate) fn view(&self) -> View<'_> {
        View { points: &self.points, lines: &self.lines, areas: &self.areas, bounds: self.bounds }
    }

    /// Points that it is made of.
    pub(crate) fn positions(&self) -> usize {
        self.view().positions()
    }
}

impl<'a> View<'a> {
    fn positions(self) -> usize {
        self.points.len() + self.all_lines().map(<[Point]>::len).sum::<usize>()
    }

    fn rings(self) -> impl Iterator<Item = &'a Ring> {
        self.areas.iter().flat_map(Area::rings)
    }

    /// Lines, and the edges of areas.
    fn all_lines(self) -> impl Iterator<Item = &'a [Point]> {
        let rings = self.rings().map(|ring| &ring.line[..]);
        self.lines.iter().map(|line| &line[..]).chain(rings)
    }

    /// Segments of lines and edges.
    fn segments(self) -> impl Iterator<Item = Segment> {
        self.all_lines().flat_map(segments)
    }

    /// A point of each part.
    fn firsts(self) -> impl Iterator<Item = Point> {
        let lines = self.lines.iter().filter_map(|line| line.first().copied());
        let areas = self.areas.iter().filter_map(|area| area.shell.line.first().copied());
        self.points.iter().copied().chain(lines).chain(areas)
    }
}

fn segments(line: &[Point]) -> impl Iterator<Item = Segment> {
    line.windows(2).map(|ends| Segment { from: ends[0], to: ends[1] })
}

impl Segment {
    /// Whether the point lies on it.
    fn has(self, p: Point) -> bool {
        Bounds::of(&[self.from, self.to]).holds(p) && turn(self.from, self.to, p) == 0
    }

    /// The place of a point among the ends: 0 the first, 1 the second.
    fn place(self, p: Point) -> f64 {
        let (dx, dy) = (self.to.x - self.from.x, self.to.y - self.from.y);
        if p == self.from {
            return 0.0;
        }
        if p == self.to {
            return 1.0;
        }
        ((p.x - self.from.x) * dx + (p.y - self.from.y) * dy) / (dx * dx + dy * dy)
    }

    /// The point at that place.
    fn at(self, place: f64) -> Point {
        let Segment { from, to } = self;
        Point { x: from.x + place * (to.x - from.x), y: from.y + place * (to.y - from.y) }
    }

    /// Whether the two have a point in common.
    fn meets(self, other: Segment) -> bool {
        if !Bounds::of(&[self.from, self.to]).touches(&Bounds::of(&[other.from, other.to])) {
            return false;
        }
        let (a, b) = (turn(self.from, self.to, other.from), turn(self.from, self.to, other.to));
        let (c, d) = (turn(other.from, other.to, self.from), turn(other.from, other.to, self.to));
        a * b <= 0 && c * d <= 0
    }
}

/// Whether one turns left (1) or right (-1) on the way from `a` over `b` to `c`, or not at all (0). The sign is that of the exact
/// value wherever twice the digits of a double are enough to tell.
fn turn(a: Point, b: Point, c: Point) -> i32 {
    /// The error of the short way, as a part of its terms.
    const ERROR: f64 = 1e-15;
    let (left, right) = ((a.x - c.x) * (b.y - c.y), (a.y - c.y) * (b.x - c.x));
    let short = left - right;
    let sure = ERROR * (left.abs() + right.abs());
    if short > sure || -short > sure {
        return if short > 0.0 { 1 } else { -1 };
    }
    let (left, right) = (times(minus(a.x, c.x), minus(b.y, c.y)), times(minus(a.y, c.y), minus(b.x, c.x)));
    let (high, low) = minus(left.0, right.0);
    let exact = high + (low + (left.1 - right.1));
    if exact > 0.0 { 1 } else { -i32::from(exact < 0.0) }
}

/// The difference, and what rounding took from it.
fn minus(a: f64, b: f64) -> (f64, f64) {
    let difference = a - b;
    let part = difference - a;
    (difference, (a - (difference - part)) - (b + part))
}

/// The product of two such numbers, as one.
fn times((a, a_low): (f64, f64), (b, b_low): (f64, f64)) -> (f64, f64) {
    let product = a * b;
    let low = a.mul_add(b, -product) + (a * b_low + a_low * b);
    let sum = product + low;
    (sum, low - (sum - product))
}
