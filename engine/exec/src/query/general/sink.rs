//! What a window of the general form says, as signals.

use riddhi_plan::registry::{SignalKind, SignalSink, Times};

use super::Buffers;
use crate::store::NO_ROW;

/// Collects a general window's signals.
pub(super) struct Sink<'a> {
    pub(super) buffers: &'a mut Buffers,
    pub(super) times: &'a dyn Times,
    pub(super) carries: Option<i64>,
    /// Whether anybody asks what the window holds.
    pub(super) asked: bool,
}

impl Sink<'_> {
    fn push(&mut self, kind: SignalKind, row: u64, ts: i64) {
        self.buffers.push(kind, row, ts);
        self.buffers.carried.extend(self.carries);
    }
}

impl SignalSink for Sink<'_> {
    fn current(&mut self, row: u64) {
        let ts = self.times.time(row);
        self.push(SignalKind::Current, row, ts);
    }
    fn current_at(&mut self, row: u64, ts: i64) {
        self.push(SignalKind::Current, row, ts);
    }
    fn expired(&mut self, row: u64, ts: i64) {
        self.push(SignalKind::Expired, row, ts);
    }
    fn reset(&mut self) {
        self.push(SignalKind::Reset, NO_ROW, 0);
    }
    fn held(&mut self, row: u64) {
        if self.asked {
            let ts = self.times.time(row);
            self.push(SignalKind::Held, row, ts);
        }
    }
    fn gone(&mut self, row: u64) {
        if self.asked {
            self.push(SignalKind::Gone, row, 0);
        }
    }
    fn carry(&mut self, value: i64) {
        self.carries = Some(value);
    }
    fn end_chunk(&mut self, cause: Option<u32>) {
        self.buffers.end(cause);
    }
}
