//! The head of a request: where it ends, and what it says about the body and the connection.

use std::ops::Range;

use crate::wrong::Wrong;

/// Bytes of a request line.
pub const LINE_BYTES_MAX: usize = 8 << 10;

/// Bytes of a head.
pub const HEAD_BYTES_MAX: usize = 16 << 10;

/// Headers of a request.
pub const HEADERS_MAX: usize = 100;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
}

/// What a request says before its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path as it stands: nothing is decoded.
    pub path: &'a str,
    /// What stands after the question mark, if there is one.
    pub query: Option<&'a str>,
    /// Its headers.
    pub headers: &'a [httparse::Header<'a>],
    /// Whether it is of HTTP/1.0.
    pub old: bool,
    /// Whether the connection stays open after it.
    pub keeps: bool,
    /// How its body ends.
    pub body: Body,
    /// Whether the sender waits to be told to go on.
    pub waits: bool,
}

impl<'a> Head<'a> {
    /// The value of a header, the first of several; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value)
    }

    /// A parameter of the query as it stands.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let parameters = self.query?.split('&').map(|p| p.split_once('=').unwrap_or((p, "")));
        parameters.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// Where the search for the end of a head stands, so that no byte is looked at twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// Bytes looked at.
    seen: usize,
    /// Where the line begins.
    line: usize,
    /// Whether a line ended before.
    lines: bool,
}

impl Search {
    /// Whether no byte was looked at.
    pub fn is_new(&self) -> bool {
        self.seen == 0
    }

    /// The length of the head that `bytes` begin with; none as long as its end is not there. The same bytes with more behind
    /// them are given each time.
    pub fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Wrong> {
        if bytes.first().is_some_and(|b| !is_token(*b)) {
            return Err(Wrong::Line);
        }
        while let Some(at) = memchr::memchr(b'\n', &bytes[self.seen..]).map(|at| at + self.seen) {
            if at == 0 || bytes[at - 1] != b'\r' {
                return Err(Wrong::LineEnd);
            }
            let length = at - 1 - self.line;
            if !self.lines && length > LINE_BYTES_MAX {
                return Err(Wrong::TargetTooLong);
            }
            if at + 1 > HEAD_BYTES_MAX {
                return Err(Wrong::HeadTooLong);
            }
            if self.lines && length == 0 {
                return Ok(Some(at + 1));
            }
            if self.lines && matches!(bytes[self.line], b' ' | b'\t') {
                return Err(Wrong::Folded);
            }
            (self.seen, self.line, self.lines) = (at + 1, at + 1, true);
        }
        self.seen = bytes.len();
        if !self.lines && bytes.len() > LINE_BYTES_MAX + 1 {
            return Err(Wrong::TargetTooLong);
        }
        if bytes.len() > HEAD_BYTES_MAX { Err(Wrong::HeadTooLong) } else { Ok(None) }
    }
}

/// Whether a byte may stand in a method or a header's name.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads a whole head, and gives it to `then`.
pub fn read<R>(bytes: &[u8], then: impl FnOnce(&Head<'_>) -> R) -> Result<R, Wrong> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(n)) if n == bytes.len() => {}
        Ok(_) | Err(httparse::Error::NewLine) => return Err(Wrong::Line),
        Err(httparse::Error::TooManyHeaders) => return Err(Wrong::HeadTooLong),
        Err(httparse::Error::Version) => return Err(version(bytes)),
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => return Err(Wrong::Header),
        Err(_) => return Err(Wrong::Line),
    }
    let old = request.version == Some(0);
    let target = request.path.unwrap_or_default();
    let path = path(target);
    let headers: &[httparse::Header<'_>] = request.headers;
    let body = body(headers, old)?;
    let said =
        |name: &str, word: &[u8]| headers.iter().any(|h| h.name.eq_ignore_ascii_case(name) && lists(h.value, word));
    let keeps = if old { said("connection", b"keep-alive") } else { true } && !said("connection", b"close");
    let waits = !old && said("expect", b"100-continue");
    let head = Head {
        method: request.method.unwrap_or_default(),
        path: &target[path.clone()],
        query: target[path.end..].strip_prefix('?'),
        headers,
        old,
        keeps,
        body,
        waits,
    };
    Ok(then(&head))
}

/// Whether the line names another version, or none.
fn version(bytes: &[u8]) -> Wrong {
    let line = &bytes[..memchr::memchr(b'\r', bytes).unwrap_or(bytes.len())];
    let word = line.rsplit(|b| *b == b' ').next().unwrap_or_default();
    if word.starts_with(b"HTTP/") { Wrong::Version } else { Wrong::Line }
}

/// The path in a target, which may be a whole URL.
fn path(target: &str) -> Range<usize> {
    let begin = match target.find("://") {
        Some(at) if !target.starts_with('/') => {
            let host = at + 3;
            target[host..].find(['/', '?']).map_or(target.len(), |at| host + at)
        }
        _ => 0,
    };
    begin..target[begin..].find('?').map_or(target.len(), |at| begin + at)
}

/// Whether a list separated by commas has this word.
pub(crate) fn lists(value: &[u8], word: &[u8]) -> bool {
    value.split(|b| *b == b',').any(|w| w.trim_ascii().eq_ignore_ascii_case(word))
}

fn body(headers: &[httparse::Header<'_>], old: bool) -> Result<Body, Wrong> {
    let (mut length, mut chunked) = (None, false);
    for header in headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let n = number(header.value)?;
            if length.is_some_and(|other| other != n) {
                return Err(Wrong::TwoLengths);
            }
            length = Some(n);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if chunked || !header.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Wrong::Coding);
            }
            chunked = true;
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Wrong::TwoLengths),
        // HTTP/1.0 has no chunks: a proxy in between may have read it otherwise.
        (None, true) if old => Err(Wrong::Coding),
        (None, true) => Ok(Body::Chunked),
        (length, false) => Ok(Body::Length(length.unwrap_or(0))),
    }
}

