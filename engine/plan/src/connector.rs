//! Sources and sinks of a plan: where they stand, their options, and how their mappers map.

use riddhi_ql::Span;

/// Which way a connector goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Into the app.
    Source,
    /// Out of it.
    Sink,
}

impl Direction {
    /// `source` or `sink`.
    pub fn text(self) -> &'static str {
        match self {
            Direction::Source => "source",
            Direction::Sink => "sink",
        }
    }
}

/// A source or sink of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectorPlan {
    /// Which way.
    pub direction: Direction,
    /// The stream, by number.
    pub stream: usize,
    /// Its type, spelled as the registry does; as written if the registry does not have it.
    pub ty: String,
    /// Its options.
    pub options: Options,
    /// Its mapper.
    pub map: MapPlan,
    /// Identity of what it remembers: stream, type, a hash of what was written, and the number of equal ones before it.
    pub key: String,
    /// Where it stands.
    pub span: Span,
}

/// A mapper.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPlan {
    /// Its type.
    pub ty: String,
    /// Its options.
    pub options: Options,
    /// Of a source: where attributes come from. Empty without `@attributes`; attributes not named are null.
    pub attributes: Vec<Mapped>,
    /// Of a sink: the entries of `@payload`.
    pub payload: Vec<Payload>,
    /// Where it stands.
    pub span: Span,
}

/// Where an attribute comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The attribute, by place.
    pub attribute: usize,
    /// What the text means to the mapper.
    pub from: From,
    /// Where it stands.
    pub span: Span,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// A path, a group, a column: as the mapper reads it.
    Payload(String),
    /// `trp:name`: a property of the transport.
    Property(String),
}

/// An entry of `@payload`.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// Its key, if it has one.
    pub key: Option<String>,
    /// What is written.
    pub template: Template,
    /// Where it stands.
    pub span: Span,
}

/// Text with attributes in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// An attribute's value, by place.
    Attribute(usize),
}

impl Template {
    /// A text alone.
    pub fn text(text: impl Into<String>) -> Template {
        Template { parts: vec![Part::Text(text.into())] }
    }

    /// The text, if there is no attribute in it.
    pub fn constant(&self) -> Option<&str> {
        match &self.parts[..] {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// Options as given, by the registry's names; each is of its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// In the order of the text.
    pub given: Vec<GivenOption>,
}

/// An option.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenOption {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Template,
    /// Where the value stands.
    pub span: Span,
}

impl Options {
    /// The option of that name.
    pub fn get(&self, name: &str) -> Option<&GivenOption> {
        self.given.iter().find(|o| o.name == name)
    }

    /// Its text, if it is given and has no attribute in it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.constant()
    }

    /// Whether it says `true`.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |text| text.eq_ignore_ascii_case("true"))
    }

    /// Its number.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.text(name).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
    }

    /// Its word, in lower case.
    pub fn word(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or(default).to_ascii_lowercase()
    }
}
