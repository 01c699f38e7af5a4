//! Attributes of rows that stand in the store, in the places that they have in the input.

use riddhi_batch::Columns;

use super::Code;

/// Columns of rows that are fetched.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// In the places of the input's attributes; only kept ones are filled.
    pub placed: Columns,
    /// As the store gives them: the kept attributes.
    pub kept: Columns,
}

impl Fetched {
    /// Without rows, of a query.
    pub fn new(code: &Code) -> Fetched {
        let kinds = code.kept.iter().map(|&a| code.schema.attributes[a as usize].kind);
        Fetched { placed: Columns::of(&code.schema), kept: Columns::new(kinds) }
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.placed.clear();
        self.kept.clear();
    }

    /// Puts the kept attributes into their places; a second time takes them out again.
    pub fn place(&mut self, code: &Code) {
        for (kept, &attribute) in self.kept.cols.iter_mut().zip(&code.kept) {
            std::mem::swap(kept, &mut self.placed.cols[attribute as usize]);
        }
    }
}
