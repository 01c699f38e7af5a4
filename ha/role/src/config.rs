//! The times that the machine goes by.

use thiserror::Error;

use crate::types::Ms;

/// The times that the machine goes by; the same on both nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    pub(crate) ttl_ms: Ms,
    pub(crate) lag_max_ms: Ms,
    pub(crate) rules: Rules,
}

/// Why times were refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// Shorter than any network and database can keep up with.
    #[error("a ttl of {0} ms is too short: give at least {TTL_MIN_MS}")]
    TtlTooShort(Ms),
    /// A dead active would not be missed within any useful time.
    #[error("a ttl of {0} ms is too long: give at most {TTL_MAX_MS}")]
    TtlTooLong(Ms),
    /// The active would go alone at every hiccup, or never.
    #[error("a lag of {0} ms is not possible: give between {LAG_MIN_MS} and {TTL_MAX_MS}")]
    Lag(Ms),
}

/// The least ttl.
const TTL_MIN_MS: Ms = 100;
/// The greatest ttl: ten minutes.
const TTL_MAX_MS: Ms = 600_000;
/// The least lag after which a slow passive is left behind.
const LAG_MIN_MS: Ms = 50;

impl Config {
    /// `ttl_ms`: for how long a beat is good. `lag_max_ms`: for how long the active waits for a slow or silent passive before it goes alone.
    ///
    /// # Errors
    /// Times outside of their bounds.
    pub fn new(ttl_ms: Ms, lag_max_ms: Ms) -> Result<Self, ConfigError> {
        if ttl_ms < TTL_MIN_MS {
            return Err(ConfigError::TtlTooShort(ttl_ms));
        }
        if ttl_ms > TTL_MAX_MS {
            return Err(ConfigError::TtlTooLong(ttl_ms));
        }
        if !(LAG_MIN_MS..=TTL_MAX_MS).contains(&lag_max_ms) {
            return Err(ConfigError::Lag(lag_max_ms));
        }
        Ok(Config { ttl_ms, lag_max_ms, rules: Rules::default() })
    }

    /// For how long a beat is good.
    pub fn ttl_ms(&self) -> Ms {
        self.ttl_ms
    }

    /// The driver tells the time (`Event::Tick`) at least this often.
    pub fn tick_ms(&self) -> Ms {
        self.ttl_ms / 10
    }

    /// The holder beats, and the passive looks, this often.
    pub(crate) fn beat_ms(&self) -> Ms {
        self.ttl_ms / 4
    }

    /// After this long without a sign of life the passive may take over.
    pub(crate) fn silence_ms(&self) -> Ms {
        self.ttl_ms + self.ttl_ms / 10
    }

    /// Who has not looked at its clock for this long was asleep itself, and cannot blame others for the silence.
    pub(crate) fn asleep_ms(&self) -> Ms {
        self.ttl_ms / 2
    }

    /// The same times with rules switched off: for tests that show what each rule is there for, and for nothing else.
    #[doc(hidden)]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }
}

/// The rules that are the machine's own to keep; all on, save in tests of the checks themselves.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rules {
    /// "In sync" names a process, not a node.
    pub incarnation: bool,
    /// The active stops acknowledging alone before it writes "in sync".
    pub order: bool,
    /// The passive seals before it asks for the row.
    pub seal: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { incarnation: true, order: true, seal: true }
    }
}
