//! What an operator of one or several inputs is to the engine.
//!
//! A query of one stream is a [`Query`](crate::query::Query), which the engine knows by name for the sake of short ways. All
//! else (joins, patterns, what changes tables, what splits a stream by keys) is an [`Operator`], called once a frame in a
//! batched region and once a delivery in a stepped one.

use riddhi_batch::{Chunk, Flow, LoadError};

use crate::query::{Cx, Section};
use crate::steps::{Fired, Steps};
use crate::timers::Pending;

/// A chunk of one of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Which of the inputs, in the order of the plan.
    pub input: u32,
    /// The chunk's place in that input's flow.
    pub chunk: u32,
}

/// Chunks of one or several inputs in the order of delivery.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// A flow an input; only one, if all of `order` is of that.
    flows: &'a [&'a Flow],
    /// What is delivered.
    pub order: &'a [Delivered],
}

impl<'a> Inputs<'a> {
    /// These chunks of these flows, one an input.
    pub fn new(flows: &'a [&'a Flow], order: &'a [Delivered]) -> Inputs<'a> {
        Inputs { flows, order }
    }

    /// Chunks of one input, whichever it is.
    pub fn lone(flow: &'a [&'a Flow; 1], order: &'a [Delivered]) -> Inputs<'a> {
        Inputs { flows: flow, order }
    }

    /// The flow of an input that something of `order` is of.
    #[inline]
    pub fn flow(&self, input: u32) -> &'a Flow {
        match self.flows {
            [one] => one,
            flows => flows[input as usize],
        }
    }

    /// The flow and the chunk at that place of `order`.
    #[inline]
    pub fn at(&self, place: usize) -> (u32, &'a Flow, Chunk) {
        let Delivered { input, chunk } = self.order[place];
        let flow = self.flow(input);
        (input, flow, flow.chunks[chunk as usize])
    }
}

/// An operator and all that it remembers.
///
/// An output chunk's step is that of the chunk or timer that caused it; its cause is the place of that chunk in
/// [`Inputs::order`], or the timer's step.
pub trait Operator: Send {
    /// What came out in this frame.
    fn out(&self) -> &Flow;

    /// Forgets what came out.
    fn clear_out(&mut self);

    /// Of one whose timers are all of one part: those. Others say themselves when timers are due.
    fn timers(&self) -> Option<&Pending> {
        None
    }

    /// The same, to change them.
    fn timers_mut(&mut self) -> Option<&mut Pending> {
        None
    }

    /// Begins a frame.
    fn begin(&mut self) {
        if let Some(timers) = self.timers_mut() {
            timers.begin();
        }
    }

    /// The clock reads `now` when the app starts, or a loaded state goes on.
    fn start(&mut self, _now: i64) {}

    /// Whether it ever asks for timers.
    fn has_timers(&self) -> bool {
        self.timers().is_some()
    }

    /// When the next timer is due.
    fn due(&self) -> Option<i64> {
        self.timers()?.due()
    }

    /// The next timer, if it fires in this frame.
    fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        self.timers()?.next(steps)
    }

    /// Fires a timer that [`Operator::next_timer`] gave.
    fn fire(&mut self, _cx: &mut Cx<'_>, _timer: Fired) {}

    /// Takes `order[from..to]`. No timer of its own comes before the last of them.
    fn run(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>, from: usize, to: usize);

    /// Takes all that is delivered in a frame, and fires the timers among and after it.
    fn run_frame(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>) {
        if !self.has_timers() {
            return self.run(cx, inputs, 0, inputs.order.len());
        }
        self.run_one_by_one(cx, inputs);
    }

    /// The same, with each delivery a turn of its own.
    fn run_one_by_one(&mut self, cx: &mut Cx<'_>, inputs: Inputs<'_>) {
        for place in 0..inputs.order.len() {
            let step = inputs.at(place).2.step;
            while let Some(timer) = self.next_timer(cx.steps).filter(|t| cx.steps.precedes(t, step)) {
                self.fire(cx, timer);
            }
            self.run(cx, inputs, place, place + 1);
        }
        while let Some(timer) = self.next_timer(cx.steps) {
            self.fire(cx, timer);
        }
    }

    /// Drops the state of these keys of the partition, timers included.
    fn forget(&mut self, _keys: &[u32]) {}

    /// No key has this number or a higher one any more: what was kept for such can be given back.
    fn shrink(&mut self, _keys: usize) {}

    /// Appends its sections of a snapshot, each named by the plan's key and a role: those that hold anything.
    fn save(&self, out: &mut Vec<Section>);

    /// Reads the section of that role.
    fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError>;

    /// Bytes held, about.
    fn bytes(&self) -> usize;
}
