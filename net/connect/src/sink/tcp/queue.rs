//! Frames that were not sent, or not answered, one behind the other.

use std::collections::VecDeque;

use riddhi_wire::siddhi_tcp::{begin_frame, end_frame};

/// Bytes in front that are no longer needed, at which what is behind them moves there.
const MOVE_BYTES: usize = 1 << 20;

struct Frame {
    bytes: usize,
    rows: u32,
}

/// Frames in order; those in front were sent, wholly or in part.
#[derive(Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// Where the first frame begins.
    begin: usize,
    frames: VecDeque<Frame>,
    /// Bytes from there on that the connection has taken.
    taken: usize,
    /// Frames that it has taken at least a byte of, and their bytes.
    begun: (usize, usize),
}

impl Queue {
    /// Appends a frame.
    pub fn push(&mut self, session: &[u8], channel: &[u8], data: &[u8], rows: u32) {
        let before = self.bytes.len();
        let start = begin_frame(&mut self.bytes, session, channel);
        self.bytes.extend_from_slice(data);
        end_frame(&mut self.bytes, start);
        self.frames.push_back(Frame { bytes: self.bytes.len() - before, rows });
    }

    /// Bytes of all frames.
    pub fn bytes(&self) -> usize {
        self.bytes.len() - self.begin
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// What the connection has not taken, as long as no more than so many frames are begun.
    pub fn rest(&self, frames_max: usize) -> &[u8] {
        let (mut n, mut end) = self.begun;
        // Far more than one write takes.
        while n < frames_max.min(self.frames.len()) && end - self.taken < MOVE_BYTES {
            end += self.frames[n].bytes;
            n += 1;
        }
        &self.bytes[self.begin + self.taken..self.begin + end]
    }

    /// The connection has taken so many bytes more.
    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes;
        let (n, end) = &mut self.begun;
        while *end < self.taken {
            *end += self.frames[*n].bytes;
            *n += 1;
        }
    }

    /// Frames that the connection has, wholly or in part.
    pub fn begun(&self) -> usize {
        self.begun.0
    }

    /// Forgets the first frames, which were begun; gives their rows.
    pub fn forget(&mut self, frames: usize) -> u64 {
        let mut rows = 0;
        for frame in self.frames.drain(..frames) {
            self.begin += frame.bytes;
            self.taken = self.taken.saturating_sub(frame.bytes);
            self.begun = (self.begun.0 - 1, self.begun.1 - frame.bytes);
            rows += u64::from(frame.rows);
        }
        if self.begin == self.bytes.len() {
            self.bytes.clear();
            self.begin = 0;
        } else if self.begin >= MOVE_BYTES {
            self.bytes.drain(..self.begin);
            self.begin = 0;
        }
        rows
    }

    /// Forgets those that the connection has wholly.
    pub fn forget_sent(&mut self) {
        let whole = self.begun.0 - usize::from(self.begun.1 > self.taken);
        self.forget(whole);
    }

    /// Rows of a frame.
    pub fn rows(&self, frame: usize) -> u64 {
        self.frames.get(frame).map_or(0, |f| u64::from(f.rows))
    }

    /// Another connection begins: all that is there is to be sent.
    pub fn begin_anew(&mut self) {
        (self.taken, self.begun) = (0, (0, 0));
    }

    /// Forgets all; gives the rows.
    pub fn clear(&mut self) -> u64 {
        let rows = self.frames.drain(..).map(|f| u64::from(f.rows)).sum();
        *self = Queue { bytes: std::mem::take(&mut self.bytes), ..Queue::default() };
        self.bytes.clear();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a frame without session and channel.
    const FRAME: usize = 17 + 3;

    fn three() -> Queue {
        let mut queue = Queue::default();
        (1..=3).for_each(|rows| queue.push(b"", b"", b"abc", rows));
        queue
    }

    #[test]
    fn only_whole_frames_are_forgotten() {
        let mut queue = three();
        assert_eq!((queue.bytes(), queue.rest(9).len()), (3 * FRAME, 3 * FRAME));
        queue.take(FRAME + 5);
        queue.forget_sent();
        assert_eq!((queue.bytes(), queue.begun(), queue.rest(9).len()), (2 * FRAME, 1, 2 * FRAME - 5));
        // The connection is lost: the one that was begun goes again.
        queue.begin_anew();
        assert_eq!(queue.rest(9).len(), 2 * FRAME);
        assert_eq!(queue.clear(), 5);
        assert!(queue.is_empty() && queue.rest(9).is_empty());
    }

    #[test]
    fn no_more_frames_are_begun_than_may_be() {
        let mut queue = three();
        assert_eq!(queue.rest(2).len(), 2 * FRAME);
        queue.take(2 * FRAME);
        assert_eq!((queue.begun(), queue.rest(2).len()), (2, 0));
        assert_eq!((queue.rows(0), queue.forget(1)), (1, 1));
        assert_eq!((queue.begun(), queue.rest(2).len()), (1, FRAME));
    }
}
