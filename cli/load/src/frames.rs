//! Frames made before the start, of which only the times change: a generator must not be what is measured.

use riddhi_wire::put;
use riddhi_wire::siddhi_tcp::{begin_frame, end_frame};

use crate::column::Random;
use crate::{Column, FRAME_BYTES_MAX, Load, LoadError};

/// Bytes of frames that go round, about: more than a core's own caches hold would slow the generator.
const POOL_BYTES: usize = 1 << 20;

/// Bytes of a time.
const TIME_BYTES: usize = 8;

/// Frames that follow each other in memory, all equally long, sent round and round.
#[derive(Debug)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    channel: Vec<u8>,
    columns: Vec<Column>,
    batch: usize,
    frame_bytes: usize,
    event_bytes: usize,
    /// The last frame of a run, if it is shorter.
    short: Vec<u8>,
}

impl Frames {
    /// Frames of `batch` events each.
    pub fn new(load: &Load, batch: u32, seed: u64) -> Result<Frames, LoadError> {
        let event_bytes = TIME_BYTES + load.columns.iter().map(|c| c.bytes()).sum::<usize>();
        let mut frames = Frames {
            bytes: Vec::new(),
            channel: load.channel.clone().into_bytes(),
            columns: load.columns.clone(),
            batch: batch as usize,
            frame_bytes: 0,
            event_bytes,
            short: Vec::new(),
        };
        let head_bytes = frames.made(0, &mut Random::new(0)).len();
        let bytes = head_bytes as u64 + u64::from(batch) * event_bytes as u64;
        if bytes > FRAME_BYTES_MAX as u64 {
            return Err(LoadError::FrameTooLong { events: batch, bytes });
        }
        frames.frame_bytes = bytes as usize;
        let mut random = Random::new(seed);
        while frames.bytes.len() < POOL_BYTES {
            let frame = frames.made(frames.batch, &mut random);
            frames.bytes.extend_from_slice(&frame);
        }
        Ok(frames)
    }

    /// How many go round.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.frame_bytes
    }

    /// Bytes of each.
    pub fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// Gives all events of a frame this time, milliseconds since 1970.
    pub fn set_time(&mut self, frame: usize, time: i64) {
        let end = (frame + 1) * self.frame_bytes;
        let events = &mut self.bytes[end - self.batch * self.event_bytes..end];
        set_times(events, self.event_bytes, time);
    }

    /// The bytes of frames that follow each other.
    pub fn run(&self, first: usize, count: usize) -> &[u8] {
        &self.bytes[first * self.frame_bytes..(first + count) * self.frame_bytes]
    }

    /// A frame of fewer events.
    pub fn short(&mut self, frame: usize, events: usize, time: i64) -> &[u8] {
        self.short = self.made(events, &mut Random::new(frame as u64));
        let at = self.short.len() - events * self.event_bytes;
        set_times(&mut self.short[at..], self.event_bytes, time);
        &self.short
    }

    fn made(&self, events: usize, random: &mut Random) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.frame_bytes);
        let start = begin_frame(&mut out, b"", &self.channel);
        put::int(&mut out, events as i32);
        for _ in 0..events {
            put::long(&mut out, 0);
            self.columns.iter().for_each(|column| column.write(random, &mut out));
        }
        end_frame(&mut out, start);
        out
    }
}

fn set_times(events: &mut [u8], event_bytes: usize, time: i64) {
    let time = time.to_be_bytes();
    events.chunks_exact_mut(event_bytes).for_each(|event| event[..TIME_BYTES].copy_from_slice(&time));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use riddhi_wire::siddhi_tcp::{Events, Frame, extent};
    use riddhi_wire::{Extent, Type, Values};

    use super::*;
    use crate::Pace;

    fn load() -> Load {
        Load {
            address: String::new(),
            channel: "A/S".into(),
            columns: ["string:5", "int:10"].map(|c| c.parse().expect("a column")).into(),
            pace: Pace { batch: 3, rate: None, events_max: 10, connections: 1 },
            time_max: None,
            acknowledge: false,
            seed: 1,
            patience: Duration::from_secs(1),
        }
    }

    #[test]
    fn what_is_made_is_what_the_source_reads() {
        let mut frames = Frames::new(&load(), 3, 1).expect("they fit");
        let last = frames.len() - 1;
        frames.set_time(last, 77);
        let bytes = frames.run(last, 1).to_vec();
        let short = frames.short(0, 2, 78).to_vec();
        for (bytes, events, time) in [(bytes, 3, 77), (short, 2, 78)] {
            assert_eq!(extent(&bytes, 1 << 20), Ok(Extent::Whole(bytes.len())));
            let frame = Frame::parse(&bytes).expect("a frame");
            assert_eq!(frame.channel, b"A/S");
            let mut read = Events::parse(frame.data, &[Type::Text, Type::Int]).expect("events");
            assert_eq!(read.len(), events);
            while let Some(ts) = read.timestamp().expect("a time") {
                assert_eq!(ts, time);
                assert_eq!(read.values.text().expect("a text").map(<[u8]>::len), Some(8));
                assert!((0..10).contains(&read.values.int().expect("an int")));
            }
            assert!(read.values.rest().is_empty());
        }
    }

    #[test]
    fn a_seed_gives_the_same_events_and_another_one_others() {
        let bytes = |seed| Frames::new(&load(), 3, seed).expect("they fit").bytes;
        assert!(bytes(1) == bytes(1) && bytes(1) != bytes(2));
    }

    #[test]
    fn a_frame_that_no_source_takes_is_refused_before_it_is_made() {
        let refused = Frames::new(&load(), u32::MAX, 1).expect_err("it is too long");
        assert!(refused.to_string().starts_with("a frame of 4294967295 events would have 10307"), "{refused}");
    }
}
