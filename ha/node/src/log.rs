//! The records of a node, by position: what the active appends, what may leave, and what waits to be sent to the passive.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use riddhi_role::{Epoch, Gate, Incarnation, Position};
use riddhi_sync::Message;

/// Bytes of records that are kept for the passive at most. While it is being sent records, whoever appends waits at the
/// bound; else the oldest go.
const WINDOW_BYTES: usize = 64 << 20;

/// Bytes of records that the passive has and that are kept all the same: it comes back with what it confirmed last, or with a
/// little less. What is freed soon is memory that is still warm when it is used again.
const CONFIRMED_BYTES: usize = 4 << 20;

/// Messages between the machines that wait to be sent at most; what is beyond is lost, as on a broken link.
const MESSAGES_MAX: usize = 256;

/// The records.
pub struct Log {
    state: Mutex<State>,
    /// There is something to send, or room to append.
    changed: Condvar,
    released: AtomicU64,
    /// The last record, and the last one confirmed under the present epoch, for those who only look.
    last: AtomicU64,
    confirmed: AtomicU64,
    wakers: Mutex<Vec<Arc<dyn Fn() + Send + Sync>>>,
}

struct State {
    epoch: Epoch,
    /// The last record.
    position: Position,
    /// The records up to `position`, the oldest of them gone.
    window: VecDeque<Arc<Vec<u8>>>,
    window_bytes: usize,
    gate: Gate,
    acked: (Incarnation, Position),
    /// The link that is used.
    link: u64,
    messages: VecDeque<riddhi_role::Message>,
    stream: Option<Stream>,
}

struct Stream {
    /// Told before the first record.
    begin: Option<(Position, bool)>,
    /// The last record that was sent.
    sent: Position,
}

/// What is to be sent next.
pub(crate) enum Next {
    Message(riddhi_role::Message),
    Begin {
        epoch: Epoch,
        after: Position,
        anew: bool,
    },
    Record(Position, Arc<Vec<u8>>),
    /// Nothing now: what was gathered is to be sent.
    Nothing,
    /// The link is another.
    Over,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            state: Mutex::new(State {
                epoch: 0,
                position: 0,
                window: VecDeque::new(),
                window_bytes: 0,
                gate: Gate::Shut,
                acked: (Incarnation(0), 0),
                link: 0,
                messages: VecDeque::new(),
                stream: None,
            }),
            changed: Condvar::new(),
            released: AtomicU64::new(0),
            last: AtomicU64::new(0),
            confirmed: AtomicU64::new(0),
            wakers: Mutex::default(),
        }
    }
}

impl Log {
    /// Appends a record; gives its position. Waits while the passive is far behind.
    pub fn append(&self, bytes: Vec<u8>) -> Position {
        // Made before the lock is taken; the bytes stay where they are.
        let record = Arc::new(bytes);
        let mut state = self.lock();
        while state.stream.as_ref().is_some_and(|s| s.sent < state.position) && state.window_bytes >= WINDOW_BYTES {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.position += 1;
        state.window_bytes += record.len();
        state.window.push_back(record);
        let streams = state.stream.is_some();
        let position = state.position;
        state.trim(WINDOW_BYTES, position);
        self.last.store(position, Ordering::Relaxed);
        self.settle(&mut state);
        drop(state);
        if streams {
            self.changed.notify_all();
        }
        position
    }

    /// Acknowledgements and outputs of records up to this position may leave.
    pub fn released(&self) -> Position {
        self.released.load(Ordering::Acquire)
    }

    /// The epoch that this node holds, or held last.
    pub(crate) fn epoch(&self) -> Epoch {
        self.lock().epoch
    }

    /// The last record.
    pub fn position(&self) -> Position {
        self.lock().position
    }

    /// The last record, and the last one that was confirmed under the present epoch, without a lock.
    pub(crate) fn seen(&self) -> (Position, Position) {
        (self.last.load(Ordering::Relaxed), self.confirmed.load(Ordering::Relaxed))
    }

    /// `wake` is called whenever more is released.
    pub fn on_release(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(wake);
    }

    /// Releases what the gate lets through.
    fn settle(&self, state: &mut State) {
        let limit = match state.gate {
            Gate::Shut => 0,
            Gate::Alone => state.position,
            Gate::Passive(who) if state.acked.0 == who => state.acked.1.min(state.position),
            Gate::Passive(_) => 0,
        };
        if self.released.fetch_max(limit, Ordering::AcqRel) < limit {
            self.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|wake| wake());
        }
    }

