//! Geometries out of GeoJSON, as Siddhi takes it: quotes may be single, and what has a `radius` is a circle around its one position.

use std::f64::consts::{FRAC_PI_2, TAU};

use riddhi_plan::registry::RowFailure;

use super::{Area, DEGREE_METRES, Geometry, Line, Point, Ring};
use crate::functions::{parsed, shown};
use crate::json::{Kind, ROOT, Tree};

/// Positions of one geometry, at most.
const POSITIONS_MAX: usize = 1 << 16;
/// Segments of a quarter of a circle.
const QUARTER_SEGMENTS: usize = 8;

/// The geometry that the text describes.
pub(crate) fn read(text: &str) -> Result<Geometry, RowFailure> {
    parsed(text, |tree| {
        let mut parts = Parts::default();
        parts.geometry(tree, ROOT).map_err(|why| RowFailure::new(format!("{} is no geometry: {why}", shown(text))))?;
        Ok(Geometry::new(parts.points, parts.lines, parts.areas))
    })
}

#[derive(Default)]
struct Parts {
    points: Vec<Point>,
    lines: Vec<Line>,
    areas: Vec<Area>,
    positions: usize,
}

type Read<T> = Result<T, &'static str>;

impl Parts {
    fn geometry(&mut self, tree: Tree<'_>, node: u32) -> Read<()> {
        if !matches!(tree.kind(node), Kind::Object) {
            return Err("it is no object");
        }
        let coordinates = || tree.member(node, "coordinates").ok_or("it has no coordinates");
        if let Some(radius) = tree.member(node, "radius") {
            let centre = self.position(tree, coordinates()?)?;
            let metres = number(tree, radius).ok_or("its radius is no number")?;
            return self.circle(centre, metres);
        }
        let kind = tree.member(node, "type").and_then(|kind| tree.text(kind)).ok_or("it has no type")?;
        match kind {
            "Point" => {
                let point = self.position(tree, coordinates()?)?;
                self.points.push(point);
            }
            "MultiPoint" => {
                let points = self.line(tree, coordinates()?)?;
                self.points.extend(points);
            }
            "LineString" => self.add_line(tree, coordinates()?)?,
            "MultiLineString" => list(tree, coordinates()?)?.try_for_each(|line| self.add_line(tree, line))?,
            "Polygon" => self.area(tree, coordinates()?)?,
            "MultiPolygon" => list(tree, coordinates()?)?.try_for_each(|area| self.area(tree, area))?,
            "GeometryCollection" => {
                let all = tree.member(node, "geometries").ok_or("it has no geometries")?;
                list(tree, all)?.try_for_each(|one| self.geometry(tree, one))?;
            }
            _ => return Err("its type is none of GeoJSON's geometries"),
        }
        Ok(())
    }

    /// A polygon of as many corners as Siddhi gives a circle, from the east on, clockwise.
    fn circle(&mut self, centre: Point, metres: f64) -> Read<()> {
        let radius = metres / DEGREE_METRES;
        if !(radius > 0.0 && radius.is_finite()) {
            return Err("its radius is not more than 0");
        }
        let step = FRAC_PI_2 / QUARTER_SEGMENTS as f64;
        let corner = |k: usize| {
            let angle = -(k as f64) * step;
            Point { x: centre.x + radius * angle.cos(), y: centre.y + radius * angle.sin() }
        };
        let mut line: Line = (0..(TAU / step).round() as usize).map(corner).collect();
        line.extend(line.first().copied());
        self.areas.push(Area { shell: Ring::new(line), holes: Vec::new() });
        Ok(())
    }

    fn position(&mut self, tree: Tree<'_>, node: u32) -> Read<Point> {
        self.positions += 1;
        if self.positions > POSITIONS_MAX {
            return Err("it has more than 65536 positions");
        }
        let mut numbers = list(tree, node)?.map(|n| number(tree, n).ok_or("a coordinate is no number"));
        match (numbers.next().transpose()?, numbers.next().transpose()?) {
            (Some(x), Some(y)) => Ok(Point { x, y }),
            _ => Err("a position has less than two coordinates"),
        }
    }

    fn line(&mut self, tree: Tree<'_>, node: u32) -> Read<Line> {
        list(tree, node)?.map(|position| self.position(tree, position)).collect()
    }

    fn add_line(&mut self, tree: Tree<'_>, node: u32) -> Read<()> {
        let line = self.line(tree, node)?;
        if line.len() < 2 {
            return Err("a line has less than two positions");
        }
        self.lines.push(line);
        Ok(())
    }

    fn area(&mut self, tree: Tree<'_>, node: u32) -> Read<()> {
        let ring = |ring: u32| {
            let line = self.line(tree, ring)?;
            match line.len() >= 4 && line.first() == line.last() {
                true => Ok(Ring::new(line)),
                false => Err("a ring has less than four positions, or its last is not its first"),
            }
        };
        let mut rings = list(tree, node)?.map(ring);
        let shell = rings.next().ok_or("a polygon has no ring")??;
        let holes = rings.collect::<Read<Vec<Ring>>>()?;
        self.areas.push(Area { shell, holes });
        Ok(())
    }
}

fn list(tree: Tree<'_>, node: u32) -> Read<impl Iterator<Item = u32>> {
    match tree.kind(node) {
        Kind::Array => Ok(tree.elements(node)),
        _ => Err("coordinates are no list, or lists of another depth"),
    }
}

fn number(tree: Tree<'_>, node: u32) -> Option<f64> {
    let x = match tree.kind(node) {
        Kind::Int(x) => x as f64,
        Kind::Long(x) => x as f64,
        Kind::Double(x) => x,
        Kind::Big(span) => crate::functions::real(tree.span(span))?,
        _ => return None,
    };
    x.is_finite().then_some(x)
}
