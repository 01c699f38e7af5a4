//! An app's sink thread: rows to its sinks, and a note of how far they are out.
//!
//! Invariants: a note is written when all that came out before its position has been handed on, and never before; what was
//! noted before a restart is passed over.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use riddhi_connect::mapper::OutRows;
use riddhi_connect::sink::{SinkSlot, Unsent};
use riddhi_run::Target;
use riddhi_run::worker::{OutputFrame, Receiver};

use super::admin::SinkFigures;
use super::hold::Hold;
use super::notes::Notes;
use super::wake::Waker;
use crate::signals::Stop;

/// Time between notes while there is no pause.
const NOTE_EVERY: Duration = Duration::from_millis(500);

/// How long the end waits for the other node.
const AT_THE_END: Duration = Duration::from_secs(5);

/// How far the sinks are, for the sequencer.
pub struct Progress {
    published: AtomicU64,
    waker: Waker,
}

impl Progress {
    /// All before `position` is out.
    pub fn new(position: u64, waker: Waker) -> Arc<Progress> {
        Arc::new(Progress { published: AtomicU64::new(position), waker })
    }

    /// All outputs of entries before this position have been handed on.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }
}

/// What an app puts out, on its way.
pub struct Drain {
    /// The sinks.
    pub slots: Vec<SinkSlot>,
    /// What others may know of them, in their order.
    figures: Vec<Arc<SinkFigures>>,
    progress: Arc<Progress>,
    notes: Option<Notes>,
    /// What came out before this position is out already.
    skip: u64,
    end: u64,
    last_note: Instant,
    /// How far outputs may leave, if they wait for anything.
    hold: Option<Hold>,
    stop: Stop,
    /// Why it ended.
    pub broken: Option<Unsent>,
}

impl Drain {
    /// For these sinks; outputs before `skip` are passed over.
    pub fn new(
        slots: Vec<SinkSlot>,
        figures: Vec<Arc<SinkFigures>>,
        progress: Arc<Progress>,
        notes: Option<Notes>,
        skip: u64,
        hold: Option<Hold>,
        stop: Stop,
    ) -> Drain {
        Drain { slots, figures, progress, notes, skip, end: skip, last_note: Instant::now(), hold, stop, broken: None }
    }

    /// Waits until the outputs of a frame may leave. What was to leave before is handed on first.
    fn wait_for_release(&mut self, end: u64) -> ControlFlow<()> {
        let Some(hold) = self.hold.clone() else { return ControlFlow::Continue(()) };
        if hold.released() >= end {
            return ControlFlow::Continue(());
        }
        self.settle()?;
        let mut asked = None;
        while hold.released() < end {
            hold.wait();
            if self.stop.asked() && asked.get_or_insert_with(Instant::now).elapsed() > AT_THE_END {
                let who = hold.who();
                let why = format!("{who} did not confirm the last events; their outputs come after the next start");
                return self.give_up(Unsent::Stopping(why));
            }
        }
        ControlFlow::Continue(())
    }

    /// Hands on all that is kept, and notes it.
    pub fn settle(&mut self) -> ControlFlow<()> {
        self.last_note = Instant::now();
        let flushed = self.slots.iter_mut().try_for_each(SinkSlot::flush);
        self.tell_figures();
        if let Err(unsent) = flushed {
            return self.give_up(unsent);
        }
        self.note();
        self.slots.iter_mut().for_each(SinkSlot::noted);
        // What they did on being noted, rotation, must be known after a restart.
        self.note();
        self.progress.published.store(self.end, Ordering::Release);
        self.progress.waker.wake();
        ControlFlow::Continue(())
    }

    fn tell_figures(&self) {
        for (slot, figures) in self.slots.iter().zip(&self.figures) {
            figures.rows.set(slot.rows);
            figures.lost.set(slot.lost);
        }
    }

    fn note(&mut self) {
        let Some(notes) = &mut self.notes else { return };
        notes.write(self.end.max(self.skip), self.slots.iter().map(|s| (s.key.as_str(), s.save())));
    }

    fn give_up(&mut self, unsent: Unsent) -> ControlFlow<()> {
        self.broken = Some(unsent);
        ControlFlow::Break(())
    }

    fn send(&mut self, frame: &OutputFrame) -> Result<(), Unsent> {
        let mut sent = Ok(());
        frame.each(|output| {
            let Target::Stream(stream) = output.target else { return };
            let rows =
                OutRows { columns: output.rows, arena: output.arena, chunks: output.chunks, base: output.base() };
            for slot in self.slots.iter_mut().filter(|s| s.stream == stream) {
                if sent.is_ok() {
                    sent = slot.take(&rows);
                }
            }
        });
        sent
    }
}

impl Receiver for Drain {
    fn take(&mut self, frame: &OutputFrame) -> ControlFlow<()> {
        self.wait_for_release(frame.end())?;
        if frame.end() > self.skip
            && let Err(unsent) = self.send(frame)
        {
            return self.give_up(unsent);
        }
        self.tell_figures();
        self.end = frame.end();
        if self.last_note.elapsed() >= NOTE_EVERY { self.settle() } else { ControlFlow::Continue(()) }
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.settle()
    }
}
