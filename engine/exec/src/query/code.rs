//! A query compiled: programs instead of expressions, and which of the ways to run it is taken. Never changes.

use std::sync::Arc;

use riddhi_batch::{Column, Kind, Schema};
use riddhi_plan::expr::{Expr, Node};
use riddhi_plan::logical::{AggregatePlan, Handler, Item, Kinds, QueryPlan, RatePlan, Role, Shared, SortBy, Which};
use riddhi_plan::registry::{BoundAggregate, BoundWindow, Form, StreamKernel, Timers, Volatility};

use crate::expr::Program;
use crate::fault::MADE;
use crate::steps::Part;

/// The ways to run a query; each answers as [`Way::General`] would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// No window that anybody sees, no aggregate, no group: rows pass.
    Plain,
    /// Rows enter and leave one by one, only current rows come out: a loop an aggregate.
    Slide,
    /// Rows come out as batches, current ones only: a loop an aggregate and batch.
    Flush,
    /// A list of signals.
    General,
}

/// An output attribute on the short way.
#[derive(Debug)]
pub enum ShortItem {
    /// A bare attribute of the input.
    Attribute(u32),
    /// Something computed by a walk over a tree.
    Tree(Box<Program>),
}

/// What the rows of the input are to the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Rows that arrive.
    Rows,
    /// Those of a named window, whose own kinds they have.
    Window {
        /// Which kinds it lets out.
        kinds: Kinds,
        /// The attribute that tells a row's number in the window.
        number: u32,
    },
    /// What a join or a pattern found: rows that arrive or leave, and resets.
    Signals,
}

/// Whether a selection is made of what the window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// It is.
    No,
    /// The rows come out as they are, with their kinds and numbers: a named window.
    Out,
    /// Nothing is made of it here: a side of a join.
    Stage,
}

/// What an output attribute is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// No aggregate.
    Plain,
    /// An aggregate and nothing else.
    Aggregate,
    /// Something computed from an aggregate.
    Computed,
}

/// A handler, compiled.
#[derive(Debug)]
pub enum Step {
    /// Keeps rows.
    Filter {
        /// Whether a row stays.
        condition: Program,
        /// Aggregates of the condition.
        aggregates: Vec<AggregateCode>,
    },
    /// Shows rows to a stream function.
    Stream(StreamCode),
}

/// A stream function, compiled.
#[derive(Debug)]
pub struct StreamCode {
    /// The function.
    pub kernel: Arc<dyn StreamKernel>,
    /// Its arguments, each with the kind of its declared type: a value of another kind fails its row.
    pub args: Vec<(Program, Kind)>,
    /// Aggregates of the arguments.
    pub aggregates: Vec<AggregateCode>,
    /// Attributes that rows have when they come to it.
    pub sees: usize,
    /// Kinds of the attributes that it adds behind them.
    pub adds: Vec<Kind>,
}

impl Step {
    /// Aggregates of the condition or the arguments.
    pub fn aggregates(&self) -> &[AggregateCode] {
        match self {
            Step::Filter { aggregates, .. } | Step::Stream(StreamCode { aggregates, .. }) => aggregates,
        }
    }
}

impl StreamCode {
    /// Empty columns for what it adds.
    pub fn added(&self) -> Vec<Column> {
        self.adds.iter().map(|&kind| Column::new(kind)).collect()
    }
}

/// An aggregate, compiled.
#[derive(Debug)]
pub struct AggregateCode {
    /// What makes its running values.
    pub function: BoundAggregate,
    /// Its argument.
    pub arg: Option<Program>,
    /// The condition under which it takes a row in or out.
    pub when: Option<Program>,
    /// Whether a new batch empties it.
    pub resets: bool,
    /// Kind of the argument's declared type.
    pub kind: Kind,
    /// Place among the distinct arguments of the select, if there is an argument.
    pub place: Option<usize>,
}

impl AggregateCode {
    /// Arguments of aggregates and the conditions they stand under.
    fn programs(aggregates: &[AggregateCode]) -> impl Iterator<Item = &Program> {
        aggregates.iter().flat_map(|a| a.arg.iter().chain(&a.when))
    }
}

