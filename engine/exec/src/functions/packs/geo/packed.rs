//! What the stream functions of `geo` remember things by: a row's arguments as one text, which needs no memory of its own.
//!
//! A row that fails is a text too, so that the function that reads it can say which row it was.

use std::fmt::Write;

use riddhi_batch::Type;
use riddhi_plan::registry::{BoundScalar, RowFailure};

use super::super::rowwise::{Cell, Out, Row, null, of_row};
use super::located::{Fence, Located, point, text};
use crate::geometry::{Geometry, Point, read, within};

/// Hexadecimal digits of a coordinate's bits, and of an id's length.
const DIGITS: usize = 16;
/// What a text begins with.
const FAILED: char = 'e';
const INSIDE: char = '1';
const OUTSIDE: char = '0';
const PLACE: char = 'p';
const GEOMETRY: char = 'g';
const NEAR: char = 'n';
const GONE: char = 'x';

/// Whether something is inside a fence.
pub(crate) struct Inside<'a> {
    pub id: &'a str,
    pub inside: bool,
}

/// Where something is.
pub(crate) struct At<'a> {
    pub id: &'a str,
    pub place: Placed,
}

/// What somebody's receiver says of a beacon.
pub(crate) struct Sighting<'a> {
    pub recorder: &'a str,
    pub beacon: &'a str,
    /// Whether the beacon is near; else it was left.
    pub near: bool,
    /// Latitude and longitude of the beacon, in degrees, and its weight.
    pub latitude: f64,
    pub longitude: f64,
    pub weight: f64,
    /// When, in milliseconds.
    pub at: i64,
}

/// A place, or a geometry with its text.
#[derive(Clone, Debug)]
pub(crate) enum Placed {
    Point(Point),
    Geometry(Box<Geometry>, Box<str>),
}

/// Makes the text of [`Inside`] out of id, where it is, and fence.
pub(crate) fn inside(name: &'static str, located: Located, fence: Fence) -> BoundScalar {
    pack(name, move |row, out| {
        let cell = |k: usize| row.cell(k).into();
        let inside = located.with(cell, |place| fence.with(cell, |fence| within(place, fence)))?;
        out.push(if inside { INSIDE } else { OUTSIDE });
        id(row, out)
    })
}

/// Makes the text of [`At`] out of id and where it is.
pub(crate) fn at(name: &'static str, located: Located) -> BoundScalar {
    pack(name, move |row, out| {
        let cell = |k: usize| row.cell(k).into();
        match located {
            Located::Place(k) => {
                out.push(PLACE);
                let Point { x, y } = point(cell, k)?;
                let _ = write!(out, "{:016x}{:016x}", x.to_bits(), y.to_bits());
                id(row, out)
            }
            Located::Geometry(k) => {
                let text = text(cell(k), k)?;
                read(&text)?;
                out.push(GEOMETRY);
                let begins = out.len();
                id(row, out)?;
                let length = out.len() - begins;
                out.insert_str(begins, &format!("{length:016x}"));
                out.push_str(&text);
                Ok(())
            }
        }
    })
}

/// Makes the text of [`Sighting`] out of recorder, latitude, longitude, proximity, beacon, weight and time.
pub(crate) fn sighting(name: &'static str) -> BoundScalar {
    pack(name, |row, out| {
        let (recorder, near) = (row.some_text(0)?, row.some_text(3)?);
        let near = near.eq_ignore_ascii_case("enter") || near.eq_ignore_ascii_case("range");
        out.push(if near { NEAR } else { GONE });
        for k in [1, 2, 5] {
            let _ = write!(out, "{:016x}", row.number(k)?.ok_or_else(|| null(k))?.to_bits());
        }
        let _ = write!(out, "{:016x}{:016x}", row.long(6)?.ok_or_else(|| null(6))?, recorder.len());
        out.push_str(&recorder);
        out.push_str(&row.some_text(4)?);
        Ok(())
    })
}

fn pack(
    name: &'static str,
    write: impl Fn(&Row<'_>, &mut String) -> Result<(), RowFailure> + Send + Sync + 'static,
) -> BoundScalar {
    of_row(name, Type::String, move |row: &Row<'_>, out: &mut String| {
        if let Err(why) = write(row, out) {
            out.clear();
            out.push(FAILED);
            out.push_str(&why.what);
        }
        Ok(Out::Text)
    })
}

fn id(row: &Row<'_>, out: &mut String) -> Result<(), RowFailure> {
    match row.cell(0) {
        Cell::Null => Err(null(0)),
        cell => {
            cell.write(out);
            Ok(())
        }
    }
}

/// Reads what [`inside`] made; the failure, if it is one.
pub(crate) fn read_inside(packed: &str) -> Result<Inside<'_>, &str> {
    let mut rest = packed.chars();
    match rest.next() {
        Some(INSIDE) => Ok(Inside { id: rest.as_str(), inside: true }),
        Some(OUTSIDE) => Ok(Inside { id: rest.as_str(), inside: false }),
        _ => Err(rest.as_str()),
    }
}

const UNKNOWN: &str = "not a place";

/// The number whose digits begin there.
fn digits(text: &str, from: usize) -> Result<u64, &'static str> {
    let digits = text.get(from..from + DIGITS).ok_or(UNKNOWN)?;
    u64::from_str_radix(digits, 16).map_err(|_| UNKNOWN)
}

/// Reads what [`sighting`] made; the failure, if it is one.
pub(crate) fn read_sighting(packed: &str) -> Result<Sighting<'_>, &str> {
    let (kind, rest) = packed.split_at_checked(1).unwrap_or_default();
    if !kind.starts_with([NEAR, GONE]) {
        return Err(rest);
    }
    let number = |k: usize| digits(rest, k * DIGITS);
    let names = rest.get(5 * DIGITS..).ok_or(UNKNOWN)?;
    let (recorder, beacon) = names.split_at_checked(number(4)? as usize).ok_or(UNKNOWN)?;
    Ok(Sighting {
        recorder,
        beacon,
        near: kind.starts_with(NEAR),
        latitude: f64::from_bits(number(0)?),
        longitude: f64::from_bits(number(1)?),
        weight: f64::from_bits(number(2)?),
        at: number(3)? as i64,
    })
}

/// Reads what [`at`] made; the failure, if it is one.
pub(crate) fn read_at(packed: &str) -> Result<At<'_>, &str> {
    let (kind, rest) = packed.split_at_checked(1).unwrap_or_default();
    let digits = |from: usize| digits(rest, from);
    if kind.starts_with(PLACE) {
        let point = Point { x: f64::from_bits(digits(0)?), y: f64::from_bits(digits(DIGITS)?) };
        return Ok(At { id: rest.get(2 * DIGITS..).ok_or(UNKNOWN)?, place: Placed::Point(point) });
    }
    if kind.starts_with(GEOMETRY) {
        let end = DIGITS.saturating_add(digits(0)? as usize);
        let (id, text) = (rest.get(DIGITS..end).ok_or(UNKNOWN)?, rest.get(end..).ok_or(UNKNOWN)?);
        return Ok(At { id, place: Placed::of_text(text).map_err(|_| UNKNOWN)? });
    }
    Err(rest)
}

impl Placed {
    /// The geometry of a text.
    pub(crate) fn of_text(text: &str) -> Result<Placed, RowFailure> {
        Ok(Placed::Geometry(Box::new(read(text)?), text.into()))
    }
}
