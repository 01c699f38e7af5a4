//! The active's side: changes of an app's files become records.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use riddhi_node::{Epoch, Log};

use super::marks::Marks;
use super::operation::{CONTENT_BYTES_MAX, Operation};
use crate::run::wake::Waker;

/// A wait that nothing depends on: whoever is told in between looks again after it.
const WAIT: Duration = Duration::from_millis(2);

/// Where the records of all apps of a node go.
pub struct Records {
    /// The records.
    pub log: Arc<Log>,
    /// Kept while a record is appended, so that marks and records have one order.
    marks: Mutex<(Marks, Epoch)>,
}

impl Records {
    /// Records of no epoch yet.
    pub fn new(log: Arc<Log>, marks: Marks) -> Records {
        Records { log, marks: Mutex::new((marks, 0)) }
    }

    /// Appends a record; gives its position.
    pub fn append(&self, operation: &Operation<'_>) -> u64 {
        let record = operation.bytes();
        let marks = lock(&self.marks);
        // The mark first: what is released was noted on this disk before.
        let _ = marks.0.write(marks.1, self.log.position() + 1);
        self.log.append(record)
    }

    /// On the passive: what there is.
    pub fn mark(&self, position: u64) -> io::Result<()> {
        let marks = lock(&self.marks);
        marks.0.write(marks.1, position)
    }

    /// The epoch that the records are of.
    pub fn epoch(&self) -> Epoch {
        lock(&self.marks).1
    }

    /// From now on the records are of this epoch.
    pub fn set_epoch(&self, epoch: Epoch) {
        lock(&self.marks).1 = epoch;
    }
}

/// The records of one app.
pub struct Mirror {
    records: Arc<Records>,
    app: String,
    folder: PathBuf,
    /// Held over a change and its record.
    order: Mutex<()>,
    /// The last record.
    last: AtomicU64,
    /// Of the journal's positions: all before it stands behind that record.
    marks: Mutex<VecDeque<(u64, u64)>>,
    released: AtomicU64,
    /// Whether the files are to be appended anew.
    asked: AtomicBool,
    /// Times that they were.
    appended: AtomicU64,
    more: Arc<(Mutex<()>, Condvar)>,
}

impl Mirror {
    /// Of the app whose files are in `folder`; `waker` is woken when more may leave.
    pub fn new(records: Arc<Records>, app: &str, folder: PathBuf, waker: Waker) -> Arc<Mirror> {
        let more: Arc<(Mutex<()>, Condvar)> = Arc::default();
        let tell = more.clone();
        records.log.on_release(Arc::new(move || {
            waker.wake();
            tell.1.notify_all();
        }));
        Arc::new(Mirror {
            records,
            app: app.to_owned(),
            folder,
            order: Mutex::default(),
            last: AtomicU64::new(0),
            marks: Mutex::default(),
            released: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            appended: AtomicU64::new(0),
            more,
        })
    }

    /// Makes a change of a file and appends its record. Files elsewhere are not recorded.
    pub fn change<R>(&self, path: &Path, change: impl FnOnce() -> io::Result<R>, what: Change<'_>) -> io::Result<R> {
        let Some(file) = self.name(path) else { return change() };
        let _order = lock(&self.order);
        let done = change()?;
        match what {
            Change::Create => self.append(&Operation::Create { app: &self.app, file }),
            Change::Append(bytes) => {
                for bytes in bytes.chunks(CONTENT_BYTES_MAX) {
                    self.append(&Operation::Append { app: &self.app, file, bytes });
                }
            }
            Change::Rename(to) => {
                if let Some(to) = self.name(to) {
                    self.append(&Operation::Rename { app: &self.app, file, to });
                }
            }
            Change::Remove => self.append(&Operation::Remove { app: &self.app, file }),
        }
        Ok(done)
    }

    fn append(&self, operation: &Operation<'_>) {
        self.last.store(self.records.append(operation), Ordering::Release);
    }

    fn name<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let inside = path.parent() == Some(&self.folder);
        path.file_name().and_then(|name| name.to_str()).filter(|_| inside)
    }

    /// Appends these files as they are.
    pub fn append_files(&self, paths: &[PathBuf]) -> io::Result<()> {
        let _order = lock(&self.order);
        for path in paths {
            let Some(file) = self.name(path) else { continue };
            let bytes = match fs::read(path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            self.append(&Operation::Create { app: &self.app, file });
            for bytes in bytes.chunks(CONTENT_BYTES_MAX) {
                self.append(&Operation::Append { app: &self.app, file, bytes });
            }
        }
        self.appended.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Times that the files were appended anew.
    pub fn appended(&self) -> u64 {
        self.appended.load(Ordering::Acquire)
    }

    /// The journal holds all entries before this position now.
    pub fn journaled(&self, position: u64) {
        lock(&self.marks).push_back((position, self.last.load(Ordering::Acquire)));
    }

    /// What is before this position of the journal was on the passive already, or was released before.
    pub fn begin_at(&self, position: u64) {
        self.released.fetch_max(position, Ordering::AcqRel);
    }

    /// Acknowledgements and outputs of entries before this position may leave.
    pub fn released(&self) -> u64 {
        let upto = self.records.log.released();
        let mut marks = lock(&self.marks);
        while marks.front().is_some_and(|(_, record)| *record <= upto)
            && let Some((position, _)) = marks.pop_front()
        {
            self.released.fetch_max(position, Ordering::AcqRel);
        }
        self.released.load(Ordering::Acquire)
    }

    /// The same as it was found last, without a lock.
    pub fn released_so_far(&self) -> u64 {
        self.released.load(Ordering::Acquire)
    }

    /// Waits a little for more to be released.
    pub fn wait(&self) {
        let guard = lock(&self.more.0);
        let _ = self.more.1.wait_timeout(guard, WAIT);
    }

    /// Asks the app to append its files anew.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether that was asked for; once.
    pub fn is_asked(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }
}

/// How a file changes.
pub enum Change<'a> {
    /// It is made, empty.
    Create,
    /// It grows.
    Append(&'a [u8]),
    /// It takes another name.
    Rename(&'a Path),
    /// It goes.
    Remove,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
