//! Sources, sinks and mappers as the binder sees them: which options they take, and what they hand to each other. What
//! they do is not known here: they need files and sockets.

use riddhi_ql::Span;

use crate::connector::{ConnectorPlan, MapPlan};

/// Values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    /// Any text.
    Text,
    /// `true` or `false`, in any case.
    Bool,
    /// A whole number between these.
    Number(u64, u64),
    /// One of these, in any case.
    OneOf(&'static [&'static str]),
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name; a name that ends in `.*` stands for all that begin so.
    pub name: &'static str,
    /// Its values.
    pub ty: OptionType,
    /// Whether it must be given.
    pub required: bool,
    /// Whether `{{attribute}}` may stand in it.
    pub dynamic: bool,
}

/// What stands between a source or sink and its mapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Bytes.
    Bytes,
    /// Events as they are.
    Events,
    /// Events of WSO2's data bridge.
    DataBridge,
    /// Either.
    Any,
}

impl Payload {
    /// Whether the two have something in common.
    pub fn meets(self, other: Payload) -> bool {
        self == other || self == Payload::Any || other == Payload::Any
    }
}

/// What is wrong with the options of a connector.
#[derive(Clone, Debug)]
pub struct OptionProblem {
    /// The option at fault; none if it is the connector or mapper as a whole.
    pub option: Option<&'static str>,
    /// Another place at fault.
    pub span: Option<Span>,
    /// Whether it is a feature that Riddhi does not have yet, rather than a mistake.
    pub missing: bool,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl OptionProblem {
    /// A mistake in an option.
    pub fn wrong(option: &'static str, message: impl Into<String>, help: impl Into<String>) -> OptionProblem {
        let (message, help) = (message.into(), help.into());
        OptionProblem { option: Some(option), span: None, missing: false, message, help }
    }

    /// A mistake in the connector or mapper as a whole.
    pub fn whole(message: impl Into<String>, help: impl Into<String>) -> OptionProblem {
        OptionProblem { option: None, ..OptionProblem::wrong("", message, help) }
    }

    /// A mistake at a place.
    pub fn at(span: Span, message: impl Into<String>, help: impl Into<String>) -> OptionProblem {
        OptionProblem { span: Some(span), ..OptionProblem::whole(message, help) }
    }

    /// An option, or a value of it, that Riddhi does not have yet.
    pub fn missing(option: &'static str, message: impl Into<String>) -> OptionProblem {
        OptionProblem { missing: true, ..OptionProblem::wrong(option, message, "") }
    }
}

/// Stands for all properties, where peers choose the names.
pub const ANY_PROPERTY: &str = "*";

/// A type of source or sink.
#[derive(Clone, Debug)]
pub struct ConnectorSpec {
    /// The name that `type` gives it.
    pub name: &'static str,
    /// Its options.
    pub options: Vec<OptionSpec>,
    /// What a source gives, or a sink takes.
    pub payload: Payload,
    /// The transport properties that a source's messages have; [`ANY_PROPERTY`] alone: whatever the peer gives.
    pub properties: Vec<&'static str>,
    /// Finds what is wrong with options that are each right by themselves.
    pub check: fn(&ConnectorPlan) -> Vec<OptionProblem>,
}

/// A type of store.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// The name that `type` gives it.
    pub name: &'static str,
    /// Its options.
    pub options: Vec<OptionSpec>,
}

/// What an `@attributes` or `@payload` of a mapper may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// It is not looked at.
    Ignored,
    /// Places of columns, counted from 0.
    Columns,
    /// One template without a key.
    Template,
    /// Paths of JSON.
    Paths,
    /// Groups of patterns, `A[1]`.
    Groups,
    /// Names of parts of an event.
    Names,
}

/// A type of mapper, of sources or of sinks.
#[derive(Clone, Debug)]
pub struct MapperSpec {
    /// The name that `type` gives it.
    pub name: &'static str,
    /// Its options.
    pub options: Vec<OptionSpec>,
    /// What it reads, or writes.
    pub payload: Payload,
    /// What `@attributes` of a source's, `@payload` of a sink's mapper holds.
    pub mapping: Mapping,
    /// Finds what is wrong with options that are each right by themselves.
    pub check: fn(&MapPlan) -> Vec<OptionProblem>,
}

/// What is done with sources and sinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outside {
    /// They are not started: events are handed in and taken out by whoever runs the engine. Types that are not registered
    /// are accepted, as long as Siddhi has them.
    #[default]
    NotStarted,
    /// They are started: types that are not registered are refused.
    Started,
}