/// A query, compiled.
#[derive(Debug)]
pub struct Code {
    /// Number of the query in text order: the place of its timers among those of others.
    pub element: u32,
    /// Which of the node's inputs its rows are, to tell those that fail.
    pub fault_input: u32,
    /// `@info` name or `query <n>`, for the log.
    pub label: String,
    /// Name of its state.
    pub key: String,
    /// Seed of its random values.
    pub seed: u64,
    /// App name, for `#log`.
    pub app: String,
    /// Input attributes, and those that stream functions add.
    pub schema: Schema,
    /// Handlers before the window.
    pub before: Vec<Step>,
    /// Place in `before` of the first stream function that adds attributes: rows are copied there to get them. The number of
    /// handlers, if there is none.
    pub narrow: usize,
    /// Attributes that rows have when they come to the window.
    pub entering: usize,
    /// The window.
    pub window: Option<BoundWindow>,
    /// Whether expired rows are put out: batch windows keep rows for that.
    pub expired: bool,
    /// Whether anybody sees when rows expire: sliding windows ask for timers for that.
    pub watched: bool,
    /// Whether the window asks for timers here.
    pub timed: bool,
    /// Handlers after the window.
    pub after: Vec<Step>,
    /// How it runs.
    pub way: Way,
    /// What its input is.
    pub takes: Takes,
    /// Whether a selection is made of what the window says.
    pub raw: Raw,
    /// Of a named window, if it asks how far its rows have been looked at: its stream.
    pub looked: Option<usize>,
    /// Which of a node's parts arms its timers.
    pub part: Part,
    /// Whether rows leave: a window stands before the selection.
    pub windowed: bool,
    /// Whether chunks that name the same cause come out as one.
    pub joins_chunks: bool,
    /// Attributes that make the group key.
    pub group_by: Vec<u32>,
    /// Aggregates.
    pub aggregates: Vec<AggregateCode>,
    /// Distinct arguments of the aggregates (ways slide and flush).
    pub args: Vec<Program>,
    /// Output attributes.
    pub items: Vec<Program>,
    /// What each of them is made of.
    pub shows: Vec<Show>,
    /// Which rows come out.
    pub having: Option<Program>,
    /// What to sort by, and whether descending.
    pub order_by: Vec<(SortBy, bool)>,
    /// What is sorted by that no output attribute shows.
    pub sort_keys: Vec<Program>,
    /// Most rows of a chunk.
    pub limit: Option<u64>,
    /// Rows of a chunk dropped first.
    pub offset: u64,
    /// Which kinds of row come out.
    pub kinds: Kinds,
    /// The rate limiter behind the selection.
    pub rate: Option<RatePlan>,
    /// Attributes that the store keeps (ways flush and general), and all that is read after the window.
    pub kept: Vec<u32>,
    /// Whether a chunk of one row may take the short way: filters and projections that ask for nothing but attributes, that
    /// cannot fail and call no function; rows neither sorted nor cut.
    pub short: bool,
    /// Of the short way: filters, then `having`.
    pub short_conditions: Vec<Program>,
    /// Of the short way: output attributes.
    pub short_items: Vec<ShortItem>,
    /// Whether a frame's signals are collected over its chunks and timers before anything is made of them. Not where a
    /// limiter has timers of its own between them, or random values are numbered as they are drawn.
    pub collects: bool,
    /// Whether any program after the window asks for timestamps.
    pub asks_ts: bool,
    /// Whether any program asks for the clock.
    pub asks_now: bool,
    /// Whether there is a state for each key of a partition.
    pub keyed: bool,
    /// Whether a group is the number of a key of a partition, and nothing else.
    pub grouped_by_key: bool,
    /// Whether any program asks for random values.
    pub asks_random: bool,
    /// Whether every row comes out, not only the last of a chunk or of its groups.
    pub each_row: bool,
    /// Whether `order by` and `offset` count for nothing, and `limit` cuts rows of both kinds.
    pub limits_only: bool,
    /// Whether any program looks at a table.
    pub asks_tables: bool,
}

