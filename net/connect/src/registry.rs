//! Which sources, sinks and mappers there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use riddhi_batch::Schema;
use riddhi_plan::connector::{ConnectorPlan, Direction, MapPlan};
use riddhi_plan::registry::{ConnectorSpec, MapperSpec, OptionProblem, OptionSpec, OptionType, Outside, Registry};

use crate::mapper::{self, SinkMapper, SourceMapper};
use crate::network::Network;
use crate::sink::{self, Sink};
use crate::source::memory::Bus;
use crate::source::{self, Source};

/// Where a connector is made.
#[derive(Clone)]
pub struct Setting {
    /// The app's name.
    pub app: String,
    /// What no other state of an app has, in the names of its outputs: a few letters and digits.
    pub lineage: String,
    /// The stream's name.
    pub stream: String,
    /// Its attributes.
    pub schema: Schema,
    /// The topics of `inMemory`, shared by the apps of a process.
    pub bus: Arc<Bus>,
    /// Poll loops and ports, shared by the apps of a process.
    pub network: Arc<Network>,
    /// Where a line is put that a person should read.
    pub say: Say,
    /// Where an app's log lines go, whole lines.
    pub log: Log,
    /// Whether the end was asked for, so that nobody waits any longer.
    pub stopping: Stopping,
}

/// Takes a line for people, without its line end.
pub type Say = Arc<dyn Fn(&str) + Send + Sync>;

/// Takes whole lines of an app's log.
pub type Log = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Whether the end was asked for.
pub type Stopping = Arc<dyn Fn() -> bool + Send + Sync>;

/// Makes a source.
pub type MakeSource = fn(&ConnectorPlan, &Setting) -> Box<dyn Source>;
/// Makes a sink.
pub type MakeSink = fn(&ConnectorPlan, &Setting) -> Box<dyn Sink>;
/// Makes the mapper of a source; none if it needs none: rows come as they are.
pub type MakeSourceMapper = fn(&MapPlan, &Setting) -> Option<Box<dyn SourceMapper>>;
/// Makes the mapper of a sink; none if rows go out as they are.
pub type MakeSinkMapper = fn(&MapPlan, &Setting) -> Option<Box<dyn SinkMapper>>;

/// A source and its mapper, unless its rows come as they are.
pub type MadeSource = (Box<dyn Source>, Option<Box<dyn SourceMapper>>);
/// A sink and its mapper, unless rows go out as they are.
pub type MadeSink = (Box<dyn Sink>, Option<Box<dyn SinkMapper>>);

/// All types of connector.
#[derive(Default)]
pub struct Connectors {
    sources: BTreeMap<String, (ConnectorSpec, MakeSource)>,
    sinks: BTreeMap<String, (ConnectorSpec, MakeSink)>,
    source_mappers: BTreeMap<String, (MapperSpec, MakeSourceMapper)>,
    sink_mappers: BTreeMap<String, (MapperSpec, MakeSinkMapper)>,
}

impl Connectors {
    /// Those that Riddhi has.
    pub fn built_in() -> Connectors {
        let mut all = Connectors::default();
        all.source(source::file::spec(), source::file::make);
        all.source(source::stdin::spec(), source::stdin::make);
        all.source(source::memory::spec(), source::memory::make);
        all.source(source::tcp::spec(), source::tcp::make);
        all.source(source::wso2event::spec(), source::wso2event::make);
        all.source(source::http::spec(), source::http::make);
        all.sink(sink::log::spec(), sink::log::make);
        all.sink(sink::file::spec(), sink::file::make);
        all.sink(sink::stdout::spec(), sink::stdout::make);
        all.sink(sink::memory::spec(), sink::memory::make);
        all.sink(sink::http::spec(), sink::http::make);
        all.sink(sink::tcp::spec(), sink::tcp::make);
        all.sink(sink::wso2event::spec(), sink::wso2event::make);
        all.source_mapper(mapper::json::source_spec(), mapper::json::make_source);
        all.source_mapper(mapper::csv::source_spec(), mapper::csv::make_source);
        all.source_mapper(mapper::text::source_spec(), mapper::text::make_source);
        all.source_mapper(mapper::binary::spec(), mapper::binary::make_source);
        all.source_mapper(mapper::wso2event::spec(), mapper::wso2event::make_source);
        all.source_mapper(mapper::pass_through_spec(), |_, _| None);
        all.sink_mapper(mapper::json::sink_spec(), mapper::json::make_sink);
        all.sink_mapper(mapper::csv::sink_spec(), mapper::csv::make_sink);
        all.sink_mapper(mapper::text::sink_spec(), mapper::text::make_sink);
        all.sink_mapper(mapper::binary::spec(), mapper::binary::make_sink);
        // The sink puts attributes into the parts of an event, for its protocol, straight from the rows.
        all.sink_mapper(mapper::wso2event::sink_spec(), |_, _| None);
        all.sink_mapper(mapper::pass_through_spec(), |_, _| None);
        all
    }

