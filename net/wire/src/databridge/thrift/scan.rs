//! Finds the end of a message while it arrives.

use super::{DEPTH_MAX, NAME_BYTES_MAX, Size, VERSION, code, is_name, kind, size};
use crate::cursor::i32_at;
use crate::{Extent, WireError};

/// Where in a message the scan is.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The first word.
    Head,
    /// The name of this many bytes, then what stands between it and the arguments.
    Name { bytes: usize, versioned: bool },
    /// Fields of a struct.
    Struct,
    /// Elements of a list or set.
    List { ty: u8, left: usize },
    /// Keys and values of a map, `left` of both together.
    Map { key: u8, value: u8, left: usize },
}

/// Finds where a message ends, without looking at any byte twice however few arrive at a time.
///
/// One scanner is for one message; [`Scanner::reset`] readies it for the next.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// Bytes seen, or known without having been seen.
    at: usize,
    parts: [Part; DEPTH_MAX],
    depth: usize,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner { at: 0, parts: [Part::Head; DEPTH_MAX], depth: 1 }
    }
}

impl Scanner {
    /// Ready for another message.
    pub fn reset(&mut self) {
        *self = Scanner::default();
    }

    /// Goes on over the buffer, which begins with the message and has at least what it had before. The message must not have
    /// more than `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// What can be no message of the protocol; a length that leads beyond `bytes_max`. The scanner is then of no more use.
    pub fn scan(&mut self, buffer: &[u8], bytes_max: usize) -> Result<Extent, WireError> {
        while self.depth > 0 {
            if let Some(needed) = self.step(buffer, bytes_max)? {
                return within(needed, bytes_max).map(Extent::Partial);
            }
        }
        within(self.at, bytes_max).map(Extent::Whole)
    }

    /// One part further; the bytes needed if there are too few.
    fn step(&mut self, buffer: &[u8], bytes_max: usize) -> Result<Option<usize>, WireError> {
        let at = self.at;
        let top = self.depth - 1;
        match self.parts[top] {
            Part::Head => {
                let Some(word) = i32_at(buffer, at) else { return Ok(Some(at + 4)) };
                self.at += 4;
                if let Ok(bytes) = usize::try_from(word) {
                    self.parts[top] = Part::Name { bytes: name_bytes(bytes)?, versioned: false };
                } else {
                    check_version(word)?;
                    let Some(bytes) = i32_at(buffer, self.at) else {
                        self.at = at;
                        return Ok(Some(at + 8));
                    };
                    self.at += 4;
                    let bytes = usize::try_from(bytes)
                        .map_err(|_| WireError::Length { what: "a method's name", value: bytes.into() })?;
                    self.parts[top] = Part::Name { bytes: name_bytes(bytes)?, versioned: true };
                }
            }
            Part::Name { bytes, versioned } => {
                let there = buffer.get(at..).unwrap_or_default();
                if !is_name(&there[..bytes.min(there.len())]) {
                    return Err(WireError::Code { what: "method", code: there[0].into() });
                }
                // The sequence number; before it, in the old header, the kind of message.
                let end = at + bytes + if versioned { 4 } else { 5 };
                if buffer.len() < end {
                    return Ok(Some(end));
                }
                if !versioned {
                    check_kind(buffer[at + bytes])?;
                }
                self.at = end;
                self.parts[top] = Part::Struct;
            }
            Part::Struct => {
                let Some(ty) = buffer.get(at) else { return Ok(Some(at + 1)) };
                if *ty == code::STOP {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(None);
                }
                return self.value(buffer, *ty, at + 3, bytes_max);
            }
            Part::List { left: 0, .. } | Part::Map { left: 0, .. } => self.depth -= 1,
            Part::List { ty, left } => {
                self.parts[top] = Part::List { ty, left: left - 1 };
                return self.element(buffer, ty, bytes_max);
            }
            Part::Map { key, value, left } => {
                self.parts[top] = Part::Map { key, value, left: left - 1 };
                return self.element(buffer, if left % 2 == 0 { key } else { value }, bytes_max);
            }
        }
        Ok(None)
    }

