//! Bodies in chunks, of which extensions and trailers are read over.

use crate::wrong::Wrong;

/// Bytes of a line that names a chunk's size, with extensions.
const LINE_MAX: usize = 256;

/// Bytes of all trailers.
const TRAILERS_MAX: usize = 8 << 10;

/// Bytes that are no data, beyond eight for each byte of data: a sender of tiny chunks must not keep us busy for nothing.
const OVERHEAD_MAX: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataEnd,
    /// At the beginning of a trailer, or of the last line.
    Trailer,
    TrailerText,
    TrailerEnd,
    Last,
    Done,
}

/// Where the reading of a body in chunks stands.
#[derive(Clone, Debug)]
pub struct Chunks {
    state: State,
    /// Bytes of data before the chunk's end.
    left: u64,
    digits: u8,
    /// Bytes of the line, or of all trailers.
    line: usize,
    data: usize,
    overhead: usize,
}

impl Default for Chunks {
    fn default() -> Chunks {
        Chunks { state: State::Size, left: 0, digits: 0, line: 0, data: 0, overhead: 0 }
    }
}

impl Chunks {
    /// Whether the whole body was read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Appends data to the body, which gets no more than `max` bytes. Gives the number of bytes taken: all, or those up to
    /// the end of the body.
    pub fn read(&mut self, bytes: &[u8], max: usize, body: &mut Vec<u8>) -> Result<usize, Wrong> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Done {
            if self.state == State::Data {
                let n = (bytes.len() - at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                body.extend_from_slice(&bytes[at..at + n]);
                at += n;
                self.data += n;
                self.left -= n as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                continue;
            }
            self.state = self.step(bytes[at], max)?;
            at += 1;
            self.overhead += 1;
            if self.overhead > OVERHEAD_MAX + 8 * self.data {
                return Err(Wrong::Chunk);
            }
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8, max: usize) -> Result<State, Wrong> {
        self.line += 1;
        match (self.state, byte) {
            (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                // More than fifteen would not fit; zeros before the number are counted too.
                self.digits += 1;
                if self.digits > 15 {
                    return Err(Wrong::Chunk);
                }
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                self.left = self.left * 16 + u64::from(digit);
                Ok(State::Size)
            }
            (State::Size, b'\r' | b';' | b' ' | b'\t') if self.digits > 0 => self.sized(byte, max),
            (State::Extension, b'\r') => Ok(State::SizeEnd),
            (State::Extension, b'\n' | 0) => Err(Wrong::Chunk),
            (State::Extension, _) if self.line > LINE_MAX => Err(Wrong::Chunk),
            (State::Extension, _) => Ok(State::Extension),
            (State::SizeEnd, b'\n') => {
                (self.digits, self.line) = (0, 0);
                Ok(if self.left == 0 { State::Trailer } else { State::Data })
            }
            (State::DataCr, b'\r') => Ok(State::DataEnd),
            (State::DataEnd, b'\n') => {
                self.line = 0;
                Ok(State::Size)
            }
            (State::Trailer, b'\r') => Ok(State::Last),
            (State::Trailer | State::TrailerText, b'\n' | 0) => Err(Wrong::Chunk),
            (State::TrailerText, b'\r') => Ok(State::TrailerEnd),
            (State::Trailer | State::TrailerText, _) if self.line > TRAILERS_MAX => Err(Wrong::HeadTooLong),
            (State::Trailer | State::TrailerText, _) => Ok(State::TrailerText),
            (State::TrailerEnd, b'\n') => Ok(State::Trailer),
            (State::Last, b'\n') => Ok(State::Done),
            _ => Err(Wrong::Chunk),
        }
    }

    fn sized(&mut self, byte: u8, max: usize) -> Result<State, Wrong> {
        let room = max.saturating_sub(self.data) as u64;
        if self.left > room {
            return Err(Wrong::TooLarge);
        }
        Ok(if byte == b'\r' { State::SizeEnd } else { State::Extension })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(usize, String), Wrong> {
        let (mut chunks, mut body) = (Chunks::default(), Vec::new());
        let n = chunks.read(bytes, 100, &mut body)?;
        Ok((n, format!("{}{}", String::from_utf8_lossy(&body), if chunks.is_done() { "." } else { "..." })))
    }

    #[test]
    fn bodies() {
        for (bytes, n, body) in [
            ("0\r\n\r\n", 5, "."),
            ("3\r\nabc\r\n0\r\n\r\nGET", 13, "abc."),
            ("003;a=b\r\nabc\r\n01 \r\nd\r\n0\r\na: b\r\nc: d\r\n\r\n", 39, "abcd."),
            ("A\r\n0123456789\r\n", 15, "0123456789..."),
            ("3\r\nab", 5, "ab..."),
        ] {
            assert_eq!(read(bytes.as_bytes()), Ok((n, body.to_owned())), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_body() {
        let long = format!("1;{}\r\n", "x".repeat(300));
        let zeros = "0".repeat(16);
        let trailer = format!("0\r\n{}", "x".repeat(9000));
        for (bytes, wrong) in [
            ("x\r\n", Wrong::Chunk),
            ("\r\n", Wrong::Chunk),
            ("-1\r\n", Wrong::Chunk),
            ("0x3\r\n", Wrong::Chunk),
            ("3\nabc", Wrong::Chunk),
            ("3\r\nabcd\r\n", Wrong::Chunk),
            ("3\r\nabc\n0\r\n\r\n", Wrong::Chunk),
            ("ffffffffffffffff\r\n", Wrong::Chunk),
            ("65\r\n", Wrong::TooLarge),
            ("fffffffffffffff\r\n", Wrong::TooLarge),
            ("60\r\n".to_owned().as_str(), Wrong::Chunk),
            (&long, Wrong::Chunk),
            (&zeros, Wrong::Chunk),
            (&trailer, Wrong::HeadTooLong),
            ("0\r\na\nb", Wrong::Chunk),
        ] {
            let read = read(bytes.as_bytes());
            if bytes == "60\r\n" {
                assert_eq!(read, Ok((4, "...".to_owned())));
                continue;
            }
            assert_eq!(read, Err(wrong), "{bytes:?}");
        }
    }
}
