//! `#reorder:kslack(time[, timeout[, most[, discard]]])`: K, the slack, is the largest difference seen between a new latest time and the
//! earliest one that came since the latest before, but `most` at most. A row goes once a time has come that is K later. With a timeout
//! rows go also by the clock, which is looked at each second: those whose time is before it and the timeout.

use riddhi_plan::registry::{ArgError, ArgType, BoundWindow};

use super::super::arity;
use super::slack::{Asked, Slack, bound};
use super::{flag, long, time};

/// The largest lag is the slack, but so much at most.
#[derive(Clone, Copy, Debug)]
struct Largest(i64);

pub(super) fn bind(args: &[ArgType]) -> Result<BoundWindow, ArgError> {
    const USAGE: &str = "#reorder:kslack(time)";
    arity("reorder:kslack", args, 1, 4, USAGE)?;
    let (time, timeout) = (time(args, USAGE)?, long(args, 1, "the timeout")?.filter(|&timeout| timeout != -1));
    let most = long(args, 2, "the largest K")?.unwrap_or(i64::MAX);
    let discard = flag(args, 3, "whether late events are discarded")?;
    Ok(bound("reorder:kslack", Asked { time, timeout, discard }, Largest(most)))
}

impl Slack for Largest {
    const TIMEOUT_OF_ALL: bool = false;

    fn widened(&self, lag: i64) -> i64 {
        lag.min(self.0)
    }
}
