//! The plan of an app: streams, queries, regions. Read-only once built, shared and printable.

use riddhi_batch::{Schema, Value};
use riddhi_ql::Span;

use crate::aggregation::AggregationPlan;
use crate::connector::ConnectorPlan;
use crate::expr::Expr;
use crate::join::JoinPlan;
use crate::partition::{PartitionPlan, PartitionUse, SplitPlan};
use crate::registry::{BoundAggregate, BoundStream, BoundWindow, Compat, SignalKind, Told};
use crate::states::StatesPlan;
use crate::table::{ChangePlan, TablePlan};
use crate::trigger::TriggerPlan;

/// A whole app, compiled.
#[derive(Clone, Debug, Default)]
pub struct AppPlan {
    /// `@app:name`; empty if there is none.
    pub name: String,
    /// `@app:playback`: the clock follows the events.
    pub playback: bool,
    /// `@app:playback(idle.time, increment)`, milliseconds.
    pub idle: Option<(i64, i64)>,
    /// Which line of Siddhi it answers as, if the registry says that and not the text.
    pub told_compat: Option<Compat>,
    /// What its functions asked the host for, and what they were told.
    pub told_by_host: Told,
    /// Streams by number: the defined ones in text order, then those that queries define, in text order.
    pub streams: Vec<StreamPlan>,
    /// Tables by number, in text order.
    pub tables: Vec<TablePlan>,
    /// Aggregations by number, in text order.
    pub aggregations: Vec<AggregationPlan>,
    /// Queries by number, in text order.
    pub queries: Vec<QueryPlan>,
    /// Regions in an order in which each comes after those it reads from.
    pub regions: Vec<RegionPlan>,
    /// Queries that are looked up by a value instead of being run for every row.
    pub rules: Vec<RulesPlan>,
    /// Partitions, in the order of the text.
    pub partitions: Vec<PartitionPlan>,
    /// Sources and sinks, in the order of the text.
    pub connectors: Vec<ConnectorPlan>,
}

/// A stream.
#[derive(Clone, Debug)]
pub struct StreamPlan {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub schema: Schema,
    /// Whether the text defines it, so that input from outside may name it.
    pub defined: bool,
    /// Whether it is only a way from one node to the next, or stays inside a partition: nobody outside reads it by name.
    pub hidden: bool,
    /// Whether its rows carry their kind: those of a named window, which its readers see expire.
    pub kinded: bool,
    /// Whether what comes out of it tells which rows expire: that of a stream which is a named window, too.
    pub tells: bool,
    /// Queries that insert into it, in text order.
    pub writers: Vec<usize>,
    /// Queries that read it, in text order.
    pub readers: Vec<usize>,
    /// Where it is defined, or first inserted into.
    pub span: Span,
}

/// A node of the query graph: a query `from S <handlers> <window> <handlers> select ... insert into T`, or what else takes
/// chunks of streams and puts out others (its [`Role`]).
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// `@info(name=...)`.
    pub name: Option<String>,
    /// What messages call it: `query 2`, `query 2 (name)`, `trigger T`.
    pub label: String,
    /// Identity of its state: the name, else a hash of the canonical text and the number of equal ones before it.
    pub key: String,
    /// Canonical text.
    pub text: String,
    /// The streams it reads, each once, in the order of the text.
    pub inputs: Vec<usize>,
    /// What stands before its selection.
    pub role: Role,
    /// What it looks up or changes beside its own state.
    pub shared: Vec<(Shared, Access)>,
    /// The partition it stands in.
    pub partition: Option<PartitionUse>,
    /// The rows that the selection sees: of a query of one stream the input's attributes and those that stream functions add
    /// behind them.
    pub schema: Schema,
    /// Handlers before the window.
    pub before: Vec<Handler>,
    /// The window.
    pub window: Option<BoundWindow>,
    /// Handlers after the window.
    pub after: Vec<Handler>,
    /// The selection.
    pub select: SelectPlan,
    /// When what was selected comes out, if not at once.
    pub rate: Option<RatePlan>,
    /// The stream it inserts into, if what it does is not all there is of it.
    pub output: Option<usize>,
    /// Which kinds of row come out.
    pub kinds: Kinds,
    /// Where it stands.
    pub span: Span,
}

