//! How far a journal is on the disk, where that is waited for (`ack: journaled`): a thread that syncs what was written.
//!
//! Invariants: a position counts when all that was written before it was synced, and never before; what is written while the disk is at
//! work goes with the next sync, so that a slow one has larger portions and no queue. After an error nothing counts any more: what the
//! system then holds of the file nobody knows.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::pair::lock;
use super::wake::Waker;

/// A wait that nothing depends on.
const WAIT: Duration = Duration::from_millis(2);

/// The journal's state on the disk.
pub struct Synced {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

struct Inner {
    state: Mutex<State>,
    /// There is something to do, or something was done.
    changed: Condvar,
    synced: AtomicU64,
    waker: Waker,
}

#[derive(Default)]
struct State {
    file: Option<Arc<File>>,
    written: u64,
    stop: bool,
    failed: Option<String>,
}

impl Synced {
    /// Starts the thread; `waker` is woken when more is on the disk.
    pub fn spawn(waker: Waker) -> io::Result<Synced> {
        let inner =
            Arc::new(Inner { state: Mutex::default(), changed: Condvar::new(), synced: AtomicU64::new(0), waker });
        let ours = inner.clone();
        let thread =
            Builder::new().name("riddhi-disk".to_owned()).spawn(move || run(&ours, |file| file.sync_data()))?;
        Ok(Synced { inner, thread: Some(thread) })
    }

    /// The journal goes on at `position` in the file at `path`; all before is on the disk.
    pub fn begin(&self, path: &Path, position: u64) -> io::Result<()> {
        let file = File::open(path)?;
        let mut state = lock(&self.inner.state);
        state.file = Some(Arc::new(file));
        state.written = state.written.max(position);
        self.inner.synced.fetch_max(position, Ordering::AcqRel);
        drop(state);
        self.inner.waker.wake();
        self.inner.changed.notify_all();
        Ok(())
    }

    /// All entries before this position are in the file.
    pub fn written(&self, position: u64) {
        lock(&self.inner.state).written = position;
        self.inner.changed.notify_all();
    }

    /// All entries before this position are on the disk.
    pub fn position(&self) -> u64 {
        self.inner.synced.load(Ordering::Acquire)
    }

    /// Why nothing counts any more.
    pub fn failed(&self) -> Option<String> {
        lock(&self.inner.state).failed.clone()
    }

    /// Waits a little for more.
    pub fn wait(&self) {
        let state = lock(&self.inner.state);
        let _ = self.inner.changed.wait_timeout(state, WAIT);
    }
}

impl Drop for Synced {
    fn drop(&mut self) {
        lock(&self.inner.state).stop = true;
        self.inner.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(inner: &Inner, sync: impl Fn(&File) -> io::Result<()>) {
    loop {
        let mut state = lock(&inner.state);
        let (file, written) = loop {
            let some = state.written > inner.synced.load(Ordering::Acquire) && state.failed.is_none();
            match &state.file {
                Some(file) if some => break (file.clone(), state.written),
                _ if state.stop => return,
                _ => state = inner.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(state);
        match sync(&file) {
            Ok(()) => drop(inner.synced.fetch_max(written, Ordering::AcqRel)),
            Err(e) => lock(&inner.state).failed = Some(crate::exit::plain(&e)),
        }
        inner.changed.notify_all();
        inner.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::wake::pair;
    use std::sync::mpsc::channel;

    #[test]
    fn a_position_counts_after_a_sync_that_began_behind_it() {
        let file = std::env::temp_dir().join(format!("riddhi-synced-{}", std::process::id()));
        std::fs::write(&file, "x").unwrap();
        let (waker, _sleeper) = pair().unwrap();
        let inner = Inner { state: Mutex::default(), changed: Condvar::new(), synced: AtomicU64::new(0), waker };
        let synced = Synced { inner: Arc::new(inner), thread: None };
        let (began, begins) = channel();
        let (end, ends) = channel::<io::Result<()>>();
        let ours = synced.inner.clone();
        let disk = std::thread::spawn(move || {
            run(&ours, move |_| {
                began.send(()).unwrap();
                ends.recv().unwrap()
            });
        });
        let until = |done: &dyn Fn() -> bool| {
            (0..5000).any(|_| {
                synced.wait();
                done()
            })
        };
        synced.begin(&file, 5).unwrap();
        assert_eq!(synced.position(), 5);
        synced.written(6);
        begins.recv_timeout(Duration::from_secs(10)).unwrap();
        // This is written while the disk is at work: it goes with the next.
        synced.written(8);
        synced.written(9);
        assert_eq!(synced.position(), 5);
        end.send(Ok(())).unwrap();
        begins.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(synced.position(), 6);
        end.send(Ok(())).unwrap();
        assert!(until(&|| synced.position() == 9));
        synced.written(10);
        begins.recv_timeout(Duration::from_secs(10)).unwrap();
        end.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        assert!(until(&|| synced.failed().is_some()));
        assert_eq!(synced.position(), 9);
        drop(synced);
        disk.join().unwrap();
        std::fs::remove_file(&file).unwrap();
    }
}
