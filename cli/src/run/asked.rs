//! On-demand queries to the apps of a running process: a socket takes them, the app's sequencer has them answered.
//!
//! `query.sock` in the state folder, or where `--socket` says, for the user who runs the process only. A question is a line of JSON,
//! `{"app":"Name","query":"from T select *","format":"jsonl"}`; the app may be left out where there is but one. So is the answer:
//! `{"exit":0,"text":"the rows","notes":[]}`, or with another exit code `{"exit":1,"text":"why not"}`.
//!
//! An app is asked between two frames, with all timers fired that were due. A query that changes a table is an entry, like an
//! event: in the journal before it is carried out, with the other node of a pair before it is answered.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use riddhi_batch::Schema;
use riddhi_plan::Verdict;
use riddhi_ql::{Source, render_text};
use riddhi_run::{Answer, App, CompiledOnDemand, OnDemand, compile_on_demand};
use serde_json::{Value, json};

use super::socket::{self, ASKED_MAX, Purpose, Socket};
use super::wake::Waker;
use crate::exit::Exit;
use crate::output::Format;
use crate::output::plain::lines;

/// The name of the socket in a state folder.
const NAME: &str = "query.sock";

const PURPOSE: Purpose =
    Purpose { thread: "riddhi-query", fresh: "query.new", question_bytes_max: 1 << 20, talk: Duration::from_secs(10) };

/// Rows of an answer at most; of more the query is told to ask for fewer.
const ROWS_MAX: usize = 1_000_000;

/// How long an app may take to come to it.
const ANSWER: Duration = Duration::from_secs(30);

const UNANSWERED: &str =
    "the app has not answered in time; a change may still be made: it waits for the journal or the other node";

/// A query that waits for its app.
pub struct Ask {
    /// The query.
    pub text: String,
    /// How its rows are wanted.
    pub format: Format,
    /// Where its answer goes.
    pub to: SyncSender<String>,
}

/// What the apps of a process are asked.
#[derive(Default)]
pub struct Asked {
    apps: Mutex<Vec<Asking>>,
}

/// An app that can be asked.
struct Asking {
    name: String,
    waker: Waker,
    waiting: VecDeque<Ask>,
}

impl Asked {
    fn apps(&self) -> MutexGuard<'_, Vec<Asking>> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the app of that name can be asked.
    pub fn enlist(&self, name: &str, waker: Waker) {
        let mut apps = self.apps();
        apps.retain(|app| app.name != name);
        apps.push(Asking { name: name.to_owned(), waker, waiting: VecDeque::new() });
    }

    /// It has ended.
    pub fn leave(&self, name: &str) {
        self.apps().retain(|app| app.name != name);
    }

    /// The next query to the app.
    pub fn next(&self, name: &str) -> Option<Ask> {
        let mut apps = self.apps();
        let app = apps.iter_mut().find(|app| app.name == name)?;
        app.waiting.pop_front()
    }

    /// The answer to a question.
    fn answer(&self, question: &str) -> String {
        let Ok(question) = serde_json::from_str::<Value>(question) else {
            return refusal(Exit::Usage, "this is no question in JSON");
        };
        let Some(text) = question["query"].as_str() else { return refusal(Exit::Usage, "there is no query in it") };
        let format = question["format"].as_str().and_then(Format::of_word).unwrap_or(Format::Jsonl);
        let (to, from) = sync_channel(1);
        {
            let mut apps = self.apps();
            let names = apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>().join(", ");
            let at = match question["app"].as_str() {
                Some(name) => apps.iter().position(|app| app.name == name),
                None if apps.len() == 1 => Some(0),
                None => {
                    return refusal(Exit::Usage, &format!("several apps run, or none: say which with --app ({names})"));
                }
            };
            let Some(at) = at else { return refusal(Exit::Usage, &format!("no such app runs; there are: {names}")) };
            if apps[at].waiting.len() >= ASKED_MAX {
                return refusal(Exit::Failed, "the app is asked too much at a time");
            }
            apps[at].waiting.push_back(Ask { text: text.to_owned(), format, to });
            apps[at].waker.wake();
        }
        from.recv_timeout(ANSWER).unwrap_or_else(|e| match e {
            RecvTimeoutError::Timeout => refusal(Exit::Failed, UNANSWERED),
            RecvTimeoutError::Disconnected => refusal(Exit::Failed, "the app has ended; a change may have been made"),
        })
    }
}

/// A query compiled for an app, or the answer that says what is wrong with it.
pub fn compiled(text: &str, app: &App) -> Result<OnDemand, String> {
    let CompiledOnDemand { query, diagnostics } = compile_on_demand(text, app);
    match query {
        Some(query) => Ok(query),
        None => {
            let exit = if Verdict::of(&diagnostics) == Verdict::Unsupported { Exit::Missing } else { Exit::Mistakes };
            let text = render_text(&diagnostics, &Source::new("query", text), false);
            Err(json!({"exit": exit as u8, "text": text}).to_string())
        }
    }
}

/// An answer as a line.
pub fn told(format: Format, schema: &Schema, answer: Result<Answer, String>) -> String {
    let answer = match answer {
        Ok(answer) if answer.rows.len() > ROWS_MAX => {
            return refusal(
                Exit::Failed,
                &format!("more than {ROWS_MAX} rows were found: ask for fewer, with `limit`"),
            );
        }
        Ok(answer) => answer,
        Err(why) => return refusal(Exit::Failed, &why),
    };
    let text = String::from_utf8_lossy(&lines(format, schema, &answer.rows, &answer.arena)).into_owned();
    json!({"exit": 0, "text": text, "notes": answer.refused}).to_string()
}

/// An answer that says why there is no other.
pub fn refusal(exit: Exit, why: &str) -> String {
    json!({"exit": exit as u8, "text": why}).to_string()
}

/// Opens the socket.
pub fn open(path: &Path, asked: Arc<Asked>) -> io::Result<Socket> {
    socket::open(path, PURPOSE, move |question, mut reply| reply.tell(asked.answer(question)))
}

/// The socket of a state folder.
pub fn of_folder(folder: &Path) -> PathBuf {
    folder.join(NAME)
}
