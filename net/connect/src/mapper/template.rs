//! Texts with attributes in them, rendered for a row.

use riddhi_batch::{Arena, Columns};
use riddhi_plan::connector::{Part, Template};

use super::values::push_plain;

/// Appends the text for row `i`.
pub fn render(template: &Template, columns: &Columns, i: usize, arena: &Arena, out: &mut Vec<u8>) {
    for part in &template.parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Attribute(a) => push_plain(out, &columns.cols[*a], i, arena),
        }
    }
}
