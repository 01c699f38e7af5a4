//! Streams: which are defined, and which of them a source takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use riddhi_edge::Door;
use riddhi_wire::Type;
use riddhi_wire::definition::StreamDefinition;
use thiserror::Error;

/// A defined stream.
pub(crate) struct Stream {
    pub(crate) id: Box<[u8]>,
    pub(crate) definition: StreamDefinition,
    /// The types of all values of an event, in the order of the wire.
    pub(crate) types: Vec<Type>,
    /// The way to the source; none if only a publisher has defined it.
    pub(crate) door: Option<Door>,
}

impl Stream {
    fn new(definition: StreamDefinition, door: Option<Door>) -> Arc<Stream> {
        let types = definition.attributes().map(|a| a.ty).collect();
        Arc::new(Stream { id: definition.id().into_bytes().into(), definition, types, door })
    }
}

/// Why a source cannot take a stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SubscribeError {
    /// Another source takes it.
    #[error("another wso2event source has the stream '{0}'; give one of them a wso2.stream.id of its own")]
    Taken(String),
    /// Another source has a version of it in which an attribute has another type.
    #[error(
        "attribute '{attribute}' of stream '{id}' has another type than in '{other}'; publishers know it by one type only"
    )]
    Clash {
        /// The stream.
        id: String,
        /// The other version.
        other: String,
        /// The attribute.
        attribute: String,
    },
}

/// Why a publisher cannot define a stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum DefineError {
    #[error("stream {0} is already defined with other attributes")]
    Different(String),
    #[error("there are {0} stream definitions already, as many as are taken from publishers")]
    TooMany(usize),
}

/// The streams of a process.
pub(crate) struct Streams {
    all: RwLock<HashMap<Vec<u8>, Arc<Stream>>>,
    /// Rises with every change, so that connections may remember what they have looked up.
    version: AtomicU64,
    /// Definitions of publishers at most.
    definitions_max: usize,
}

impl Streams {
    pub(crate) fn new(definitions_max: usize) -> Streams {
        Streams { all: RwLock::default(), version: AtomicU64::new(0), definitions_max }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn find(&self, id: &[u8]) -> Option<Arc<Stream>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn change<R>(&self, f: impl FnOnce(&mut HashMap<Vec<u8>, Arc<Stream>>) -> R) -> R {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut all);
        self.version.fetch_add(1, Ordering::AcqRel);
        result
    }

    fn subscribe(&self, definition: StreamDefinition, door: Door) -> Result<(), SubscribeError> {
        let id = definition.id();
        self.change(|all| {
            let of_sources = |s: &&Arc<Stream>| s.door.is_some();
            if all.get(id.as_bytes()).filter(of_sources).is_some() {
                return Err(SubscribeError::Taken(id.clone()));
            }
            if let Some((other, attribute)) = all.values().filter(of_sources).find_map(|s| clash(&definition, s)) {
                return Err(SubscribeError::Clash { id: id.clone(), other, attribute });
            }
            // What the app says counts: publishers' definitions that contradict it are forgotten.
            all.retain(|_, s| s.door.is_some() || clash(&definition, s).is_none());
            all.insert(id.clone().into_bytes(), Stream::new(definition, Some(door)));
            Ok(())
        })
    }

    fn unsubscribe(&self, id: &str) {
        self.change(|all| all.remove(id.as_bytes()));
    }

    /// Takes a publisher's definition; gives the id.
    pub(crate) fn define(&self, definition: StreamDefinition) -> Result<String, DefineError> {
        let id = definition.id();
        self.change(|all| match all.get(id.as_bytes()) {
            Some(known) if known.definition.is_like(&definition) => Ok(id),
            Some(_) => Err(DefineError::Different(id)),
            None if all.values().any(|s| clash(&definition, s).is_some()) => Err(DefineError::Different(id)),
            None if all.values().filter(|s| s.door.is_none()).count() >= self.definitions_max => {
                Err(DefineError::TooMany(self.definitions_max))
            }
            None => {
                all.insert(id.clone().into_bytes(), Stream::new(definition, None));
                Ok(id)
            }
        })
    }

    /// Forgets a publisher's definition; false if there is none. Those of sources stay.
    pub(crate) fn delete(&self, id: &[u8]) -> bool {
        self.change(|all| {
            let found = all.get(id).is_some_and(|s| s.door.is_none());
            if found {
                all.remove(id);
            }
            found
        })
    }
}

/// The id of another version, and the attribute in which it contradicts a definition.
fn clash(definition: &StreamDefinition, other: &Stream) -> Option<(String, String)> {
    if definition.name != other.definition.name {
        return None;
    }
    let attribute = definition.clash(&other.definition)?;
    Some((other.definition.id(), attribute.name.clone()))
}

/// A stream that a source takes; it takes it no more when this is dropped.
pub struct Subscription {
    streams: Arc<Streams>,
    id: String,
}

impl Subscription {
    pub(crate) fn new(
        streams: &Arc<Streams>,
        definition: StreamDefinition,
        door: Door,
    ) -> Result<Subscription, SubscribeError> {
        let id = definition.id();
        streams.subscribe(definition, door)?;
        Ok(Subscription { streams: streams.clone(), id })
    }

    /// The stream's id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.streams.unsubscribe(&self.id);
    }
}
