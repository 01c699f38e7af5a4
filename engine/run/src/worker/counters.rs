//! What a worker counts.

use std::fmt;

macro_rules! counters {
    ($($(#[doc = $help:literal])+ $name:ident => $metric:literal,)*) => {
        /// What a worker counts, each once.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum WorkerCounter {
            $($(#[doc = $help])+ $name,)*
        }

        impl WorkerCounter {
            /// All of them.
            pub const ALL: [WorkerCounter; COUNT] = [$(WorkerCounter::$name),*];

            /// Its name among the metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $(WorkerCounter::$name => $metric,)*
                }
            }

            /// What it counts, in a sentence.
            pub fn help(self) -> &'static str {
                match self {
                    $(WorkerCounter::$name => concat!($($help),+).trim_ascii(),)*
                }
            }
        }

        const COUNT: usize = [$($metric),*].len();
    };
}

counters! {
    /// Events handed to the worker.
    Accepted => "riddhi_worker_accepted_events_total",
    /// Events that the engine took.
    Handled => "riddhi_worker_handled_events_total",
    /// Events handed over that the engine did not take, because the worker had ended or was ending.
    Refused => "riddhi_worker_refused_events_total",
    /// Entries that the engine took.
    Entries => "riddhi_worker_entries_total",
    /// Frames that the engine took.
    Frames => "riddhi_worker_frames_total",
    /// Rows that came out.
    Outputs => "riddhi_worker_output_rows_total",
    /// Times that the producer waited for an empty frame: back-pressure.
    ProducerWaits => "riddhi_worker_producer_waits_total",
    /// Times that the producer slept while it waited.
    ProducerParks => "riddhi_worker_producer_parks_total",
    /// Times that the worker waited for a frame.
    WorkerWaits => "riddhi_worker_waits_total",
    /// Times that the worker slept while it waited.
    WorkerParks => "riddhi_worker_parks_total",
}

/// The values of all counters of a worker.
///
/// Once the worker has ended, events accepted are those handled and those refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerCounters {
    values: [u64; COUNT],
}

impl WorkerCounters {
    /// The value of one.
    pub fn get(&self, counter: WorkerCounter) -> u64 {
        self.values[counter as usize]
    }

    pub(super) fn set(&mut self, counter: WorkerCounter, value: u64) {
        self.values[counter as usize] = value;
    }
}

impl fmt::Display for WorkerCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for counter in WorkerCounter::ALL {
            writeln!(f, "{} {}", counter.name(), self.get(counter))?;
        }
        Ok(())
    }
}
