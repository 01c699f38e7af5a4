//! Answers of other servers, as a client reads them.

use crate::head::{HEAD_BYTES_MAX, HEADERS_MAX, lists};
use crate::wrong::Wrong;

/// How an answer's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyBody {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// With the connection.
    End,
}

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Bytes of the head.
    pub head_bytes: usize,
    /// How its body ends.
    pub body: ReplyBody,
    /// Whether the connection stays open after it.
    pub keeps: bool,
}

impl Reply {
    /// Reads a head that is not an answer to `HEAD`; none as long as it is not whole.
    pub fn read(bytes: &[u8]) -> Result<Option<Reply>, Wrong> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let head_bytes = match response.parse(bytes) {
            Ok(httparse::Status::Complete(n)) => n,
            Ok(httparse::Status::Partial) if bytes.len() > HEAD_BYTES_MAX => return Err(Wrong::HeadTooLong),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Wrong::HeadTooLong),
            Err(_) => return Err(Wrong::Line),
        };
        let status = response.code.unwrap_or(0);
        let old = response.version == Some(0);
        let (mut length, mut chunked, mut close, mut keep) = (None, false, false, false);
        for header in response.headers.iter() {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("content-length") {
                let text = std::str::from_utf8(header.value).ok();
                length = Some(text.and_then(|t| t.parse::<u64>().ok()).ok_or(Wrong::Length)?);
            } else if is("transfer-encoding") {
                chunked = lists(header.value, b"chunked");
            } else if is("connection") {
                close |= lists(header.value, b"close");
                keep |= lists(header.value, b"keep-alive");
            }
        }
        let body = match (status, length) {
            (100..=199 | 204 | 304, _) => ReplyBody::Length(0),
            _ if chunked => ReplyBody::Chunked,
            (_, Some(n)) => ReplyBody::Length(n),
            (_, None) => ReplyBody::End,
        };
        let keeps = !close && (keep || !old) && body != ReplyBody::End;
        Ok(Some(Reply { status, head_bytes, body, keeps }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_answers() {
        for (bytes, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", (200, ReplyBody::Length(5), true)),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n",
                (200, ReplyBody::Chunked, true),
            ),
            ("HTTP/1.1 503 No\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n", (503, ReplyBody::Length(0), false)),
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", (200, ReplyBody::Length(0), false)),
            ("HTTP/1.1 200 OK\r\n\r\n", (200, ReplyBody::End, false)),
            ("HTTP/1.1 204 No\r\n\r\n", (204, ReplyBody::Length(0), true)),
            ("HTTP/1.1 100 Continue\r\n\r\n", (100, ReplyBody::Length(0), true)),
        ] {
            let reply = Reply::read(bytes.as_bytes()).map(|r| r.map(|r| (r.status, r.body, r.keeps)));
            assert_eq!(reply, Ok(Some(expected)), "{bytes:?}");
        }
        assert_eq!(Reply::read(b"HTTP/1.1 200 OK\r\nconte"), Ok(None));
        for wrong in ["SMTP", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"] {
            assert!(Reply::read(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\na: {}", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(Reply::read(endless.as_bytes()), Err(Wrong::HeadTooLong));
    }
}
