//! Reading from bytes that may be damaged.

/// What is wrong with some bytes.
pub type Wrong = &'static str;

/// Bytes not read yet.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    pub rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Wrong> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or("a length is larger than what follows")?;
        self.rest = rest;
        Ok(head)
    }

    /// `n` things of `size` bytes each.
    pub fn take_all(&mut self, n: usize, size: usize) -> Result<&'a [u8], Wrong> {
        self.take(n.checked_mul(size).ok_or("a length is larger than what follows")?)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(*head)
    }

    pub fn u8(&mut self) -> Result<u8, Wrong> {
        self.array::<1>().map(|[b]| b)
    }

    pub fn u32(&mut self) -> Result<u32, Wrong> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Wrong> {
        self.array().map(u64::from_le_bytes)
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self) -> Result<&'a [u8], Wrong> {
        let n = self.u32()? as usize;
        self.take(n)
    }

    pub fn end(&self) -> Result<(), Wrong> {
        if self.rest.is_empty() { Ok(()) } else { Err("it is longer than what is in it") }
    }
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