    /// This node is the active of `epoch`; the records of the epochs before end at `after`.
    pub(crate) fn take_over(&self, epoch: Epoch, after: Position) {
        let mut state = self.lock();
        (state.epoch, state.position, state.gate) = (epoch, after, Gate::Shut);
        (state.acked, state.stream) = ((Incarnation(0), 0), None);
        state.window.clear();
        state.window_bytes = 0;
        self.last.store(after, Ordering::Relaxed);
        self.confirmed.store(0, Ordering::Relaxed);
        self.released.store(0, Ordering::Release);
    }

    /// Sets the gate; gives the last position that was ever released.
    pub(crate) fn set_gate(&self, gate: Gate) -> Position {
        let mut state = self.lock();
        // What any thread lets go was released before it looked, so nothing beyond this has left.
        let released = self.released();
        state.gate = gate;
        self.settle(&mut state);
        released
    }

    /// The passive has records. Those of another epoch say nothing.
    pub(crate) fn acknowledged(&self, incarnation: Incarnation, epoch: Epoch, position: Position) {
        let mut state = self.lock();
        if state.epoch == epoch && epoch > 0 {
            state.acked = (incarnation, position);
            state.trim(CONFIRMED_BYTES, position);
            self.confirmed.store(position, Ordering::Relaxed);
            self.settle(&mut state);
        }
    }

    /// Who has acknowledged what, under the present epoch.
    pub(crate) fn acked(&self) -> (Incarnation, Position) {
        self.lock().acked
    }

