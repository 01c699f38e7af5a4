//! An app's plan as the engine walks it: compiled queries, who reads and writes which stream. Never changes.

use std::sync::Arc;

use riddhi_batch::{Kind, Schema};
use riddhi_exec::aggregation::Aggregate;
use riddhi_exec::fault::FaultNode;
use riddhi_exec::join::{Join, JoinCode, KeyedJoin};
use riddhi_exec::query::{Code, KeyedQuery, Query, Step, Way};
use riddhi_exec::split::Split;
use riddhi_exec::states::States;
use riddhi_exec::table::ChangeTable;
use riddhi_exec::trigger::Trigger;
use riddhi_plan::logical::{Handler, Mode, QueryPlan, Role};
use riddhi_plan::registry::Timers;

use crate::compile::App;
use crate::engine::EngineOptions;
use crate::mixed::Contention;
use crate::node::Node;
use crate::rules::RuleIndex;

/// A query, or another node, and its place.
#[derive(Debug)]
pub struct QueryNode {
    /// The compiled query; none of another operator.
    pub code: Option<Arc<Code>>,
    /// Name of its state.
    pub key: String,
    /// What messages call it.
    pub label: String,
    /// The streams it reads.
    pub inputs: Vec<usize>,
    /// The stream it writes.
    pub output: Option<usize>,
    /// Whether it ever asks for timers.
    pub timed: bool,
    /// The region it belongs to.
    pub region: usize,
    /// Whether its output can be appended to its stream's rows as it is, and nobody asks for its own.
    pub direct: bool,
    /// Whether its own rows are asked for, beside those of its output stream.
    pub named: bool,
    /// Whether it takes rows only by way of its input's `rules`.
    pub ruled: bool,
}

/// A stream and its place.
#[derive(Debug)]
pub struct StreamNode {
    /// Its shape.
    pub schema: Schema,
    /// Queries that write it, in text order.
    pub writers: Vec<usize>,
    /// Queries that read it, in text order.
    pub readers: Vec<usize>,
    /// Rules among its readers.
    pub rules: Vec<RuleIndex>,
    /// Of a batched region, the readers to run when it has rows: all, but of its rules only the one that runs first, which
    /// finds out what the others get.
    pub starters: Vec<usize>,
    /// Whether its rows are asked for.
    pub shown: bool,
    /// Whether its rows carry their kind.
    pub kinded: bool,
    /// Whether what is shown of it tells which rows expire.
    pub tells: bool,
    /// Whether some writer's columns are of another kind than the stream's.
    pub converts: bool,
    /// The only writer, if its rows can be read as they are.
    pub only_writer: Option<u32>,
    /// Whether its writers may be merged by cause alone: all read one stream and none has timers.
    pub one_parent: bool,
    /// Which attributes any reader looks at.
    pub read: Vec<bool>,
    /// The region whose queries write or read it; none of a stream that no query touches.
    pub region: Option<usize>,
}

/// A region and its queries.
#[derive(Debug)]
pub struct RegionNode {
    /// Queries: of a batched region each after those it reads from. None of a region that another engine runs.
    pub queries: Vec<usize>,
    /// How it runs.
    pub mode: Mode,
    /// Of a mixed one: what its frames may not do at once.
    pub contention: Contention,
    /// Its nodes that look for idle keys of partitions.
    pub purging: Vec<usize>,
    /// Its queries with timers.
    pub timed: Vec<usize>,
    /// Whether no query remembers anything, draws random values or shows rows on their way, so that their order does not
    /// matter to what they become.
    pub stateless: bool,
}

/// The whole app.
#[derive(Debug)]
pub struct Graph {
    /// Queries in text order.
    pub queries: Vec<QueryNode>,
    /// Streams by number.
    pub streams: Vec<StreamNode>,
    /// Regions.
    pub regions: Vec<RegionNode>,
    /// Queries of batched regions that have timers.
    pub timed: Vec<usize>,
    /// Whether any region is ever stepped.
    pub stepped: bool,
    /// Whether no stream has more than one source of rows as long as none comes from outside into a stream that queries
    /// write, and queries fit a word: then nothing is ever merged.
    pub linear: bool,
    /// Whether nothing ever looks at the clock: no timers, and no expression that asks for it.
    pub timeless: bool,
    /// By stream, of a linear graph: its readers, a bit each at its place in the order of running.
    pub reader_masks: Vec<u64>,
    /// Whether queries are compiled to the general way.
    pub force_general: bool,
    /// Matches of one pattern that wait at most.
    pub partial_matches_max: usize,
    /// By partition: the nodes inside.
    pub partitions: Vec<Vec<usize>>,
    /// By stream: the query that alone takes its events, if a lone one can go the short way through it and no further.
    pub lone_readers: Vec<Option<LoneReader>>,
}

