//! Bound expressions and queries as readable text: for EXPLAIN, and for names of aggregates. Equal
//! texts over the same input mean equal expressions.

use std::fmt::Write;

use riddhi_batch::{Schema, Value, double_text, float_text};

use crate::expr::{Arith, Compare, Expr, Node};
use crate::logical::{AggregatePlan, Handler, Kinds, QueryPlan, RatePlan, SortBy, Which};
use crate::table::{Access, TableCondition};

/// The text of `expr`, whose attributes are those of `schema`.
pub fn expr_text(expr: &Expr, schema: &Schema, aggregates: &[AggregatePlan]) -> String {
    let mut out = String::new();
    Printer { schema, aggregates, captured: &[], table: None }.print(expr, 0, &mut out);
    out
}

/// The text of a condition of a pattern's state: `schema` are the attributes of the event under test, `captured` the names of
/// what it asks of the match.
pub(crate) fn state_text(expr: &Expr, schema: &Schema, captured: &[String]) -> String {
    let mut out = String::new();
    Printer { schema, aggregates: &[], captured, table: None }.print(expr, 0, &mut out);
    out
}

/// The text of an expression over a row of that condition's table and an event with these attributes.
pub(crate) fn value_text(expr: &Expr, condition: &TableCondition, schema: &Schema) -> String {
    let mut out = String::new();
    Printer { schema, aggregates: &[], captured: &[], table: Some(&condition.names) }.print(expr, 0, &mut out);
    out
}

/// The text of a condition over a row of a table and an event with these attributes.
pub(crate) fn condition_text(condition: &TableCondition, schema: &Schema) -> String {
    Printer { schema, aggregates: &[], captured: &[], table: Some(&condition.names) }.condition(condition)
}

#[derive(Clone, Copy)]
struct Printer<'a> {
    schema: &'a Schema,
    aggregates: &'a [AggregatePlan],
    captured: &'a [String],
    /// Inside the condition of `in`: names of the table and its columns.
    table: Option<&'a (String, Vec<String>)>,
}

const OR: u8 = 1;
const AND: u8 = 2;
const EQUALITY: u8 = 3;
const RELATION: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const NOT: u8 = 7;
const PRIMARY: u8 = 8;

impl Printer<'_> {
    /// Prints in parentheses if `expr` binds less tightly than `least`.
    fn print(&self, expr: &Expr, least: u8, out: &mut String) {
        let own = precedence(&expr.node);
        if own < least {
            out.push('(');
        }
        self.print_bare(expr, own, out);
        if own < least {
            out.push(')');
        }
    }

    fn print_bare(&self, expr: &Expr, own: u8, out: &mut String) {
        match &expr.node {
            Node::Const(value) => out.push_str(&constant_text(value)),
            Node::Attr(i) => match self.schema.attributes.get(*i as usize) {
                Some(attribute) => out.push_str(&name_text(&attribute.name)),
                None => out.push('?'),
            },
            Node::Aggregate(i) => {
                let aggregate = self.aggregates.get(*i as usize).map(|a| &a.text);
                out.push_str(aggregate.or(self.captured.get(*i as usize)).map_or("?", String::as_str));
            }
            Node::Column(i) => out.push_str(&self.column_text(*i)),
            Node::In(condition) => {
                let inside = Printer { table: Some(&condition.names), ..*self };
                let _ = write!(out, "({}) in {}", inside.condition(condition), name_text(&condition.names.0));
            }
            Node::Arith(op, a, b) => self.binary(arith_text(*op), own, a, b, out),
            Node::Compare(op, a, b) => self.binary(compare_text(*op), own, a, b, out),
            Node::And(a, b) => self.binary("and", own, a, b, out),
            Node::Or(a, b) => self.binary("or", own, a, b, out),
            Node::Not(a) => {
                out.push_str("not ");
                self.print(a, NOT, out);
            }
            Node::IsNull(a) => {
                self.print(a, PRIMARY, out);
                out.push_str(" is null");
            }
            Node::Call { name, args, .. } => {
                out.push_str(name);
                out.push('(');
                for (i, arg) in args.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    self.print(arg, 0, out);
                }
                out.push(')');
            }
        }
    }

    fn column_text(&self, column: u32) -> String {
        let Some((table, columns)) = self.table else { return "?".to_owned() };
        let column = columns.get(column as usize).map_or("?".to_owned(), |c| name_text(c));
        format!("{}.{column}", name_text(table))
    }

    /// A condition over an event and a row: what is looked up first.
    fn condition(&self, condition: &TableCondition) -> String {
        let mut parts = Vec::new();
        let mut compared = |column: u32, op: &str, value: &Expr| {
            let mut text = format!("{} {op} ", self.column_text(column));
            self.print(value, SUM, &mut text);
            parts.push(text);
        };
        match &condition.access {
            Access::Scan => {}
            Access::Equal { columns, keys, .. } => {
                columns.iter().zip(keys).for_each(|(column, key)| compared(*column, "==", key));
            }
            Access::Range { column, low, high, .. } => {
                low.iter().for_each(|(e, inclusive)| compared(*column, if *inclusive { ">=" } else { ">" }, e));
                high.iter().for_each(|(e, inclusive)| compared(*column, if *inclusive { "<=" } else { "<" }, e));
            }
        }
        if let Some(rest) = &condition.rest {
            let mut text = String::new();
            self.print(rest, AND, &mut text);
            parts.push(text);
        }
        if parts.is_empty() { "true".to_owned() } else { parts.join(" and ") }
    }

    fn binary(&self, op: &str, own: u8, a: &Expr, b: &Expr, out: &mut String) {
        self.print(a, own, out);
        let _ = write!(out, " {op} ");
        self.print(b, own + 1, out);
    }
}

