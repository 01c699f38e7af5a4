//! `length(n)`: the last n rows. When full, the oldest leaves just before the row that arrives. With n of 0 or less a row
//! arrives, leaves and ends its batch at once.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Writer};
use riddhi_plan::registry::{Alike, ArgError, ArgType, BoundWindow, Create, Entering, Form, SignalSink, Window};

use super::{arity, const_int};

struct Length {
    n: u64,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("length", args, 1, 1, "length(10)")?;
    let n = const_int(args, 0, "the number of events")?;
    let form = if n > 0 { Form::Slide } else { Form::General };
    let create: Create = Arc::new(move |_| Box::new(Length { n: n.max(0) as u64 }));
    Ok(BoundWindow::new(format!("length({n})"), true, form, create))
}

impl State for Length {
    fn save(&self, _out: &mut Writer) {}
    fn load(&mut self, _from: &mut Reader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}

impl Window for Length {
    fn slide(&mut self, rows: &Entering<'_>, leave: &mut Vec<u32>) -> Alike {
        let held = rows.first - rows.oldest;
        let n = rows.n as u64;
        if held + n <= self.n {
            return Alike::None;
        }
        if held >= self.n {
            return Alike::One;
        }
        leave.extend((0..n).map(|i| (held + i >= self.n) as u32));
        Alike::Each
    }

    fn general(&mut self, rows: &Entering<'_>, sink: &mut dyn SignalSink) {
        for (i, row) in rows.numbered() {
            sink.current(row);
            sink.expired(row, rows.times.time(row));
            sink.reset();
            rows.end_chunk(i, sink);
        }
    }

    fn needed(&self, end: u64) -> u64 {
        end.saturating_sub(self.n)
    }
}
