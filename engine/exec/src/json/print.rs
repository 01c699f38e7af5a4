//! JSON as text: as Siddhi's writer for values does it, which escapes what HTML would take amiss, and as the one for groups of objects,
//! which escapes slashes.

use riddhi_batch::{Map, Value, double_text, float_text};

use super::{Item, Kind, Tree};

/// A number that JSON has no digits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoNumber;

/// How text is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Html,
    Slashes,
}

/// Appends a node; members stand as in the text.
pub(crate) fn write_node(tree: Tree<'_>, node: u32, out: &mut String) -> Result<(), NoNumber> {
    match tree.kind(node) {
        Kind::Null => out.push_str("null"),
        Kind::Bool(x) => out.push_str(if x { "true" } else { "false" }),
        Kind::Int(x) => push(out, format_args!("{x}")),
        Kind::Long(x) => push(out, format_args!("{x}")),
        Kind::Double(x) => double(x, out)?,
        Kind::Big(span) => out.push_str(tree.span(span)),
        Kind::Text(span) => quote(tree.span(span), Style::Html, out),
        Kind::Array => {
            out.push('[');
            for (i, element) in tree.elements(node).enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_node(tree, element, out)?;
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            for (i, (name, value)) in tree.members(node).into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                quote(name, Style::Html, out);
                out.push(':');
                write_node(tree, value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

impl Item {
    /// Appends it.
    pub(crate) fn write(&self, tree: Tree<'_>, out: &mut String) -> Result<(), NoNumber> {
        match self {
            Item::Node(node) => write_node(tree, *node, out),
            other => write_value(&other.value(tree), out),
        }
    }
}

/// Appends a value.
pub(crate) fn write_value(value: &Value, out: &mut String) -> Result<(), NoNumber> {
    write(value, Style::Html, out)
}

/// Appends a value as groups of objects are written.
pub(crate) fn write_plain(value: &Value, out: &mut String) -> Result<(), NoNumber> {
    write(value, Style::Slashes, out)
}

fn write(value: &Value, style: Style, out: &mut String) -> Result<(), NoNumber> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Int(x) => push(out, format_args!("{x}")),
        Value::Long(x) => push(out, format_args!("{x}")),
        Value::Float(x) if x.is_finite() => out.push_str(&float_text(*x)),
        Value::Float(_) => return Err(NoNumber),
        Value::Double(x) => double(*x, out)?,
        Value::Bool(x) => out.push_str(if *x { "true" } else { "false" }),
        Value::Str(x) => quote(x, style, out),
        Value::Set(items) | Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, style, out)?;
            }
            out.push(']');
        }
        Value::Map(map) => write_map(map, style, out)?,
    }
    Ok(())
}

fn write_map(map: &Map, style: Style, out: &mut String) -> Result<(), NoNumber> {
    out.push('{');
    for (i, (key, value)) in map.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match key {
            Value::Str(key) => quote(key, style, out),
            key => quote(&key.to_string(), style, out),
        }
        out.push(':');
        write(value, style, out)?;
    }
    out.push('}');
    Ok(())
}

fn push(out: &mut String, args: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = std::fmt::Write::write_fmt(out, args);
}

fn double(x: f64, out: &mut String) -> Result<(), NoNumber> {
    if !x.is_finite() {
        return Err(NoNumber);
    }
    out.push_str(&double_text(x));
    Ok(())
}

fn quote(text: &str, style: Style, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '/' if style == Style::Slashes => "\\/",
            '<' | '>' | '&' | '=' | '\'' | '\u{2028}' | '\u{2029}' if style == Style::Html => "",
            '\0'..='\u{1f}' => "",
            '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' if style == Style::Slashes => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + c.len_utf8();
        match (short, style) {
            ("", Style::Html) => push(out, format_args!("\\u{:04x}", c as u32)),
            ("", Style::Slashes) => push(out, format_args!("\\u{:04X}", c as u32)),
            _ => out.push_str(short),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}
