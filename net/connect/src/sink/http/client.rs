//! One connection to one server, opened anew when the server or the network has ended it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use riddhi_http::chunked::Chunks;
use riddhi_http::{Reply, ReplyBody};

use crate::registry::Stopping;
use crate::source::http::Url;
use crate::source::plain;

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// How often it is looked whether the end was asked for.
const LOOK: Duration = Duration::from_millis(200);

/// Bytes of an answer's body that are read over; behind a longer one the connection ends.
const BODY_MAX: usize = 1 << 20;

/// Why a message was not sent.
pub(super) struct Broken {
    /// What happened.
    pub why: String,
    /// Whether it may go another time.
    pub later: bool,
    /// Whether it may have arrived.
    pub maybe: bool,
}

impl Broken {
    pub fn later(why: String) -> Broken {
        Broken { why, later: true, maybe: false }
    }

    pub fn never(why: String) -> Broken {
        Broken { why, later: false, maybe: false }
    }

    fn maybe(why: String) -> Broken {
        Broken { why, later: true, maybe: true }
    }
}

pub(super) struct Client {
    open: Option<(String, TcpStream)>,
    stopping: Stopping,
}

impl Client {
    pub fn new(stopping: Stopping) -> Client {
        Client { open: None, stopping }
    }

    /// Sends a request and gives the status of its answer.
    pub fn send(&mut self, url: &Url, request: &[u8]) -> Result<u16, Broken> {
        let mut stream = self.connect(url)?;
        let failed = |e: std::io::Error| Broken::maybe(format!("{}: {}", url.authority, plain(&e)));
        stream.write_all(request).map_err(failed)?;
        let (status, keeps) = self.answer(&mut stream, url)?;
        if keeps {
            self.open = Some((url.authority.clone(), stream));
        }
        Ok(status)
    }

    fn connect(&mut self, url: &Url) -> Result<TcpStream, Broken> {
        if let Some((authority, stream)) = self.open.take()
            && authority == url.authority
            && is_open(&stream)
        {
            return Ok(stream);
        }
        let failed = |e: std::io::Error| Broken::later(format!("cannot connect to {}: {}", url.authority, plain(&e)));
        let address = url.address().map_err(Broken::later)?;
        let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(LOOK)).map_err(failed)?;
        stream.set_write_timeout(Some(ANSWER)).map_err(failed)?;
        Ok(stream)
    }

    /// Status, and whether the connection can be used again.
    fn answer(&self, stream: &mut TcpStream, url: &Url) -> Result<(u16, bool), Broken> {
        let (mut bytes, begun) = (Vec::new(), Instant::now());
        let reply = loop {
            match Reply::read(&bytes) {
                Ok(Some(reply)) if (100..200).contains(&reply.status) => {
                    bytes.drain(..reply.head_bytes);
                }
                Ok(Some(reply)) => break reply,
                Ok(None) => self.more(stream, url, begun, &mut bytes)?,
                Err(wrong) => return Err(Broken::maybe(format!("{} does not speak HTTP: {wrong}", url.authority))),
            }
        };
        bytes.drain(..reply.head_bytes);
        let whole = match reply.body {
            ReplyBody::Length(n) if n > BODY_MAX as u64 => false,
            ReplyBody::Length(n) => {
                // The status is known: a body that breaks off changes nothing but the connection.
                while (bytes.len() as u64) < n && self.more(stream, url, begun, &mut bytes).is_ok() {}
                bytes.len() as u64 == n
            }
            ReplyBody::Chunked => self.chunks(stream, url, begun, bytes),
            ReplyBody::End => false,
        };
        Ok((reply.status, reply.keeps && whole))
    }

    fn chunks(&self, stream: &mut TcpStream, url: &Url, begun: Instant, mut bytes: Vec<u8>) -> bool {
        let (mut chunks, mut body) = (Chunks::default(), Vec::new());
        loop {
            match chunks.read(&bytes, BODY_MAX, &mut body) {
                Ok(n) if chunks.is_done() => return n == bytes.len(),
                Ok(_) => bytes.clear(),
                Err(_) => return false,
            }
            if self.more(stream, url, begun, &mut bytes).is_err() {
                return false;
            }
        }
    }

    /// Waits for more bytes, as long as an answer may take.
    fn more(&self, stream: &mut TcpStream, url: &Url, begun: Instant, bytes: &mut Vec<u8>) -> Result<(), Broken> {
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => {
                    return Err(Broken::maybe(format!("{} ended the connection without an answer", url.authority)));
                }
                Ok(n) => {
                    bytes.extend_from_slice(&piece[..n]);
                    return Ok(());
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    let late = begun.elapsed() >= ANSWER;
                    if late || ((self.stopping)() && begun.elapsed() >= CONNECT) {
                        return Err(Broken::maybe(format!("{} does not answer", url.authority)));
                    }
                }
                Err(e) => return Err(Broken::maybe(format!("{}: {}", url.authority, plain(&e)))),
            }
        }
    }
}

/// Whether the server has neither ended the connection nor said something that nobody asked for.
pub(crate) fn is_open(stream: &TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return false;
    }
    let nothing = matches!(stream.peek(&mut [0; 1]), Err(e) if e.kind() == ErrorKind::WouldBlock);
    stream.set_nonblocking(false).is_ok() && nothing
}
