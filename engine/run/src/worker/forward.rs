//! What came out of a frame, copied, so that another thread can read it while the worker goes on.

use std::io;
use std::ops::ControlFlow;
use std::thread::{Builder, JoinHandle};

use riddhi_batch::{Arena, Chunk, Columns, Sel};
use riddhi_ring::{Upstream, Wait, exchange};

use super::Sink;
use crate::outputs::{Output, Outputs, Target};

/// Rows that came out of one frame. Used again and again, it allocates nothing.
#[derive(Debug, Default)]
pub struct OutputFrame {
    runs: Vec<Run>,
    lanes: Vec<Lane>,
    /// Lanes in use.
    used: usize,
    arena: Arena,
    /// Position of the first entry of the frame, and after the last one.
    base: u64,
    end: u64,
}

/// Rows of one target.
#[derive(Debug)]
struct Lane {
    target: Target,
    rows: Columns,
    kinds: Vec<u8>,
    /// Their steps are entries.
    chunks: Vec<Chunk>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    position: u64,
    lane: u32,
    first: u32,
    n: u32,
    /// Of the lane's chunks, those from and up to these.
    chunks: (u32, u32),
}

impl OutputFrame {
    /// With nothing in it.
    pub fn new() -> OutputFrame {
        OutputFrame::default()
    }

    /// Replaces what is in it by what came out, and by what came in for some streams that no query inserts into.
    pub fn copy(&mut self, outputs: &Outputs<'_>, inputs: &[u32]) {
        self.clear();
        (self.base, self.end) = (outputs.base(), outputs.end());
        outputs.each(|output| self.push(&output));
        inputs.iter().for_each(|&stream| outputs.input(stream, |output| self.push(&output)));
    }

    /// Empties it for reuse.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.used = 0;
        self.arena.clear();
    }

    /// Position after the last entry of the frame: what came out before it has all been given.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Calls `f` for all runs of rows, in order.
    pub fn each(&self, mut f: impl FnMut(Output<'_>)) {
        for run in &self.runs {
            let lane = &self.lanes[run.lane as usize];
            f(Output {
                position: run.position,
                target: lane.target,
                rows: &lane.rows,
                first: run.first as usize,
                n: run.n as usize,
                kinds: &lane.kinds,
                chunks: &lane.chunks[run.chunks.0 as usize..run.chunks.1 as usize],
                arena: &self.arena,
                base: self.base,
                steps: None,
            });
        }
    }

    fn push(&mut self, output: &Output<'_>) {
        let at = self.lane(output);
        let lane = &mut self.lanes[at];
        let (first, sel, n) = (lane.rows.len(), Sel::From(output.first), output.n);
        lane.rows.ts.extend_from_slice(&output.rows.ts[output.first..output.first + n]);
        for (to, from) in lane.rows.cols.iter_mut().zip(&output.rows.cols) {
            to.append_from(from, sel, n, output.arena, &mut self.arena);
        }
        if !output.kinds.is_empty() || !lane.kinds.is_empty() {
            lane.kinds.resize(first, 0);
            match output.kinds.get(output.first..output.first + n) {
                Some(kinds) => lane.kinds.extend_from_slice(kinds),
                None => lane.kinds.resize(first + n, 0),
            }
        }
        let chunk = lane.chunks.len() as u32;
        let moved =
            |c: &Chunk| Chunk { step: output.entry_of(c), first: c.first - output.first as u32 + first as u32, ..*c };
        lane.chunks.extend(output.chunks.iter().map(moved));
        let chunks = (chunk, lane.chunks.len() as u32);
        self.runs.push(Run { position: output.position, lane: at as u32, first: first as u32, n: n as u32, chunks });
    }

    /// The lane of the output's target, emptied if this is the frame's first row for it.
    fn lane(&mut self, output: &Output<'_>) -> usize {
        if let Some(at) = self.lanes[..self.used].iter().position(|l| fits(l, output)) {
            return at;
        }
        let at = self.used;
        self.used += 1;
        match self.lanes[at..].iter().position(|l| fits(l, output)) {
            Some(old) => self.lanes.swap(at, at + old),
            None => {
                let rows = Columns::new(output.rows.cols.iter().map(|c| c.kind()));
                self.lanes.push(Lane { target: output.target, rows, kinds: Vec::new(), chunks: Vec::new() });
                let last = self.lanes.len() - 1;
                self.lanes.swap(at, last);
            }
        }
        self.lanes[at].rows.clear();
        self.lanes[at].kinds.clear();
        self.lanes[at].chunks.clear();
        at
    }
}