/// The one query that takes a stream's events, and the stream that it writes, which is shown and nobody reads.
#[derive(Clone, Copy, Debug)]
pub struct LoneReader {
    /// The query.
    pub query: u32,
    /// The stream it reads.
    pub input: u32,
    /// The stream it writes.
    pub output: u32,
    /// Whether the rows that pass come out as they are.
    pub unchanged: bool,
}

impl Graph {
    /// Compiles the queries of a plan.
    pub fn new(app: &App, options: &EngineOptions) -> Graph {
        let mut region_of = vec![0; app.queries.len()];
        for (r, region) in app.regions.iter().enumerate() {
            region.queries.iter().for_each(|&q| region_of[q] = r);
        }
        let mut queries: Vec<QueryNode> = app
            .queries
            .iter()
            .enumerate()
            .map(|(i, q)| {
                let compile = || Arc::new(Code::compile(i as u32, q, &app.name, options.force_general));
                let keyed = q.partition.is_some_and(|of| of.keyed);
                let code = (q.role.is_query() && !keyed).then(compile);
                QueryNode {
                    key: q.key.clone(),
                    label: q.name.clone().unwrap_or_else(|| q.label.clone()),
                    inputs: q.inputs.clone(),
                    output: q.output,
                    timed: code
                        .as_ref()
                        .map_or(!matches!(q.role, Role::Change(_) | Role::Fault(..)), |code| code.has_timers()),
                    region: region_of[i],
                    direct: false,
                    named: q.is_asked_for() && options.queries,
                    ruled: false,
                    code,
                }
            })
            .collect();
        let runs = |region: usize| options.regions.as_ref().is_none_or(|ours| ours.contains(&region));
        let mut streams: Vec<StreamNode> =
            (0..app.streams.len()).map(|s| stream_node(app, s, &queries, options)).collect();
        for query in &mut queries {
            let plain = |stream: usize| !streams[stream].converts && !streams[stream].kinded;
            let one = query.code.is_some() && query.inputs.iter().all(|&s| !streams[s].kinded);
            query.direct = one && !query.named && query.output.is_some_and(plain);
        }
        let regions: Vec<RegionNode> = app
            .regions
            .iter()
            .enumerate()
            .map(|(number, r)| RegionNode {
                queries: if !runs(number) {
                    Vec::new()
                } else if options.force_stepped {
                    sorted(&r.queries)
                } else {
                    r.queries.clone()
                },
                mode: match r.mode {
                    _ if !runs(number) => Mode::Batched,
                    _ if options.force_stepped => Mode::Stepped,
                    mode => mode,
                },
                contention: match r.mode {
                    Mode::Mixed if runs(number) => Contention::new(app, &r.queries),
                    _ => Contention::default(),
                },
                stateless: !options.force_stepped && r.queries.iter().all(|&q| stateless(&queries[q])),
                purging: r.queries.iter().copied().filter(|&q| runs(number) && purges(&app.queries[q])).collect(),
                timed: sorted(&r.queries).into_iter().filter(|&q| runs(number) && queries[q].timed).collect(),
            })
            .collect();
        if !options.force_general && !options.force_stepped {
            place_rules(app, &regions, &mut queries, &mut streams);
        }
        let stepped = regions.iter().any(|r| r.mode != Mode::Batched || !r.purging.is_empty());
        let linear = !stepped
            && queries.len() <= 64
            && queries.iter().all(|q| !q.ruled && q.code.is_some())
            && streams.iter().all(|s: &StreamNode| s.writers.is_empty() || s.only_writer.is_some());
        let order: Vec<usize> = regions.iter().flat_map(|r| r.queries.iter().copied()).collect();
        let mask = |s: &StreamNode| {
            let places = order.iter().enumerate().filter(|(_, q)| linear && s.readers.contains(q));
            places.fold(0, |mask, (place, _)| mask | 1 << place)
        };
        let reader_masks = streams.iter().map(mask).collect();
        let batched = regions.iter().filter(|r| r.mode != Mode::Stepped);
        let timeless = queries.iter().all(|q| q.code.as_ref().is_some_and(|code| timeless(code)));
        let near = app.tables.iter().all(|t| t.store.is_none());
        let lone_reader = |s: &StreamNode| match s.readers[..] {
            [q] if linear && timeless && near && s.writers.is_empty() && !options.queries => {
                let QueryNode { inputs, output: Some(output), code: Some(code), .. } = &queries[q] else { return None };
                let ends = code.short && streams[*output].shown && streams[*output].readers.is_empty();
                let unchanged = code.passes_unchanged();
                let (input, output) = (inputs[0] as u32, *output as u32);
                ends.then_some(LoneReader { query: q as u32, input, output, unchanged })
            }
            _ => None,
        };
        let lone_readers = streams.iter().map(lone_reader).collect();
        Graph {
            timed: batched.flat_map(|r| r.timed.iter().copied()).collect(),
            stepped,
            timeless,
            linear,
            reader_masks,
            lone_readers,
            force_general: options.force_general,
            partial_matches_max: options.partial_matches_max,
            partitions: (0..app.partitions.len()).map(|number| inside(app, number)).collect(),
            queries,
            streams,
            regions,
        }
    }
}

