//! What a source or a sink remembers together with its mapper, as bytes.

use riddhi_batch::{Reader, Writer};

/// The bytes of both; without a mapper it has none.
pub(crate) fn joined(own: &[u8], mapper: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Writer::default();
    out.put_bytes(own);
    out.put_bytes(&mapper.unwrap_or_default());
    out.bytes
}

/// What [`joined`] made, its own and the mapper's, as far as they are whole.
pub(crate) fn parted(bytes: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let mut from = Reader::new(bytes);
    (from.get_bytes().ok(), from.get_bytes().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_come_back_as_far_as_they_are_whole() {
        let bytes = joined(b"source", Some(b"mapper".to_vec()));
        assert_eq!(parted(&bytes), (Some(&b"source"[..]), Some(&b"mapper"[..])));
        assert_eq!(parted(&bytes[..bytes.len() - 1]), (Some(&b"source"[..]), None));
        assert_eq!(parted(&joined(b"", None)), (Some(&b""[..]), Some(&b""[..])));
        assert_eq!(parted(b""), (None, None));
    }
}
