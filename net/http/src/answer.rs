//! Answers as bytes.

use std::io::Write;
use std::time::SystemTime;

use crate::date::date;
use crate::head::Head;
use crate::wrong::Wrong;

/// Said to a sender that waits for it before its body.
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What is said to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    closes: bool,
}

/// What of the request an answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether the connection stays open after it.
    pub keeps: bool,
    /// Whether the peer must be told that it does.
    pub old: bool,
    /// Whether the body is left out, though not its length.
    pub bodiless: bool,
}

impl Style {
    pub(crate) fn of(head: &Head<'_>) -> Style {
        Style { keeps: head.keeps, old: head.old, bodiless: head.method == "HEAD" }
    }

    /// The last answer of a connection.
    pub(crate) fn ends(self) -> Style {
        Style { keeps: false, ..self }
    }
}

impl Answer {
    /// Without a body.
    pub fn empty(status: u16) -> Answer {
        Answer { status, content_type: "", headers: Vec::new(), body: Vec::new(), closes: false }
    }

    /// With a body.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { content_type, body: body.into(), ..Answer::empty(status) }
    }

    /// `{"error":"..."}`.
    pub fn error(status: u16, message: &str) -> Answer {
        let mut body = b"{\"error\":\"".to_vec();
        for c in message.chars() {
            match c {
                '"' => body.extend_from_slice(b"\\\""),
                '\\' => body.extend_from_slice(b"\\\\"),
                c if c < ' ' => body.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
                c => body.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        body.extend_from_slice(b"\"}");
        Answer::text(status, "application/json", body)
    }

    /// For a request that cannot be read.
    pub fn wrong(wrong: Wrong) -> Answer {
        Answer::error(wrong.status(), &wrong.to_string())
    }

    /// With a header, whose value has no control characters, else it is left out.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        let value = value.into();
        if !value.contains(|c: char| c.is_control()) {
            self.headers.push((name, value));
        }
        self
    }

    /// After it the connection ends.
    pub fn closing(self) -> Answer {
        Answer { closes: true, ..self }
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the connection ends after it.
    pub fn closes(&self) -> bool {
        self.closes
    }

    pub(crate) fn write(&self, style: Style, now: SystemTime, out: &mut Vec<u8>) {
        // Writing to a vector does not fail.
        let _ = write!(out, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        if !self.content_type.is_empty() {
            let _ = write!(out, "content-type: {}\r\n", self.content_type);
        }
        let _ = write!(out, "content-length: {}\r\ndate: {}\r\n", self.body.len(), date(now));
        for (name, value) in &self.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        match (style.keeps, style.old) {
            (false, _) => out.extend_from_slice(b"connection: close\r\n"),
            (true, true) => out.extend_from_slice(b"connection: keep-alive\r\n"),
            (true, false) => {}
        }
        out.extend_from_slice(b"\r\n");
        if !style.bodiless {
            out.extend_from_slice(&self.body);
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn answers_as_bytes() {
        let style = Style { keeps: true, old: false, bodiless: false };
        let text = |answer: &Answer, style| {
            let mut out = Vec::new();
            answer.write(style, UNIX_EPOCH, &mut out);
            String::from_utf8(out).unwrap()
        };
        let date = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
        assert_eq!(text(&Answer::empty(200), style), format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{date}\r\n"));
        let error = Answer::error(400, "a \"b\"\n").with("x", "y").with("z", "a\r\nb: c");
        let head =
            format!("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 25\r\n{date}");
        let body = "{\"error\":\"a \\\"b\\\"\\u000a\"}";
        assert_eq!(text(&error, style.ends()), format!("{head}x: y\r\nconnection: close\r\n\r\n{body}"));
        let bodiless = Style { old: true, bodiless: true, ..style };
        assert_eq!(text(&error, bodiless), format!("{head}x: y\r\nconnection: keep-alive\r\n\r\n"));
    }
}
