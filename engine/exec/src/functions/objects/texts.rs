//! `map:createFromJSON`, `map:toJSON`, `map:createFromXML`, `map:toXML`: maps as text and back.

use riddhi_batch::java::{BINS_MAX, grown, spread, text_hash};
use riddhi_batch::{Map, Type, Value, double_text, float_text};
use riddhi_plan::registry::{Registry, RowFailure};

use super::maps::map;
use super::{Objects, Of, Takes, add, take, xml};
use crate::expr::type_name;
use crate::json::{Doc, Kind, Mode, ROOT};

use Takes::{Object, Text};

/// Characters of a text that a failure shows.
const SHOWN: usize = 60;

/// Adds all of them.
pub(super) fn register(registry: &mut Registry) {
    let mut put = |name: &'static str, takes: &'static [Takes], least: usize, ty: Type, of: Of| {
        add(registry, Objects { name, takes, least, more: false, ty, of });
    };
    put("map:createFromJSON", &[Text], 1, Type::Object, |args| {
        let (text, mut doc) = (text(args, 0)?, Doc::default());
        match doc.parse(&text, Mode::Lenient) {
            Ok(()) if matches!(doc.tree(&text).kind(ROOT), Kind::Object) => Ok(doc.tree(&text).value(ROOT, false)),
            _ => Err(RowFailure::new(format!("{} is no JSON object", shown(&text)))),
        }
    });
    put("map:createFromXML", &[Text], 1, Type::Object, |args| {
        let text = text(args, 0)?;
        let element =
            xml::parse(&text).map_err(|at| RowFailure::new(format!("{} is no XML, at byte {at}", shown(&text))))?;
        Ok(Value::Map(Box::new(children(&element))))
    });
    put("map:toJSON", &[Object], 1, Type::String, |args| {
        let map = map(args, 0)?;
        let mut text = String::new();
        object(&map, &mut text)?;
        Ok(Value::Str(text.into()))
    });
    put("map:toXML", &[Object, Text], 1, Type::String, |args| {
        let root = if args.len() > 1 { Some(text(args, 1)?) } else { None };
        let map = map(args, 0)?;
        let mut text = String::new();
        let tag = |text: &mut String, slash: &str| {
            if let Some(root) = &root {
                text.extend(["<", slash, root, ">"]);
            }
        };
        tag(&mut text, "");
        elements(&map, &mut text)?;
        tag(&mut text, "/");
        Ok(Value::Str(text.into()))
    });
}

fn text(args: &mut [Value], k: usize) -> Result<Box<str>, RowFailure> {
    match take(args, k) {
        Value::Str(text) => Ok(text),
        other => Err(RowFailure::new(format!("a {} where a string is needed", type_name(&other)))),
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("'{text}'"),
        Some((at, _)) => format!("'{}...'", &text[..at]),
    }
}

/// What an element's children are: a map by their names, the last of a name.
fn children(element: &xml::Element) -> Map {
    let mut all = Map::default();
    for child in &element.children {
        let value = match child.children.is_empty() {
            true => leaf(&child.text),
            false => Value::Map(Box::new(children(child))),
        };
        all.put(Value::Str(child.name.as_str().into()), value);
    }
    all
}

/// A bool, a number or a text: a whole number is a long, as in Siddhi.
fn leaf(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.ends_with(|c: char| c.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && unsigned.bytes().filter(|&b| b == b'.').count() <= 1;
    match (plain, text.parse::<f64>()) {
        (true, Ok(x)) if x.fract() == 0.0 && x.abs() < 9e18 => Value::Long(text.parse().unwrap_or(x as i64)),
        (true, Ok(x)) => Value::Double(x),
        _ => Value::Str(text.into()),
    }
}

fn elements(map: &Map, out: &mut String) -> Result<(), RowFailure> {
    for (key, value) in map.iter() {
        if key.is_null() || value.is_null() {
            return Err(RowFailure::new("a key or a value is null"));
        }
        let key = key.to_string();
        out.extend(["<", &key, ">"]);
        match value {
            Value::Map(map) => elements(map, out)?,
            value => out.push_str(&value.to_string()),
        }
        out.extend(["</", &key, ">"]);
    }
    Ok(())
}

/// Members in the order in which a hash map made for so many lists them.
fn object(map: &Map, out: &mut String) -> Result<(), RowFailure> {
    let mut members: Vec<(String, &Value)> = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        if key.is_null() {
            return Err(RowFailure::new("a key is null"));
        }
        members.push((key.to_string(), value));
    }
    let begin = (map.len().max(1) as u32).next_power_of_two().min(BINS_MAX);
    let bins = grown(begin, map.len());
    members.sort_by_key(|(key, _)| spread(text_hash(key)) & (bins - 1));
    out.push('{');
    for (i, (key, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        quote(&key, out);
        out.push(':');
        json(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn json(value: &Value, out: &mut String) -> Result<(), RowFailure> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Str(text) => quote(text, out),
        Value::Map(map) => object(map, out)?,
        Value::Set(items) | Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json(item, out)?;
            }
            out.push(']');
        }
        Value::Float(x) if x.is_finite() => out.push_str(trimmed(&float_text(*x))),
        Value::Double(x) if x.is_finite() => out.push_str(trimmed(&double_text(*x))),
        Value::Float(_) | Value::Double(_) => {
            return Err(RowFailure::new("JSON has no digits for NaN and the infinities"));
        }
        plain => out.push_str(&plain.to_string()),
    }
    Ok(())
}

/// Without zeros at the end of a fraction.
fn trimmed(digits: &str) -> &str {
    if digits.contains('E') {
        return digits;
    }
    digits.trim_end_matches('0').trim_end_matches('.')
}

fn quote(text: &str, out: &mut String) {
    let mut before = '\0';
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '/' if before == '<' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{80}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => {
                // Writing to a string cannot fail.
                let _ = std::fmt::Write::write_fmt(out, format_args!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
        before = c;
    }
    out.push('"');
}
