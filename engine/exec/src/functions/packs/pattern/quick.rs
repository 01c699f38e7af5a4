//! A pattern with short texts of ASCII out of columns.

use std::ops::Range;

use riddhi_batch::{Arena, Str};

use super::super::columns::{Over, each_text, is_ascii};
use super::table::Table;

/// Bytes of a text that is searched here: matches are tried from each place in turn, so the steps go by the square.
pub(in super::super) const TEXT_MAX: usize = 64;

/// See above. It answers nothing for other texts: these are for the pattern itself.
#[derive(Clone, Copy)]
pub(in super::super) struct Quick<'a> {
    pub(super) table: &'a Table,
    /// Whether the pattern means something else for texts that end with the end of a line.
    pub(super) line_end: bool,
}

impl Quick<'_> {
    #[inline]
    fn takes<'t>(&self, text: &'t Str, arena: &'t Arena) -> Option<&'t [u8]> {
        if text.len() > TEXT_MAX || !is_ascii(*text, arena) {
            return None;
        }
        let bytes = text.bytes(arena);
        (!self.line_end || !matches!(bytes.last(), Some(b'\n' | b'\r'))).then_some(bytes)
    }

    /// Whether it is in the text.
    #[inline]
    pub fn holds(&self, text: Str, arena: &Arena) -> Option<bool> {
        Some(self.table.holds(self.takes(&text, arena)?))
    }

    /// Calls `each` for every match in turn, as long as it says so.
    #[inline]
    pub fn every(&self, text: Str, arena: &Arena, mut each: impl FnMut(Range<usize>) -> bool) -> Option<()> {
        let text = self.takes(&text, arena)?;
        let mut at = 0;
        while at <= text.len() {
            let Some(Range { start, end }) = self.table.find(text, at) else { break };
            if !each(start..end) {
                break;
            }
            at = if start == end { end + 1 } else { end };
        }
        Some(())
    }
}

/// Tells of each text in argument `k` whether it holds a known pattern. False if there is no pattern that is searched here.
pub(in super::super) fn each_tested(over: &mut Over<'_>, k: usize, pattern: Option<Quick<'_>>) -> bool {
    let Some(pattern) = pattern else { return false };
    each_text(over, k, 0, |_, text, arena| pattern.holds(text, arena).map(u8::from))
}
