//! Sending on a connection: frames that are due, as many in one write as are due and fit.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Common;
use crate::connection::is_timeout;
use crate::frames::Frames;
use crate::report::Part;
use crate::window::Window;

/// Bytes of a write, about; a frame that is longer is a write of its own.
const WRITE_BYTES: usize = 64 << 10;

/// A sleep ends so much early, since the system wakes a thread late; the rest is spent looking at the clock.
const EARLY: Duration = Duration::from_micros(80);

/// How often whoever sleeps looks whether the run is over.
const LOOK: Duration = Duration::from_millis(50);

/// Why a connection sends no more.
#[derive(Debug)]
pub(crate) enum End {
    Done,
    Failed(String),
}

/// Sends until all is sent, the time is over, or `stopping` says so.
pub(crate) fn send(
    common: &Common<'_>,
    connection: u32,
    stream: &TcpStream,
    frames: Frames<'_>,
    window: Option<&Window>,
    stopping: &(impl Fn() -> bool + Sync),
    part: &mut Part,
) {
    let mut sender = Sender { common, connection, stream, frames, window, stopping, next: 0, at: 0 };
    let end = loop {
        match sender.step(part) {
            Ok(()) => {}
            Err(end) => break end,
        }
    };
    // What was begun may have arrived, and may have an answer.
    part.frames = window.map_or(sender.next, Window::sent);
    part.events = common.load.pace.events_of_first(connection, part.frames);
    if let End::Failed(why) = end {
        part.error(connection, why);
    }
    if window.is_none() {
        let _ = stream.shutdown(Shutdown::Write);
    }
}

struct Sender<'a, S> {
    common: &'a Common<'a>,
    connection: u32,
    stream: &'a TcpStream,
    frames: Frames<'a>,
    window: Option<&'a Window>,
    stopping: &'a S,
    /// The next frame, and where it stands among those that go round.
    next: u64,
    at: usize,
}

impl<S: Fn() -> bool> Sender<'_, S> {
    /// Waits until a frame is due and may be sent, and sends it with those behind it for which that holds too.
    fn step(&mut self, part: &mut Part) -> Result<(), End> {
        let pace = &self.common.load.pace;
        let number = |n| pace.number(self.connection, n);
        let events = pace.events(number(self.next));
        if events == 0 {
            return Err(End::Done);
        }
        wait_until(self.common, pace.due(number(self.next)), self.stopping)?;
        let room = self.wait_for_room()?;
        let now = self.common.elapsed();
        let from = |n: u64| if pace.rate.is_some() { pace.due(number(n)) } else { now };
        let batch = pace.batch;
        let mut count = 0;
        if events < batch {
            let from = from(self.next);
            self.announce(from);
            let bytes = self.frames.short(self.at, events as usize, self.common.time(from));
            write(self.common, self.stream, bytes, self.stopping)?;
            part.bytes += bytes.len() as u64;
            count = 1;
        } else {
            let most = (WRITE_BYTES / self.frames.frame_bytes()).max(1).min(room).min(self.frames.len() - self.at);
            while count < most {
                let n = self.next + count as u64;
                if count > 0 && (pace.events(number(n)) < batch || pace.due(number(n)) > now) {
                    break;
                }
                let from = from(n);
                self.announce(from);
                self.frames.set_time(self.at + count, self.common.time(from));
                count += 1;
            }
            let bytes = self.frames.run(self.at, count);
            write(self.common, self.stream, bytes, self.stopping)?;
            part.bytes += bytes.len() as u64;
        }
        let taken = self.common.elapsed();
        if self.window.is_none() {
            for n in self.next..self.next + count as u64 {
                part.record(taken.saturating_sub(from(n)), pace.events(number(n)));
            }
            part.taken = taken;
        }
        self.next += count as u64;
        self.at = (self.at + count) % self.frames.len();
        Ok(())
    }

    fn announce(&self, from: Duration) {
        if let Some(window) = self.window {
            window.send(from);
        }
    }

    /// How many frames may be sent. With answers that come one by one, it waits for room for several, or writes would be
    /// small for ever after.
    fn wait_for_room(&self) -> Result<usize, End> {
        let Some(window) = self.window else { return Ok(usize::MAX) };
        let several = (WRITE_BYTES / self.frames.frame_bytes()).clamp(1, window.len().div_ceil(4));
        let (mut answered, mut since) = (window.answered(), Instant::now());
        loop {
            let room = window.room();
            if window.is_gone() {
                // The reader has said why.
                return Err(End::Done);
            }
            if room >= several || (room > 0 && self.common.load.pace.rate.is_some()) {
                return Ok(room);
            }
            if (self.stopping)() || self.common.load.time_max.is_some_and(|over| self.common.elapsed() >= over) {
                return Err(End::Done);
            }
            if window.answered() != answered {
                (answered, since) = (window.answered(), Instant::now());
            } else if since.elapsed() > self.common.load.patience {
                return Err(End::Failed(format!("no answer for {:?}", self.common.load.patience)));
            }
            window.wait(several, LOOK);
        }
    }
}

/// Waits until something is due, unless the run is over before.
pub(crate) fn wait_until(common: &Common<'_>, due: Duration, stopping: &impl Fn() -> bool) -> Result<(), End> {
    let over = common.load.time_max;
    loop {
        let now = common.elapsed();
        if stopping() || over.is_some_and(|over| now >= over || due >= over) {
            return Err(End::Done);
        }
        match due.checked_sub(now) {
            None | Some(Duration::ZERO) => return Ok(()),
            Some(left) if left > EARLY => thread::sleep((left - EARLY).min(LOOK)),
            Some(_) => thread::yield_now(),
        }
    }
}

/// Writes all, unless the server takes nothing for too long or the run is to end.
pub(crate) fn write(
    common: &Common<'_>,
    mut stream: &TcpStream,
    mut bytes: &[u8],
    stopping: &impl Fn() -> bool,
) -> Result<(), End> {
    let mut since: Option<Instant> = None;
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(End::Failed("the connection takes nothing more".into())),
            Ok(n) => {
                bytes = &bytes[n..];
                since = None;
            }
            Err(e) if is_timeout(&e) => {
                if stopping() {
                    return Err(End::Done);
                }
                if since.get_or_insert_with(Instant::now).elapsed() > common.load.patience {
                    return Err(End::Failed(format!("the server took nothing for {:?}", common.load.patience)));
                }
            }
            Err(e) => return Err(End::Failed(lost(&e))),
        }
    }
    Ok(())
}

/// How an error of a connection is told.
pub(crate) fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => "the server ended the connection".into(),
        _ => error.to_string(),
    }
}
