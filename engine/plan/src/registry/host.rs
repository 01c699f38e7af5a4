//! What the host of an app tells functions of it: variables, properties, settings.
//!
//! A function asks while it is bound, so that what it was told is as much a part of the app as its text: whoever keeps the one
//! keeps the other, and a state goes on with what its app was told when it began.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Which of the host's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostValue {
    /// An environment variable.
    Variable,
    /// A property of the process, as Java's system properties are.
    Property,
    /// What the configuration sets for `env:getYAMLProperty`.
    Setting,
    /// Patterns of user agents, by the property that they tell.
    UserAgents,
}

impl HostValue {
    /// All of them.
    pub const ALL: [HostValue; 4] =
        [HostValue::Variable, HostValue::Property, HostValue::Setting, HostValue::UserAgents];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            HostValue::Variable => "variable",
            HostValue::Property => "property",
            HostValue::Setting => "setting",
            HostValue::UserAgents => "user agents",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<HostValue> {
        HostValue::ALL.into_iter().find(|value| value.name() == name)
    }
}

/// What was asked for, and what was told; none: it is not set.
pub type Told = BTreeMap<(HostValue, String), Option<String>>;

type Tell = dyn Fn(HostValue, &str) -> Option<String> + Send + Sync;

/// Who answers.
#[derive(Clone)]
enum Answers {
    By(Arc<Tell>),
    Only(Told),
}

/// The host, as an app sees it while it is compiled.
#[derive(Clone)]
pub struct Host {
    answers: Answers,
    asked: Arc<Mutex<Told>>,
}

impl Default for Host {
    /// One that sets nothing.
    fn default() -> Host {
        Host::by(|_, _| None)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host of {} values", self.asked().len())
    }
}

impl Host {
    /// A host that is asked.
    pub fn by(tell: impl Fn(HostValue, &str) -> Option<String> + Send + Sync + 'static) -> Host {
        Host { answers: Answers::By(Arc::new(tell)), asked: Arc::default() }
    }

    /// One that tells again what was told, and knows of nothing else.
    pub fn only(told: Told) -> Host {
        Host { answers: Answers::Only(told), asked: Arc::default() }
    }

    /// The same host, of which nothing was asked yet.
    pub fn anew(&self) -> Host {
        Host { answers: self.answers.clone(), asked: Arc::default() }
    }

    /// The value, none if it is not set. An error if nobody can say any more.
    pub fn ask(&self, value: HostValue, name: &str) -> Result<Option<String>, NotTold> {
        let key = (value, name.to_owned());
        let told = match &self.answers {
            Answers::By(tell) => tell(value, name),
            Answers::Only(told) => told.get(&key).ok_or(NotTold)?.clone(),
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, told.clone());
        Ok(told)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Told {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The app has begun, and did not ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTold;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_told_again_and_nothing_else() {
        let host = Host::by(|value, name| (value == HostValue::Variable && name == "A").then(|| "a".to_owned()));
        assert_eq!(host.ask(HostValue::Variable, "A"), Ok(Some("a".to_owned())));
        assert_eq!(host.ask(HostValue::Property, "A"), Ok(None));
        assert!(host.anew().asked().is_empty());
        let again = Host::only(host.asked());
        assert_eq!(again.ask(HostValue::Variable, "A"), Ok(Some("a".to_owned())));
        assert_eq!(again.ask(HostValue::Property, "A"), Ok(None));
        assert_eq!(again.ask(HostValue::Variable, "B"), Err(NotTold));
        assert_eq!(again.asked(), host.asked());
    }
}