impl Graph {
    /// A node with nothing remembered.
    pub(crate) fn node(&self, q: usize, app: &App) -> Node {
        match (&self.queries[q].code, &app.queries[q].role) {
            (Some(code), _) => Node::Query(Box::new(Query::new(code.clone()))),
            (None, Role::Trigger(plan)) => Node::Other(Box::new(Trigger::new(q as u32, &self.queries[q].key, plan))),
            (None, Role::Split(plan)) => {
                let query = &app.queries[q];
                let partition = &app.partitions[plan.partition];
                let read = query.output.map_or(&[][..], |output| &self.streams[output].read);
                let interval = partition.purge.map(|purge| purge.interval_ms);
                Node::Other(Box::new(Split::new(q as u32, query, plan, partition.one_type, read, interval)))
            }
            (None, Role::Join(join)) => {
                let query = &app.queries[q];
                let code = JoinCode::compile(q as u32, query, join, &app.name);
                if let Some(of) = query.partition {
                    let side = |input: usize| join.sides.iter().find(|s| s.input == Some(input as u32));
                    let column = |input: usize| side(input).and_then(|s| s.key).map(|key| key as usize);
                    let columns = (0..query.inputs.len()).map(column).collect();
                    let numbered = query.select.items.last().is_some_and(|item| item.name.is_empty());
                    return Node::Other(Box::new(KeyedJoin::new(code, of.number, columns, numbered)));
                }
                Node::Other(Box::new(Join::new(code)))
            }
            (None, Role::Select | Role::Reader(_) | Role::Window(_)) => {
                let query = &app.queries[q];
                let Some(of) = query.partition else { unreachable!("a query of one stream is compiled") };
                let code = Arc::new(Code::compile(q as u32, query, &app.name, self.force_general));
                Node::Other(Box::new(KeyedQuery::new(code, of.number, of.column)))
            }
            (None, Role::Fault(of, input)) => {
                let output = app.queries[q].output.unwrap_or_default();
                Node::Other(Box::new(FaultNode::new(&self.queries[q].key, (*of, *input), &app.streams[output].schema)))
            }
            (None, Role::Change(change)) => {
                let (query, table) = (&app.queries[q], &app.tables[change.table]);
                Node::Other(Box::new(ChangeTable::new(q as u32, query, change, table)))
            }
            (None, Role::Aggregate(number)) => {
                let plan = &app.aggregations[*number];
                Node::Other(Box::new(Aggregate::new(q as u32, &self.queries[q].key, *number, plan)))
            }
            (None, Role::States(states)) => {
                let plan = &app.queries[q];
                let clock = (app.name.as_str(), app.playback);
                let states = States::new(q as u32, plan, states, clock, self.force_general);
                Node::Other(Box::new(states.bounded(self.partial_matches_max)))
            }
        }
    }
}

/// The nodes of a partition that keep a state by key.
fn inside(app: &App, number: usize) -> Vec<usize> {
    (0..app.queries.len()).filter(|&q| app.queries[q].partition.is_some_and(|of| of.number == number)).collect()
}

