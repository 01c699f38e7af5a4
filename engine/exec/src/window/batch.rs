//! `batch([n])`: each chunk that arrives is a batch; with n it is released in pieces of n, the last one smaller. The rows of
//! the chunk before expire with the first piece.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Flush, Form, Window};

use super::{arity, const_int};

struct Batch {
    /// Rows of a piece; 0: a chunk is one.
    n: u32,
    watched: bool,
    /// The rows of the last chunk, if anybody sees them expire.
    previous: (u64, u64),
    /// Whether a piece was ever released.
    begun: bool,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("batch", args, 0, 1, "batch()")?;
    let n = if args.is_empty() { 0 } else { const_int(args, 0, "the number of events")? };
    let n = u32::try_from(n).map_err(|_| {
        ArgError::at(0, "the number of events must not be negative", "leave it out to take arrays as they come")
    })?;
    let text = if n > 0 { format!("batch({n})") } else { "batch()".to_owned() };
    let create: Create = Arc::new(move |watched| Box::new(Batch { n, watched, previous: (0, 0), begun: false }));
    Ok(BoundWindow { by_chunk: true, kept_times: true, ..BoundWindow::new(text, false, Form::Flush, create) })
}

impl State for Batch {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.previous.0);
        out.put_u64(self.previous.1);
        out.put_bool(self.begun);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.previous = (from.get_u64()?, from.get_u64()?);
        self.begun = from.get_bool()?;
        Ok(())
    }
}

impl Window for Batch {
    fn flush(&mut self, rows: &Entering<'_>, out: &mut Vec<Flush>) {
        let mut at = 0;
        while at < rows.n as u32 {
            let end = rows.chunk_ends[at as usize];
            let mut expired = self.previous;
            if self.watched {
                self.previous = (rows.first + at as u64, rows.first + end as u64);
            }
            while at < end {
                let after = if self.n == 0 { end } else { end.min(at.saturating_add(self.n)) };
                let current = (rows.first + at as u64, rows.first + after as u64);
                out.push(Flush { after, expired, stamp: None, reset: self.begun, current });
                self.begun = true;
                expired = (0, 0);
                at = after;
            }
        }
    }

    fn needed(&self, end: u64) -> u64 {
        if self.watched { self.previous.0 } else { end }
    }

    fn found(&self, _end: u64) -> (u64, u64) {
        self.previous
    }
}