impl Code {
    /// Compiles a query. `force_general`: take the general way whatever the query, to hold the others against.
    pub fn compile(element: u32, plan: &QueryPlan, app: &str, force_general: bool) -> Code {
        let (takes, raw) = match &plan.role {
            Role::Reader(window) => (Takes::Window { kinds: window.kinds, number: window.number }, Raw::No),
            Role::Window(_) => (Takes::Rows, Raw::Out),
            _ => (Takes::Rows, Raw::No),
        };
        Code::compile_as(element, plan, app, force_general, (takes, raw, Part::Window))
    }

    /// Compiles a side of a join: handlers and window, whose signals others look at. What it selects is what it keeps.
    pub fn compile_stage(element: u32, plan: &QueryPlan, app: &str, part: Part) -> Code {
        let takes = match &plan.role {
            Role::Reader(window) => Takes::Window { kinds: window.kinds, number: window.number },
            _ => Takes::Rows,
        };
        Code::compile_as(element, plan, app, true, (takes, Raw::Stage, part))
    }

    /// Compiles the selection of rows that a join or a pattern puts together.
    pub fn compile_inner(element: u32, plan: &QueryPlan, app: &str) -> Code {
        let plain =
            plan.kinds == Kinds::Current && plan.select.aggregates.is_empty() && plan.select.group_by.is_empty();
        let code = Code::compile_as(element, plan, app, !plain, (Takes::Signals, Raw::No, Part::Window));
        Code { windowed: true, joins_chunks: true, short: false, fault_input: MADE, ..code }
    }

    fn compile_as(
        element: u32,
        plan: &QueryPlan,
        app: &str,
        force_general: bool,
        (takes, raw, part): (Takes, Raw, Part),
    ) -> Code {
        let force_general = force_general || raw != Raw::No || matches!(takes, Takes::Window { .. });
        let always_seen = raw != Raw::No;
        let aggregates: Vec<AggregateCode> = plan.select.aggregates.iter().map(aggregate).collect();
        let mut code = Code {
            element,
            fault_input: 0,
            label: plan.name.clone().unwrap_or_else(|| plan.label.clone()),
            key: plan.key.clone(),
            seed: seed(&plan.key),
            app: app.to_owned(),
            schema: plan.schema.clone(),
            before: Vec::new(),
            entering: plan.schema.attributes.len() - added(&plan.after),
            narrow: plan.before.iter().position(adds_attributes).unwrap_or(plan.before.len()),
            window: plan.window.clone(),
            expired: always_seen || plan.kinds != Kinds::Current,
            watched: always_seen || plan.kinds != Kinds::Current || !plan.after.is_empty() || volatile_args(plan),
            after: Vec::new(),
            timed: false,
            way: Way::General,
            takes,
            raw,
            looked: plan.output.filter(|&o| plan.shared.iter().any(|(s, _)| *s == Shared::Looked(o))),
            part,
            windowed: plan.window.is_some(),
            joins_chunks: false,
            group_by: plan.select.group_by.clone(),
            aggregates,
            args: Vec::new(),
            items: plan.select.items.iter().map(|i| Program::compile(&i.expr)).collect(),
            shows: plan.select.items.iter().map(show).collect(),
            having: plan.select.having.as_ref().map(Program::compile),
            order_by: plan.select.order_by.clone(),
            sort_keys: plan.select.sort_keys.iter().map(Program::compile).collect(),
            limit: plan.select.limit,
            offset: plan.select.offset.unwrap_or(0),
            kinds: plan.kinds,
            rate: plan.rate,
            each_row: plan.select.each_row,
            limits_only: plan.select.limits_only,
            kept: Vec::new(),
            short: false,
            short_conditions: Vec::new(),
            short_items: Vec::new(),
            collects: false,
            asks_ts: false,
            asks_now: false,
            asks_random: false,
            keyed: plan.partition.is_some_and(|of| of.keyed),
            grouped_by_key: plan.partition.is_some_and(|of| !of.keyed && plan.select.group_by == [of.column]),
            asks_tables: plan.expressions().into_iter().any(Expr::reads_table),
        };
        let mut sees = plan.schema.attributes.len() - added(&plan.before) - added(&plan.after);
        code.before = plan.before.iter().map(|h| step(h, &mut sees)).collect();
        code.after = plan.after.iter().map(|h| step(h, &mut sees)).collect();
        if !force_general {
            code.way = way(plan);
        }
        code.timed = code.asks_for_timers();
        code.share_args(plan);
        code.kept = kept(plan, code.way);
        code.note_volatility();
        code.collects = code.way == Way::General
            && code.timed
            && code.rate.is_none()
            && !code.asks_random
            && plan.partition.is_none()
            && code.narrow == code.before.len();
        let bare = code.uncut() && code.rate.is_none() && !code.asks_ts;
        if code.way == Way::Plain && bare && code.filters_without_aggregates() {
            code.shorten(plan);
        }
        code
    }

