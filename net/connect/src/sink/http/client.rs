//! One connection to one server, in clear or with TLS, opened anew when the server or the network has ended it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use riddhi_http::chunked::Chunks;
use riddhi_http::{Reply, ReplyBody};
use riddhi_tls::{ClientStream, Connector, Trust};

use crate::registry::Stopping;
use crate::sink::reach::is_open;
use crate::trouble::plain;
use crate::url::Url;

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

/// A connection.
enum Stream {
    Plain(TcpStream),
    Tls(Box<ClientStream>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.socket(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(into),
            Stream::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

pub(super) struct Client {
    /// Scheme and host of the server, and the connection to it.
    open: Option<(bool, String, Stream)>,
    trust: Trust,
    /// Made when the first https URL is met.
    connector: Option<Connector>,
    stopping: Stopping,
}

impl Client {
    pub fn new(trust: Trust, stopping: Stopping) -> Client {
        Client { open: None, trust, connector: None, stopping }
    }

    /// Sends a request and gives the status of its answer.
    pub fn send(&mut self, url: &Url, request: &[u8]) -> Result<u16, Broken> {
        let mut stream = self.connect(url)?;
        let failed = |e: std::io::Error| Broken::maybe(format!("{}: {}", url.authority, plain(&e)));
        stream.write_all(request).and_then(|()| stream.flush()).map_err(failed)?;
        let (status, keeps) = self.answer(&mut stream, url)?;
        if keeps {
            self.open = Some((url.tls, url.authority.clone(), stream));
        }
        Ok(status)
    }

    fn connect(&mut self, url: &Url) -> Result<Stream, Broken> {
        if let Some((tls, authority, stream)) = self.open.take()
            && (tls, &authority) == (url.tls, &url.authority)
            && is_open(stream.socket())
        {
            return Ok(stream);
        }
        let failed = |e: std::io::Error| Broken::later(format!("cannot connect to {}: {}", url.authority, plain(&e)));
        let address = url.address().map_err(Broken::later)?;
        let stream = TcpStream::connect_timeout(&address, CONNECT).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_write_timeout(Some(ANSWER)).map_err(failed)?;
        let stream = if url.tls { self.encrypt(url, stream)? } else { Stream::Plain(stream) };
        stream.socket().set_read_timeout(Some(LOOK)).map_err(failed)?;
        Ok(stream)
    }

    fn encrypt(&mut self, url: &Url, socket: TcpStream) -> Result<Stream, Broken> {
        let connector = match &mut self.connector {
            Some(connector) => connector,
            none => none.insert(Connector::new(&self.trust).map_err(|e| Broken::later(e.to_string()))?),
        };
        // A server that is silent in the middle of the handshake is not waited for.
        socket.set_read_timeout(Some(CONNECT)).map_err(|e| Broken::later(plain(&e)))?;
        let stream = connector.connect(&url.host, socket).map_err(|e| {
            let wrong = e.to_string();
            let help = match wrong.contains("certificate") {
                true => "; name a store with the certificate that is to be trusted: https.truststore.file",
                false => "",
            };
            Broken::later(format!("cannot connect to {} with TLS: {wrong}{help}", url.authority))
        })?;
        Ok(Stream::Tls(Box::new(stream)))
    }

    /// Status, and whether the connection can be used again.
    fn answer(&self, stream: &mut Stream, url: &Url) -> Result<(u16, bool), Broken> {
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

    fn chunks(&self, stream: &mut Stream, url: &Url, begun: Instant, mut bytes: Vec<u8>) -> bool {
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
    fn more(&self, stream: &mut Stream, url: &Url, begun: Instant, bytes: &mut Vec<u8>) -> Result<(), Broken> {
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
