//! What an on-demand query finds in a named window.

use riddhi_batch::{Arena, Column};
use riddhi_plan::registry::Finds;

use super::Query;

impl Query {
    /// Of a named window, if it asks how far its rows have been looked at: its stream.
    pub fn looked(&self) -> Option<usize> {
        self.code.looked
    }

    /// The number behind the last row that can be found in a window of batches.
    pub fn found_until(&self) -> u64 {
        self.window().map_or(0, |window| window.found(self.store().tail()).1.min(self.store().tail()))
    }

    /// Appends the rows that can be found in the window, an attribute a column, in the order in which they are found; gives their
    /// number.
    pub fn contents(&self, out: &mut [Column], arena: &mut Arena) -> usize {
        let (Some(window), Some(bound)) = (self.window(), &self.code.window) else { return 0 };
        let store = self.store();
        let mut rows = Vec::new();
        if bound.leaving.in_any_order() {
            window.held(&mut rows);
            rows.sort_unstable();
            if bound.finds == Finds::Arranged {
                window.arrange(&mut rows);
            }
        } else if bound.finds != Finds::Nothing {
            let (from, to) = window.found(store.tail());
            rows.extend(from.max(store.head())..to.min(store.tail()));
        }
        for (attribute, to) in out.iter_mut().enumerate() {
            if let Some(column) = self.code.kept.iter().position(|&a| a as usize == attribute) {
                store.take(column, &rows, to, arena);
            }
        }
        rows.len()
    }
}
