//! `lengthBatch(n[, stream.current.event])`: rows are held back and released n at a time. With the flag they pass at once,
//! each a chunk of its own, and the batch of the n before expires when the next one begins.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{ArgError, ArgType, BoundWindow, Create, Entering, Flush, Form, SignalSink, Window};

use super::{arity, const_bool, const_int};

struct LengthBatch {
    /// Negative: never full.
    n: i64,
    watched: bool,
    streaming: bool,
    /// First row of the open batch.
    open: u64,
    /// First row of the batch before it.
    previous: u64,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("lengthBatch", args, 1, 2, "lengthBatch(10)")?;
    let n = const_int(args, 0, "the number of events")? as i64;
    let streaming = args.len() == 2 && const_bool(args, 1, "`stream.current.event`")?;
    let form = if streaming || n == 0 { Form::General } else { Form::Flush };
    let text = if streaming { format!("lengthBatch({n}, true)") } else { format!("lengthBatch({n})") };
    let create: Create = Arc::new(move |watched| {
        Box::new(LengthBatch { n, watched, streaming: streaming || n == 0, open: 0, previous: 0 })
    });
    Ok(BoundWindow { kept_times: true, ..BoundWindow::new(text, false, form, create) })
}

impl State for LengthBatch {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.open);
        out.put_u64(self.previous);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.open = from.get_u64()?;
        self.previous = from.get_u64()?;
        Ok(())
    }
}

impl LengthBatch {
    /// n = 0: each row arrives, leaves if anybody looks, and ends its batch.
    fn nothing_kept(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for (i, row) in rows.numbered() {
            sink.current(row);
            if self.watched {
                sink.expired(row, rows.now[i]);
            }
            sink.reset();
            sink.end_chunk(Some(i as u32));
            self.open = row + 1;
        }
    }
}

impl Window for LengthBatch {
    fn flush(&mut self, rows: &Entering<'_>, out: &mut Vec<Flush>) {
        let end = rows.first + rows.n as u64;
        while self.n > 0 && self.open + self.n as u64 <= end {
            let full = self.open + self.n as u64;
            let expired = if self.watched { (self.previous, self.open) } else { (self.open, self.open) };
            let (after, current) = ((full - rows.first) as u32, (self.open, full));
            out.push(Flush { after, expired, stamp: None, reset: true, current });
            self.previous = self.open;
            self.open = full;
        }
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        if self.n == 0 {
            return self.nothing_kept(rows, sink);
        }
        for (i, row) in rows.numbered() {
            if self.n > 0 && row - self.open == self.n as u64 {
                if self.watched {
                    (self.open..row).for_each(|old| sink.expired(old, rows.now[i]));
                }
                sink.reset();
                self.open = row;
            }
            sink.current(row);
            sink.end_chunk(Some(i as u32));
        }
    }

    fn needed(&self, _end: u64) -> u64 {
        if self.watched { self.previous.min(self.open) } else { self.open }
    }

    fn found(&self, end: u64) -> (u64, u64) {
        if self.streaming { (self.open, end) } else { (self.previous, self.open) }
    }
}
