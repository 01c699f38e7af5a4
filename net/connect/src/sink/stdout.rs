//! `@sink(type='stdout')`: messages as lines of standard output.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use riddhi_plan::connector::ConnectorPlan;
use riddhi_plan::registry::{ConnectorSpec, Payload};

use super::log::push_events;
use super::{Published, RETRY, Sink, Unsent, on_error};
use crate::names::Names;
use crate::registry::{Say, Setting, Stopping};
use crate::trouble::{is_full, plain};

/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 64 << 10;

/// It has no options of its own.
pub(crate) fn spec() -> ConnectorSpec {
    ConnectorSpec {
        name: "stdout",
        options: vec![on_error::option()],
        payload: Payload::Any,
        properties: Vec::new(),
        check: on_error::check,
    }
}

/// Writes lines to standard output.
pub struct Stdout {
    file: Option<File>,
    lines: Vec<u8>,
    say: Say,
    stopping: Stopping,
}

/// Makes it.
pub(crate) fn make(_: &ConnectorPlan, setting: &Setting) -> Box<dyn Sink> {
    let file = io::stdout().as_fd().try_clone_to_owned().ok().map(File::from);
    Box::new(Stdout { file, lines: Vec::new(), say: setting.say.clone(), stopping: setting.stopping.clone() })
}

impl Sink for Stdout {
    fn publish(&mut self, _: Option<&str>, what: Published<'_>, _: &Names<'_>) -> Result<(), Unsent> {
        match what {
            Published::Messages { out, lines } => {
                for message in out.messages() {
                    self.lines.extend_from_slice(message);
                    if !lines {
                        self.lines.push(b'\n');
                    }
                }
            }
            Published::Rows(rows) => push_events(rows, b"", &mut self.lines),
        }
        if self.lines.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Unsent> {
        let Some(file) = &mut self.file else { return Err(Unsent::Closed) };
        let mut waited = false;
        while !self.lines.is_empty() {
            match file.write(&self.lines) {
                Ok(n) => {
                    self.lines.drain(..n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_full(&e) && !(self.stopping)() => {
                    if !std::mem::replace(&mut waited, true) {
                        (self.say)(&format!(
                            "warning: cannot write to standard output: {}; waiting for room",
                            plain(&e)
                        ));
                    }
                    std::thread::sleep(RETRY);
                }
                Err(e) if is_full(&e) => {
                    return Err(Unsent::Stopping(format!(
                        "the disk is full: {} bytes of standard output are not written",
                        self.lines.len()
                    )));
                }
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                    self.lines.clear();
                    return Err(Unsent::Closed);
                }
                Err(e) => return Err(Unsent::Stopping(format!("cannot write to standard output: {}", plain(&e)))),
            }
        }
        Ok(())
    }
}
