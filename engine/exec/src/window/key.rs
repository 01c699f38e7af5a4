//! Keys of rows as text: the text of one attribute, or of all output attributes of the query, one behind the other without
//! anything between them.

use std::fmt::Write;

use riddhi_batch::{Arena, Column, Data, push_double, push_float};
use riddhi_plan::registry::Entering;

/// What makes the key of a row.
#[derive(Clone, Debug)]
pub(super) enum KeyOf {
    /// One attribute.
    One(u32),
    /// Several attributes.
    Several(Vec<u32>),
    /// The output attributes of the query, once they are known: what is not there yet when a row enters is null.
    Selected(Vec<Option<u32>>),
}

impl KeyOf {
    /// Takes over what the query selects.
    pub(super) fn selected(&mut self, attributes: &[Option<u32>]) {
        if let KeyOf::Selected(all) = self {
            *all = attributes.to_vec();
        }
    }

    /// The attribute that is named.
    pub(super) fn named(&self) -> Vec<u32> {
        match self {
            KeyOf::One(one) => vec![*one],
            KeyOf::Several(all) => all.clone(),
            KeyOf::Selected(_) => Vec::new(),
        }
    }

    /// The key of the i-th row, written into `key`.
    pub(super) fn write(&self, rows: &Entering<'_>, i: usize, key: &mut String) {
        key.clear();
        let mut push = |attribute: Option<u32>| match attribute {
            Some(attribute) => push_text(key, &rows.cols[attribute as usize], rows.place(i), rows.arena),
            None => key.push_str("null"),
        };
        match self {
            KeyOf::One(one) => push(Some(*one)),
            KeyOf::Several(all) => all.iter().copied().map(Some).for_each(push),
            KeyOf::Selected(all) => all.iter().copied().for_each(push),
        }
    }
}

/// Appends the text of one value.
fn push_text(key: &mut String, column: &Column, at: usize, arena: &Arena) {
    if column.is_null(at) {
        return key.push_str("null");
    }
    // Writing to a string cannot fail.
    let _ = match &column.data {
        Data::I32(v) => write!(key, "{}", v[at]),
        Data::I64(v) => write!(key, "{}", v[at]),
        Data::F32(v) => return push_float(key, v[at]),
        Data::F64(v) => return push_double(key, v[at]),
        Data::Bool(v) => write!(key, "{}", v[at] != 0),
        Data::Str(v) => return key.push_str(v[at].text(arena)),
        Data::Any(v) => write!(key, "{}", v[at].value(arena)),
    };
}
