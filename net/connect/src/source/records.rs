//! Messages that patterns mark within a text: where one begins, where it ends, or both.
//!
//! With a beginning alone a message reaches to the next beginning, the last one to the end of its file; with an end alone it
//! begins where the one before it ended. What stands between messages is none.

use regex::bytes::Regex;

/// The patterns, at least one of them.
#[derive(Debug)]
pub struct Records {
    begin: Option<Regex>,
    end: Option<Regex>,
}

/// A message among bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Records {
    /// By the patterns of its beginning and its end. None without any, or if one of them is no pattern.
    pub fn new(begin: Option<&str>, end: Option<&str>) -> Option<Records> {
        let compile = |text: Option<&str>| text.map(Regex::new).transpose().ok();
        let records = Records { begin: compile(begin)?, end: compile(end)? };
        (records.begin.is_some() || records.end.is_some()).then_some(records)
    }

    /// The first message that is there whole.
    pub fn find(&self, bytes: &[u8]) -> Option<Found> {
        let (start, from) = match &self.begin {
            None => (0, 0),
            Some(begin) => begin.find(bytes).map(|m| (m.start(), m.end()))?,
        };
        let end = match &self.end {
            Some(end) => end.find_at(bytes, from)?.end(),
            None => self.begin.as_ref()?.find_at(bytes, from)?.start(),
        };
        (end > start).then_some(Found { start, end })
    }

    /// The message that the end of the file ends.
    pub fn last(&self, bytes: &[u8]) -> Option<Found> {
        if self.end.is_some() {
            return None;
        }
        let start = self.begin.as_ref()?.find(bytes)?.start();
        Some(Found { start, end: bytes.len() })
    }

    /// Whether it can be told where a message begins, whatever came before.
    pub fn knows_beginnings(&self) -> bool {
        self.begin.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lie_between_marks() {
        let cases = [
            (Some("<e>"), Some("</e>"), "x<e>1</e>\n<e>2\n</e> <e>3", vec!["<e>1</e>", "<e>2\n</e>"], None),
            (Some("<<"), None, "x<<1\n<<2<<3\n", vec!["<<1\n", "<<2"], Some("<<3\n")),
            (None, Some(";"), "a;b\n;c", vec!["a;", "b\n;"], None),
        ];
        for (begin, end, text, expected, last) in cases {
            let records = Records::new(begin, end).unwrap();
            let (mut rest, mut seen) = (text, Vec::new());
            while let Some(found) = records.find(rest.as_bytes()) {
                seen.push(&rest[found.start..found.end]);
                rest = &rest[found.end..];
            }
            assert_eq!(seen, expected, "{begin:?} {end:?}");
            assert_eq!(records.last(rest.as_bytes()).map(|f| &rest[f.start..f.end]), last, "{begin:?} {end:?}");
        }
        assert!(Records::new(None, None).is_none() && Records::new(Some("("), None).is_none());
    }
}
