//! What an app keeps: journal, snapshots, and how far the sinks are.

use super::{End, Live, SLEEP_MAX};
use crate::exit::{Exit, Failure, plain};
use crate::replay::journal_inputs;
use crate::run::segments::{SOURCES, Segments, segment_path};
use crate::run::store::{Snapshot, Sources, put_sources, snapshot_path};
use riddhi_batch::Writer;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Live {
    pub(super) fn journal_frame(&mut self) -> Result<(), Failure> {
        if let Some(recorder) = &mut self.recorder {
            recorder.append(&self.frame)?;
        }
        if self.journal.is_some() {
            let mut places = Writer::default();
            put_sources(&mut places, &self.places());
            if let Some(journal) = &mut self.journal {
                journal.append_noted(&self.frame, SOURCES, &places.bytes)?;
                self.figures.journal_bytes.store(journal.bytes(), Ordering::Relaxed);
            }
            let position = self.frame.base + self.frame.entries.len() as u64;
            if let Some(mirror) = &self.mirror {
                mirror.journaled(position);
            }
            if let Some(synced) = &self.synced {
                synced.written(position);
            }
        }
        Ok(())
    }

    /// Where the sources stand.
    pub(super) fn places(&self) -> Sources {
        if !self.open.load(Ordering::Acquire) {
            return self.places_kept.clone();
        }
        self.sources.iter().map(|s| (s.key.clone(), s.save())).collect()
    }

    pub(super) fn journal_is_full(&self) -> bool {
        // What the older snapshot needs is kept as well, so each of the two may have half.
        let max = self.shared.args.journal_max_bytes;
        self.journal.as_ref().is_some_and(|j| j.bytes_at_hand() >= max / 2 || j.bytes() >= max) && self.changed
    }

    /// Waits until all that was sent is handled and put out, and writes the state; then the journal begins anew.
    pub(super) fn snapshot(&mut self, always: bool) -> Result<(), Failure> {
        if self.store.is_none() || (!self.changed && !always) {
            if let Some(store) = &mut self.store {
                store.put_off();
            }
            return Ok(());
        }
        let state = match self.saved() {
            Ok(state) => state,
            Err(End::Failed(failure)) => return Err(failure),
            Err(End::Orderly) => return Ok(()),
        };
        // A snapshot must not stand behind outputs that are not out: they would never be.
        if self.wait_for_sinks()? { self.write_snapshot(state) } else { Ok(()) }
    }

    /// The state as the worker has it, for a snapshot that begins now.
    pub(super) fn saved(&mut self) -> Result<Vec<u8>, End> {
        self.snapshot_begun = Instant::now();
        self.with_worker(|worker| worker.call(|pool, _| pool.save()))
    }

    pub(super) fn write_snapshot(&mut self, state: Vec<u8>) -> Result<(), Failure> {
        let position = self.frame.base;
        if let Some(journal) = &mut self.journal {
            journal.end()?;
        }
        let snapshot = Snapshot {
            position,
            now: self.clock.now(),
            lineage: self.lineage.clone(),
            text: self.watch.kept_text().to_owned(),
            zone: self.watch.zone().to_owned(),
            sources: self.places(),
            state,
        };
        let Some(store) = &mut self.store else { return Ok(()) };
        let (needed, bytes) = store.save(&snapshot)?;
        self.figures.snapshot_written(bytes, self.snapshot_begun.elapsed().as_micros() as u64);
        let folder = store.folder().to_path_buf();
        self.put_away(&folder, position);
        let inputs = journal_inputs(&self.app);
        match &mut self.journal {
            Some(journal) => {
                journal.set_inputs(inputs);
                journal.next(position, snapshot.now)?;
            }
            None => {
                let segments = crate::run::segments::list(&folder).unwrap_or_default();
                let patient = self.patient.clone();
                self.journal =
                    Some(Segments::begin(&folder, inputs, &snapshot.zone, segments, position, snapshot.now, patient)?);
            }
        }
        if let Some(synced) = &self.synced {
            let path = segment_path(&folder, position);
            let begun = synced.begin(&path, position);
            begun.map_err(|e| Failure::file("cannot read the journal", &path.display().to_string(), &e))?;
        }
        if let Some(journal) = &mut self.journal {
            journal.drop_before(needed);
            self.figures.journal_bytes.store(journal.bytes(), Ordering::Relaxed);
        }
        self.changed = false;
        Ok(())
    }

    /// Has the snapshot of a position written into the database too, if that is configured.
    fn put_away(&self, folder: &Path, position: u64) {
        let Some(vault) = &self.shared.vault else { return };
        let epoch = self.shared.pair.as_ref().map_or(0, |pair| pair.records.epoch());
        match File::open(snapshot_path(folder, position)) {
            Ok(file) => vault.put(&self.name, epoch, position, file),
            Err(e) => self.patient.tell(&format!("warning: cannot read the snapshot for the database: {}", plain(&e))),
        }
    }

    /// Waits until all that came out is with its receivers; false if the sinks ended before.
    pub(super) fn wait_for_sinks(&mut self) -> Result<bool, Failure> {
        let position = self.frame.base;
        while self.progress.published() < position && self.drain.as_ref().is_some_and(|d| !d.is_finished()) {
            let fd = self.sleeper.fd();
            // After a signal there is nothing to be waited for on that side; then a short time must do.
            let wait = if self.shared.stop.asked() { Duration::from_millis(1) } else { SLEEP_MAX };
            let waited = self.shared.stop.wait_any(&[fd], wait);
            waited.map_err(|e| Failure::new(Exit::Failed, format!("cannot wait: {}", plain(&e))))?;
            self.sleeper.awake();
            if self.shared.stop.asked() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(self.progress.published() >= position)
    }
}
