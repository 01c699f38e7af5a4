//! Snapshots in PostgreSQL, beside those on the disk: written by a thread of their own, read when a state folder is empty.
//!
//! Invariants: no app waits for the database while it runs; of each app one snapshot waits at most, the newest; a revision counts when it
//! was read back whole (`riddhi-postgres`). The journal is cut by what is on the disk, where all is that a start needs: this is for a
//! node whose folder is lost.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use riddhi_config::{Config, SnapshotStore};
use riddhi_postgres::{Link, Options, Store};

use super::pair::lock;
use super::store::{Snapshot, parse_bytes};
use crate::exit::{Exit, Failure};
use crate::{database, say, tell};

/// For a statement that moves a chunk.
const STATEMENT: Duration = Duration::from_secs(30);

/// For a whole snapshot; one that takes longer is given up.
const WHOLE: Duration = Duration::from_secs(1800);

/// To connect.
const CONNECT: Duration = Duration::from_secs(10);

/// After trouble the snapshot is tried again in this time, unless a newer one comes before.
const AGAIN: Duration = Duration::from_secs(10);

/// How long the end waits for what is still to be written.
const AT_THE_END: Duration = Duration::from_secs(20);

/// The snapshots of a node, or of a pair.
pub struct Vault {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    store: Store,
    options: Options,
    /// The datasource's name.
    name: String,
    keep: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By app.
    waiting: BTreeMap<String, Job>,
    stop: bool,
    busy: bool,
}

struct Job {
    epoch: u64,
    position: u64,
    /// Open, so that it can be read when it is deleted.
    file: File,
}

