//! What all connections of the data bridge share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use riddhi_edge::Door;
use riddhi_wire::definition::StreamDefinition;

use crate::sessions::Sessions;
use crate::streams::{Streams, SubscribeError, Subscription};
use crate::users::Users;

/// How the data bridge is set.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// Who may log in.
    pub users: Users,
    /// How long a session lasts from its log-in.
    pub session_lifetime: Duration,
    /// Sessions at a time; a further log-in ends the oldest one.
    pub sessions_max: usize,
    /// Stream definitions that are taken from publishers; further ones are refused.
    pub definitions_max: usize,
    /// Time after which a bundle that was not accepted is answered all the same. Publishers wait 30 s, and take an answer that
    /// comes later for that of the next bundle.
    pub answer_within: Duration,
    /// Whether a bundle that was not accepted in time is to be sent again later, rather than after another log-in at once.
    /// Agents 6.1.x stop for good after some such answers.
    pub retry_errors: bool,
}

impl Default for BridgeOptions {
    fn default() -> BridgeOptions {
        BridgeOptions {
            users: Users::new(),
            session_lifetime: Duration::from_secs(30 * 60),
            sessions_max: 10_000,
            definitions_max: 1_000,
            answer_within: Duration::from_secs(20),
            retry_errors: false,
        }
    }
}

/// The data bridge of a process.
pub struct Bridge {
    options: BridgeOptions,
    sessions: Mutex<Sessions>,
    pub(crate) streams: Arc<Streams>,
    /// Takes a line that a person should read.
    say: Box<dyn Fn(&str) + Send + Sync>,
    said: AtomicBool,
    start: Instant,
    /// Milliseconds after the start until which it counts as overloaded.
    overloaded_ms: AtomicU64,
}

/// How long log-ins are held back after a bundle came late, unless another one is accepted before.
const OVERLOADED: Duration = Duration::from_secs(60);

impl Bridge {
    /// With no stream yet. `say` takes a line that a person should read.
    pub fn new(options: BridgeOptions, say: impl Fn(&str) + Send + Sync + 'static) -> Arc<Bridge> {
        Arc::new(Bridge {
            sessions: Mutex::new(Sessions::new(options.session_lifetime, options.sessions_max)),
            streams: Arc::new(Streams::new(options.definitions_max)),
            say: Box::new(say),
            said: AtomicBool::new(false),
            start: Instant::now(),
            overloaded_ms: AtomicU64::new(0),
            options,
        })
    }

    /// How it is set.
    pub fn options(&self) -> &BridgeOptions {
        &self.options
    }

    /// Lets a source take a stream: its events go through this door.
    ///
    /// # Errors
    ///
    /// Another source takes it, or another version of it that contradicts it.
    pub fn subscribe(&self, definition: StreamDefinition, door: Door) -> Result<Subscription, SubscribeError> {
        Subscription::new(&self.streams, definition, door)
    }

    /// The session of a user, if that is the password.
    pub(crate) fn log_in(&self, user: &[u8], password: &[u8], now: Instant) -> Option<String> {
        let users = &self.options.users;
        if users.is_empty() && !self.said.swap(true, Ordering::Relaxed) {
            (self.say)(
                "warning: the data bridge refuses all log-ins, since it knows no user; name some under auth.configs",
            );
        }
        let mut random = [0; 16];
        if !users.check(user, password) || getrandom::fill(&mut random).is_err() {
            return None;
        }
        Some(self.with_sessions(|sessions| sessions.open(random, now)))
    }

    pub(crate) fn log_out(&self, session: &[u8], now: Instant) -> bool {
        self.with_sessions(|sessions| sessions.close(session, now))
    }

    /// Whether there is such a session.
    pub(crate) fn is_open(&self, session: &[u8], now: Instant) -> bool {
        self.with_sessions(|sessions| sessions.is_open(session, now))
    }

    /// Whether a bundle came late, and none was accepted since: then log-ins wait.
    pub(crate) fn is_overloaded(&self, now: Instant) -> bool {
        self.since_start(now) < self.overloaded_ms.load(Ordering::Relaxed)
    }

    /// A bundle was not accepted in time.
    pub(crate) fn came_late(&self, now: Instant) {
        self.overloaded_ms.store(self.since_start(now + OVERLOADED), Ordering::Relaxed);
    }

    /// A bundle was accepted.
    pub(crate) fn was_accepted(&self) {
        if self.overloaded_ms.load(Ordering::Relaxed) != 0 {
            self.overloaded_ms.store(0, Ordering::Relaxed);
        }
    }

    fn since_start(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_millis() as u64
    }

    fn with_sessions<R>(&self, f: impl FnOnce(&mut Sessions) -> R) -> R {
        f(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a publisher is told of a session that there is not.
pub(crate) fn expired(session: &[u8]) -> String {
    format!("{} expired", riddhi_wire::text(session))
}

/// What a publisher is told of a wrong password.
pub(crate) const WRONG_CREDENTIALS: &str = "wrong userName or password";