/// Gives the streams of regions that run here their rules.
fn place_rules(app: &App, regions: &[RegionNode], queries: &mut [QueryNode], streams: &mut [StreamNode]) {
    let mut place = vec![usize::MAX; queries.len()];
    let order = regions.iter().flat_map(|r| &r.queries);
    order.enumerate().for_each(|(i, &q)| place[q] = i);
    for plan in &app.rules {
        let stream = &mut streams[plan.stream];
        if stream.readers.is_empty() {
            continue;
        }
        stream.rules.push(RuleIndex::new(plan));
        plan.rules.iter().for_each(|(q, _)| queries[*q].ruled = true);
        let first = stream.readers.iter().copied().filter(|&q| queries[q].ruled).min_by_key(|&q| place[q]);
        stream.starters = stream.readers.iter().copied().filter(|&q| !queries[q].ruled || Some(q) == first).collect();
    }
}

fn purges(query: &QueryPlan) -> bool {
    matches!(&query.role, Role::Split(split) if split.purges)
}

fn stateless(query: &QueryNode) -> bool {
    let Some(code) = &query.code else { return false };
    let filters = code.before.iter().all(|s| matches!(s, Step::Filter { aggregates, .. } if aggregates.is_empty()));
    code.way == Way::Plain && filters && code.rate.is_none() && !code.asks_random && !query.named
}

/// Whether a query never looks at the clock. (The general way stamps rows that expire.)
fn timeless(code: &Code) -> bool {
    let window = code.window.as_ref().is_none_or(|w| w.timers == Timers::Never);
    window && !code.asks_now && !code.limits_by_clock() && code.way != Way::General
}

fn sorted(queries: &[usize]) -> Vec<usize> {
    let mut queries = queries.to_vec();
    queries.sort_unstable();
    queries
}

fn stream_node(app: &App, stream: usize, queries: &[QueryNode], options: &EngineOptions) -> StreamNode {
    let plan = &app.streams[stream];
    let kinds: Vec<_> = plan.schema.attributes.iter().map(|a| a.kind).collect();
    let parents: Vec<&[usize]> = plan.writers.iter().map(|&w| &queries[w].inputs[..]).collect();
    let mut read = vec![false; kinds.len()];
    plan.readers.iter().for_each(|&r| note_reads(&app.queries[r], &mut read));
    let asked = options.streams.as_ref().is_none_or(|names| names.contains(&plan.name));
    let shown = asked && !plan.writers.is_empty() && !plan.hidden && (!plan.kinded || plan.tells);
    if shown {
        read.fill(true);
    }
    let carries = |w: usize| -> Vec<Kind> {
        let number = matches!(app.queries[w].role, Role::Window(_)).then_some(Kind::I64);
        app.queries[w].select.items.iter().map(|i| i.expr.kind).chain(number).collect()
    };
    let converts = plan.writers.iter().any(|&w| !app.queries[w].select.items.is_empty() && carries(w) != kinds);
    let touching = plan.writers.iter().chain(&plan.readers).next();
    let region = touching.map(|&q| queries[q].region);
    // To an engine that does not run its region, nobody reads or writes it.
    let runs = region.is_none_or(|r| options.regions.as_ref().is_none_or(|ours| ours.contains(&r)));
    let ours = |queries: &[usize]| if runs { queries.to_vec() } else { Vec::new() };
    StreamNode {
        schema: plan.schema.clone(),
        writers: ours(&plan.writers),
        readers: ours(&plan.readers),
        rules: Vec::new(),
        starters: ours(&plan.readers),
        shown: shown && runs,
        kinded: plan.kinded,
        tells: plan.tells,
        converts,
        only_writer: match plan.writers[..] {
            [one] if !converts => Some(one as u32),
            _ => None,
        },
        one_parent: parents.iter().all(|p| p.len() == 1)
            && parents.windows(2).all(|p| p[0] == p[1])
            && plan.writers.iter().all(|&w| !queries[w].timed && queries[w].code.is_some()),
        read,
        region,
    }
}

/// Marks the attributes of its input that a query looks at.
fn note_reads(query: &QueryPlan, read: &mut [bool]) {
    if !matches!(query.role, Role::Select) {
        return read.fill(true);
    }
    if let Some(number) = query.partition.and_then(|of| read.get_mut(of.column as usize)) {
        *number = true;
    }
    for handler in query.before.iter().chain(&query.after) {
        if let Handler::Stream { .. } = handler {
            return read.fill(true);
        }
        handler.expressions().for_each(|e| e.mark_attributes(read));
    }
    let select = &query.select;
    select.expressions().for_each(|e| e.mark_attributes(read));
    let window = query.window.iter().flat_map(|w| w.looks_at());
    let plain = select.group_by.iter().copied().chain(window);
    plain.for_each(|a| {
        if let Some(read) = read.get_mut(a as usize) {
            *read = true;
        }
    });
}
