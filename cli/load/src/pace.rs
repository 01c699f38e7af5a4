//! Which frame is due when. Arithmetic only: no clock.
//!
//! Frames of all connections are numbered together, from 0: connection c of C sends c, c + C, c + 2C and so on. So the rate of
//! the whole is exact, whatever the number of connections, and they do not send at the same moments.

use std::num::NonZeroU64;
use std::time::Duration;

/// How many events, how many in a frame, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Events of a frame; at least 1. The last frame has what is left.
    pub batch: u32,
    /// Events a second over all connections; none is flat out.
    pub rate: Option<NonZeroU64>,
    /// Events at most, over all connections.
    pub events_max: u64,
    /// Connections; at least 1.
    pub connections: u32,
}

impl Pace {
    /// The number among all of a connection's nth frame, both from 0.
    pub fn number(&self, connection: u32, nth: u64) -> u64 {
        nth.saturating_mul(self.connections.into()).saturating_add(connection.into())
    }

    /// Events of a frame; 0 for one that is not to be sent.
    pub fn events(&self, number: u64) -> u32 {
        let before = number.saturating_mul(self.batch.into());
        self.events_max.saturating_sub(before).min(self.batch.into()) as u32
    }

    /// When a frame is due, from the start; at once, if it goes flat out.
    pub fn due(&self, number: u64) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let nanos = u128::from(number) * u128::from(self.batch) * 1_000_000_000 / u128::from(rate.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Events of a connection's first frames.
    pub fn events_of_first(&self, connection: u32, frames: u64) -> u64 {
        let Some(last) = frames.checked_sub(1) else { return 0 };
        let full = last.saturating_mul(self.batch.into());
        full + u64::from(self.events(self.number(connection, last)))
    }

    /// Events that are due before this time, over all connections; none if it goes flat out.
    pub fn events_due(&self, before: Duration) -> Option<u64> {
        let rate = self.rate?;
        // Frame n is due before t if n * batch * 10^9 / rate, rounded down, is below t.
        let (batch, nanos) = (u128::from(self.batch) * 1_000_000_000, before.as_nanos());
        let frames = (nanos * u128::from(rate.get())).div_ceil(batch);
        let events = frames.saturating_mul(self.batch.into());
        Some(u64::try_from(events).unwrap_or(u64::MAX).min(self.events_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(batch: u32, rate: u64, events_max: u64, connections: u32) -> Pace {
        Pace { batch, rate: NonZeroU64::new(rate), events_max, connections }
    }

    #[test]
    fn frames_are_due_evenly_and_no_error_adds_up() {
        let pace = pace(100, 3000, u64::MAX, 1);
        assert_eq!(pace.due(0), Duration::ZERO);
        assert_eq!(pace.due(1), Duration::from_nanos(33_333_333));
        assert_eq!(pace.due(3), Duration::from_millis(100));
        // A day later it is still exact.
        assert_eq!(pace.due(30 * 86_400), Duration::from_secs(86_400));
        assert_eq!(pace.due(u64::MAX), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn flat_out_everything_is_due_at_once() {
        let pace = pace(10, 0, 25, 1);
        assert_eq!((pace.due(7), pace.events_due(Duration::from_secs(1))), (Duration::ZERO, None));
    }

    #[test]
    fn connections_share_frames_and_the_last_one_is_short() {
        let pace = pace(10, 1000, 65, 3);
        let of = |connection| {
            let frames = (0..).map(|nth| pace.events(pace.number(connection, nth)));
            frames.take_while(|events| *events > 0).collect::<Vec<_>>()
        };
        assert_eq!([of(0), of(1), of(2)], [vec![10, 10, 5], vec![10, 10], vec![10, 10]]);
        let events = [pace.events_of_first(0, 3), pace.events_of_first(0, 2), pace.events_of_first(2, 0)];
        assert_eq!(events, [25, 20, 0]);
        // Two connections are never due at one time.
        assert_eq!(pace.due(pace.number(1, 0)), Duration::from_millis(10));
        assert_eq!(pace.due(pace.number(0, 1)), Duration::from_millis(30));
    }

    #[test]
    fn events_due_are_those_of_the_frames_due() {
        for (batch, rate) in [(100, 3000), (1, 1), (7, 1_000_000_007), (1000, 999)] {
            let pace = pace(batch, rate, u64::MAX, 1);
            for millis in [0, 1, 33, 34, 1000, 1001, 5000] {
                let before = Duration::from_millis(millis);
                let frames = pace.events_due(before).expect("a rate") / u64::from(batch);
                assert!(pace.due(frames) >= before, "{batch} {rate} {millis}");
                assert!(frames == 0 || pace.due(frames - 1) < before, "{batch} {rate} {millis}");
            }
        }
        assert_eq!(pace(10, 1000, 25, 1).events_due(Duration::from_secs(9)), Some(25));
    }
}