/// Digits and nothing else: neither sign nor list.
fn number(value: &[u8]) -> Result<u64, Wrong> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return Err(Wrong::Length);
    }
    Ok(value.iter().fold(0, |n, digit| n * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &str) -> Result<String, Wrong> {
        let whole = Search::default().end(bytes.as_bytes())?.expect("a whole head");
        read(&bytes.as_bytes()[..whole], |h| {
            let expect = if h.waits { " waits" } else { "" };
            format!(
                "{} {} {:?} {:?} {}{expect}",
                h.method,
                h.path,
                h.query,
                h.body,
                if h.keeps { "keeps" } else { "ends" }
            )
        })
    }

    #[test]
    fn heads() {
        for (bytes, expected) in [
            ("POST /a/b HTTP/1.1\r\n\r\n", "POST /a/b None Length(0) keeps"),
            ("POST /a?b=c&d HTTP/1.0\r\n\r\n", "POST /a Some(\"b=c&d\") Length(0) ends"),
            ("POST /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "POST /a None Length(0) keeps"),
            ("POST /a HTTP/1.1\r\nConnection: x, CLOSE\r\n\r\n", "POST /a None Length(0) ends"),
            ("POST http://h:1/a?q HTTP/1.1\r\n\r\n", "POST /a Some(\"q\") Length(0) keeps"),
            ("POST /x?u=http://h/a HTTP/1.1\r\n\r\n", "POST /x Some(\"u=http://h/a\") Length(0) keeps"),
            ("PUT /a HTTP/1.1\r\ncontent-length: 007\r\nContent-Length: 7\r\n\r\n", "PUT /a None Length(7) keeps"),
            (
                "P /a HTTP/1.1\r\ntransfer-encoding: Chunked\r\nexpect: 100-continue\r\n\r\n",
                "P /a None Chunked keeps waits",
            ),
        ] {
            assert_eq!(told(bytes).as_deref(), Ok(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_head() {
        let line = format!("POST /{} HTTP/1.1\r\n\r\n", "x".repeat(LINE_BYTES_MAX));
        let long = format!("POST / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
        let many = format!("POST / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(HEADERS_MAX + 1));
        let with = |headers: &str| format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n");
        for (bytes, wrong) in [
            ("POST\r\n\r\n", Wrong::Line),
            ("POST /\r\n\r\n", Wrong::Line),
            ("\x16\x03\x01", Wrong::Line),
            ("POST / HTTP/1.1\nhost: a\r\n\r\n", Wrong::LineEnd),
            ("POST / HTTP/2.0\r\n\r\n", Wrong::Version),
            ("POST / HTTP/1.2\r\n\r\n", Wrong::Version),
            ("POST / FTP/1.1\r\n\r\n", Wrong::Line),
            (&line, Wrong::TargetTooLong),
            (&long, Wrong::HeadTooLong),
            (&many, Wrong::HeadTooLong),
            (&with("a: b\r\n c"), Wrong::Folded),
            (&with("a : b"), Wrong::Header),
            (&with("a"), Wrong::Header),
            (&with("a: b\0c"), Wrong::Header),
            (&with("content-length: 1\r\ncontent-length: 2"), Wrong::TwoLengths),
            (&with("content-length: 1, 1"), Wrong::Length),
            (&with("content-length: +1"), Wrong::Length),
            (&with("content-length:"), Wrong::Length),
            (&with("content-length: 9999999999999999999"), Wrong::Length),
            (&with("content-length: 1\r\ntransfer-encoding: chunked"), Wrong::TwoLengths),
            (&with("transfer-encoding: gzip, chunked"), Wrong::Coding),
            (&with("transfer-encoding: chunked\r\ntransfer-encoding: chunked"), Wrong::Coding),
            ("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n", Wrong::Coding),
        ] {
            assert_eq!(told(bytes), Err(wrong), "{bytes:?}");
        }
    }

    #[test]
    fn the_end_is_found_however_the_bytes_come() {
        let bytes = b"POST / HTTP/1.1\r\na: b\r\n\r\nbody";
        let mut search = Search::default();
        let ends: Vec<_> = (0..=bytes.len()).map(|n| search.end(&bytes[..n]).unwrap()).collect();
        assert_eq!(ends.iter().position(Option::is_some), Some(25));
        assert_eq!(ends[25], Some(25));
    }

    #[test]
    fn parameters_of_the_query() {
        let bytes = b"POST /a?b=c&d&e=f=g&b=x HTTP/1.1\r\n\r\n";
        let found = read(bytes, |h| ["b", "d", "e", "f"].map(|n| h.parameter(n).map(str::to_owned))).unwrap();
        assert_eq!(found, [Some("c".into()), Some(String::new()), Some("f=g".into()), None]);
    }
}
