//! Conditions of paths: `[?(@.price > 10 && @.name in ['a', 'b'])]`.

use std::cmp::Ordering;
use std::sync::Arc;

use riddhi_batch::{Value, compare_utf16};

use super::find::{Found, Item, find_from};
use super::path::{Path, Reader};
use super::{Doc, Mode, ROOT, Tree};
use crate::functions::{Pattern, real};

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    /// Whether something is there.
    Exists(Side),
    Compare(Side, Op, Side),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Side {
    /// A path, from the document or from the value under test.
    Path {
        path: Path,
        whole: bool,
    },
    Value(Value),
    Pattern(Arc<Pattern>),
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Same,
    Other,
    Less,
    LessOrSame,
    More,
    MoreOrSame,
    Matches,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
    SubsetOf,
}

const SIGNS: [(&str, Op); 9] = [
    ("===", Op::Same),
    ("!==", Op::Other),
    ("==", Op::Same),
    ("!=", Op::Other),
    ("=~", Op::Matches),
    ("<=", Op::LessOrSame),
    (">=", Op::MoreOrSame),
    ("<", Op::Less),
    (">", Op::More),
];
const WORDS: [(&str, Op); 6] = [
    ("in", Op::In),
    ("nin", Op::NotIn),
    ("contains", Op::Contains),
    ("size", Op::Size),
    ("empty", Op::Empty),
    ("subsetof", Op::SubsetOf),
];