/// The sources of one stream may have columns of different kinds; each gets its own lane.
fn fits(lane: &Lane, output: &Output<'_>) -> bool {
    let kinds = || lane.rows.cols.iter().map(|c| c.kind()).eq(output.rows.cols.iter().map(|c| c.kind()));
    lane.target == output.target && kinds()
}

/// A sink that copies what comes out and sends it to another thread. Waits while all its frames are on their way.
pub struct Forward {
    frames: Upstream<Message, OutputFrame>,
    /// Whether something was sent after the other thread was last told that the worker waits.
    busy: bool,
    inputs: Vec<u32>,
}

/// What a sink thread is told.
enum Message {
    Rows(OutputFrame),
    /// The worker waits for input.
    Idle,
}

impl Sink for Forward {
    fn take(&mut self, outputs: &Outputs<'_>) -> ControlFlow<()> {
        let Some(mut frame) = self.frames.empty() else { return ControlFlow::Break(()) };
        frame.copy(outputs, &self.inputs);
        self.send(Message::Rows(frame), true)
    }

    fn idle(&mut self) -> ControlFlow<()> {
        if self.busy { self.send(Message::Idle, false) } else { ControlFlow::Continue(()) }
    }
}

impl Forward {
    /// Sends on what comes in for these streams as well, if no query inserts into them.
    pub fn with_inputs(self, inputs: Vec<u32>) -> Forward {
        Forward { inputs, ..self }
    }

    fn send(&mut self, message: Message, busy: bool) -> ControlFlow<()> {
        self.busy = busy;
        if self.frames.send(message).is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Reads what a worker's [`Forward`] sends.
pub trait Receiver: Send + 'static {
    /// Reads what came out of a frame. `Break` if nothing more is wanted: the worker ends.
    fn take(&mut self, outputs: &OutputFrame) -> ControlFlow<()>;

    /// The worker waits for input: what was held back must go on now.
    fn idle(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A thread that reads what a worker puts out. It ends when the worker, or whoever has the [`Forward`], ends.
#[derive(Debug)]
pub struct SinkThread<R> {
    thread: JoinHandle<R>,
}

impl<R: Receiver> SinkThread<R> {
    /// Starts the thread, with so many frames going round between worker and thread. An error if the system has none to
    /// give.
    pub fn spawn(mut receiver: R, frames: usize, wait: Wait) -> io::Result<(Forward, SinkThread<R>)> {
        let (up, mut down) = exchange((0..frames.max(1)).map(|_| OutputFrame::new()), wait);
        let thread = Builder::new().name("riddhi-sink".to_owned()).spawn(move || {
            while let Some(message) = down.receive() {
                let goes_on = match message {
                    Message::Idle => receiver.idle(),
                    Message::Rows(mut frame) => {
                        let goes_on = receiver.take(&frame);
                        frame.clear();
                        down.give_back(frame);
                        goes_on
                    }
                };
                if goes_on.is_break() {
                    break;
                }
            }
            receiver
        })?;
        Ok((Forward { frames: up, busy: false, inputs: Vec::new() }, SinkThread { thread }))
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end, and gives the receiver back; the panic if it panicked.
    pub fn finish(self) -> std::thread::Result<R> {
        self.thread.join()
    }
}
