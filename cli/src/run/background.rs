//! Slow work on files for which nobody waits: threads of its own that begin with the first of it.
//!
//! Invariant: little is on its way; what finds no room is left, since whoever must have it done does it later.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Builder};
use std::time::Duration;

/// Files on their way to a thread at most.
const FILES_MAX: usize = 4;
/// Bytes from which on the deletion of a file takes long.
const SLOW_BYTES: u64 = 16 << 20;
/// Bytes of a file that are freed at once, and the pause behind them.
const STEP_BYTES: u64 = 8 << 20;
const STEP_PAUSE: Duration = Duration::from_millis(15);

/// Bytes of a file that go to the disk, and whether its own memory follows.
struct Written {
    file: File,
    bytes: Range<u64>,
    flush: bool,
}

/// The threads, once there are any.
#[derive(Default)]
pub struct Background {
    written: Option<SyncSender<Written>>,
    freed: Option<SyncSender<(File, bool)>>,
}

impl Background {
    /// Has bytes of a file written out, so that little is left when all of it must be on the disk. Whoever appends to it does not
    /// wait, as long as what he writes is far enough behind them: a page on its way to the disk cannot be written to. `flush`: the
    /// rest of the file too, and the disk's own memory.
    pub fn write_out(&mut self, file: &File, bytes: Range<u64>, flush: bool) {
        if let Ok(file) = file.try_clone() {
            send(&mut self.written, "riddhi-disk", write_out, Written { file, bytes, flush });
        }
    }

    /// Has `delete` delete a file, without waiting for the blocks of a large one: with a handle of it open, they are freed where that
    /// is closed. `unread`: nobody else has one; they are freed a few at a time, for with all of them a core is busy for a tenth
    /// of a second, in which whoever shares it would wait.
    pub fn delete(&mut self, path: &Path, unread: bool, delete: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let slow = |file: &File| file.metadata().is_ok_and(|m| m.len() >= SLOW_BYTES);
        let open = OpenOptions::new().read(true).write(unread).open(path).ok().filter(slow);
        delete()?;
        if let Some(file) = open {
            send(&mut self.freed, "riddhi-free", free, (file, unread));
        }
        Ok(())
    }
}

/// Hands a piece of work to the thread behind a channel, which begins with the first.
fn send<T: Send + 'static>(to: &mut Option<SyncSender<T>>, name: &str, work: fn(T), job: T) {
    if to.is_none() {
        let (jobs, taken) = sync_channel::<T>(FILES_MAX);
        let all = move || taken.into_iter().for_each(work);
        if Builder::new().name(name.to_owned()).spawn(all).is_err() {
            return;
        }
        *to = Some(jobs);
    }
    if let Some(jobs) = to {
        let _ = jobs.try_send(job);
    }
}

/// Frees the blocks of a file that has no name any more.
fn free((file, unread): (File, bool)) {
    let mut left = if unread { file.metadata().map_or(0, |m| m.len()) } else { 0 };
    while left > STEP_BYTES {
        left -= STEP_BYTES;
        if file.set_len(left).is_err() {
            return;
        }
        thread::sleep(STEP_PAUSE);
    }
}

/// Linux begins to write bytes that a file does not need in memory any more, and does not wait for it. Who needs all of it on the
/// disk syncs it, and hears of errors.
fn write_out(Written { file, bytes, flush }: Written) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        let length = std::num::NonZeroU64::new(bytes.end.saturating_sub(bytes.start));
        let _ = fadvise(&file, bytes.start, length, Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
    if flush {
        let _ = file.sync_data();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_closed_later_is_gone_at_once() {
        let path = std::env::temp_dir().join(format!("riddhi-background-{}", std::process::id()));
        fs::write(&path, vec![7; 20 << 20]).unwrap();
        let mut background = Background::default();
        background.write_out(&File::open(&path).unwrap(), 0..1 << 20, true);
        assert!(background.delete(&path, true, || Err(io::ErrorKind::PermissionDenied.into())).is_err());
        assert!(background.freed.is_none() && fs::metadata(&path).unwrap().len() == 20 << 20);
        background.delete(&path, true, || fs::remove_file(&path)).unwrap();
        assert!(background.freed.is_some() && !path.exists());
        // However much there is, nobody waits.
        for _ in 0..100 {
            background.write_out(&File::open("/dev/null").unwrap(), 0..1, false);
        }
    }
}
