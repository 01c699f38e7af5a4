//! `externalTime(attribute, t)`: rows whose attribute lies within t of the newest row's. No timer: only an arriving row
//! pushes others out, and they expire with its time.

use std::sync::Arc;

use riddhi_batch::{LoadError, Reader, State, Type, Writer};
use riddhi_plan::registry::{Alike, ArgError, ArgType, BoundWindow, Create, Entering, Form, Stamp, Window};

use super::{Walk, arity, const_time};

struct ExternalTime {
    span: i64,
    oldest: u64,
}

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    arity("externalTime", args, 2, 2, "externalTime(timestamp, 1 min)")?;
    let Some(attribute) = args[0].attribute else {
        return Err(ArgError::at(0, "the time must be an attribute", "name a long attribute that holds milliseconds"));
    };
    if args[0].ty != Type::Long {
        let message = format!("the time attribute must be a long, not a {}", args[0].ty);
        return Err(ArgError::at(0, message, "name a long attribute that holds milliseconds"));
    }
    let span = const_time(args, 1, "the time span")?;
    let create: Create = Arc::new(move |_| Box::new(ExternalTime { span, oldest: 0 }));
    let window = BoundWindow::new(format!("externalTime({span} ms)"), true, Form::Slide, create);
    Ok(BoundWindow { time_attribute: Some(attribute), ..window })
}

impl State for ExternalTime {
    fn save(&self, out: &mut Writer) {
        out.put_u64(self.oldest);
    }
    fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.oldest = from.get_u64()?;
        Ok(())
    }
}

impl Window for ExternalTime {
    fn slide(&mut self, rows: &Entering<'_>, leave: &mut Vec<u32>) -> Alike {
        let mut any = false;
        let (mut oldest, mut entering) = (Walk::new(rows.times, self.oldest), Walk::new(rows.times, rows.first));
        for _ in 0..rows.n {
            let newest = entering.time();
            let gone = oldest.pass_due(self.span, newest, entering.row);
            entering.step();
            any |= gone > 0;
            leave.push(gone);
        }
        self.oldest = oldest.row;
        if any { Alike::Each } else { Alike::None }
    }

    fn stamp(&self) -> Stamp {
        Stamp::Time
    }

    fn needed(&self, _end: u64) -> u64 {
        self.oldest
    }
}
