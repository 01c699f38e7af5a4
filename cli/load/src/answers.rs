//! Reading what the server says to a connection: acknowledgements and refusals.

use std::io::Read;
use std::time::{Duration, Instant};

use riddhi_wire::siddhi_tcp::{Control, Frame, extent};
use riddhi_wire::{Extent, WireError, text};

use crate::Common;
use crate::connection::{CONTROL_BYTES_MAX, Connection, is_timeout};
use crate::report::Part;
use crate::sender::lost;
use crate::window::Window;

/// Reads until all that was sent is answered, or no more answers can be expected.
pub(crate) fn read(
    common: &Common<'_>,
    number: u32,
    connection: &Connection,
    window: &Window,
    stopping: &impl Fn() -> bool,
) -> Part {
    let mut part = Part::new();
    let mut answers = Answers { common, number, window, answered: 0, refused: 0, part: &mut part };
    if let Err(why) = answers.all(connection, stopping) {
        part.error(number, why);
    }
    window.go();
    part
}

struct Answers<'a> {
    common: &'a Common<'a>,
    number: u32,
    window: &'a Window,
    answered: u64,
    /// The frame that was refused last.
    refused: u64,
    part: &'a mut Part,
}

impl Answers<'_> {
    fn all(&mut self, connection: &Connection, stopping: &impl Fn() -> bool) -> Result<(), String> {
        let mut unread = connection.rest.clone();
        let mut buffer = vec![0; CONTROL_BYTES_MAX];
        let mut since = Instant::now();
        loop {
            let used = self.take(&unread, self.common.elapsed())?;
            unread.drain(..used);
            if self.window.is_finished() && self.answered == self.window.sent() {
                return Ok(());
            }
            match (&connection.stream).read(&mut buffer) {
                Ok(0) => return Err("the server ended the connection".into()),
                Ok(n) => {
                    unread.extend_from_slice(&buffer[..n]);
                    since = Instant::now();
                }
                Err(e) if is_timeout(&e) => {
                    // While frames are on their way, the sender's patience counts.
                    let waiting = self.window.is_finished();
                    let patience = if stopping() { Duration::from_secs(1) } else { self.common.load.patience };
                    if waiting && since.elapsed() > patience {
                        return Err(format!("the last frames have no answer for {patience:?}"));
                    }
                }
                Err(e) => return Err(lost(&e)),
            }
        }
    }

    /// Takes all whole frames that there are; the bytes they had.
    fn take(&mut self, bytes: &[u8], now: Duration) -> Result<usize, String> {
        let garbled = |e: WireError| format!("the server says what is no answer: {e}");
        let mut at = 0;
        while let Extent::Whole(len) = extent(&bytes[at..], CONTROL_BYTES_MAX).map_err(garbled)? {
            let frame = Frame::parse(&bytes[at..at + len]).map_err(garbled)?;
            match Control::parse(&frame).map_err(garbled)? {
                Some(Control::Ack { frame }) => self.acknowledged(frame, now)?,
                Some(Control::Refused { frame, reason }) => self.refused(frame, reason)?,
                _ => return Err(format!("the server says what is no answer, on channel '{}'", text(frame.channel))),
            }
            at += len;
        }
        Ok(at)
    }

    fn acknowledged(&mut self, frame: u64, now: Duration) -> Result<(), String> {
        let sent = self.window.sent();
        if frame < self.answered || frame > sent {
            let answered = self.answered;
            return Err(format!("frame {frame} is acknowledged, with {sent} sent and {answered} answered"));
        }
        for n in self.answered + 1..=frame {
            // A refusal comes with an acknowledgement of its number, so at most the last one is of interest.
            if n != self.refused {
                let events = self.events(n);
                self.part.record(now.saturating_sub(self.window.from(n)), events);
                self.part.acknowledged += u64::from(events);
            }
        }
        if frame > self.answered {
            self.part.taken = now;
        }
        self.answered = frame;
        self.window.answer(frame);
        Ok(())
    }

    fn refused(&mut self, frame: u64, reason: &[u8]) -> Result<(), String> {
        let (sent, answered) = (self.window.sent(), self.answered);
        if frame <= answered || frame <= self.refused || frame > sent {
            return Err(format!("frame {frame} is refused, with {sent} sent and {answered} answered"));
        }
        // What stands before it is accepted, whether or not that was said.
        self.acknowledged(frame - 1, self.common.elapsed())?;
        self.refused = frame;
        self.part.refused += u64::from(self.events(frame));
        self.part.refusal.get_or_insert_with(|| text(reason).into_owned());
        Ok(())
    }

    fn events(&self, frame: u64) -> u32 {
        let pace = &self.common.load.pace;
        pace.events(pace.number(self.number, frame - 1))
    }
}
