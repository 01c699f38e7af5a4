//! The engine: compile an app, send chunks and ticks, take outputs, save, load.
//!
//! ```
//! use riddhi_run::{Clock, Engine, EngineOptions, compile};
//!
//! let compiled = compile("define stream S (v int); from S[v > 1] select v * 2 as w insert into Out;");
//! let plan = compiled.plan.expect("the app has no mistakes");
//! let stream = plan.stream("S").expect("S is defined") as u32;
//! let mut engine = Engine::new(plan, EngineOptions::default());
//! let mut clock = Clock::new(engine.playback(), 0);
//! let mut frame = engine.frame();
//! for v in 1..=3 {
//!     let (rows, _arena) = frame.rows_of(stream);
//!     rows.ts.push(1000);
//!     rows.cols[0].push_i32(v);
//!     let (now, sets) = clock.stamp(Some(1000));
//!     frame.commit(stream, now, sets);
//! }
//! let mut seen = Vec::new();
//! engine.process(&mut frame).each(|out| {
//!     (out.first..out.first + out.n).for_each(|row| seen.push(out.rows.cols[0].value(row, out.arena).to_string()));
//! });
//! assert_eq!(seen, ["4", "6"]);
//! ```
//!
//! The engine is a function from state and entries to state and outputs: it reads no clock, and how entries are grouped
//! into frames has no meaning.

mod batched;
mod carry;
mod clock;
mod compile;
mod engine;
mod generations;
mod graph;
mod merge;
mod mixed;
mod node;
mod on_demand;
mod order;
mod outputs;
mod rules;
mod snapshot;
mod stepped;
mod stores;
pub mod worker;

pub use clock::Clock;
pub use compile::{App, Compiled, compile, compile_with, registry};
pub use engine::{Counters, Engine, EngineOptions, FailureReport};
pub use on_demand::{Answer, CompiledOnDemand, OnDemand, compile_on_demand};
pub use outputs::{Output, Outputs, Target};
pub use snapshot::{SnapshotError, differences};
pub use stores::{ConnectError, StoreReport, StoreTypes};