    /// Another link is used, or none (0).
    pub(crate) fn set_link(&self, link: u64) {
        let mut state = self.lock();
        (state.link, state.stream) = (link, None);
        state.messages.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Sends a message by the link, if there is one.
    pub(crate) fn send(&self, message: riddhi_role::Message) {
        let mut state = self.lock();
        if state.link > 0 && state.messages.len() < MESSAGES_MAX {
            state.messages.push_back(message);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Sends the records behind `from` from now on; false if they are not all there.
    pub(crate) fn resume(&self, from: Option<Position>) -> bool {
        let mut state = self.lock();
        let oldest = state.position - state.window.len() as u64;
        let Some(after) = from.filter(|from| (oldest..=state.position).contains(from)) else { return false };
        state.stream = Some(Stream { begin: Some((after, false)), sent: after });
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Lets the passive begin anew, behind what is there now: the state must be appended after this. False if the link is another.
    pub(crate) fn begin_anew(&self, link: u64) -> bool {
        let mut state = self.lock();
        if state.link != link {
            return false;
        }
        let after = state.position;
        state.stream = Some(Stream { begin: Some((after, true)), sent: after });
        drop(state);
        self.changed.notify_all();
        true
    }

    /// What is to be sent by a link next; waits a while for it if `wait`.
    pub(crate) fn next(&self, link: u64, wait: bool) -> Next {
        let mut state = self.lock();
        loop {
            if state.link != link {
                return Next::Over;
            }
            if let Some(message) = state.messages.pop_front() {
                return Next::Message(message);
            }
            let State { epoch, position, ref window, ref mut stream, .. } = *state;
            if let Some(stream) = stream {
                if let Some((after, anew)) = stream.begin.take() {
                    return Next::Begin { epoch, after, anew };
                }
                if stream.sent < position {
                    let oldest = position - window.len() as u64;
                    let record = window[(stream.sent - oldest) as usize].clone();
                    stream.sent += 1;
                    let next = Next::Record(stream.sent, record);
                    drop(state);
                    self.changed.notify_all();
                    return next;
                }
            }
            if !wait {
                return Next::Nothing;
            }
            let waited = self.changed.wait_timeout(state, Duration::from_secs(1));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the oldest records up to `to` go while there are more bytes than `bytes_max`, unless they are still to be sent.
    fn trim(&mut self, bytes_max: usize, to: Position) {
        let to = self.stream.as_ref().map_or(to, |s| s.sent.min(to));
        while self.window_bytes > bytes_max
            && self.position - (self.window.len() as u64) < to
            && let Some(old) = self.window.pop_front()
        {
            self.window_bytes -= old.len();
        }
    }
}

impl Next {
    /// As it goes over the link.
    pub(crate) fn message(&self) -> Option<Message<'_>> {
        match self {
            Next::Message(message) => Some(Message::Machine(message.clone())),
            Next::Begin { epoch, after, anew } => Some(Message::Begin { epoch: *epoch, after: *after, anew: *anew }),
            Next::Record(position, bytes) => Some(Message::Record { position: *position, bytes }),
            Next::Nothing | Next::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_leave_as_the_gate_says() {
        let log = Log::default();
        log.take_over(3, 10);
        assert_eq!([log.append(b"a".to_vec()), log.append(b"b".to_vec())], [11, 12]);
        assert_eq!(log.released(), 0);
        let passive = Incarnation(7);
        assert_eq!(log.set_gate(Gate::Passive(passive)), 0);
        log.acknowledged(Incarnation(8), 3, 12);
        log.acknowledged(passive, 2, 12);
        assert_eq!(log.released(), 0);
        log.acknowledged(passive, 3, 11);
        assert_eq!(log.released(), 11);
        // More than there is was acknowledged: no more than there is leaves.
        log.acknowledged(passive, 3, 99);
        assert_eq!(log.released(), 12);
        assert_eq!(log.set_gate(Gate::Shut), 12);
        log.append(b"c".to_vec());
        assert_eq!(log.released(), 12);
        log.set_gate(Gate::Alone);
        assert_eq!(log.released(), 13);
    }

    #[test]
    fn what_the_passive_has_is_let_go_but_for_a_little() {
        let log = Log::default();
        log.take_over(1, 0);
        log.set_link(1);
        assert!(log.resume(Some(0)));
        for _ in 0..16 {
            log.append(vec![0; 1 << 20]);
        }
        assert!(matches!(log.next(1, false), Next::Begin { .. }));
        for _ in 0..12 {
            assert!(matches!(log.next(1, false), Next::Record(..)));
        }
        // More than was sent is not let go, whatever is confirmed.
        log.acknowledged(Incarnation(7), 1, 16);
        assert_eq!(log.lock().window.len(), 4);
        assert!(matches!(log.next(1, false), Next::Record(13, _)));
        assert!(log.resume(Some(12)) && !log.resume(Some(11)));
    }

    #[test]
    fn a_stream_goes_on_from_where_it_was_or_begins_anew() {
        let log = Log::default();
        log.take_over(3, 10);
        log.append(b"a".to_vec());
        log.append(b"b".to_vec());
        log.set_link(1);
        assert!(log.resume(Some(11)));
        assert!(matches!(log.next(1, false), Next::Begin { epoch: 3, after: 11, anew: false }));
        assert!(matches!(log.next(1, false), Next::Record(12, bytes) if *bytes == *b"b"));
        assert!(matches!(log.next(1, false), Next::Nothing));
        assert!(!log.resume(Some(9)), "what was appended before the take-over is not there");
        assert!(!log.begin_anew(2) && log.begin_anew(1));
        assert!(matches!(log.next(1, false), Next::Begin { after: 12, anew: true, .. }));
        log.send(riddhi_role::Message::AskHandOver);
        log.append(b"c".to_vec());
        assert!(matches!(log.next(1, false), Next::Message(_)));
        assert!(matches!(log.next(1, false), Next::Record(13, _)));
        assert!(matches!(log.next(2, false), Next::Over));
    }

    #[test]
    fn the_window_is_bounded_and_a_slow_passive_makes_the_active_wait() {
        let log = Arc::new(Log::default());
        log.take_over(1, 0);
        let record = vec![0; 1 << 20];
        for _ in 0..100 {
            log.append(record.to_vec());
        }
        assert!(log.lock().window_bytes <= WINDOW_BYTES);
        log.set_link(1);
        assert!(log.resume(Some(50)));
        let (appends, other) = (100, log.clone());
        let thread = std::thread::spawn(move || {
            for _ in 0..appends {
                other.append(vec![0; 1 << 20]);
            }
        });
        let mut next = 51;
        while next <= 200 {
            match log.next(1, true) {
                Next::Record(position, _) => {
                    assert_eq!(position, next);
                    assert!(log.lock().window_bytes <= WINDOW_BYTES + record.len());
                    next += 1;
                }
                Next::Begin { .. } => {}
                _ => panic!("something else"),
            }
        }
        thread.join().unwrap();
    }
}