    /// Adds a type of source.
    pub fn source(&mut self, spec: ConnectorSpec, make: MakeSource) {
        self.sources.insert(spec.name.to_owned(), (spec, make));
    }

    /// Adds a type of sink.
    pub fn sink(&mut self, spec: ConnectorSpec, make: MakeSink) {
        self.sinks.insert(spec.name.to_owned(), (spec, make));
    }

    /// Adds a type of mapper for sources.
    pub fn source_mapper(&mut self, spec: MapperSpec, make: MakeSourceMapper) {
        self.source_mappers.insert(spec.name.to_owned(), (spec, make));
    }

    /// Adds a type of mapper for sinks.
    pub fn sink_mapper(&mut self, spec: MapperSpec, make: MakeSinkMapper) {
        self.sink_mappers.insert(spec.name.to_owned(), (spec, make));
    }

    /// The types of source, or of sink.
    pub fn connectors(&self, direction: Direction) -> Vec<&ConnectorSpec> {
        match direction {
            Direction::Source => self.sources.values().map(|(spec, _)| spec).collect(),
            Direction::Sink => self.sinks.values().map(|(spec, _)| spec).collect(),
        }
    }

    /// The types of mapper of sources, or of sinks.
    pub fn mappers(&self, direction: Direction) -> Vec<&MapperSpec> {
        match direction {
            Direction::Source => self.source_mappers.values().map(|(spec, _)| spec).collect(),
            Direction::Sink => self.sink_mappers.values().map(|(spec, _)| spec).collect(),
        }
    }

    /// Tells the binder what there is, and whether it will be started.
    pub fn register(&self, registry: &mut Registry, outside: Outside) {
        self.sources.values().for_each(|(spec, _)| registry.connector(Direction::Source, spec.clone()));
        self.sinks.values().for_each(|(spec, _)| registry.connector(Direction::Sink, spec.clone()));
        self.source_mappers.values().for_each(|(spec, _)| registry.mapper(Direction::Source, spec.clone()));
        self.sink_mappers.values().for_each(|(spec, _)| registry.mapper(Direction::Sink, spec.clone()));
        registry.set_outside(outside);
    }

    /// A source and its mapper; none if there is no such type, which the binder has told.
    pub fn make_source(&self, plan: &ConnectorPlan, setting: &Setting) -> Option<MadeSource> {
        let (_, source) = self.sources.get(&plan.ty)?;
        let (_, mapper) = self.source_mappers.get(&plan.map.ty)?;
        Some((source(plan, setting), mapper(&plan.map, setting)))
    }

    /// A sink and its mapper; none if there is no such type, which the binder has told.
    pub fn make_sink(&self, plan: &ConnectorPlan, setting: &Setting) -> Option<MadeSink> {
        let (_, sink) = self.sinks.get(&plan.ty)?;
        let (_, mapper) = self.sink_mappers.get(&plan.map.ty)?;
        Some((sink(plan, setting), mapper(&plan.map, setting)))
    }
}

/// An option that may be left out.
pub(crate) fn option(name: &'static str, ty: OptionType) -> OptionSpec {
    OptionSpec { name, ty, required: false, dynamic: false }
}

/// An option of Siddhi's that is not there yet.
pub(crate) fn not_yet(name: &'static str) -> OptionProblem {
    OptionProblem::missing(name, format!("Riddhi does not have `{name}` yet"))
}

/// An option that must be given.
pub(crate) fn required(name: &'static str, ty: OptionType) -> OptionSpec {
    OptionSpec { required: true, ..option(name, ty) }
}
