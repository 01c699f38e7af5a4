//! Definitions of data-bridge streams, and their JSON form.

mod json;
mod read;

use std::fmt;

use thiserror::Error;

use crate::Type;

/// Bytes of a definition's text at most.
pub const DEFINITION_BYTES_MAX: usize = 1 << 20;

/// A stream: its name and version, and the attributes of its three sections, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamDefinition {
    /// The name, without a `:`.
    pub name: String,
    /// Three numbers with dots between them.
    pub version: String,
    /// Another name, for people.
    pub nick_name: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Attributes about the events.
    pub meta: Vec<Attribute>,
    /// Attributes that tie events together.
    pub correlation: Vec<Attribute>,
    /// What the events say.
    pub payload: Vec<Attribute>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// What is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DefinitionError {
    /// It is no JSON object, as it must be.
    #[error("{what} at byte {at} of the stream definition")]
    Json {
        /// Counted from 0.
        at: usize,
        /// What is there, or is not.
        what: &'static str,
    },
    /// A key has a value of another kind.
    #[error("`{key}` of the stream definition must be {must}")]
    Kind {
        /// The key.
        key: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// It has no name, or one with a `:`.
    #[error("`{0}` is no name of a stream: it must have a character at least, and no `:`")]
    Name(String),
    /// The version is not three numbers.
    #[error("`{0}` is no version of a stream: it must be three numbers with dots between them, such as 1.0.0")]
    Version(String),
    /// An attribute has no such type.
    #[error("`{ty}` of attribute `{attribute}` is no type: there are INT, LONG, FLOAT, DOUBLE, BOOL and STRING")]
    Type {
        /// The attribute.
        attribute: String,
        /// As it stands there.
        ty: String,
    },
    /// Two attributes of a section have one name.
    #[error("attribute `{0}` is there twice")]
    Twice(String),
}

impl StreamDefinition {
    /// A stream without attributes.
    ///
    /// # Errors
    ///
    /// A name or version that is none.
    pub fn new(name: &str, version: &str) -> Result<StreamDefinition, DefinitionError> {
        if name.is_empty() || name.contains(':') {
            return Err(DefinitionError::Name(name.to_owned()));
        }
        if !is_version(version) {
            return Err(DefinitionError::Version(version.to_owned()));
        }
        Ok(StreamDefinition { name: name.to_owned(), version: version.to_owned(), ..StreamDefinition::default() })
    }

    /// A stream without attributes, by its id. Without a version it is 1.0.0.
    ///
    /// # Errors
    ///
    /// A name or version that is none.
    pub fn of_id(id: &str) -> Result<StreamDefinition, DefinitionError> {
        let (name, version) = id.split_once(':').unwrap_or((id, "1.0.0"));
        StreamDefinition::new(name, version)
    }

    /// Reads the JSON form: strictly, but that quotes may be single ones, and names may stand without. What it does not know
    /// is passed over.
    ///
    /// # Errors
    ///
    /// Text that is not of that form; the first thing that is wrong is told.
    pub fn parse(text: &str) -> Result<StreamDefinition, DefinitionError> {
        read::read(text)
    }

    /// `name:version`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.name, self.version)
    }

    /// All attributes, in the order in which an event has their values.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.meta.iter().chain(&self.correlation).chain(&self.payload)
    }

    /// Whether it takes the same events as another one of the same id.
    pub fn is_like(&self, other: &StreamDefinition) -> bool {
        (&self.name, &self.version) == (&other.name, &other.version)
            && (&self.meta, &self.correlation, &self.payload) == (&other.meta, &other.correlation, &other.payload)
    }

    /// An attribute whose type differs from that of the attribute of this name in the same section of another definition,
    /// which is a fault where both are versions of one stream.
    pub fn clash<'a>(&'a self, other: &StreamDefinition) -> Option<&'a Attribute> {
        let sections =
            [(&self.meta, &other.meta), (&self.correlation, &other.correlation), (&self.payload, &other.payload)];
        sections
            .into_iter()
            .find_map(|(ours, theirs)| ours.iter().find(|a| theirs.iter().any(|b| a.name == b.name && a.ty != b.ty)))
    }
}

/// Whether this is a version: three decimal numbers with dots between them.
pub fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(number)
}

/// The JSON form. What is empty is left out.
impl fmt::Display for StreamDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"name\":{},\"version\":{}", Quoted(&self.name), Quoted(&self.version))?;
        for (key, text) in [("nickName", &self.nick_name), ("description", &self.description)] {
            if let Some(text) = text {
                write!(f, ",\"{key}\":{}", Quoted(text))?;
            }
        }
        list(f, "tags", &self.tags, |f, tag| write!(f, "{}", Quoted(tag)))?;
        for (key, section) in
            [("metaData", &self.meta), ("correlationData", &self.correlation), ("payloadData", &self.payload)]
        {
            list(f, key, section, |f, a| write!(f, "{{\"name\":{},\"type\":\"{}\"}}", Quoted(&a.name), a.ty.name()))?;
        }
        f.write_str("}")
    }
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    items: &[T],
    one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i == 0 {
            write!(f, ",\"{key}\":[")?
        } else {
            f.write_str(",")?
        }
        one(f, item)?;
    }
    if items.is_empty() { Ok(()) } else { f.write_str("]") }
}

/// A text in quotes.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