    /// Gives each aggregate the place of its argument among the distinct ones.
    fn share_args(&mut self, plan: &QueryPlan) {
        let mut seen: Vec<u32> = Vec::new();
        for (aggregate, code) in plan.select.aggregates.iter().zip(&mut self.aggregates) {
            let Some(arg) = &aggregate.arg else { continue };
            let program = Program::compile(arg);
            let known = program.attribute().and_then(|a| seen.iter().position(|&s| s == a));
            code.place = Some(known.unwrap_or(self.args.len()));
            if known.is_none() {
                seen.push(program.attribute().unwrap_or(u32::MAX));
                self.args.push(program);
            }
        }
    }

    fn note_volatility(&mut self) {
        let mut most = Vec::new();
        let steps = self.before.iter().chain(&self.after);
        for step in steps {
            most.extend(AggregateCode::programs(step.aggregates()).map(Program::volatility));
            match step {
                Step::Filter { condition, .. } => most.push(condition.volatility()),
                Step::Stream(function) => most.extend(function.args.iter().map(|(arg, _)| arg.volatility())),
            }
        }
        let selection = self.items.iter().chain(&self.args).chain(&self.having).chain(&self.sort_keys);
        most.extend(selection.map(Program::volatility));
        most.extend(AggregateCode::programs(&self.aggregates).map(Program::volatility));
        // Volatility is ordered, so an expression that asks for random values may ask for the clock too.
        self.asks_ts = most.iter().any(|&v| v >= Volatility::RowTime);
        self.asks_now = most.iter().any(|&v| v >= Volatility::Clock);
        self.asks_random = most.contains(&Volatility::Random);
    }

    /// Prepares the short way, if every condition and item can take it.
    fn shorten(&mut self, plan: &QueryPlan) {
        let filters = plan.before.iter().filter_map(|h| match h {
            Handler::Filter { condition, .. } => Some(condition),
            Handler::Stream { .. } => None,
        });
        self.short_conditions = filters.chain(&plan.select.having).map(Program::compile).collect();
        let item = |e: &Expr| match Program::compile(e) {
            program if program.attribute().is_some() => program.attribute().map(ShortItem::Attribute),
            program => program.is_tree().then(|| ShortItem::Tree(Box::new(program))),
        };
        let items: Option<Vec<ShortItem>> = plan.select.items.iter().map(|i| item(&i.expr)).collect();
        self.short = items.is_some() && self.short_conditions.iter().all(|c| c.is_tree());
        self.short_items = items.unwrap_or_default();
    }

    /// Whether a row that takes the short way comes out as it went in.
    pub fn passes_unchanged(&self) -> bool {
        let itself = |(i, item): (usize, &ShortItem)| matches!(item, ShortItem::Attribute(a) if *a as usize == i);
        self.short
            && self.short_items.len() == self.schema.attributes.len()
            && self.short_items.iter().enumerate().all(itself)
    }

    fn filters_without_aggregates(&self) -> bool {
        self.before.iter().all(|s| matches!(s, Step::Filter { aggregates, .. } if aggregates.is_empty()))
    }

    /// Whether the rows of a chunk come out as they are: neither sorted nor cut by `limit` or `offset`.
    pub fn uncut(&self) -> bool {
        let whole = self.limit.is_none();
        whole && (self.limits_only() || (self.order_by.is_empty() && self.offset == 0))
    }

