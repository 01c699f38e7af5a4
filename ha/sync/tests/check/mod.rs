//! What must hold for any bytes: run by the fuzzer, over its corpus, and over random bytes.

use riddhi_sync::Message;

/// The first byte is a kind, the rest its payload. What can be read is written as it was.
pub fn message(bytes: &[u8]) {
    let Some((&kind, payload)) = bytes.split_first() else { return };
    let Ok(message) = Message::read(kind, payload) else { return };
    let mut frame = Vec::new();
    message.write(&mut frame);
    assert_eq!((frame[4], &frame[9..]), (kind, payload));
}
