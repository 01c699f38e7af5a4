//! A look at encoded values of any type before they are decoded: whole, of known types, not nested without end.

use crate::bytes::{Cursor, Wrong};

/// Sets within sets that are read; deeper ones are taken for damage, since reading them goes deep itself.
const DEPTH_MAX: u32 = 64;

/// Whether `bytes` are one value, encoded.
pub fn check(bytes: &[u8]) -> Result<(), Wrong> {
    let mut from = Cursor { rest: bytes };
    value(&mut from, DEPTH_MAX)?;
    from.end()
}

fn value(from: &mut Cursor<'_>, depth: u32) -> Result<(), Wrong> {
    match from.u8()? {
        0 => {}
        1 | 3 => {
            from.take(4)?;
        }
        2 | 4 => {
            from.take(8)?;
        }
        5 if from.u8()? <= 1 => {}
        6 => {
            std::str::from_utf8(from.bytes()?).map_err(|_| "a text is not UTF-8")?;
        }
        7 if depth > 0 => {
            let mut items = Cursor { rest: from.bytes()? };
            while !items.rest.is_empty() {
                value(&mut items, depth - 1)?;
            }
        }
        _ => return Err("a value is of an unknown type"),
    }
    Ok(())
}
