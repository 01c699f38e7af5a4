//! Sending where each request is answered before the next one goes: HTTP and the data bridge. One thread does both.

use std::io::Read;
use std::time::{Duration, Instant};

use riddhi_http::chunked::Chunks;
use riddhi_http::{Reply, ReplyBody};
use riddhi_wire::databridge::client::{Answer, Answers, Speaks};
use riddhi_wire::text;

use crate::connection::{Connection, is_timeout};
use crate::frames::Frames;
use crate::report::Part;
use crate::sender::{End, lost, wait_until, write};
use crate::{Common, Protocol};

/// Bytes of an answer of HTTP at most; a longer one fails the connection.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Characters of a body that are told.
const TOLD: usize = 200;

/// What became of a request.
enum Told {
    Taken,
    Refused(String),
}

/// Sends until all is sent, the time is over, or `stopping` says so.
pub(crate) fn send(
    common: &Common<'_>,
    number: u32,
    connection: Connection,
    frames: Frames<'_>,
    stopping: &impl Fn() -> bool,
    part: &mut Part,
) {
    let reader = match &common.load.to {
        Protocol::DataBridge { speaks, .. } => Reader::Bridge(Box::new(Answers::new(*speaks))),
        Protocol::Http { .. } | Protocol::Tcp { .. } => Reader::Http,
    };
    let mut turns = Turns { common, number, connection, frames, stopping, reader, unread: Vec::new(), keeps: true };
    let end = loop {
        if let Err(end) = turns.one(part) {
            break end;
        }
    };
    if let End::Failed(why) = end {
        part.error(number, why);
    }
}

enum Reader {
    Http,
    Bridge(Box<Answers>),
}

struct Turns<'a, S> {
    common: &'a Common<'a>,
    number: u32,
    connection: Connection,
    frames: Frames<'a>,
    stopping: &'a S,
    reader: Reader,
    unread: Vec<u8>,
    /// Whether the server keeps the connection open.
    keeps: bool,
}

