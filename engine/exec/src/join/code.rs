//! A join compiled. Never changes.

use std::sync::Arc;

use riddhi_batch::{Kind, Schema};
use riddhi_plan::expr::Expr;
use riddhi_plan::join::{JoinPlan, SideOf};
use riddhi_plan::logical::{Kinds, QueryPlan};
use riddhi_plan::registry::{Finds, Leaving, Volatility};

use super::buckets::BucketsCode;
use super::key::KeyColumn;
use crate::expr::Program;
use crate::query::Code;
use crate::steps::Part;
use crate::table::Finder;

/// An attribute that the joined rows carry: where it stands there, and at its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Place among the attributes of the joined rows.
    pub to: usize,
    /// Which side it is of.
    pub side: usize,
    /// What it is.
    pub what: What,
}

/// What a column of the joined rows holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The column of the side's rows.
    Column(usize),
    /// Their timestamps.
    Time,
}

/// A side, compiled.
#[derive(Debug)]
pub struct SideCode {
    /// Its place among the inputs.
    pub input: Option<u32>,
    /// Handlers and window.
    pub stage: Arc<Code>,
    /// What it is.
    pub of: SideOf,
    /// Whether its events look for rows of the other side.
    pub triggers: bool,
    /// Whether it has a window, so that its rows can be found.
    pub windowed: bool,
    /// Whether its rows stay nowhere: an event that it gives leaves at once.
    pub passing: bool,
    /// Which of its rows are found.
    pub finds: Finds,
    /// Whether rows that leave are looked up only if expired events are put out.
    pub quiet: bool,
    /// Whether they leave in any order.
    pub any_order: bool,
    /// What its rows are looked up by.
    pub keys: Vec<KeyColumn>,
    /// Columns of its rows, by their attributes.
    pub columns: Vec<u32>,
    /// Their kinds.
    pub kinds: Vec<Kind>,
    /// Whether an event that finds nothing comes out alone.
    pub outer: bool,
}

/// The table on one side.
#[derive(Debug)]
pub struct TableCode {
    /// The side it stands on.
    pub side: usize,
    /// Its number.
    pub number: usize,
    /// The condition.
    pub finder: Finder,
    /// If it is what an aggregation has: which.
    pub buckets: Option<BucketsCode>,
    /// What the condition looks at of the events of the other side, and their timestamps behind that.
    pub carried: Vec<Carried>,
    /// The columns of those.
    pub kinds: Vec<Kind>,
}

/// A join, compiled.
#[derive(Debug)]
pub struct JoinCode {
    /// Number of the node.
    pub element: u32,
    /// Name of its state.
    pub key: String,
    /// What messages call it.
    pub label: String,
    /// Seed of random values.
    pub seed: u64,
    /// Left and right.
    pub sides: [SideCode; 2],
    /// The selection.
    pub inner: Arc<Code>,
    /// Attributes of the joined rows.
    pub schema: Schema,
    /// What the selection looks at.
    pub selected: Vec<Carried>,
    /// If one side is a table: which, and how its rows are found.
    pub table: Option<TableCode>,
    /// The condition, and what it looks at.
    pub on: Option<(Program, Vec<Carried>)>,
    /// What of it is left beside exact keys.
    pub rest: Option<(Program, Vec<Carried>)>,
    /// Whether expired events are looked up at all, and whether those of quiet sides are.
    pub expired: (bool, bool),
    /// Whether the selection wants to know of resets.
    pub resets: bool,
    /// Whether an event's rows are a chunk of their own to the selection; else those of a whole chunk are.
    pub by_event: bool,
    /// Whether both sides are one stream, whose events pass both one by one.
    pub selfed: bool,
    /// Whether a side's window has to be asked for an order, so that it may not run ahead.
    pub one_by_one: bool,
    /// Whether the condition asks for random values.
    pub asks_random: bool,
}

impl JoinCode {
    /// Compiles a join.
    pub fn compile(element: u32, plan: &QueryPlan, join: &JoinPlan, app: &str) -> JoinCode {
        let inner = Code::compile_inner(element, plan, app);
        let side = |at: usize| side_code(element, join, at, app);
        let sides = [side(0), side(1)];
        let carried = |used: Vec<bool>| carried(join, &sides, plan.schema.attributes.len(), &used);
        let used = |exprs: &mut dyn Iterator<Item = &Expr>| {
            let mut used = vec![false; plan.schema.attributes.len()];
            exprs.for_each(|e| e.mark_attributes(&mut used));
            used
        };
        let condition =
            |on: &Option<Expr>| on.as_ref().map(|on| (Program::compile(on), carried(used(&mut std::iter::once(on)))));
        let table = table_code(join, &sides);
        let (on, rest) = match table {
            Some(_) => (None, None),
            None => (condition(&join.on), condition(&join.rest)),
        };
        let select = &plan.select;
        let mut in_select = used(&mut select.expressions());
        select.group_by.iter().for_each(|&a| in_select[a as usize] = true);
        let selected = carried(in_select);
        let aggregated = !inner.aggregates.is_empty();
        let puts_out = plan.kinds != Kinds::Current;
        JoinCode {
            element,
            key: plan.key.clone(),
            label: inner.label.clone(),
            seed: inner.seed,
            schema: plan.schema.clone(),
            selected,
            table,
            on,
            rest,
            expired: (aggregated || puts_out, puts_out),
            resets: aggregated || inner.limits_resets(),
            by_event: aggregated || !inner.group_by.is_empty() || !inner.uncut(),
            selfed: join.selfed,
            one_by_one: sides.iter().any(|s| s.finds == Finds::Arranged),
            asks_random: join.on.as_ref().is_some_and(|on| on.volatility() == Volatility::Random),
            inner: Arc::new(inner),
            sides,
        }
    }
}

