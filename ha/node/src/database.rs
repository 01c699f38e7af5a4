//! The thread that asks the database: one request at a time, each answered, if only by the end of its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use riddhi_postgres::{Beside, Link, Options, Witness};
use riddhi_role::{Event, Row};

use crate::driver::Input;
use crate::traffic::Meter;

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
        Asks { options, group, beside, within, open: None, failed: None, meter }.run(&from, &to);
    })?;
    Ok(requests)
}

struct Asks {
    options: Options,
    group: String,
    beside: Beside,
    within: Duration,
    open: Option<(Link, Witness)>,
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

    fn ask(&mut self, request: &Request) -> Result<(Event, Option<String>), riddhi_postgres::Error> {
        let within = self.within;
        let (link, witness) = match &mut self.open {
            Some((link, witness)) if link.is_open() => (link, witness),
            _ => {
                self.open = None;
                let mut link = Link::open(&self.options, within)?;
                let group = self.group.clone();
                let witness = link.call(within, move |client| Witness::new(client, &group, within))?;
                let (link, witness) = self.open.insert((link, witness));
                (link, witness)
            }
        };
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
}