/// What a node does with the chunks of its inputs.
#[derive(Clone, Debug)]
pub enum Role {
    /// Handlers, window and selection over one stream.
    Select,
    /// A trigger, which reads no stream.
    Trigger(TriggerPlan),
    /// What gives the events of a stream the keys of a partition.
    Split(Box<SplitPlan>),
    /// Puts the events of its input, which is the second one's of the query of the first number, into the input's fault
    /// stream: those that the query could not compute.
    Fault(usize, u32),
    /// Does with each row of its input something to a table.
    Change(Box<ChangePlan>),
    /// A pattern or sequence, whose matches are the rows of the selection.
    States(Box<StatesPlan>),
    /// The same over a named window, whose rows come as what they are there: it has no window of its own.
    Reader(WindowRead),
    /// A named window: its rows go on with their kinds, and behind their attributes the number of each in the window. It lets out
    /// rows of these kinds.
    Window(Kinds),
    /// Keeps values by bucket of time: the aggregation of that number.
    Aggregate(usize),
    /// Two sides, rows of one of which find rows of the other.
    Join(Box<JoinPlan>),
}

impl Role {
    /// Whether the node is a query of one stream, handlers, window and selection.
    pub fn is_query(&self) -> bool {
        matches!(self, Role::Select | Role::Reader(_) | Role::Window(_))
    }
}

/// What stands for the number in a named window of a row that is not in it: one that a stream of its name brings.
pub const NOT_IN_WINDOW: i64 = -2;

/// How a named window is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRead {
    /// The kinds of row that it lets out.
    pub kinds: Kinds,
    /// The attribute that tells a row's number in the window.
    pub number: u32,
}

/// What several nodes may look at or change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shared {
    /// A table, by number.
    Table(usize),
    /// The keys of a partition, by number.
    Keys(usize),
    /// What an aggregation keeps, by number.
    Aggregation(usize),
    /// How far the rows of the named window have been looked at that puts out the stream of that number.
    Looked(usize),
}

/// How a node uses what is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It looks at it.
    Read,
    /// It changes it.
    Write,
}

impl QueryPlan {
    /// One that does nothing yet.
    pub fn of(kinds: Kinds, span: Span) -> QueryPlan {
        QueryPlan {
            name: None,
            label: String::new(),
            key: String::new(),
            text: String::new(),
            inputs: Vec::new(),
            role: Role::Select,
            shared: Vec::new(),
            partition: None,
            schema: Schema::default(),
            before: Vec::new(),
            window: None,
            after: Vec::new(),
            select: SelectPlan::default(),
            rate: None,
            output: None,
            kinds,
            span,
        }
    }

    /// All expressions of handlers and selection.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = Vec::new();
        let mut functions: Vec<&Handler> = Vec::new();
        if let Role::States(states) = &self.role {
            let conditions = || states.slots.iter().flat_map(|s| &s.conditions);
            all.extend(conditions().map(|c| &c.expr));
            all.extend(conditions().flat_map(|c| AggregatePlan::expressions(&c.aggregates)));
            functions.extend(states.slots.iter().flat_map(|s| &s.functions));
        }
        let handlers = self.before.iter().chain(&self.after).chain(functions);
        all.extend(handlers.flat_map(Handler::expressions));
        all.extend(self.select.expressions());
        if let Role::Join(join) = &self.role {
            all.extend(join.sides.iter().flat_map(|side| side.stage.expressions()).chain(&join.on));
            all.extend(join.table.iter().flat_map(|condition| condition.expressions()));
            all.extend(join.buckets.iter().flat_map(|b| [&b.start, &b.per].into_iter().chain(&b.end)));
        }
        all
    }

    /// The one stream that a query of [`Role::Select`] reads.
    pub fn input(&self) -> usize {
        self.inputs[0]
    }

    /// Whether its rows can be asked for by its name: those of a query inside a partition cannot.
    pub fn is_asked_for(&self) -> bool {
        self.name.is_some() && self.partition.is_none()
    }

    /// All streams that it reads or writes.
    pub fn streams(&self) -> impl Iterator<Item = usize> {
        self.inputs.iter().copied().chain(self.output)
    }
}

/// Which kinds of row a query puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// `insert into`, `insert current events into`.
    Current,
    /// `insert expired events into`.
    Expired,
    /// `insert all events into`.
    All,
}

impl Kinds {
    /// Whether a row that does this is of them.
    #[inline]
    pub fn have(self, kind: SignalKind) -> bool {
        match kind {
            SignalKind::Current => self != Kinds::Expired,
            SignalKind::Expired => self != Kinds::Current,
            SignalKind::Reset | SignalKind::Held | SignalKind::Gone => false,
        }
    }
}

/// `output ... every ...`: what was selected is held back, thinned out or shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatePlan {
    /// Of so many rows, at least one.
    Events(Which, u64),
    /// Of so many milliseconds; at least one unless it is the first row that comes out.
    Time(Which, i64),
    /// All that is there, every so many milliseconds, at least one.
    Snapshot(i64),
}

