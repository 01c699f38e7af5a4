//! Functions, aggregators, windows and stream functions by `namespace:name`.
//!
//! The traits here are what an extension implements; Riddhi's built-ins (in `riddhi-exec`) use nothing else. Each has two
//! halves: a function of the registry, which is asked once, at compile time, whether it accepts these arguments; and what
//! it then returns, which works on columns at run time.

mod aggregate;
mod connector;
mod host;
mod scalar;
mod script;
mod stream;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use riddhi_batch::{Kind, Type, Value};

pub use crate::bind::condition::{Condition, SLOTS, WindowScope};
use crate::connector::Direction;
use crate::cron::Zone;

pub use aggregate::{
    Aggregate, AggregateFunction, BoundAggregate, Groups, Leave, Run, Signal, SignalKind, Signals, Slide,
};
pub use connector::{
    ANY_PROPERTY, ConnectorSpec, MapperSpec, Mapping, OptionProblem, OptionSpec, OptionType, Outside, Payload,
    StoreSpec,
};
pub use host::{Host, HostValue, NotTold, Told};
pub use scalar::{Arg, BoundScalar, Failed, KernelCx, RowCx, RowFailure, ScalarFunction, ScalarKernel};
pub use script::{ScriptError, ScriptFunction, ScriptLanguage};
pub use stream::{BoundStream, Memory, Spreads, StreamCx, StreamFunction, StreamKernel, StreamRows};
pub use window::{
    Alike, BoundWindow, Cell, Create, Entering, Finds, Flush, Form, Leaving, SignalSink, Stamp, Timers, Times, Window,
    WindowFunction, WindowUse,
};

/// What a value depends on beside its arguments, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Volatility {
    /// Nothing.
    Pure,
    /// The row's timestamp, which an expired row gets anew.
    RowTime,
    /// The clock.
    Clock,
    /// A seeded random source.
    Random,
}

/// An argument as the binder sees it.
#[derive(Clone, Debug)]
pub struct ArgType {
    /// Declared type.
    pub ty: Type,
    /// Actual column kind.
    pub kind: Kind,
    /// The value, if the argument is one literal.
    pub constant: Option<Value>,
    /// The input attribute's place, if the argument is a bare attribute.
    pub attribute: Option<u32>,
}

/// Why arguments are not accepted.
#[derive(Clone, Debug)]
pub struct ArgError {
    /// Which argument, counted from 0; `None` when it is their number.
    pub arg: Option<usize>,
    /// What is wrong, short and factual.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ArgError {
    /// Something wrong with argument `arg`.
    pub fn at(arg: usize, message: impl Into<String>, help: impl Into<String>) -> ArgError {
        ArgError { arg: Some(arg), message: message.into(), help: Some(help.into()) }
    }

    /// Something wrong with the number of arguments.
    pub fn count(message: impl Into<String>, help: impl Into<String>) -> ArgError {
        ArgError { arg: None, message: message.into(), help: Some(help.into()) }
    }
}

/// All that an app can call by name. Names are case-sensitive; built-ins have the empty namespace.
#[derive(Clone, Default)]
pub struct Registry {
    scalars: BTreeMap<(String, String), Arc<dyn ScalarFunction>>,
    aggregates: BTreeMap<(String, String), Arc<dyn AggregateFunction>>,
    scripts: BTreeMap<String, Arc<dyn ScriptLanguage>>,
    windows: BTreeMap<String, Arc<dyn WindowFunction>>,
    streams: BTreeMap<(String, String), Arc<dyn StreamFunction>>,
    connectors: BTreeMap<(Direction, String), Arc<ConnectorSpec>>,
    mappers: BTreeMap<(Direction, String), Arc<MapperSpec>>,
    stores: BTreeMap<String, Arc<StoreSpec>>,
    outside: Outside,
    sandbox: bool,
    zone: Zone,
    compat: Compat,
    host: Host,
    references: Arc<BTreeMap<String, Reference>>,
}

/// Options that the configuration keeps for `@source`, `@sink` and `@store` with a `ref`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The type of source, sink or store.
    pub ty: String,
    /// Its options, with their values.
    pub options: Vec<(String, String)>,
}

/// Which line of Siddhi an app answers as, where the lines differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// Siddhi 5.1.
    #[default]
    Siddhi5,
    /// Siddhi 4.5, which WSO2 Stream Processor 4.4 carries.
    Siddhi4,
}

impl Compat {
    /// The names.
    pub const NAMES: [&str; 2] = ["siddhi5", "siddhi4"];

    /// Its name.
    pub fn name(self) -> &'static str {
        Compat::NAMES[self as usize]
    }

    /// The line of that name, in any case.
    pub fn named(name: &str) -> Option<Compat> {
        match Compat::NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))? {
            0 => Some(Compat::Siddhi5),
            _ => Some(Compat::Siddhi4),
        }
    }
}

impl Registry {
    /// Adds a scalar function; one of the same name is replaced.
    pub fn scalar(&mut self, namespace: &str, name: &str, function: Arc<dyn ScalarFunction>) {
        self.scalars.insert((namespace.to_owned(), name.to_owned()), function);
    }

    /// Adds a script language; case counts nothing.
    pub fn script(&mut self, name: &str, language: Arc<dyn ScriptLanguage>) {
        self.scripts.insert(name.to_ascii_lowercase(), language);
    }

    /// The script language of that name.
    pub fn find_script(&self, name: &str) -> Option<&Arc<dyn ScriptLanguage>> {
        self.scripts.get(&name.to_ascii_lowercase())
    }

    /// Adds an aggregator.
    pub fn aggregate(&mut self, namespace: &str, name: &str, function: Arc<dyn AggregateFunction>) {
        self.aggregates.insert((namespace.to_owned(), name.to_owned()), function);
    }

