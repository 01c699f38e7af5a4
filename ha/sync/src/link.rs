//! A connection between the nodes: greeting, proofs, then messages.

use std::io::{self, BufReader, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use riddhi_role::{Hello, NodeId};
use socket2::{SockRef, TcpKeepalive};

use crate::auth::{Access, End, PROOF_BYTES, Said};
use crate::frame::{self, FRAME_BYTES_MAX, FrameError, HELLO_BYTES_MAX};
use crate::message::{CHALLENGE, Greeting, HELLO, Message, NO, PROOF, VERSION, WrongMessage, parse};

/// How long the whole greeting may take.
const GREETING: Duration = Duration::from_secs(5);

/// Bytes gathered before they are sent without being asked.
const GATHERED_BYTES: usize = 256 << 10;

/// Bytes of a record that are sent from where they are: copying fewer costs less than another place to send from.
const APART_BYTES: usize = 16 << 10;

/// Why there is no link, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The peer, or whoever answers at its port, does not speak this protocol.
    #[error("the peer does not speak Riddhi's sync protocol: {0}")]
    Protocol(String),
    /// Another version of it.
    #[error(
        "the peer speaks version {0} of the sync protocol, this node version {VERSION}: run the same Riddhi on both"
    )]
    Version(u16),
    /// Another group.
    #[error("the peer is of group '{theirs}', this node of '{ours}': the groupId must be equal on both nodes")]
    Group {
        /// The peer's.
        theirs: String,
        /// This node's.
        ours: String,
    },
    /// It has this node's name.
    #[error("the peer is called '{0}' as this node is: give each node an id of its own")]
    SameName(NodeId),
    /// It did not prove that it knows the secret.
    #[error("the peer does not know this node's secret: the secret of the sync port must be equal on both nodes")]
    Secret,
    /// It refused this node, and says why.
    #[error("the peer refused this node: {0}")]
    Refused(String),
}

impl From<FrameError> for LinkError {
    fn from(error: FrameError) -> LinkError {
        match error {
            FrameError::Io(error) => LinkError::Io(error),
            other => LinkError::Protocol(other.to_string()),
        }
    }
}

impl From<WrongMessage> for LinkError {
    fn from(error: WrongMessage) -> LinkError {
        LinkError::Protocol(error.to_string())
    }
}

/// A link, both ends of which have proved themselves.
#[derive(Debug)]
pub struct Link {
    /// What the peer says of itself.
    pub peer: Hello,
    stream: TcpStream,
}

/// Greets over a connection that this node made.
///
/// # Errors
///
/// Whoever answers is no node of the group; the connection ends or takes longer than 5 s.
pub fn connect(stream: TcpStream, access: &Access, me: Hello) -> Result<Link, LinkError> {
    prepare(&stream)?;
    let mut from = Timed::new(&stream);
    let ours = greeting(access, me)?;
    let our_bytes = ours.bytes();
    send(&stream, HELLO, &our_bytes)?;
    let mut payload = Vec::new();
    let their_bytes = match frame::read(&mut from, HELLO_BYTES_MAX, &mut payload)? {
        CHALLENGE => payload.len().checked_sub(PROOF_BYTES).map(|n| payload.split_at(n)),
        NO => return Err(LinkError::Refused(String::from_utf8_lossy(&payload).into_owned())),
        kind => return Err(WrongMessage(kind).into()),
    };
    let Some((their_bytes, proof)) = their_bytes else { return Err(WrongMessage(CHALLENGE).into()) };
    let theirs = meet(their_bytes, &ours)?;
    let said = Said { connects: &our_bytes, listens: their_bytes };
    if !said.is_proved(access, End::Listens, proof) {
        return Err(LinkError::Secret);
    }
    send(&stream, PROOF, &said.prove(access, End::Connects))?;
    begin(stream, theirs)
}

/// Greets over a connection that was made to this node.
///
/// # Errors
///
/// Whoever connects is no node of the group, and is told so; the connection ends or takes longer than 5 s.
pub fn accept(stream: TcpStream, access: &Access, me: Hello) -> Result<Link, LinkError> {
    prepare(&stream)?;
    let refused = match greet_back(&stream, access, me) {
        Ok(theirs) => return begin(stream, theirs),
        Err(error) => error,
    };
    // Who does not know the secret is told no more than that something does not fit.
    if !matches!(refused, LinkError::Io(_) | LinkError::Protocol(_)) {
        let _ = send(&stream, NO, refused.to_string().as_bytes());
    }
    Err(refused)
}

fn greet_back(stream: &TcpStream, access: &Access, me: Hello) -> Result<Hello, LinkError> {
    let mut from = Timed::new(stream);
    let mut payload = Vec::new();
    match frame::read(&mut from, HELLO_BYTES_MAX, &mut payload)? {
        HELLO => {}
        kind => return Err(WrongMessage(kind).into()),
    }
    let ours = greeting(access, me)?;
    let their_bytes = std::mem::take(&mut payload);
    let theirs = meet(&their_bytes, &ours)?;
    let our_bytes = ours.bytes();
    let said = Said { connects: &their_bytes, listens: &our_bytes };
    let challenge = [&our_bytes[..], &said.prove(access, End::Listens)].concat();
    send(stream, CHALLENGE, &challenge)?;
    match frame::read(&mut from, HELLO_BYTES_MAX, &mut payload)? {
        PROOF if said.is_proved(access, End::Connects, &payload) => Ok(theirs),
        PROOF => Err(LinkError::Secret),
        kind => Err(WrongMessage(kind).into()),
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(GREETING))?;
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(2)).with_interval(Duration::from_secs(1));
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&keepalive.with_retries(3))?;
    // Against firewalls that swallow what is sent.
    socket.set_tcp_user_timeout(Some(GREETING))
}

