//! What lies in what: by the rules of the simple features, in which a border is part of an area but not its inside, and the ends of
//! a line are its border.

use riddhi_plan::registry::RowFailure;

use super::{Area, Point, Ring, Segment, View, Work, segments, turn};

/// Parts of a segment shorter than this, of its length, are taken for rounding.
const SHORT: f64 = 1e-12;

/// Where a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Outside,
    Border,
    Inside,
}

/// Whether the first lies in the second: no point outside of it, and some point of its inside in that of the other.
pub(crate) fn within(a: View<'_>, b: View<'_>) -> Result<bool, RowFailure> {
    if !(b.bounds.holds(a.bounds.low) && b.bounds.holds(a.bounds.high)) {
        return Ok(false);
    }
    let mut work = Work::new();
    work.spend(a.points.len() * b.positions())?;
    let mut inside = false;
    for &point in a.points {
        match place(b, point) {
            Place::Outside => return Ok(false),
            place => inside |= place == Place::Inside,
        }
    }
    if a.lines.is_empty() && a.areas.is_empty() {
        return Ok(inside);
    }
    let mut cuts = Cuts::new(work);
    for segment in a.lines.iter().flat_map(|line| segments(line)) {
        match cuts.least(segment, b)? {
            Place::Outside => return Ok(false),
            _ => inside |= cuts.inside,
        }
    }
    for segment in a.areas.iter().flat_map(Area::rings).flat_map(|ring| segments(&ring.line)) {
        // Lines have no room for an area.
        if cuts.least(segment, View { points: &[], lines: &[], ..b })? == Place::Outside {
            return Ok(false);
        }
    }
    // A border of the other in the inside of an area has its outside beside it.
    let areas = View { points: &[], lines: &[], ..a };
    if !a.areas.is_empty() {
        for border in b.areas.iter().flat_map(Area::rings).flat_map(|ring| segments(&ring.line)) {
            if cuts.enters(border, areas)? {
                return Ok(false);
            }
        }
    }
    Ok(inside || !a.areas.is_empty())
}

/// Whether the two have a point in common.
pub(crate) fn intersects(a: View<'_>, b: View<'_>) -> Result<bool, RowFailure> {
    if !a.bounds.touches(&b.bounds) {
        return Ok(false);
    }
    Work::new().spend(a.positions() * b.positions())?;
    Ok(a.firsts().any(|point| place(b, point) != Place::Outside)
        || b.firsts().any(|point| place(a, point) != Place::Outside)
        || a.points.iter().any(|&point| place(b, point) != Place::Outside)
        || a.segments().any(|one| b.segments().any(|other| one.meets(other))))
}

/// Where a point is, seen from a geometry.
pub(super) fn place(view: View<'_>, point: Point) -> Place {
    if !view.bounds.holds(point) {
        return Place::Outside;
    }
    let found = in_areas(view.areas, point);
    if found == Place::Inside || view.points.contains(&point) {
        return Place::Inside;
    }
    found.max(on_lines(view, point))
}

fn on_lines(view: View<'_>, point: Point) -> Place {
    if !view.lines.iter().flat_map(|line| segments(line)).any(|segment| segment.has(point)) {
        return Place::Outside;
    }
    let open = view.lines.iter().filter(|line| line.first() != line.last());
    let ends = open.filter(|line| line.first() == Some(&point) || line.last() == Some(&point)).count();
    if ends % 2 == 1 { Place::Border } else { Place::Inside }
}

/// Where a point is, seen from areas.
pub(super) fn in_areas(areas: &[Area], point: Point) -> Place {
    areas.iter().map(|area| in_area(area, point)).max().unwrap_or(Place::Outside)
}

fn in_area(area: &Area, point: Point) -> Place {
    let found = in_ring(&area.shell, point);
    if found != Place::Inside {
        return found;
    }
    for hole in &area.holes {
        match in_ring(hole, point) {
            Place::Inside => return Place::Outside,
            Place::Border => return Place::Border,
            Place::Outside => {}
        }
    }
    Place::Inside
}

