//! Ends the sleep of an app's sequencer from another thread.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The end that wakes; clones wake the same sleeper.
#[derive(Clone)]
pub struct Waker {
    /// Whether a byte lies there already.
    pending: Arc<AtomicBool>,
    to: Arc<UnixStream>,
}

/// The end that sleeps.
pub struct Sleeper {
    pending: Arc<AtomicBool>,
    from: UnixStream,
}

/// Both ends.
pub fn pair() -> io::Result<(Waker, Sleeper)> {
    let (to, from) = UnixStream::pair()?;
    to.set_nonblocking(true)?;
    from.set_nonblocking(true)?;
    let pending = Arc::new(AtomicBool::new(false));
    Ok((Waker { pending: pending.clone(), to: Arc::new(to) }, Sleeper { pending, from }))
}

impl Waker {
    /// Wakes the sleeper, now or when it next goes to sleep.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It fails only if the sleeper is gone, or was woken often enough.
            let _ = (&*self.to).write(&[1]);
        }
    }
}

impl Sleeper {
    /// What becomes readable when it is woken.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.from.as_fd()
    }

    /// Takes what woke it, before it looks at what there is to do.
    pub fn awake(&mut self) {
        if self.pending.swap(false, Ordering::AcqRel) {
            let mut bytes = [0; 16];
            let _ = self.from.read(&mut bytes);
        }
    }
}
