//! The request to end: the first SIGINT or SIGTERM asks for an orderly end, a later one ends the process at once.
//!
//! One that comes together with the first counts as the same: `timeout` and shells send a signal both to the process and to
//! its group.

use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};

/// Exit status when a second signal cuts the orderly end short: 128 and the signal's number.
const AT_ONCE: [(i32, i32); 2] = [(SIGINT, 130), (SIGTERM, 143)];

/// How long after the first a signal still counts as the same.
const SAME: Duration = Duration::from_millis(250);

/// Whether the end was asked for; clones share the answer.
#[derive(Clone)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Becomes readable with the first signal, so that a wait for input ends: signal handlers restart system calls.
    wake: Arc<Option<UnixStream>>,
}

impl Stop {
    /// Installs the handlers.
    pub fn on_signals() -> io::Result<Stop> {
        let asked = Arc::new(AtomicBool::new(false));
        let (wake, ring) = UnixStream::pair()?;
        let at_once = Arc::new(AtomicBool::new(false));
        let (first, ring_first) = UnixStream::pair()?;
        for (signal, status) in AT_ONCE {
            signal_hook::flag::register_conditional_shutdown(signal, status, at_once.clone())?;
            signal_hook::flag::register(signal, asked.clone())?;
            signal_hook::low_level::pipe::register(signal, ring.try_clone()?)?;
            signal_hook::low_level::pipe::register(signal, ring_first.try_clone()?)?;
        }
        thread::Builder::new().name("riddhi-signals".to_owned()).spawn(move || arm(first, &at_once))?;
        Ok(Stop { asked, wake: Arc::new(Some(wake)) })
    }

    /// One that nobody asks.
    pub fn never() -> Stop {
        Stop { asked: Arc::default(), wake: Arc::new(None) }
    }

    /// Whether the end was asked for.
    #[inline]
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Asks for the end, as a signal does.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Waits until one of these can be read, the time is over, or the end was asked for.
    pub fn wait_any(&self, readable: &[BorrowedFd<'_>], timeout: Duration) -> io::Result<()> {
        let mut fds: Vec<PollFd<'_>> = readable.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        fds.extend(self.wake.as_ref().as_ref().map(|wake| PollFd::new(wake, PollFlags::IN)));
        let timeout = Timespec { tv_sec: timeout.as_secs() as _, tv_nsec: timeout.subsec_nanos() as _ };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Waits until `fd` can be read; false when the end was asked for instead.
    pub fn wait_readable(&self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        let Some(wake) = self.wake.as_ref() else { return Ok(true) };
        loop {
            let mut fds = [PollFd::new(&fd, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) if self.asked() => return Ok(false),
                Ok(_) if !fds[0].revents().is_empty() => return Ok(true),
                Ok(_) | Err(rustix::io::Errno::INTR) => continue,
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// Waits for the first signal; a while later the next one ends the process.
///
/// The wait is held to a point in time and not left to `thread::sleep`: a sleep that is interrupted goes on with what is left
/// *plus* the timer's slack (50 us), so that signals in quick succession would keep it from ever ending.
fn arm(mut first: UnixStream, at_once: &AtomicBool) {
    loop {
        match first.read(&mut [0]) {
            Ok(0) => return,
            Ok(_) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
    let armed = Instant::now() + SAME;
    while let Some(left) = armed.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        let left = Timespec { tv_sec: left.as_secs() as _, tv_nsec: left.subsec_nanos() as _ };
        // It ends with its time or with an interruption; nothing is waited for.
        let _ = poll(&mut [], Some(&left));
    }
    at_once.store(true, Ordering::Relaxed);
}