    /// Whether `order by` and `offset` count for nothing: so in a snapshot of groups.
    pub fn limits_only(&self) -> bool {
        self.limits_only || (self.is_snapshot() && !self.group_by.is_empty())
    }

    /// Whether a snapshot limiter stands behind the selection: then each row passes, not just the last of a chunk or of
    /// its groups.
    pub fn is_snapshot(&self) -> bool {
        matches!(self.rate, Some(RatePlan::Snapshot(_)))
    }

    /// Whether each row passes, not just the last of a chunk or of its groups.
    pub fn each_row(&self) -> bool {
        self.each_row || self.is_snapshot()
    }

    /// Whether only aggregates are selected.
    pub fn all_aggregated(&self) -> bool {
        self.shows.iter().all(|&s| s == Show::Aggregate)
    }

    /// Whether rows of both kinds may come out, so that the output tells the kind of each.
    pub fn kinded(&self) -> bool {
        self.way == Way::General && self.kinds != Kinds::Current
    }

    /// Whether the limiter tells groups apart.
    pub fn limits_groups(&self) -> bool {
        let by_group = match self.rate {
            Some(RatePlan::Events(which, _) | RatePlan::Time(which, _)) => which != Which::All,
            Some(RatePlan::Snapshot(_)) => true,
            None => false,
        };
        by_group && !self.group_by.is_empty()
    }

    /// Whether the limiter wants to know of resets; those of groups never come to it.
    pub fn limits_resets(&self) -> bool {
        self.is_snapshot() && self.group_by.is_empty() && self.windowed
    }

    /// Milliseconds of the limiter's intervals, if a timer ends them.
    pub fn tick_ms(&self) -> Option<i64> {
        match self.rate {
            Some(RatePlan::Time(Which::All | Which::Last, ms) | RatePlan::Snapshot(ms)) => Some(ms),
            _ => None,
        }
    }

    /// Whether the query ever asks for timers.
    #[inline]
    pub fn has_timers(&self) -> bool {
        self.timed || self.tick_ms().is_some()
    }

    /// Whether the limiter looks at the clock.
    pub fn limits_by_clock(&self) -> bool {
        matches!(self.rate, Some(RatePlan::Time(..) | RatePlan::Snapshot(_)))
    }

    fn asks_for_timers(&self) -> bool {
        self.window.as_ref().is_some_and(|w| match w.timers {
            Timers::Never => false,
            Timers::Watched => self.watched,
            Timers::Always | Timers::Next => true,
        })
    }

    /// Kinds of the output columns.
    pub fn output_kinds(&self) -> Vec<Kind> {
        let number = (self.raw == Raw::Out).then_some(Kind::I64);
        self.items.iter().map(Program::kind).chain(number).collect()
    }
}

fn show(item: &Item) -> Show {
    match item.expr.node {
        Node::Aggregate(_) => Show::Aggregate,
        _ if item.expr.has_aggregate() => Show::Computed,
        _ => Show::Plain,
    }
}

pub(super) fn aggregate(plan: &AggregatePlan) -> AggregateCode {
    let kind = plan.arg.as_ref().map_or(Kind::I64, |a| a.ty.kind());
    AggregateCode {
        function: plan.function.clone(),
        arg: plan.arg.as_ref().map(Program::compile),
        when: plan.when.as_ref().map(Program::compile),
        resets: plan.resets,
        kind,
        place: None,
    }
}

/// Whether it is a stream function that adds attributes.
fn adds_attributes(handler: &Handler) -> bool {
    matches!(handler, Handler::Stream { function, .. } if !function.adds.is_empty())
}

/// Attributes that stream functions among the handlers add.
fn added(handlers: &[Handler]) -> usize {
    let of = |handler: &Handler| match handler {
        Handler::Stream { function, .. } => function.adds.len(),
        Handler::Filter { .. } => 0,
    };
    handlers.iter().map(of).sum()
}