/// Which rows of an interval come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All, when it ends.
    All,
    /// The first, at once; with `group by` that of each group.
    First,
    /// The last, when it ends; with `group by` that of each group.
    Last,
}

/// A step on the way of a row.
#[derive(Clone, Debug)]
pub enum Handler {
    /// `[condition]`; its aggregates have one state for the filter and no groups.
    Filter {
        /// A bool.
        condition: Expr,
        /// Aggregates inside the condition, in order of their numbers.
        aggregates: Vec<AggregatePlan>,
    },
    /// `#name(...)`.
    Stream {
        /// As written.
        name: String,
        /// The function.
        function: BoundStream,
        /// Its arguments.
        args: Vec<Expr>,
        /// Aggregates inside the arguments, in order of their numbers, with one state and no groups.
        aggregates: Vec<AggregatePlan>,
    },
}

impl Handler {
    /// All expressions: the condition or the arguments, and those of aggregates.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let (own, aggregates) = match self {
            Handler::Filter { condition, aggregates } => (std::slice::from_ref(condition), aggregates),
            Handler::Stream { args, aggregates, .. } => (&args[..], aggregates),
        };
        own.iter().chain(AggregatePlan::expressions(aggregates))
    }
}

/// An aggregator with its argument.
#[derive(Clone, Debug)]
pub struct AggregatePlan {
    /// As written, for EXPLAIN: `sum(price)`.
    pub text: String,
    /// The aggregator.
    pub function: BoundAggregate,
    /// Its argument; may use results of aggregates of lower numbers.
    pub arg: Option<Expr>,
    /// A bool over the same: the aggregate takes in, or out, only rows for which it is true, and its value is used for no
    /// others. It stands in a branch of `ifThenElse`, or behind `and` or `or`, which Siddhi does not look at otherwise.
    pub when: Option<Expr>,
    /// Whether a new batch empties it; not so in `having`, where Siddhi's aggregates run on.
    pub resets: bool,
}

impl AggregatePlan {
    /// Arguments of aggregates and the conditions they stand under.
    pub fn expressions(aggregates: &[AggregatePlan]) -> impl Iterator<Item = &Expr> {
        aggregates.iter().flat_map(|a| a.arg.iter().chain(&a.when))
    }
}

/// The selection of a query.
#[derive(Clone, Debug, Default)]
pub struct SelectPlan {
    /// Output attributes in order; their names and types are the output's schema.
    pub items: Vec<Item>,
    /// Aggregates of items and `having`, numbered so that an argument uses lower numbers only.
    pub aggregates: Vec<AggregatePlan>,
    /// Input attributes that make the group key.
    pub group_by: Vec<u32>,
    /// A bool over the query's input and aggregates: output attributes are replaced by what computes them.
    pub having: Option<Expr>,
    /// What to sort by, and whether descending.
    pub order_by: Vec<(SortBy, bool)>,
    /// What is sorted by that no output attribute shows: attributes of the inputs.
    pub sort_keys: Vec<Expr>,
    /// Rows of a chunk that come out at most.
    pub limit: Option<u64>,
    /// Rows of a chunk that are dropped first.
    pub offset: Option<u64>,
    /// Every row comes out, not only the last of a chunk or of each of its groups.
    pub each_row: bool,
    /// `order by` and `offset` count for nothing, and `limit` cuts rows of both kinds: what groups in Siddhi 4, but over batches.
    pub limits_only: bool,
}

impl SelectPlan {
    /// All expressions: of output attributes, `having` and what is sorted by, and those of aggregates.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let items = self.items.iter().map(|item| &item.expr);
        items.chain(&self.having).chain(&self.sort_keys).chain(AggregatePlan::expressions(&self.aggregates))
    }
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// An output attribute.
    Item(u32),
    /// One of the sort keys.
    Key(u32),
}

/// One output attribute.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// What computes it.
    pub expr: Expr,
}

/// Queries that run together.
#[derive(Clone, Debug)]
pub struct RegionPlan {
    /// Query numbers in an order in which each comes after those it reads from (stepped: text order).
    pub queries: Vec<usize>,
    /// How.
    pub mode: Mode,
    /// Why, in one sentence.
    pub reason: String,
}

/// Queries of one stream that can take a row only if an attribute equals a constant.
#[derive(Clone, Debug)]
pub struct RulesPlan {
    /// The stream.
    pub stream: usize,
    /// The attribute.
    pub attribute: u32,
    /// Query and constant, in text order.
    pub rules: Vec<(usize, Value)>,
}

/// How a region runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Query after query over the whole frame.
    Batched,
    /// The same for each frame that changes nothing which another query of it looks at; the others entry by entry.
    Mixed,
    /// Entry by entry, depth first.
    Stepped,
}
