//! Reads big-endian numbers and counted bytes, never beyond the end.

use crate::WireError;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Bytes left.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(WireError::Short(what))?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Short(what))?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.array(what).map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn i16(&mut self, what: &'static str) -> Result<i16, WireError> {
        self.array(what).map(i16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i32(&mut self, what: &'static str) -> Result<i32, WireError> {
        self.array(what).map(i32::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self, what: &'static str) -> Result<i64, WireError> {
        self.array(what).map(i64::from_be_bytes)
    }

    /// A length, or a count of things of at least `bytes_min` bytes each, which what is left must be able to hold.
    #[inline]
    pub(crate) fn count(&mut self, bytes_min: usize, what: &'static str) -> Result<usize, WireError> {
        let value = self.i32(what)?;
        match usize::try_from(value) {
            Ok(count) if count.checked_mul(bytes_min).is_some_and(|bytes| bytes <= self.len()) => Ok(count),
            _ => Err(WireError::Length { what, value: i64::from(value) }),
        }
    }

    /// Bytes with their number before them.
    #[inline]
    pub(crate) fn counted(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.count(1, what)?;
        self.take(len, what)
    }

    /// An arbitrary pair of an event: a key and its value.
    #[inline]
    pub(crate) fn pair(&mut self) -> Result<(&'a [u8], &'a [u8]), WireError> {
        Ok((self.counted("a key")?, self.counted("a key's value")?))
    }
}

/// The number at a place, if it is all there.
pub(crate) fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|bytes| i32::from_be_bytes(*bytes))
}