impl Vault {
    /// As the configuration says; none if snapshots are to be on the disk alone. They belong to the pair's group, or to the node.
    pub fn open(config: &Config) -> Result<Option<Arc<Vault>>, Failure> {
        let Some(snapshots) = &config.snapshots else { return Ok(None) };
        let SnapshotStore::Database { datasource } = &snapshots.store else { return Ok(None) };
        let failed = |why: &str| Failure::new(Exit::Usage, format!("snapshots in {datasource}: {why}"));
        let source = config.datasource(datasource).ok_or_else(|| failed("there is no such datasource"))?;
        let options = database::options(source).map_err(|e| failed(&e.to_string()))?;
        let owner = config.ha.as_ref().map_or(&config.node.id, |ha| &ha.group);
        let shared = Arc::new(Shared {
            store: Store::new(owner, STATEMENT),
            options,
            name: datasource.clone(),
            keep: snapshots.keep,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let ours = shared.clone();
        let thread = Builder::new().name("riddhi-vault".to_owned()).spawn(move || run(&ours));
        let thread = thread.map_err(|e| Failure::thread(&e))?;
        Ok(Some(Arc::new(Vault { shared, thread: Mutex::new(Some(thread)) })))
    }

    /// Has a snapshot's file written. One of the app that still waits is passed over.
    pub fn put(&self, app: &str, epoch: u64, position: u64, file: File) {
        lock(&self.shared.state).waiting.insert(app.to_owned(), Job { epoch, position, file });
        self.shared.changed.notify_all();
    }

    /// The newest snapshot of an app that can be read; says of which revision it is. None if there never was one.
    ///
    /// # Errors
    ///
    /// The database does not answer, or no revision can be read: to begin anew would be to forget.
    pub fn newest(&self, app: &str) -> Result<Option<Snapshot>, Failure> {
        let (shared, of) = (&self.shared, app.to_owned());
        let failed = |e: &riddhi_postgres::Error| {
            let message = format!(
                "app {app}: the state folder is empty, and the snapshots in {} cannot be read: {e}",
                shared.name
            );
            let failure = Failure::new(Exit::Failed, message);
            match e.help() {
                Some(help) => failure.help(help),
                None => {
                    failure.help("start again when the database answers, or configure no snapshots in it to begin anew")
                }
            }
        };
        let mut link = Link::open(&shared.options, CONNECT).map_err(|e| failed(&e))?;
        let store = shared.store.clone();
        let all = link.call(STATEMENT, move |client| store.list(client, &of)).map_err(|e| failed(&e))?;
        for saved in &all {
            let (store, id) = (shared.store.clone(), saved.id);
            let read = link.call(WHOLE, move |client| {
                let mut bytes = Vec::new();
                store.read(client, id, &mut bytes).map(|_| bytes)
            });
            let why = match read {
                Ok(bytes) => match parse_bytes(&bytes) {
                    Ok(snapshot) => {
                        let (id, position) = (saved.id, snapshot.position);
                        say(&format!(
                            "warning: app {app}: the state folder is empty: it goes on from revision {id} in {}, at entry {position}; \
                             the journal after it is not there, so what came later is forgotten\n",
                            shared.name
                        ));
                        return Ok(Some(snapshot));
                    }
                    Err(why) => why,
                },
                Err(e) if !link.is_open() => return Err(failed(&e)),
                Err(e) => e.to_string(),
            };
            say(&format!(
                "warning: app {app}: revision {} in {} cannot be used: {why}; trying the one before it\n",
                saved.id, shared.name
            ));
        }
        if all.is_empty() {
            return Ok(None);
        }
        let message = format!("app {app}: no revision in {} can be read", shared.name);
        Err(Failure::new(Exit::Failed, message).help("configure no snapshots in the database to begin anew"))
    }

    /// Writes what still waits, for a while, and ends.
    pub fn finish(&self) {
        let begun = Instant::now();
        let mut state = lock(&self.shared.state);
        state.stop = true;
        self.shared.changed.notify_all();
        while (state.busy || !state.waiting.is_empty()) && begun.elapsed() < AT_THE_END {
            let waited = self.shared.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let late = state.busy || !state.waiting.is_empty();
        drop(state);
        match lock(&self.thread).take() {
            Some(_) if late => {
                say(&format!("warning: the last snapshots did not get into {} in time\n", self.shared.name))
            }
            Some(thread) => drop(thread.join()),
            None => {}
        }
    }
}

fn run(shared: &Shared) {
    let (mut link, mut told) = (None, None);
    loop {
        let mut state = lock(&shared.state);
        let (app, mut job) = loop {
            if let Some(next) = state.waiting.pop_first() {
                state.busy = true;
                break next;
            }
            if state.stop {
                return;
            }
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        let written = write(shared, &mut link, &app, &mut job);
        let mut state = lock(&shared.state);
        state.busy = false;
        shared.changed.notify_all();
        match written {
            Ok(()) => {
                if told.take().is_some() {
                    tell(&format!("note: snapshots get into {} again\n", shared.name));
                }
            }
            Err(e) => {
                let text = e.to_string();
                if told.as_ref() != Some(&text) {
                    let help = e.help().map_or(String::new(), |help| format!("; {help}"));
                    say(&format!("warning: app {app}: its snapshot did not get into {}: {text}{help}\n", shared.name));
                    told = Some(text);
                }
                if state.stop {
                    // It has been told.
                    state.waiting.clear();
                    shared.changed.notify_all();
                    return;
                }
                state.waiting.entry(app).or_insert(job);
                let waited = shared.changed.wait_timeout_while(state, AGAIN, |state| !state.stop);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }
}

fn write(shared: &Shared, link: &mut Option<Link>, app: &str, job: &mut Job) -> Result<(), riddhi_postgres::Error> {
    use std::io::{Seek, SeekFrom};
    if !link.as_ref().is_some_and(Link::is_open) {
        *link = Some(Link::open(&shared.options, CONNECT)?);
    }
    let Some(link) = link else { return Ok(()) };
    let mut file = job.file.try_clone().map_err(riddhi_postgres::Error::Bytes)?;
    file.seek(SeekFrom::Start(0)).map_err(riddhi_postgres::Error::Bytes)?;
    let (store, app, epoch, position, keep) =
        (shared.store.clone(), app.to_owned(), job.epoch, job.position, shared.keep);
    link.call(WHOLE, move |client| {
        store.save(client, &app, epoch, position, &mut file)?;
        store.sweep(client, &app, keep).map(drop)
    })
}
