//! Ends the sleep of an app's sequencer from another thread.
//!
//! Invariant: there is a byte on its way, or there already, exactly while `pending` is set. So the sleeper takes the byte *before* it
//! clears the flag: the other way round it might take the byte of the wake-up that follows, whose flag would then stay set with no
//! byte for it, and no later one would be written.

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
        // A flag without its byte yet stays set: the byte ends the next sleep.
        if self.pending.load(Ordering::Acquire) && matches!(self.from.read(&mut [0]), Ok(1)) {
            self.pending.swap(false, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;

    /// Wakers that are as fast as they can be, and one that waits until it was heard.
    #[test]
    fn no_wake_up_is_lost() {
        const TIMES: u64 = 2_000;
        let (waker, mut sleeper) = pair().unwrap();
        let (done, [asked, heard]) = (Arc::new(AtomicBool::new(false)), [(); 2].map(|()| Arc::new(AtomicU64::new(0))));
        let noise = [(); 2].map(|()| {
            let (waker, done) = (waker.clone(), done.clone());
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    waker.wake();
                }
            })
        });
        let (ask, answer, over) = (asked.clone(), heard.clone(), done.clone());
        let asks = thread::spawn(move || {
            let begun = Instant::now();
            for n in 1..=TIMES {
                // The noise ends, so that it does not stand in for what is lost.
                over.store(n > TIMES / 2, Ordering::Relaxed);
                ask.store(n, Ordering::Release);
                waker.wake();
                while answer.load(Ordering::Acquire) < n {
                    thread::yield_now();
                    if begun.elapsed() > Duration::from_secs(60) {
                        return n;
                    }
                }
            }
            TIMES
        });
        let begun = Instant::now();
        while heard.load(Ordering::Relaxed) < TIMES && begun.elapsed() < Duration::from_secs(65) {
            sleeper.awake();
            heard.store(asked.load(Ordering::Acquire), Ordering::Release);
            let fd = sleeper.fd();
            let long = Timespec { tv_sec: 65, tv_nsec: 0 };
            if heard.load(Ordering::Relaxed) < TIMES {
                poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&long)).unwrap();
            }
        }
        assert_eq!(asks.join().unwrap(), TIMES, "a wake-up was lost");
        noise.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
