//! Sessions: what a log-in gives, and publishes show, on whatever connection.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The sessions of a process. Their lifetime counts from the log-in. When there are too many the oldest one ends.
pub(crate) struct Sessions {
    lifetime: Duration,
    sessions_max: usize,
    /// By id, the number of the log-in.
    ends: HashMap<Vec<u8>, u64>,
    /// In the order of the log-ins, also those that were logged out.
    order: VecDeque<(Instant, u64, Vec<u8>)>,
    logins: u64,
}

impl Sessions {
    pub(crate) fn new(lifetime: Duration, sessions_max: usize) -> Sessions {
        let (ends, order) = (HashMap::new(), VecDeque::new());
        Sessions { lifetime, sessions_max: sessions_max.max(1), ends, order, logins: 0 }
    }

    /// A new session whose id is made of these random bytes.
    pub(crate) fn open(&mut self, random: [u8; 16], now: Instant) -> String {
        self.expire(now);
        while self.order.len() >= self.sessions_max {
            self.end_oldest();
        }
        let id = uuid(random);
        self.logins += 1;
        self.ends.insert(id.clone().into_bytes(), self.logins);
        self.order.push_back((now + self.lifetime, self.logins, id.clone().into_bytes()));
        id
    }

    /// Whether there is such a session.
    pub(crate) fn is_open(&mut self, id: &[u8], now: Instant) -> bool {
        self.expire(now);
        self.ends.contains_key(id)
    }

    /// Ends a session; false if there is no such one.
    pub(crate) fn close(&mut self, id: &[u8], now: Instant) -> bool {
        self.expire(now);
        self.ends.remove(id).is_some()
    }

    fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(end, _, _)| *end <= now) {
            self.end_oldest();
        }
    }

    fn end_oldest(&mut self) {
        if let Some((_, login, id)) = self.order.pop_front()
            && self.ends.get(&id) == Some(&login)
        {
            self.ends.remove(&id);
        }
    }
}

/// Random bytes in the form of a random UUID, as publishers know ids.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_lasts_from_its_log_in() {
        let (mut sessions, start) = (Sessions::new(30 * MINUTE, 10), Instant::now());
        let id = sessions.open([0xab; 16], start);
        assert_eq!(id, "abababab-abab-4bab-abab-abababababab");
        assert!(sessions.is_open(id.as_bytes(), start + 29 * MINUTE), "use does not matter");
        assert!(!sessions.is_open(b"", start) && !sessions.is_open(b"other", start));
        assert!(!sessions.is_open(id.as_bytes(), start + 30 * MINUTE));
        assert!(!sessions.close(id.as_bytes(), start + 30 * MINUTE));
    }

    #[test]
    fn a_closed_session_is_gone_once() {
        let (mut sessions, now) = (Sessions::new(MINUTE, 10), Instant::now());
        let id = sessions.open([1; 16], now);
        assert!(sessions.close(id.as_bytes(), now));
        assert!(!sessions.close(id.as_bytes(), now) && !sessions.is_open(id.as_bytes(), now));
    }

    #[test]
    fn the_oldest_ends_when_there_are_too_many() {
        let (mut sessions, now) = (Sessions::new(MINUTE, 3), Instant::now());
        let ids: Vec<String> = (0..5).map(|i| sessions.open([i; 16], now)).collect();
        let open: Vec<bool> = ids.iter().map(|id| sessions.is_open(id.as_bytes(), now)).collect();
        assert_eq!(open, [false, false, true, true, true]);
        for i in 0..1000 {
            let id = sessions.open([i as u8; 16], now);
            sessions.close(id.as_bytes(), now);
        }
        assert!(sessions.order.len() <= 3 && sessions.ends.len() <= 3);
    }
}
