//! A connection before the start: connected and, if acknowledgements are asked for, welcomed.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use riddhi_wire::Extent;
use riddhi_wire::databridge::client::Speaks;
use riddhi_wire::siddhi_tcp::{CONTROL_VERSION, Control, Frame, extent};

use crate::turns::log_in;
use crate::{Load, LoadError, Protocol};

/// Bytes of a control frame at most; a refusal carries a sentence.
pub(crate) const CONTROL_BYTES_MAX: usize = 64 << 10;

/// How often whoever waits at a socket looks whether the run is over.
const LOOK_MS: u64 = 50;

/// Frames without an answer at most, whatever a server allows: each takes eight bytes.
const WINDOW_FRAMES_MAX: u32 = 1 << 16;

/// A connection that may send.
#[derive(Debug)]
pub(crate) struct Connection {
    pub stream: TcpStream,
    /// Frames without an answer at most; none if answers were not asked for.
    pub window_frames: Option<usize>,
    /// What the server said behind its welcome.
    pub rest: Vec<u8>,
}

impl Connection {
    pub fn open(load: &Load) -> Result<Connection, LoadError> {
        let address = load.address.clone();
        let stream = connect(&load.address, load).map_err(|source| LoadError::Connect { address, source })?;
        let mut connection = Connection { stream, window_frames: None, rest: Vec::new() };
        if load.acknowledge && matches!(load.to, Protocol::Tcp { .. }) {
            connection.welcomed(load)?;
        }
        let look = Some(std::time::Duration::from_millis(LOOK_MS));
        let set = connection.stream.set_read_timeout(look).and_then(|()| connection.stream.set_write_timeout(look));
        set.map_err(|source| LoadError::Connect { address: load.address.clone(), source })?;
        Ok(connection)
    }

    /// The session to publish under, where the protocol has one; it is the server's and not the connection's.
    pub fn session(load: &Load) -> Result<Vec<u8>, LoadError> {
        let Protocol::DataBridge { login, .. } = &load.to else { return Ok(Vec::new()) };
        let failed = |source| LoadError::Connect { address: login.address.clone(), source };
        let mut stream = connect(&login.address, load).map_err(failed)?;
        stream.set_read_timeout(Some(load.patience)).map_err(failed)?;
        let session = log_in(&mut stream, Speaks::Binary, &login.user, &login.password);
        session.map_err(|why| LoadError::Login { address: login.address.clone(), why })
    }

    fn welcomed(&mut self, load: &Load) -> Result<(), LoadError> {
        let silent = |_| LoadError::NoWelcome { address: load.address.clone() };
        let other = || LoadError::NotWelcome { address: load.address.clone() };
        let mut hello = Vec::new();
        Control::Hello { version: CONTROL_VERSION }.write(&mut hello);
        self.stream.set_read_timeout(Some(load.patience)).map_err(silent)?;
        self.stream.write_all(&hello).map_err(silent)?;
        loop {
            if let Extent::Whole(bytes) = extent(&self.rest, CONTROL_BYTES_MAX).map_err(|_| other())? {
                let frame = Frame::parse(&self.rest[..bytes]).map_err(|_| other())?;
                let Ok(Some(Control::Welcome { frames_max: frames_max @ 1.., .. })) = Control::parse(&frame) else {
                    return Err(other());
                };
                self.window_frames = Some(frames_max.min(WINDOW_FRAMES_MAX) as usize);
                self.rest.drain(..bytes);
                return Ok(());
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(silent(io::ErrorKind::UnexpectedEof.into())),
                Ok(n) => self.rest.extend_from_slice(&bytes[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(silent(e)),
            }
        }
    }
}

/// Tries each address of the name.
fn connect(address: &str, load: &Load) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, load.patience) {
            Ok(stream) => return stream.set_nodelay(true).map(|()| stream),
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Whether a read or write ended because its time was over.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
