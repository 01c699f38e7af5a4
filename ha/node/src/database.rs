//! The thread that asks the database: one request at a time, each answered, if only by the end of its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use riddhi_postgres::{Beside, Error, Link, Options, Witness};
use riddhi_role::{Event, Row};

use crate::driver::Input;
use crate::traffic::Meter;

/// How long a connection may take to be made. It goes on while requests are told that there is no answer: a connection takes many round
/// trips, which on a busy machine are more than there is time for an answer where `ttl_ms` is small, so begun anew each time it would
/// never come about.
const CONNECT: Duration = Duration::from_secs(2);

/// What the database is asked.
pub(crate) enum Request {
    Read,
    Write { expected: u64, row: Row },
}

/// Starts the thread. Requests go in; answers come to `to`.
pub(crate) fn spawn(
    options: Options,
    group: String,
    address: String,
    within: Duration,
    to: Sender<Input>,
    meter: Arc<Meter>,
) -> std::io::Result<Sender<Request>> {
    // The machine asks one at a time.
    let (requests, from) = bounded(2);
    let thread = std::thread::Builder::new().name("riddhi-witness".into());
    thread.spawn(move || {
        let beside = Beside { address: Some(address), apps: None };
        Asks { options, group, beside, within, open: None, connecting: None, failed: None, meter }.run(&from, &to);
    })?;
    Ok(requests)
}

type Connected = (Link, Witness);

struct Asks {
    options: Options,
    group: String,
    beside: Beside,
    within: Duration,
    open: Option<Connected>,
    /// A connection that is being made.
    connecting: Option<Receiver<Result<Connected, Error>>>,
    /// What was said last of a failure.
    failed: Option<String>,
    meter: Arc<Meter>,
}

impl Asks {
    fn run(&mut self, from: &Receiver<Request>, to: &Sender<Input>) {
        for request in from {
            let begun = Instant::now();
            let answer = self.ask(&request);
            self.meter.asked(begun.elapsed(), answer.is_ok());
            let (event, peer) = match answer {
                Ok((event, peer)) => {
                    if self.failed.take().is_some() {
                        self.meter.set_trouble(|t| t.database = None);
                        let _ = to.send(Input::Note("note: the database answers again".into()));
                    }
                    (event, peer)
                }
                Err(error) => {
                    let text = error.to_string();
                    if self.failed.as_ref() != Some(&text) {
                        let help = error.help().map_or(String::new(), |help| format!("; {help}"));
                        self.meter.set_trouble(|t| t.database = Some(format!("{text}{help}")));
                        let _ = to.send(Input::Note(format!("warning: the database: {text}{help}")));
                        self.failed = Some(text);
                    }
                    let event = match request {
                        Request::Read => Event::Unreadable,
                        // Whether it was carried out is not known.
                        Request::Write { .. } => Event::Unanswered,
                    };
                    (event, None)
                }
            };
            if to.send(Input::Answer(event, peer)).is_err() {
                return;
            }
        }
    }

    fn ask(&mut self, request: &Request) -> Result<(Event, Option<String>), Error> {
        let within = self.within;
        if !self.open.as_ref().is_some_and(|(link, _)| link.is_open()) {
            self.open = None;
            self.open = Some(self.connect()?);
        }
        let Some((link, witness)) = &mut self.open else { return Err(Error::NoAnswer(within)) };
        let witness = witness.clone();
        match request {
            Request::Read => {
                let seen = link.call(within, move |client| witness.read(client))?;
                Ok((Event::Row { row: seen.row, database: seen.database }, seen.beside.address))
            }
            Request::Write { expected, row } => {
                let (expected, row, beside) = (*expected, row.clone(), self.beside.clone());
                let written = link.call(within, move |client| witness.write(client, expected, &row, &beside))?;
                Ok((if written { Event::Written } else { Event::Refused }, None))
            }
        }
    }

    /// A connection, if it comes about in the time for an answer; else the next request finds it further.
    fn connect(&mut self) -> Result<Connected, Error> {
        let coming = match self.connecting.take() {
            Some(coming) => coming,
            None => self.begin_to_connect()?,
        };
        match coming.recv_timeout(self.within) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => {
                self.connecting = Some(coming);
                Err(Error::NoAnswer(self.within))
            }
            Err(RecvTimeoutError::Disconnected) => Err(Error::Gone("its thread has ended".to_owned())),
        }
    }

    fn begin_to_connect(&self) -> Result<Receiver<Result<Connected, Error>>, Error> {
        let (done, coming) = bounded(1);
        let (options, group, within) = (self.options.clone(), self.group.clone(), self.within);
        let time = within.max(CONNECT);
        let connect = move || {
            let mut link = Link::open(&options, time)?;
            let witness = link.call(time, move |client| Witness::new(client, &group, within))?;
            Ok((link, witness))
        };
        let thread = std::thread::Builder::new().name("riddhi-connect".into());
        thread.spawn(move || drop(done.send(connect()))).map_err(Error::Thread)?;
        Ok(coming)
    }
}