    /// Adds a window (`#window.name`).
    pub fn window(&mut self, name: &str, function: Arc<dyn WindowFunction>) {
        self.windows.insert(name.to_owned(), function);
    }

    /// Adds a stream function (`#namespace:name`).
    pub fn stream(&mut self, namespace: &str, name: &str, function: Arc<dyn StreamFunction>) {
        self.streams.insert((namespace.to_owned(), name.to_owned()), function);
    }

    /// Adds a type of source or sink.
    pub fn connector(&mut self, direction: Direction, spec: ConnectorSpec) {
        self.connectors.insert((direction, spec.name.to_ascii_lowercase()), Arc::new(spec));
    }

    /// Adds a type of mapper, of sources or of sinks.
    pub fn mapper(&mut self, direction: Direction, spec: MapperSpec) {
        self.mappers.insert((direction, spec.name.to_ascii_lowercase()), Arc::new(spec));
    }

    /// Adds a type of store of tables.
    pub fn store(&mut self, spec: StoreSpec) {
        self.stores.insert(spec.name.to_ascii_lowercase(), Arc::new(spec));
    }

    /// The store of that name; case counts nothing.
    pub fn find_store(&self, name: &str) -> Option<&Arc<StoreSpec>> {
        self.stores.get(&name.to_ascii_lowercase())
    }

    /// Says whether sources and sinks are started.
    pub fn set_outside(&mut self, outside: Outside) {
        self.outside = outside;
    }

    /// Says whether sources, sinks and stores that reach outside of the process are swapped for ones in memory.
    pub fn set_sandbox(&mut self, sandbox: bool) {
        self.sandbox = sandbox;
    }

    /// Whether they are.
    pub fn sandbox(&self) -> bool {
        self.sandbox
    }

    /// Says in which time zone schedules are read; UTC if it is not said.
    pub fn set_zone(&mut self, zone: Zone) {
        self.zone = zone;
    }

    /// The time zone of schedules.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Says what the host tells; one that sets nothing if it is not said.
    pub fn set_host(&mut self, host: Host) {
        self.host = host;
    }

    /// What the host tells.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Says what `ref='name'` stands for, by name.
    pub fn set_references(&mut self, references: Arc<BTreeMap<String, Reference>>) {
        self.references = references;
    }

    /// What `ref='name'` stands for.
    pub fn find_reference(&self, name: &str) -> Option<&Reference> {
        self.references.get(name)
    }

    /// The names of all of them.
    pub fn reference_names(&self) -> impl Iterator<Item = &str> {
        self.references.keys().map(String::as_str)
    }

    /// Says which line of Siddhi apps answer as that do not say it themselves.
    pub fn set_compat(&mut self, compat: Compat) {
        self.compat = compat;
    }

    /// Which line of Siddhi apps answer as that do not say it themselves.
    pub fn compat(&self) -> Compat {
        self.compat
    }

    /// Whether sources and sinks are started.
    pub fn outside(&self) -> Outside {
        self.outside
    }

    /// The source or sink of that name; case counts nothing.
    pub fn find_connector(&self, direction: Direction, name: &str) -> Option<&Arc<ConnectorSpec>> {
        self.connectors.get(&(direction, name.to_ascii_lowercase()))
    }

    /// The mapper of that name; case counts nothing.
    pub fn find_mapper(&self, direction: Direction, name: &str) -> Option<&Arc<MapperSpec>> {
        self.mappers.get(&(direction, name.to_ascii_lowercase()))
    }

    /// The scalar function of that name.
    pub fn find_scalar(&self, namespace: &str, name: &str) -> Option<&Arc<dyn ScalarFunction>> {
        self.scalars.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The aggregator of that name.
    pub fn find_aggregate(&self, namespace: &str, name: &str) -> Option<&Arc<dyn AggregateFunction>> {
        self.aggregates.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The window of that name.
    pub fn find_window(&self, name: &str) -> Option<&Arc<dyn WindowFunction>> {
        self.windows.get(name)
    }

    /// The stream function of that name.
    pub fn find_stream(&self, namespace: &str, name: &str) -> Option<&Arc<dyn StreamFunction>> {
        self.streams.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// All scalar functions: namespace, name, function.
    pub fn scalars(&self) -> impl Iterator<Item = (&str, &str, &Arc<dyn ScalarFunction>)> {
        self.scalars.iter().map(|((namespace, name), function)| (namespace.as_str(), name.as_str(), function))
    }

    /// All aggregators.
    pub fn aggregates(&self) -> impl Iterator<Item = (&str, &str, &Arc<dyn AggregateFunction>)> {
        self.aggregates.iter().map(|((namespace, name), function)| (namespace.as_str(), name.as_str(), function))
    }

    /// All stream functions: namespace and name.
    pub fn streams(&self) -> impl Iterator<Item = (&str, &str)> {
        self.streams.keys().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    /// Whether anything is registered under a namespace.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        let window = |name: &str| name.split_once(':').is_some_and(|(n, _)| n == namespace);
        self.function_names(namespace).next().is_some()
            || self.stream_names(namespace).next().is_some()
            || self.window_names().any(window)
    }

    /// Names of scalars and aggregators of a namespace, for "did you mean".
    pub fn function_names<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a str> {
        let scalars = self.scalars.keys();
        scalars.chain(self.aggregates.keys()).filter(move |(n, _)| n == namespace).map(|(_, name)| name.as_str())
    }

    /// Names of windows.
    pub fn window_names(&self) -> impl Iterator<Item = &str> {
        self.windows.keys().map(String::as_str)
    }

    /// Names of stream functions of a namespace.
    pub fn stream_names<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a str> {
        self.streams.keys().filter(move |(n, _)| n == namespace).map(|(_, name)| name.as_str())
    }
}
