//! `@source(type='stdin')`: lines of standard input. The app ends with it if it has no other source.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, Payload};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::lines::{LineBuffer, Taken};
use super::{Inlet, Polled, Source};
use crate::input::fault::{Fault, Kind};
use crate::input::lines::RECORD_BYTES_MAX;
use crate::mapper::Messages;
use crate::registry::{Say, Setting};
use crate::trouble::plain;

const NAME: &str = "<stdin>";

/// It has no options.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "stdin",
        options: Vec::new(),
        payload: Payload::Bytes,
        properties: Vec::new(),
        check: |_| Vec::new(),
    }
}

/// Makes it.
pub(crate) fn make(_: &ConnectorPlan, setting: &Setting) -> Box<dyn Source> {
    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    if let Err(e) = &input {
        (setting.say)(&format!("warning: cannot read standard input: {}", plain(e)));
    }
    Box::new(Stdin {
        input: input.ok(),
        lines: LineBuffer::new(0, 1, false),
        taken: Taken::default(),
        say: setting.say.clone(),
    })
}

/// Reads standard input.
pub struct Stdin {
    /// None once it has ended.
    input: Option<File>,
    lines: LineBuffer,
    taken: Taken,
    say: Say,
}

impl Source for Stdin {
    fn poll(&mut self, to: &mut Inlet<'_>) -> Polled {
        let Some(input) = &mut self.input else { return Polled::Ended };
        self.lines.take(to.room(), &mut self.taken);
        let mut ended = false;
        if self.taken.is_empty() {
            let mut fds = [PollFd::new(&*input, PollFlags::IN)];
            match poll(&mut fds, Some(&Timespec::default())) {
                Ok(n) if n > 0 => {}
                _ => return Polled::Nothing(Duration::from_secs(3600)),
            }
            match self.lines.fill(input) {
                Ok(0) => {
                    ended = true;
                    self.lines.take_rest(&mut self.taken);
                }
                Ok(_) => self.lines.take(to.room(), &mut self.taken),
                Err(e) => {
                    (self.say)(&format!("warning: cannot read standard input: {}", plain(&e)));
                    ended = true;
                }
            }
        }
        self.give(to);
        if ended {
            self.input = None;
            return Polled::Ended;
        }
        Polled::More
    }

    fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        self.input.as_ref().map(File::as_fd)
    }
}

impl Stdin {
    fn give(&self, to: &mut Inlet<'_>) {
        if !self.taken.ranges.is_empty() {
            to.offer(&Messages {
                bytes: self.lines.bytes(),
                ranges: &self.taken.ranges,
                name: NAME,
                lines: &self.taken.numbers,
                properties: &[],
                eof: false,
            });
        }
        if let Some((line, range)) = &self.taken.too_long {
            let message = format!("a line may have {} MiB at most", RECORD_BYTES_MAX >> 20);
            let shown = &self.lines.bytes()[range.start..range.end.min(range.start + 200)];
            to.refuse(&Fault::new(Kind::TooLong, 0, 1, message), NAME, *line, shown);
        }
    }
}