impl<S: Fn() -> bool> Turns<'_, S> {
    fn one(&mut self, part: &mut Part) -> Result<(), End> {
        let pace = &self.common.load.pace;
        let number = pace.number(self.number, part.frames);
        let events = pace.events(number);
        if events == 0 {
            return Err(End::Done);
        }
        wait_until(self.common, pace.due(number), self.stopping)?;
        if !std::mem::replace(&mut self.keeps, true) {
            let opened = Connection::open(self.common.load);
            self.connection = opened.map_err(|e| End::Failed(e.to_string()))?;
            self.unread.clear();
        }
        let from = if pace.rate.is_some() { pace.due(number) } else { self.common.elapsed() };
        let (at, time) = ((part.frames % self.frames.len() as u64) as usize, self.common.time(from));
        let bytes = if events < pace.batch {
            self.frames.short(at, events as usize, time)
        } else {
            self.frames.set_time(at, time);
            self.frames.run(at, 1)
        };
        // What was begun may have arrived.
        part.frames += 1;
        part.events += u64::from(events);
        part.bytes += bytes.len() as u64;
        write(self.common, &self.connection.stream, bytes, self.stopping)?;
        match self.answer()? {
            Told::Taken => {
                part.taken = self.common.elapsed();
                part.record(part.taken.saturating_sub(from), events);
                part.acknowledged += u64::from(events);
            }
            Told::Refused(why) => {
                part.refused += u64::from(events);
                part.refusal.get_or_insert(why);
            }
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<Told, End> {
        let since = Instant::now();
        loop {
            if let Some(told) = self.read()? {
                return Ok(told);
            }
            self.more(since)?;
        }
    }

    fn more(&mut self, since: Instant) -> Result<(), End> {
        let patience = self.common.load.patience;
        let mut bytes = [0; 16 << 10];
        match self.connection.stream.read(&mut bytes) {
            Ok(0) => Err(End::Failed("the server ended the connection without an answer".into())),
            Ok(n) => {
                self.unread.extend_from_slice(&bytes[..n]);
                Ok(())
            }
            Err(e) if is_timeout(&e) && (self.stopping)() && since.elapsed() > Duration::from_millis(500) => {
                Err(End::Done)
            }
            Err(e) if is_timeout(&e) && since.elapsed() > patience => {
                Err(End::Failed(format!("no answer for {patience:?}")))
            }
            Err(e) if is_timeout(&e) => Ok(()),
            Err(e) => Err(End::Failed(lost(&e))),
        }
    }

    /// The answer, if it is there.
    fn read(&mut self) -> Result<Option<Told>, End> {
        let wrong = |e: &dyn std::fmt::Display| End::Failed(format!("the server answers wrongly: {e}"));
        match &mut self.reader {
            Reader::Bridge(answers) => {
                let Some((n, answer)) = answers.read(&self.unread).map_err(|e| wrong(&e))? else { return Ok(None) };
                let told = match answer {
                    Answer::Done => Told::Taken,
                    Answer::Expired => Told::Refused("the session has expired".into()),
                    Answer::Denied(why) | Answer::Undefined(why) | Answer::Failed(why) => {
                        Told::Refused(text(why).into_owned())
                    }
                    Answer::Session(_) => return Err(wrong(&"a session")),
                };
                self.unread.drain(..n);
                Ok(Some(told))
            }
            Reader::Http => {
                if self.unread.len() > ANSWER_BYTES_MAX {
                    return Err(wrong(&"too much"));
                }
                let Some((n, reply)) = whole(&self.unread).map_err(|e| wrong(&e))? else { return Ok(None) };
                let told = match reply.status {
                    200..=299 => Told::Taken,
                    status => {
                        let body = text(&self.unread[reply.head_bytes..n]);
                        Told::Refused(format!("{status} {}", body.chars().take(TOLD).collect::<String>().trim()))
                    }
                };
                self.keeps = reply.keeps;
                self.unread.drain(..n);
                Ok(Some(told))
            }
        }
    }
}

/// The reply that the bytes begin with, and its bytes; none if it is not whole.
fn whole(bytes: &[u8]) -> Result<Option<(usize, Reply)>, riddhi_http::Wrong> {
    let Some(reply) = Reply::read(bytes)? else { return Ok(None) };
    let body = &bytes[reply.head_bytes..];
    let n = match reply.body {
        ReplyBody::Length(n) => usize::try_from(n).ok().filter(|n| *n <= body.len()),
        ReplyBody::Chunked => {
            let (mut chunks, mut text) = (Chunks::default(), Vec::new());
            let n = chunks.read(body, ANSWER_BYTES_MAX, &mut text)?;
            chunks.is_done().then_some(n)
        }
        // It says no more than its status.
        ReplyBody::End => Some(body.len()),
    };
    Ok(n.map(|n| (reply.head_bytes + n, reply)))
}

/// Logs in over a connection; the session.
pub(crate) fn log_in(
    stream: &mut (impl Read + std::io::Write),
    speaks: Speaks,
    user: &str,
    password: &str,
) -> Result<Vec<u8>, String> {
    let mut request = Vec::new();
    riddhi_wire::databridge::client::login(&mut request, speaks, user.as_bytes(), password.as_bytes());
    stream.write_all(&request).map_err(|e| lost(&e))?;
    let (mut answers, mut bytes) = (Answers::new(speaks), Vec::new());
    loop {
        match answers.read(&bytes).map_err(|e| e.to_string())? {
            None => {}
            Some((_, Answer::Session(session))) => return Ok(session.to_vec()),
            Some((_, Answer::Denied(why) | Answer::Failed(why) | Answer::Undefined(why))) => {
                return Err(text(why).into_owned());
            }
            Some((_, Answer::Done | Answer::Expired)) => return Err("it gives no session".into()),
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => return Err("it ends the connection".into()),
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(e) => return Err(lost(&e)),
        }
    }
}
