//! A receiver: its log-in, its session, and one request at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use riddhi_wire::databridge::client::{Answer, Answers, Speaks, login};

use super::bundle::Bundle;
use crate::registry::Stopping;
use crate::sink::reach::{self, CONNECT, Pauses, is_open};
use crate::trouble::plain;

/// How long an answer may take, as with WSO2's agents.
const ANSWER: Duration = Duration::from_secs(30);

/// How often it is looked whether the end was asked for.
const LOOK: Duration = Duration::from_millis(100);

/// The pause after a failure; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// What became of a bundle.
pub(super) enum Told {
    Taken,
    /// The receiver will never take it, for this reason.
    Undefined(String),
}

/// Why it is not known what became of a bundle, or it did not go.
pub(super) struct Broken {
    pub why: String,
    /// Whether it may have arrived.
    pub maybe: bool,
}

pub(super) struct Endpoint {
    /// Where bundles go.
    address: String,
    /// Where sessions come from, over Binary.
    login: String,
    session: Option<Vec<u8>>,
    stream: Option<TcpStream>,
    pauses: Pauses,
    request: Vec<u8>,
    scratch: Vec<u8>,
}

/// What all receivers of a sink have in common.
pub(super) struct Manner {
    pub speaks: Speaks,
    pub user: String,
    pub password: String,
    pub stopping: Stopping,
}

impl Endpoint {
    pub fn new(address: String, login: String) -> Endpoint {
        Endpoint {
            address,
            login,
            session: None,
            stream: None,
            pauses: Pauses::new(PAUSE, PAUSE_MAX),
            request: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Why it is not tried now, if it is not.
    pub fn is_down(&self) -> Option<&str> {
        self.pauses.why()
    }

    /// Sends a bundle and waits for its answer. A session that has expired is renewed once.
    pub fn publish(&mut self, bundle: &Bundle, manner: &Manner) -> Result<Told, Broken> {
        let told = self.try_publish(bundle, manner);
        match &told {
            Ok(_) => self.pauses.end(),
            Err(broken) => {
                self.stream = None;
                self.pauses.failed(&broken.why);
            }
        }
        told
    }

    fn try_publish(&mut self, bundle: &Bundle, manner: &Manner) -> Result<Told, Broken> {
        for _ in 0..2 {
            let session = match self.session.take() {
                Some(session) => session,
                None => log_in(&self.login, manner).map_err(|why| Broken { why, maybe: false })?,
            };
            self.request.clear();
            bundle.write(manner.speaks, &session, &mut self.scratch, &mut self.request);
            self.session = Some(session);
            let mut stream = match self.stream.take() {
                Some(stream) if is_open(&stream) => stream,
                _ => connect(&self.address).map_err(|why| Broken { why, maybe: false })?,
            };
            let maybe = |why: String| Broken { why: format!("{}: {why}", self.address), maybe: true };
            stream.write_all(&self.request).map_err(|e| maybe(plain(&e)))?;
            // None: the session has expired.
            let told = answer(&mut stream, manner.speaks, &manner.stopping, |answer| match answer {
                Answer::Done => Some(Ok(Told::Taken)),
                Answer::Expired => None,
                Answer::Undefined(why) => Some(Ok(Told::Undefined(text(why)))),
                Answer::Denied(why) | Answer::Failed(why) => Some(Err(format!("it answers: {}", text(why)))),
                Answer::Session(_) => Some(Err("it answers with a session".to_owned())),
            })
            .map_err(maybe)?;
            self.stream = Some(stream);
            if let Some(told) = told {
                // It has said that it did not take it.
                return told.map_err(|why| Broken { why: format!("{}: {why}", self.address), maybe: false });
            }
            self.session = None;
        }
        Err(Broken { why: format!("{}: the session has expired twice", self.address), maybe: false })
    }
}

fn log_in(address: &str, manner: &Manner) -> Result<Vec<u8>, String> {
    let failed = |why: String| format!("cannot log in at {address}: {why}");
    let mut stream = connect(address)?;
    let mut request = Vec::new();
    login(&mut request, Speaks::Binary, manner.user.as_bytes(), manner.password.as_bytes());
    stream.write_all(&request).map_err(|e| failed(plain(&e)))?;
    answer(&mut stream, Speaks::Binary, &manner.stopping, |answer| match answer {
        Answer::Session(session) => Ok(session.to_vec()),
        Answer::Denied(why) | Answer::Failed(why) | Answer::Undefined(why) => Err(text(why)),
        Answer::Done | Answer::Expired => Err("it gives no session".to_owned()),
    })
    .map_err(failed)?
    .map_err(failed)
}

fn connect(address: &str) -> Result<TcpStream, String> {
    reach::connect(address, |stream| {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(ANSWER))
    })
}

/// Waits for an answer, and makes something of it. An end of the connection is none: an agent of WSO2's would take it for one.
fn answer<T>(
    stream: &mut TcpStream,
    speaks: Speaks,
    stopping: &Stopping,
    f: impl FnOnce(Answer<'_>) -> T,
) -> Result<T, String> {
    let (mut answers, mut bytes, begun) = (Answers::new(speaks), Vec::new(), Instant::now());
    loop {
        let found = answers.read(&bytes).map_err(|e| format!("it does not speak the data bridge: {e}"))?;
        if let Some((_, answer)) = found {
            return Ok(f(answer));
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => return Err("it ended the connection without an answer".to_owned()),
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if begun.elapsed() >= ANSWER || (stopping() && begun.elapsed() >= CONNECT) {
                    return Err("it does not answer".to_owned());
                }
            }
            Err(e) => return Err(plain(&e)),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    riddhi_wire::text(bytes).into_owned()
}