    /// A value within a list or map, which is already counted as taken.
    fn element(&mut self, buffer: &[u8], ty: u8, bytes_max: usize) -> Result<Option<usize>, WireError> {
        let top = self.depth - 1;
        let needed = self.value(buffer, ty, self.at, bytes_max)?;
        if needed.is_some()
            && let Part::List { left, .. } | Part::Map { left, .. } = &mut self.parts[top]
        {
            *left += 1;
        }
        Ok(needed)
    }

    /// Takes the value that begins at `at`, or as much of it as tells what it consists of.
    fn value(&mut self, buffer: &[u8], ty: u8, at: usize, bytes_max: usize) -> Result<Option<usize>, WireError> {
        let part = match ty {
            code::STRING => {
                let Some(len) = i32_at(buffer, at) else { return Ok(Some(at + 4)) };
                self.at = behind(at + 4, len, 1, "a text", bytes_max)?;
                return Ok(None);
            }
            code::STRUCT => {
                self.at = at;
                Part::Struct
            }
            code::LIST | code::SET => {
                let (Some(ty), Some(count)) = (buffer.get(at), i32_at(buffer, at + 1)) else {
                    return Ok(Some(at + 5));
                };
                let size = if count == 0 { Size::Fixed(0) } else { size(*ty)? };
                let end = behind(at + 5, count, size.bytes_min(), "a list", bytes_max)?;
                if let Size::Fixed(_) = size {
                    self.at = end;
                    return Ok(None);
                }
                self.at = at + 5;
                Part::List { ty: *ty, left: count as usize }
            }
            code::MAP => {
                let (Some(count), Some(&[key, value])) = (i32_at(buffer, at + 2), buffer.get(at..at + 2)) else {
                    return Ok(Some(at + 6));
                };
                let bytes_min = if count == 0 { 0 } else { size(key)?.bytes_min() + size(value)?.bytes_min() };
                behind(at + 6, count, bytes_min, "a map", bytes_max)?;
                self.at = at + 6;
                Part::Map { key, value, left: 2 * count as usize }
            }
            _ => {
                self.at = behind(at, 1, size(ty)?.bytes_min(), "a value", bytes_max)?;
                return Ok(None);
            }
        };
        let Some(place) = self.parts.get_mut(self.depth) else { return Err(WireError::Deep(DEPTH_MAX)) };
        *place = part;
        self.depth += 1;
        Ok(None)
    }
}

fn within(bytes: usize, bytes_max: usize) -> Result<usize, WireError> {
    if bytes > bytes_max { Err(WireError::TooLong { bytes: bytes as u64, bytes_max }) } else { Ok(bytes) }
}

/// The place behind `count` things of at least `bytes` bytes.
fn behind(at: usize, count: i32, bytes: usize, what: &'static str, bytes_max: usize) -> Result<usize, WireError> {
    let wrong = WireError::Length { what, value: count.into() };
    let all = usize::try_from(count).ok().and_then(|count| count.checked_mul(bytes)).ok_or(wrong)?;
    // At least one byte must follow: the end of the arguments.
    within(at + all + 1, bytes_max).map(|end| end - 1)
}

fn name_bytes(bytes: usize) -> Result<usize, WireError> {
    if bytes == 0 || bytes > NAME_BYTES_MAX {
        return Err(WireError::Length { what: "a method's name", value: bytes as i64 });
    }
    Ok(bytes)
}

pub(super) fn check_version(word: i32) -> Result<u8, WireError> {
    if word as u32 & 0xffff_0000 != VERSION {
        return Err(WireError::Code { what: "protocol version", code: word.into() });
    }
    check_kind(word as u8)
}

pub(super) fn check_kind(code: u8) -> Result<u8, WireError> {
    if (kind::CALL..=kind::ONE_WAY).contains(&code) {
        return Ok(code);
    }
    Err(WireError::Code { what: "kind of message", code: code.into() })
}