fn side_code(element: u32, join: &JoinPlan, at: usize, app: &str) -> SideCode {
    let plan = &join.sides[at];
    let stage = Code::compile_stage(element, &plan.stage, app, Part::Inner(at as u16));
    let stage = Code { fault_input: plan.input.unwrap_or(0), ..stage };
    let named = matches!(plan.of, SideOf::Window { .. });
    let windowed = stage.window.is_some() || named;
    let columns: Vec<u32> = match stage.window.is_some() || named {
        true => stage.kept.clone(),
        // Rows that pass stand at the places of their attributes.
        false => (0..plan.schema.attributes.len() as u32).collect(),
    };
    let kind = |&a: &u32| plan.stage.schema.attributes[a as usize].kind;
    let leaving = stage.window.as_ref().map(|w| w.leaving);
    let (finds, any_order) = match (plan.of, &stage.window) {
        // Its own order is known to the window only.
        (SideOf::Window { finds: Finds::Arranged, any_order, .. }, _) => (Finds::Arrived, any_order),
        (SideOf::Window { finds, any_order, .. }, _) => (finds, any_order),
        (SideOf::Table(_) | SideOf::Aggregation(_), _) => (Finds::Nothing, false),
        (SideOf::Stream, Some(window)) => (window.finds, window.leaving.in_any_order()),
        (SideOf::Stream, None) => (Finds::Nothing, false),
    };
    let place = |attribute: u32| columns.iter().position(|&c| c == attribute).unwrap_or(0);
    let keys = join.keys.iter().map(|k| KeyColumn { column: place(k.attributes[at]), kind: k.kind }).collect();
    SideCode {
        input: plan.input,
        of: plan.of,
        triggers: plan.triggers,
        windowed,
        passing: !windowed || plan.of == SideOf::Stream && finds == Finds::Nothing,
        finds,
        quiet: leaving == Some(Leaving::Batch),
        any_order,
        keys,
        kinds: columns.iter().map(kind).collect(),
        columns,
        outer: join.outer[at],
        stage: Arc::new(stage),
    }
}

fn table_code(join: &JoinPlan, sides: &[SideCode; 2]) -> Option<TableCode> {
    let condition = join.table.as_ref()?;
    let side = join.sides.iter().position(|s| matches!(s.of, SideOf::Table(_) | SideOf::Aggregation(_)))?;
    let own = 1 - side;
    let attributes = join.sides[own].schema.attributes.len();
    // The event's attributes, then the timestamps of the left and of the right row.
    let mut used = vec![false; attributes + 2];
    let asked = join.buckets.iter().flat_map(|b| [&b.start, &b.per].into_iter().chain(&b.end));
    condition.expressions().chain(asked).for_each(|e| e.mark_attributes(&mut used));
    let mut carried = Vec::new();
    for (to, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        if to >= attributes {
            carried.push(Carried { to, side: to - attributes, what: What::Time });
            continue;
        }
        let column = sides[own].columns.iter().position(|&c| c as usize == to);
        carried.extend(column.map(|column| Carried { to, side: own, what: What::Column(column) }));
    }
    let kinds = join.sides[own].schema.attributes.iter().map(|a| a.kind).chain([Kind::I64; 2]).collect();
    let buckets = join.buckets.as_ref().map(BucketsCode::compile);
    Some(TableCode { side, number: condition.table, finder: Finder::compile(condition), buckets, carried, kinds })
}

/// What the joined rows have to carry. Behind the attributes of both sides stand the timestamps of their rows.
fn carried(join: &JoinPlan, sides: &[SideCode; 2], all: usize, used: &[bool]) -> Vec<Carried> {
    let mut list = Vec::new();
    for (to, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        if to + 2 >= all {
            list.push(Carried { to, side: to + 2 - all, what: What::Time });
            continue;
        }
        let side = usize::from(to >= join.sides[1].first);
        let attribute = (to - join.sides[side].first) as u32;
        let column = sides[side].columns.iter().position(|&c| c == attribute);
        list.extend(column.map(|column| Carried { to, side, what: What::Column(column) }));
    }
    list
}