/// Compiles a handler; `seen` counts the attributes that rows have.
pub(crate) fn step(handler: &Handler, seen: &mut usize) -> Step {
    match handler {
        Handler::Filter { condition, aggregates } => Step::Filter {
            condition: Program::compile(condition),
            aggregates: aggregates.iter().map(aggregate).collect(),
        },
        Handler::Stream { function, args, aggregates, .. } => {
            let (kernel, sees) = (function.kernel.clone(), *seen);
            *seen += function.adds.len();
            let args = args.iter().map(|arg| (Program::compile(arg), arg.ty.kind())).collect();
            let aggregates = aggregates.iter().map(aggregate).collect();
            let adds = function.adds.iter().map(|a| a.kind).collect();
            Step::Stream(StreamCode { kernel, args, aggregates, sees, adds })
        }
    }
}

/// The seed of random values of the query of that key.
pub(crate) fn seed(key: &str) -> u64 {
    // FNV-1a: the same on every machine and version.
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ b as u64).wrapping_mul(0x0100_0000_01b3))
}

/// Whether an argument has another value when its row leaves than when it came.
fn volatile_args(plan: &QueryPlan) -> bool {
    AggregatePlan::expressions(&plan.select.aggregates).any(|a| a.volatility() > Volatility::Pure)
}

/// Whether all that an expression reads is of its declared type, so that no row of it can fail.
fn sound(expr: &Expr) -> bool {
    let mut sound = true;
    expr.visit(&mut |e| {
        sound &= e.kind == e.ty.kind() && e.kind != Kind::Any;
        if let Node::Arith(_, a, b) = &e.node {
            sound &= a.ty.is_numeric() && b.ty.is_numeric();
        }
    });
    sound
}

fn way(plan: &QueryPlan) -> Way {
    let select = &plan.select;
    if !select.sort_keys.is_empty() {
        return Way::General;
    }
    let nothing_aggregated = select.aggregates.is_empty() && select.group_by.is_empty();
    if plan.window.is_none() && nothing_aggregated && plan.after.is_empty() {
        return if plan.kinds == Kinds::Expired { Way::General } else { Way::Plain };
    }
    let simple_args = select
        .aggregates
        .iter()
        .filter_map(|a| a.arg.as_ref())
        .all(|a| a.volatility() == Volatility::Pure && !a.has_aggregate() && sound(a));
    let simple_args = simple_args && select.aggregates.iter().all(|a| a.when.is_none() && a.function.kind != Kind::Any);
    // Without a window no row ever expires.
    let current = plan.kinds == Kinds::Current || (plan.kinds == Kinds::All && plan.window.is_none());
    if !current || !plan.after.is_empty() || !simple_args {
        return Way::General;
    }
    match plan.window.as_ref().map(|w| w.form) {
        None | Some(Form::Slide) => Way::Slide,
        Some(Form::Flush) if select.having.is_none() && items_sound(plan) => Way::Flush,
        _ => Way::General,
    }
}

/// Whether no output attribute can fail: a batch then needs values for its last rows only.
fn items_sound(plan: &QueryPlan) -> bool {
    plan.select.items.iter().all(|i| sound(&i.expr) || matches!(i.expr.node, Node::Attr(_)))
}

/// Attributes read after the window, in order; not those that are added there.
fn kept(plan: &QueryPlan, way: Way) -> Vec<u32> {
    let all = (plan.schema.attributes.len() - added(&plan.after)) as u32;
    let mut used = vec![false; all as usize];
    let mut note = |expr: &Expr| expr.mark_attributes(&mut used);
    if way != Way::General {
        plan.select.items.iter().for_each(|i| note(&i.expr));
    } else {
        plan.select.expressions().for_each(&mut note);
        for handler in &plan.after {
            if let Handler::Stream { .. } = handler {
                return (0..all).collect();
            }
            handler.expressions().for_each(&mut note);
        }
        let window = plan.window.iter().flat_map(|w| &w.keeps);
        plan.select.group_by.iter().chain(window).filter(|&&a| a < all).for_each(|&a| used[a as usize] = true);
    }
    (0..all).filter(|&a| used[a as usize]).collect()
}
