//! Where the long parts of a frame's strings and tagged values lie.

/// Bytes of long strings and of encoded values; grows while a frame is filled and is cleared with it.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
}

impl Arena {
    /// An empty arena.
    pub fn new() -> Arena {
        Arena::default()
    }

    /// Copies `bytes` in and returns where they begin.
    pub fn push(&mut self, bytes: &[u8]) -> u64 {
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// The `len` bytes that begin at `at`.
    pub fn get(&self, at: u64, len: usize) -> &[u8] {
        &self.bytes[at as usize..at as usize + len]
    }

    /// Copies bytes of this arena to its own end and returns where they begin.
    pub fn repeat(&mut self, at: u64, len: usize) -> u64 {
        let to = self.bytes.len() as u64;
        self.bytes.extend_from_within(at as usize..at as usize + len);
        to
    }

    /// Forgets everything, keeps the capacity.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The vector itself, for writers that append piece by piece.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}
