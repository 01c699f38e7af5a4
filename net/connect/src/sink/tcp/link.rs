//! A connection: what it takes and what it answers, without waiting for either.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use riddhi_wire::Extent;
use riddhi_wire::siddhi_tcp::{CONTROL_VERSION, Control, Frame, NOBODY, extent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::queue::Queue;
use crate::registry::Stopping;
use crate::sink::reach::{CONNECT, connect};
use crate::trouble::plain;

/// How long a welcome may take to come.
const WELCOME: Duration = CONNECT;

/// Frames without an answer at most, whatever the server allows.
const FRAMES_MAX: usize = 1 << 16;

/// Bytes of what a server says at most; a refusal carries a sentence.
const SAID_BYTES_MAX: usize = 64 << 10;

/// Answers that were read.
#[derive(Default)]
pub(super) struct Answers {
    /// Rows refused, and why the last of them.
    pub refused: u64,
    pub reason: String,
}

/// How to connect.
pub(super) struct Way {
    pub no_delay: bool,
    pub keep_alive: bool,
    /// Whether the server is asked for acknowledgements.
    pub asks: bool,
}

pub(super) struct Link {
    stream: TcpStream,
    authority: String,
    /// Frames that may be begun without an answer; none if there are no answers.
    frames_max: Option<usize>,
    /// Frames that have their answer.
    answered: u64,
    said: Vec<u8>,
}

impl Link {
    /// Connects and, if it asks for acknowledgements, waits for the welcome.
    pub fn open(authority: &str, way: &Way, stopping: &Stopping) -> Result<Link, String> {
        let stream = connect(authority, |stream| {
            stream.set_nodelay(way.no_delay)?;
            rustix::net::sockopt::set_socket_keepalive(stream, way.keep_alive)?;
            stream.set_nonblocking(true)
        })?;
        let mut link =
            Link { stream, authority: authority.to_owned(), frames_max: None, answered: 0, said: Vec::new() };
        if way.asks {
            link.hello(stopping)?;
        }
        Ok(link)
    }

    fn hello(&mut self, stopping: &Stopping) -> Result<(), String> {
        let mut hello = Vec::new();
        Control::Hello { version: CONTROL_VERSION }.write(&mut hello);
        let begun = Instant::now();
        let no_answer =
            format!("{} does not answer the request for acknowledgements; only Riddhi does", self.authority);
        if self.stream.write(&hello).ok() != Some(hello.len()) {
            return Err(no_answer);
        }
        loop {
            self.read().map_err(|_| no_answer.clone())?;
            if let Extent::Whole(n) = self.extent()? {
                let said = Frame::parse(&self.said[..n]).ok();
                let Some(Ok(Some(Control::Welcome { frames_max, .. }))) = said.map(|f| Control::parse(&f)) else {
                    return Err(self.nonsense());
                };
                self.frames_max = Some((frames_max as usize).clamp(1, FRAMES_MAX));
                self.said.drain(..n);
                return Ok(());
            }
            if begun.elapsed() > WELCOME || stopping() {
                return Err(no_answer);
            }
            self.wait(false, Duration::from_millis(50));
        }
    }

    /// Waits until there is something to read or, if that is wanted, room to write.
    pub fn wait(&self, write: bool, at_most: Duration) {
        let flags = if write { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let timeout = Timespec::try_from(at_most).ok();
        // Whatever it says, the caller looks.
        let _ = poll(&mut [PollFd::new(&self.stream, flags)], timeout.as_ref());
    }

    /// Whether something of the queue may be written now.
    pub fn may_write(&self, queue: &Queue) -> bool {
        !queue.rest(self.frames_max.unwrap_or(usize::MAX)).is_empty()
    }

    /// Reads what was answered and writes what there is room for; whether anything moved.
    pub fn step(&mut self, queue: &mut Queue, answers: &mut Answers) -> Result<bool, String> {
        let read = self.read();
        let mut moved = self.answers(queue, answers)?;
        read?;
        loop {
            let rest = queue.rest(self.frames_max.unwrap_or(usize::MAX));
            if rest.is_empty() {
                break;
            }
            match self.stream.write(rest) {
                Ok(0) => return Err(format!("{} takes no more", self.authority)),
                Ok(n) => {
                    queue.take(n);
                    moved = true;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(format!("{}: {}", self.authority, plain(&e))),
            }
        }
        if self.frames_max.is_none() {
            queue.forget_sent();
        }
        Ok(moved)
    }

    fn read(&mut self) -> Result<(), String> {
        let mut piece = [0; 4096];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(format!("{} has ended the connection", self.authority)),
                Ok(n) => self.said.extend_from_slice(&piece[..n]),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(format!("{}: {}", self.authority, plain(&e))),
            }
            if self.said.len() > SAID_BYTES_MAX {
                // More is read when these were looked at.
                return Ok(());
            }
        }
    }

    fn extent(&self) -> Result<Extent, String> {
        extent(&self.said, SAID_BYTES_MAX).map_err(|_| self.nonsense())
    }

    fn nonsense(&self) -> String {
        format!("{} answers with something else than acknowledgements", self.authority)
    }

    fn answers(&mut self, queue: &mut Queue, answers: &mut Answers) -> Result<bool, String> {
        if self.frames_max.is_none() {
            // A server of Siddhi's says nothing; what another one says is no answer.
            self.said.clear();
            return Ok(false);
        }
        let mut at = 0;
        while let Extent::Whole(n) = extent(&self.said[at..], SAID_BYTES_MAX).map_err(|_| self.nonsense())? {
            let said = Frame::parse(&self.said[at..at + n]).ok();
            let control = said.and_then(|f| Control::parse(&f).ok().flatten()).ok_or_else(|| self.nonsense())?;
            match control {
                Control::Ack { frame } => {
                    let frames = frame.checked_sub(self.answered).and_then(|n| usize::try_from(n).ok());
                    let frames = frames.filter(|n| *n <= queue.begun()).ok_or_else(|| self.nonsense())?;
                    queue.forget(frames);
                    self.answered = frame;
                }
                Control::Refused { reason, .. } if reason == NOBODY => {
                    return Err(format!("{}: nobody listens to the channel", self.authority));
                }
                Control::Refused { frame, reason } => {
                    let at = frame.checked_sub(self.answered + 1).and_then(|n| usize::try_from(n).ok());
                    let at = at.filter(|n| *n < queue.begun()).ok_or_else(|| self.nonsense())?;
                    answers.refused += queue.rows(at);
                    answers.reason =
                        format!("{} refuses: {}", self.authority, String::from_utf8_lossy(reason).trim_end());
                }
                Control::Hello { .. } | Control::Welcome { .. } => return Err(self.nonsense()),
            }
            at += n;
        }
        self.said.drain(..at);
        Ok(at > 0)
    }
}
