//! Slow work on files for which nobody waits: a thread of its own that begins with the first of it.
//!
//! Invariant: little is on its way; what finds no room is left, since whoever must have it done does it later.

use std::fs::File;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::Builder;

/// Files on their way at most.
const FILES_MAX: usize = 4;

enum Job {
    /// What was written goes to the disk.
    Sync(File),
    /// The last handle of a file that has no name any more: its blocks are freed.
    Close(File),
}

/// The thread, once there is one.
#[derive(Default)]
pub struct Background {
    jobs: Option<SyncSender<Job>>,
}

impl Background {
    /// Writes out what a file holds so far, so that little is left when it must be on the disk.
    pub fn sync(&mut self, file: &File) {
        if let Ok(file) = file.try_clone() {
            self.send(Job::Sync(file));
        }
    }

    /// Closes a file that was deleted, which takes long for a large one.
    pub fn close(&mut self, file: File) {
        self.send(Job::Close(file));
    }

    fn send(&mut self, job: Job) {
        if self.jobs.is_none() {
            let (jobs, taken) = sync_channel::<Job>(FILES_MAX);
            let work = move || {
                for job in taken {
                    match job {
                        // Who needs it on the disk syncs it and hears of errors.
                        Job::Sync(file) => drop(file.sync_data()),
                        Job::Close(file) => drop(file),
                    }
                }
            };
            if Builder::new().name("riddhi-disk".to_owned()).spawn(work).is_err() {
                return;
            }
            self.jobs = Some(jobs);
        }
        if let Some(jobs) = &self.jobs {
            let _ = jobs.try_send(job);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_closed_later_is_gone_at_once() {
        let path = std::env::temp_dir().join(format!("riddhi-background-{}", std::process::id()));
        fs::write(&path, vec![7; 1 << 20]).unwrap();
        let mut background = Background::default();
        let file = File::open(&path).unwrap();
        background.sync(&file);
        fs::remove_file(&path).unwrap();
        background.close(file);
        assert!(!path.exists());
        // However much there is, nobody waits.
        for _ in 0..100 {
            background.sync(&File::open("/dev/null").unwrap());
        }
    }
}