fn greeting(access: &Access, hello: Hello) -> Result<Greeting, LinkError> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(Greeting { version: VERSION, group: access.group.clone(), nonce, hello })
}

/// Whether the two may have a link, by what they say of themselves.
fn meet(bytes: &[u8], ours: &Greeting) -> Result<Hello, LinkError> {
    let (theirs, rest) = Greeting::parse(bytes).map_err(|e| match e {
        Ok(version) => LinkError::Version(version),
        Err(wrong) => wrong.into(),
    })?;
    if !rest.is_empty() {
        return Err(WrongMessage(HELLO).into());
    }
    if theirs.group != ours.group {
        return Err(LinkError::Group { theirs: theirs.group, ours: ours.group.clone() });
    }
    if theirs.hello.from.node == ours.hello.from.node {
        return Err(LinkError::SameName(theirs.hello.from.node));
    }
    Ok(theirs.hello)
}

fn begin(stream: TcpStream, peer: Hello) -> Result<Link, LinkError> {
    stream.set_read_timeout(None)?;
    Ok(Link { peer, stream })
}

fn send(mut stream: &TcpStream, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut out = Vec::with_capacity(payload.len() + 16);
    frame::put(&mut out, kind, &[], |out| out.extend_from_slice(payload));
    stream.write_all(&out)
}

/// Reads until a moment and no longer, however slowly the bytes come.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Timed<'_> {
    fn new(stream: &TcpStream) -> Timed<'_> {
        Timed { stream, until: Instant::now() + GREETING }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        (&mut &*self.stream).read(into)
    }
}

impl Link {
    /// Both directions, each for a thread of its own, and what ends them for whoever must not wait for either.
    ///
    /// # Errors
    ///
    /// The system has no handle left.
    pub fn split(self) -> io::Result<(LinkReader, LinkWriter, HangUp)> {
        let from = BufReader::with_capacity(GATHERED_BYTES, self.stream.try_clone()?);
        let end = HangUp(self.stream.try_clone()?);
        Ok((LinkReader { from, payload: Vec::new() }, LinkWriter { stream: self.stream, out: Vec::new() }, end))
    }
}

/// Ends a link whose writer may be in the middle of a write that nobody takes.
#[derive(Debug)]
pub struct HangUp(TcpStream);

impl HangUp {
    /// Ends the link in both directions, without waiting: whoever reads or writes it sees its end.
    pub fn now(&self) {
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

/// Takes messages.
#[derive(Debug)]
pub struct LinkReader {
    from: BufReader<TcpStream>,
    payload: Vec<u8>,
}

impl LinkReader {
    /// The next message; waits for it.
    ///
    /// # Errors
    ///
    /// The link is broken.
    pub fn read(&mut self) -> Result<Message<'_>, LinkError> {
        let kind = frame::read(&mut self.from, FRAME_BYTES_MAX, &mut self.payload)?;
        Ok(parse(kind, &self.payload)?)
    }

    /// Whether another message, or some of it, has come already: an acknowledgement can wait for it.
    pub fn has_more(&self) -> bool {
        !self.from.buffer().is_empty()
    }
}

/// Sends messages.
#[derive(Debug)]
pub struct LinkWriter {
    stream: TcpStream,
    out: Vec<u8>,
}

impl LinkWriter {
    /// Appends a message to what is sent by the next [`LinkWriter::flush`], or at once if there is much.
    ///
    /// # Errors
    ///
    /// The link is broken, or the peer did not take anything for 5 s.
    pub fn write(&mut self, message: &Message<'_>) -> io::Result<()> {
        let tail = message.write_before(&mut self.out);
        if tail.len() >= APART_BYTES {
            return self.flush_with(tail);
        }
        self.out.extend_from_slice(tail);
        if self.out.len() >= GATHERED_BYTES { self.flush() } else { Ok(()) }
    }

    /// Sends what was gathered and, behind it, bytes from where they are.
    fn flush_with(&mut self, tail: &[u8]) -> io::Result<()> {
        let mut both = [IoSlice::new(&self.out), IoSlice::new(tail)];
        let mut left = &mut both[..];
        let mut sent = Ok(());
        while left.iter().any(|part| !part.is_empty()) {
            match self.stream.write_vectored(left) {
                Ok(0) => sent = Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    IoSlice::advance_slices(&mut left, n);
                    continue;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => sent = Err(e),
            }
            break;
        }
        self.out.clear();
        sent
    }

    /// Sends what was gathered.
    ///
    /// # Errors
    ///
    /// As [`LinkWriter::write`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.flush_with(&[])
    }

    /// Bytes as they are, for tests.
    #[doc(hidden)]
    pub fn raw(&self, bytes: &[u8]) {
        let _ = (&self.stream).write_all(bytes);
    }
}