/// Reads a condition, up to the bracket that closes it.
pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Condition, String> {
    reader.deeper(|reader| {
        let mut any = vec![all(reader)?];
        while sign(reader, "||") {
            any.push(all(reader)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
    })
}

fn sign(reader: &mut Reader<'_>, what: &str) -> bool {
    reader.blanks();
    reader.take(what)
}

fn all(reader: &mut Reader<'_>) -> Result<Condition, String> {
    let mut all = vec![one(reader)?];
    while sign(reader, "&&") {
        all.push(one(reader)?);
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

fn one(reader: &mut Reader<'_>) -> Result<Condition, String> {
    if sign(reader, "!") {
        return Ok(Condition::Not(Box::new(reader.deeper(one)?)));
    }
    if sign(reader, "(") {
        let inner = parse(reader)?;
        return match sign(reader, ")") {
            true => Ok(inner),
            false => Err("a `)` is missing".to_owned()),
        };
    }
    let left = side(reader)?;
    reader.blanks();
    let found = SIGNS.iter().find(|(sign, _)| reader.take(sign)).map(|(_, op)| *op);
    let Some(op) = found.or_else(|| word(reader)) else {
        return match left {
            Side::Path { .. } => Ok(Condition::Exists(left)),
            _ => Err("a value alone is no condition".to_owned()),
        };
    };
    let right = side(reader)?;
    let pattern = |side: &Side| matches!(side, Side::Pattern(_));
    if (op == Op::Matches) != (pattern(&left) || pattern(&right)) {
        return Err("`=~` asks for a /pattern/, and nothing else takes one".to_owned());
    }
    Ok(Condition::Compare(left, op, right))
}

fn word(reader: &mut Reader<'_>) -> Option<Op> {
    let rest = reader.rest();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (_, op) = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&rest[..end]))?;
    let word = rest[..end].to_owned();
    reader.take(&word);
    Some(*op)
}

fn side(reader: &mut Reader<'_>) -> Result<Side, String> {
    reader.blanks();
    let rest = reader.rest();
    match rest.as_bytes().first() {
        Some(first @ (b'$' | b'@')) => Ok(Side::Path { whole: *first == b'$', path: reader.path(true)? }),
        Some(b'\'' | b'"') => Ok(Side::Value(Value::Str(reader.quoted()?.into()))),
        Some(b'/') => pattern(reader),
        Some(b'[' | b'{') => {
            let end = closed(rest).ok_or("a bracket is missing")?;
            let (text, mut doc) = (&rest[..end], Doc::default());
            doc.parse(text, Mode::Lenient).map_err(|_| format!("'{text}' is no JSON"))?;
            let value = doc.tree(text).value(ROOT, true);
            reader.take(text);
            Ok(Side::Value(value))
        }
        _ => {
            let ends = |c: char| matches!(c, ' ' | ')' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | ']');
            let text = &rest[..rest.find(ends).unwrap_or(rest.len())];
            let value = match text {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => number(text).ok_or_else(|| format!("'{text}' is no value of a condition"))?,
            };
            reader.take(text);
            Ok(Side::Value(value))
        }
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(x) = text.parse::<i64>() {
        return Some(i32::try_from(x).map_or(Value::Long(x), Value::Int));
    }
    real::<f64>(text).filter(|_| text.bytes().any(|b| b.is_ascii_digit())).map(Value::Double)
}

/// `/pattern/` with flags behind it.
fn pattern(reader: &mut Reader<'_>) -> Result<Side, String> {
    let rest = &reader.rest()[1..];
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '/' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let end = end.ok_or("a `/` is missing")?;
    let (text, behind) = (&rest[..end], &rest[end + 1..]);
    let flags = &behind[..behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len())];
    if let Some(flag) = flags.chars().find(|c| !"imsxu".contains(*c)) {
        return Err(format!("there is no flag `{flag}`"));
    }
    let java = if flags.is_empty() { text.to_owned() } else { format!("(?{flags}){text}") };
    let pattern = Pattern::new(&java)?;
    let all = format!("/{text}/{flags}");
    reader.take(&all);
    Ok(Side::Pattern(Arc::new(pattern)))
}

/// Where the bracket that begins a text is closed again.
fn closed(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => drop(chars.next()),
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

impl Condition {
    /// Whether it holds of a node.
    pub(super) fn holds(&self, tree: Tree<'_>, node: u32) -> bool {
        match self {
            Condition::Any(all) => all.iter().any(|c| c.holds(tree, node)),
            Condition::All(all) => all.iter().all(|c| c.holds(tree, node)),
            Condition::Not(inner) => !inner.holds(tree, node),
            Condition::Exists(side) => side.found(tree, node, true).is_some(),
            Condition::Compare(left, op, right) => compare(left, *op, right, tree, node),
        }
    }
}

impl Side {
    /// What it is of a node; none if it is not there.
    fn found(&self, tree: Tree<'_>, node: u32, all_there: bool) -> Option<Value> {
        let (path, whole) = match self {
            Side::Path { path, whole } => (path, *whole),
            Side::Value(value) => return Some(value.clone()),
            Side::Pattern(_) => return None,
        };
        match find_from(tree, path, if whole { ROOT } else { node }, all_there).ok()? {
            Found::One(item) => Some(item.value(tree)),
            Found::Many(all) => Some(Value::List(all.into_iter().map(|item| item.value(tree)).collect())),
            Found::Missing => None,
        }
    }
}

impl Item {
    /// It as a value.
    pub(crate) fn value(&self, tree: Tree<'_>) -> Value {
        match self {
            Item::Node(node) => tree.value(*node, true),
            Item::Int(x) => Value::Int(*x),
            Item::Double(x) => Value::Double(*x),
            Item::Null => Value::Null,
            Item::Members(members) => {
                let mut map = riddhi_batch::Map::linked();
                for (name, value) in members {
                    map.put(Value::Str(name.as_str().into()), tree.value(*value, true));
                }
                Value::Map(Box::new(map))
            }
        }
    }
}

fn compare(left: &Side, op: Op, right: &Side, tree: Tree<'_>, node: u32) -> bool {
    if let (Side::Pattern(pattern), other) | (other, Side::Pattern(pattern)) = (left, right) {
        let text = match other.found(tree, node, false) {
            Some(Value::Null | Value::List(_) | Value::Map(_)) | None => String::new(),
            Some(plain) => plain.to_string(),
        };
        return pattern.matches(&text).unwrap_or(false);
    }
    let (a, b) = (left.found(tree, node, false), right.found(tree, node, false));
    let (Some(a), Some(b)) = (a, b) else { return matches!(op, Op::Other | Op::NotIn) };
    let order = || match (&a, &b) {
        (Value::Str(a), Value::Str(b)) => Some(compare_utf16(a.as_bytes(), b.as_bytes())),
        _ => numbers(&a, &b),
    };
    match op {
        Op::Same => same(&a, &b),
        Op::Other => !same(&a, &b),
        Op::Less => order() == Some(Ordering::Less),
        Op::LessOrSame => order().is_some_and(Ordering::is_le),
        Op::More => order() == Some(Ordering::Greater),
        Op::MoreOrSame => order().is_some_and(Ordering::is_ge),
        Op::In => has(&b, &a),
        Op::NotIn => !has(&b, &a),
        Op::Contains => match (&a, &b) {
            (Value::Str(a), Value::Str(b)) => a.contains(&**b),
            (Value::List(_), _) => has(&a, &b),
            _ => false,
        },
        Op::Size => size(&a).is_some_and(|n| numbers(&Value::Long(n as i64), &b) == Some(Ordering::Equal)),
        Op::Empty => matches!((size(&a), &b), (Some(n), Value::Bool(empty)) if (n == 0) == *empty),
        Op::SubsetOf => matches!(&a, Value::List(all) if all.iter().all(|x| has(&b, x))),
        Op::Matches => false,
    }
}

fn has(list: &Value, item: &Value) -> bool {
    matches!(list, Value::List(all) if all.iter().any(|x| same(x, item)))
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Str(text) => Some(text.encode_utf16().count()),
        Value::List(all) => Some(all.len()),
        Value::Map(map) => Some(map.len()),
        _ => None,
    }
}

fn numbers(a: &Value, b: &Value) -> Option<Ordering> {
    let whole = |x: &Value| match x {
        Value::Int(x) => Some(*x as i64),
        Value::Long(x) => Some(*x),
        _ => None,
    };
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(a.cmp(&b));
    }
    let double = |x: &Value| match x {
        Value::Double(x) => Some(*x),
        x => whole(x).map(|x| x as f64),
    };
    double(a)?.partial_cmp(&double(b)?)
}

/// Siddhi's equality: a number is a text that reads as that number, and a text is a number that is written so.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Str(a), Value::Int(_) | Value::Long(_) | Value::Double(_)) => **a == *b.to_string(),
        (Value::Int(_) | Value::Long(_) | Value::Double(_), Value::Str(b)) => {
            number(b).is_some_and(|b| numbers(a, &b) == Some(Ordering::Equal))
        }
        (Value::Int(_) | Value::Long(_) | Value::Double(_), _) => numbers(a, b) == Some(Ordering::Equal),
        _ => a == b,
    }
}