/// Counts the edges that a ray to the east crosses.
fn in_ring(ring: &Ring, point: Point) -> Place {
    if !ring.bounds.holds(point) {
        return Place::Outside;
    }
    let mut inside = false;
    for Segment { from, to } in segments(&ring.line) {
        if from.x < point.x && to.x < point.x {
            continue;
        }
        if to == point {
            return Place::Border;
        }
        if from.y == point.y && to.y == point.y {
            if from.x.min(to.x) <= point.x && point.x <= from.x.max(to.x) {
                return Place::Border;
            }
            continue;
        }
        if (from.y > point.y) != (to.y > point.y) {
            let side = turn(from, to, point);
            if side == 0 {
                return Place::Border;
            }
            inside ^= (side > 0) == (to.y > from.y);
        }
    }
    if inside { Place::Inside } else { Place::Outside }
}

/// A segment cut where it meets something.
struct Cuts {
    work: Work,
    /// Where, from 0 to 1.
    places: Vec<f64>,
    /// Stretches along edges, and along lines.
    along_edges: Vec<(f64, f64)>,
    along_lines: Vec<(f64, f64)>,
    /// Of the last one looked at: whether some piece was in the inside.
    inside: bool,
}

impl Cuts {
    fn new(work: Work) -> Cuts {
        Cuts { work, places: Vec::new(), along_edges: Vec::new(), along_lines: Vec::new(), inside: false }
    }

    fn cut(&mut self, segment: Segment, by: View<'_>) {
        self.places.clear();
        self.along_edges.clear();
        self.along_lines.clear();
        self.places.extend([0.0, 1.0]);
        let edges = by.rings().flat_map(|ring| segments(&ring.line)).map(|edge| (edge, true));
        let lines = by.lines.iter().flat_map(|line| segments(line)).map(|line| (line, false));
        for (other, is_edge) in edges.chain(lines) {
            if !segment.meets(other) {
                continue;
            }
            let (a, b) = (turn(segment.from, segment.to, other.from), turn(segment.from, segment.to, other.to));
            if a == 0 && b == 0 {
                let (from, to) = (segment.place(other.from), segment.place(other.to));
                let stretch = (from.min(to).max(0.0), from.max(to).min(1.0));
                self.places.extend([stretch.0, stretch.1]);
                if is_edge { &mut self.along_edges } else { &mut self.along_lines }.push(stretch);
            } else {
                let place = if a == 0 {
                    segment.place(other.from)
                } else if b == 0 {
                    segment.place(other.to)
                } else {
                    crossing(segment, other)
                };
                self.places.push(place.clamp(0.0, 1.0));
            }
        }
        self.places.sort_by(f64::total_cmp);
    }

    /// The middles of the pieces.
    fn middles(&self) -> impl Iterator<Item = f64> {
        self.places.windows(2).filter(|ends| ends[1] - ends[0] > SHORT).map(|ends| (ends[0] + ends[1]) / 2.0)
    }

    fn along(stretches: &[(f64, f64)], middle: f64) -> bool {
        stretches.iter().any(|(from, to)| *from <= middle && middle <= *to)
    }

    /// Outside if any piece is.
    fn least(&mut self, segment: Segment, of: View<'_>) -> Result<Place, RowFailure> {
        let parts = of.positions();
        self.work.spend(parts)?;
        self.cut(segment, of);
        // Each piece is looked for among the edges and the stretches.
        self.work.spend(self.places.len() * (parts + self.along_edges.len() + self.along_lines.len()))?;
        let piece = |middle: f64| match Cuts::along(&self.along_edges, middle) {
            true => Place::Border,
            false => in_areas(of.areas, segment.at(middle)),
        };
        let piece = |middle: f64| match Cuts::along(&self.along_lines, middle) {
            true => Place::Inside,
            false => piece(middle),
        };
        let (mut least, mut inside) = (Place::Inside, false);
        for found in self.middles().map(piece) {
            least = least.min(found);
            inside |= found == Place::Inside;
        }
        self.inside = inside;
        Ok(least)
    }

    /// Whether some piece is in the inside of areas.
    fn enters(&mut self, segment: Segment, areas: View<'_>) -> Result<bool, RowFailure> {
        self.least(segment, areas)?;
        Ok(self.inside)
    }
}

/// Where a segment crosses another that it does not run along.
pub(super) fn crossing(segment: Segment, other: Segment) -> f64 {
    let (dx, dy) = (segment.to.x - segment.from.x, segment.to.y - segment.from.y);
    let (ex, ey) = (other.to.x - other.from.x, other.to.y - other.from.y);
    let across = dx * ey - dy * ex;
    ((other.from.x - segment.from.x) * ey - (other.from.y - segment.from.y) * ex) / across
}