fn precedence(node: &Node) -> u8 {
    match node {
        Node::Or(..) => OR,
        Node::And(..) => AND,
        Node::Compare(Compare::Equal | Compare::NotEqual, ..) => EQUALITY,
        Node::Compare(..) => RELATION,
        Node::Arith(Arith::Add | Arith::Subtract, ..) => SUM,
        Node::Arith(..) => PRODUCT,
        Node::Not(_) => NOT,
        Node::In(_) => EQUALITY,
        Node::IsNull(_) | Node::Const(_) | Node::Attr(_) | Node::Column(_) | Node::Aggregate(_) | Node::Call { .. } => {
            PRIMARY
        }
    }
}

/// The operator as written.
pub(crate) fn arith_text(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Subtract => "-",
        Arith::Multiply => "*",
        Arith::Divide => "/",
        Arith::Modulo => "%",
    }
}

fn compare_text(op: Compare) -> &'static str {
    match op {
        Compare::Equal => "==",
        Compare::NotEqual => "!=",
        Compare::Less => "<",
        Compare::LessOrEqual => "<=",
        Compare::Greater => ">",
        Compare::GreaterOrEqual => ">=",
    }
}

/// A constant as it could stand in an app.
fn constant_text(value: &Value) -> String {
    match value {
        Value::Long(x) => format!("{x}L"),
        Value::Float(x) => format!("{}f", float_text(*x)),
        Value::Double(x) => double_text(*x),
        Value::Str(s) => string_text(s),
        other => other.to_string(),
    }
}

fn string_text(s: &str) -> String {
    let control = s.chars().any(|c| c < ' ');
    if control || (s.contains('\'') && s.contains('"')) {
        format!("\"\"\"{s}\"\"\"")
    } else if s.contains('\'') || s.contains('"') {
        format!("\"{s}\"")
    } else {
        format!("'{s}'")
    }
}

/// A name, in back-quotes if it needs them.
pub(crate) fn name_text(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = name.chars().next();
    if name.chars().all(plain) && first.is_some_and(|c| !c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// The text of a handler.
pub(crate) fn handler_text(handler: &Handler, schema: &Schema) -> String {
    match handler {
        Handler::Filter { condition, aggregates } => format!("[{}]", expr_text(condition, schema, aggregates)),
        Handler::Stream { name, args, aggregates, .. } => {
            let args: Vec<String> = args.iter().map(|a| expr_text(a, schema, aggregates)).collect();
            format!("#{name}({})", args.join(", "))
        }
    }
}

/// The selection's clauses, each with its word: `select a, b as c`, `group by a` ...
pub(crate) fn clauses(query: &QueryPlan) -> Vec<String> {
    let select = &query.select;
    let text = |e: &Expr| expr_text(e, &query.schema, &select.aggregates);
    let item = |i: &crate::logical::Item| {
        let (value, name) = (text(&i.expr), name_text(&i.name));
        if value == name { value } else { format!("{value} as {name}") }
    };
    // What has no name is the number of a partition's key.
    let attribute = |a: &u32| match query.schema.attributes.get(*a as usize) {
        Some(a) if a.name.is_empty() => "the key".to_owned(),
        a => a.map_or(String::new(), |a| name_text(&a.name)),
    };
    let named = select.items.iter().filter(|i| !i.name.is_empty());
    let mut clauses = vec![format!("select {}", named.map(item).collect::<Vec<_>>().join(", "))];
    if !select.group_by.is_empty() {
        clauses.push(format!("group by {}", select.group_by.iter().map(attribute).collect::<Vec<_>>().join(", ")));
    }
    if let Some(having) = &select.having {
        clauses.push(format!("having {}", text(having)));
    }
    if !select.order_by.is_empty() {
        let key = |(by, descending): &(SortBy, bool)| {
            let name = match *by {
                SortBy::Item(at) => select.items.get(at as usize).map(|i| name_text(&i.name)),
                SortBy::Key(at) => select.sort_keys.get(at as usize).map(text),
            };
            let name = name.unwrap_or_default();
            if *descending { format!("{name} desc") } else { name }
        };
        clauses.push(format!("order by {}", select.order_by.iter().map(key).collect::<Vec<_>>().join(", ")));
    }
    clauses.extend(select.limit.map(|n| format!("limit {n}")));
    clauses.extend(select.offset.map(|n| format!("offset {n}")));
    clauses
}

/// `output last every 5 events`.
pub(crate) fn rate_text(rate: RatePlan) -> String {
    match rate {
        RatePlan::Events(which, count) => format!("output {} every {count} events", which_text(which)),
        RatePlan::Time(which, ms) => format!("output {} every {ms} ms", which_text(which)),
        RatePlan::Snapshot(ms) => format!("output snapshot every {ms} ms"),
    }
}

pub(crate) fn which_text(which: Which) -> &'static str {
    match which {
        Which::All => "all",
        Which::First => "first",
        Which::Last => "last",
    }
}

/// `insert expired events into`.
pub(crate) fn insert_text(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::Current => "insert into",
        Kinds::Expired => "insert expired events into",
        Kinds::All => "insert all events into",
    }
}
