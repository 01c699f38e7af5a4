//! The fields of a struct, one after another, in a message that is all there.

use super::{DEPTH_MAX, Size, code, size};
use crate::WireError;
use crate::cursor::Cursor;
use crate::value::put;

/// Reads a struct's fields.
pub(super) struct Fields<'c, 'a> {
    pub(super) from: &'c mut Cursor<'a>,
    /// Structs, lists and maps around this one.
    depth: usize,
}

impl<'c, 'a> Fields<'c, 'a> {
    pub(super) fn new(from: &'c mut Cursor<'a>, depth: usize) -> Fields<'c, 'a> {
        Fields { from, depth }
    }

    /// The next field's type and number. Its value must be read, or skipped, before the next.
    pub(super) fn next(&mut self) -> Result<Option<(u8, i16)>, WireError> {
        match self.from.u8("a field's type")? {
            code::STOP => Ok(None),
            ty => Ok(Some((ty, self.from.i16("a field's number")?))),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a [u8], WireError> {
        self.from.counted("a text")
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, ty: u8) -> Result<(), WireError> {
        skip(self.from, ty, self.depth + 1)
    }
}

/// Passes over a value that stands within `depth` others.
fn skip(from: &mut Cursor<'_>, ty: u8, depth: usize) -> Result<(), WireError> {
    if depth >= DEPTH_MAX {
        return Err(WireError::Deep(DEPTH_MAX));
    }
    match ty {
        code::STRING => from.counted("a text").map(drop),
        code::STRUCT => {
            let mut fields = Fields::new(from, depth);
            while let Some((ty, _)) = fields.next()? {
                fields.skip(ty)?;
            }
            Ok(())
        }
        code::LIST | code::SET => skip_list(from, depth),
        code::MAP => {
            let [key, value] = from.array("a map's types")?;
            if let Some(count) = count(from, &[key, value], "a map")? {
                for _ in 0..count {
                    skip(from, key, depth + 1)?;
                    skip(from, value, depth + 1)?;
                }
            }
            Ok(())
        }
        _ => from.take(size(ty)?.bytes_min(), "a value").map(drop),
    }
}

fn skip_list(from: &mut Cursor<'_>, depth: usize) -> Result<(), WireError> {
    let ty = from.u8("a list's type")?;
    let Some(count) = count(from, &[ty], "a list")? else { return Ok(()) };
    if let Size::Fixed(bytes) = size(ty)? {
        return from.take(count * bytes, "a list").map(drop);
    }
    for _ in 0..count {
        skip(from, ty, depth + 1)?;
    }
    Ok(())
}

/// How many of things of these types follow. None if there are none, whose types may be anything.
fn count(from: &mut Cursor<'_>, types: &[u8], what: &'static str) -> Result<Option<usize>, WireError> {
    let none = from.rest().starts_with(&[0; 4]);
    let mut bytes_min = 0;
    for ty in types.iter().filter(|_| !none) {
        bytes_min += size(*ty)?.bytes_min();
    }
    Ok(Some(from.count(bytes_min, what)?).filter(|count| *count > 0))
}

/// How many elements of this type a list has.
pub(super) fn list_count(from: &mut Cursor<'_>, ty: u8) -> Result<usize, WireError> {
    let found = from.u8("a list's type")?;
    match count(from, &[found], "a list")? {
        Some(_) if found != ty => Err(WireError::Code { what: "type of such a list", code: found.into() }),
        count => Ok(count.unwrap_or(0)),
    }
}

/// How many pairs of these types a map has.
pub(super) fn map_count(from: &mut Cursor<'_>, key: u8, value: u8) -> Result<usize, WireError> {
    let found: [u8; 2] = from.array("a map's types")?;
    match count(from, &found, "a map")? {
        Some(_) if found != [key, value] => Err(WireError::Code { what: "type of such a map", code: found[0].into() }),
        count => Ok(count.unwrap_or(0)),
    }
}

pub(super) fn put_field(out: &mut Vec<u8>, ty: u8, id: i16) {
    out.push(ty);
    out.extend_from_slice(&id.to_be_bytes());
}

pub(super) fn put_text(out: &mut Vec<u8>, id: i16, text: &[u8]) {
    put_field(out, code::STRING, id);
    put::counted(out, text);
}
