//! Events as values: drawn, or read from a file.

use std::fs;
use std::path::Path;

use riddhi_wire::{Type, Value};

use crate::column::Random;
use crate::{Attribute, LoadError};

/// Bytes of a file of events at most: it is read whole.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Of an INT.
    Int(i32),
    /// Of a LONG.
    Long(i64),
    /// Of a FLOAT.
    Float(f32),
    /// Of a DOUBLE.
    Double(f64),
    /// Of a BOOL.
    Bool(bool),
    /// Of a STRING; none is null.
    Text(Option<String>),
}

impl Cell {
    /// As the wire has it.
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Cell::Int(v) => Value::Int(*v),
            Cell::Long(v) => Value::Long(*v),
            Cell::Float(v) => Value::Float(*v),
            Cell::Double(v) => Value::Double(*v),
            Cell::Bool(v) => Value::Bool(*v),
            Cell::Text(v) => Value::Text(v.as_deref().map(str::as_bytes)),
        }
    }

    /// As JSON has it.
    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Cell::Int(v) => (*v).into(),
            Cell::Long(v) => (*v).into(),
            Cell::Float(v) => f64::from(*v).into(),
            Cell::Double(v) => (*v).into(),
            Cell::Bool(v) => (*v).into(),
            Cell::Text(v) => v.as_deref().into(),
        }
    }

    fn of_text(text: &str, ty: Type) -> Option<Cell> {
        let text = if ty == Type::Text { text } else { text.trim() };
        Some(match ty {
            Type::Int => Cell::Int(text.parse().ok()?),
            Type::Long => Cell::Long(text.parse().ok()?),
            Type::Float => Cell::Float(text.parse().ok()?),
            Type::Double => Cell::Double(text.parse().ok()?),
            Type::Bool => Cell::Bool(text.eq_ignore_ascii_case("true")),
            Type::Text => Cell::Text(Some(text.to_owned())),
        })
    }

    fn of_json(value: &serde_json::Value, ty: Type) -> Option<Cell> {
        Some(match ty {
            Type::Int => Cell::Int(i32::try_from(value.as_i64()?).ok()?),
            Type::Long => Cell::Long(value.as_i64()?),
            Type::Float => Cell::Float(value.as_f64()? as f32),
            Type::Double => Cell::Double(value.as_f64()?),
            Type::Bool => Cell::Bool(value.as_bool()?),
            Type::Text if value.is_null() => Cell::Text(None),
            Type::Text => Cell::Text(Some(value.as_str()?.to_owned())),
        })
    }
}

/// Events of a file, in its order.
pub type Recorded = Vec<Vec<Cell>>;

/// Where events come from.
pub(crate) enum Rows<'a> {
    /// They are drawn.
    Drawn(&'a [Attribute], Random),
    /// They were read: where the next one is. Behind the last comes the first.
    Recorded(&'a Recorded, usize),
}

impl Rows<'_> {
    /// Calls `f` with the values of the next event.
    pub fn next(&mut self, f: impl FnOnce(&[Cell])) {
        match self {
            Rows::Drawn(attributes, random) => {
                let values: Vec<Cell> = attributes.iter().map(|a| a.column.draw(random)).collect();
                f(&values);
            }
            Rows::Recorded(rows, at) => {
                f(&rows[*at % rows.len()]);
                *at += 1;
            }
        }
    }
}

/// Reads a file: CSV with a header, or JSON lines (`.jsonl`, `.json`), each an object or `{"event":{...}}`. Attributes without
/// a name are the columns of a CSV file by place.
pub fn recorded(path: &Path, attributes: &[Attribute]) -> Result<Recorded, LoadError> {
    let failed = |line: usize, why: String| LoadError::File { path: path.display().to_string(), line, why };
    let bytes = fs::metadata(path).map_err(|e| failed(0, e.to_string()))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(failed(0, format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    let text = fs::read_to_string(path).map_err(|e| failed(0, e.to_string()))?;
    let json = path.extension().is_some_and(|e| e == "jsonl" || e == "json" || e == "ndjson");
    let rows = if json { of_lines(&text, attributes) } else { of_csv(&text, attributes) };
    let rows = rows.map_err(|(line, why)| failed(line, why))?;
    if rows.is_empty() { Err(failed(0, "there is no event in it".to_owned())) } else { Ok(rows) }
}

/// A line, and what is wrong with it.
type Wrong = (usize, String);

fn of_lines(text: &str, attributes: &[Attribute]) -> Result<Recorded, Wrong> {
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let object: serde_json::Value = serde_json::from_str(line).map_err(|e| (number, e.to_string()))?;
        let event = object.get("event").unwrap_or(&object);
        let cell = |a: &Attribute| {
            let name =
                a.name.as_deref().ok_or((number, "attributes of JSON need names: --types name=int".to_owned()))?;
            let value = event.get(name).unwrap_or(&serde_json::Value::Null);
            let wrong = || (number, format!("'{name}' is no {}", a.column.ty().name().to_lowercase()));
            Cell::of_json(value, a.column.ty()).ok_or_else(wrong)
        };
        rows.push(attributes.iter().map(cell).collect::<Result<_, Wrong>>()?);
    }
    Ok(rows)
}

fn of_csv(text: &str, attributes: &[Attribute]) -> Result<Recorded, Wrong> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| (1, e.to_string()))?.clone();
    let place = |(i, a): (usize, &Attribute)| match &a.name {
        None => Ok(i),
        Some(name) => header.iter().position(|h| h.trim() == name).ok_or((1, format!("there is no column '{name}'"))),
    };
    let places = attributes.iter().enumerate().map(place).collect::<Result<Vec<_>, Wrong>>()?;
    let mut rows = Vec::new();
    for (number, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|e| (number, e.to_string()))?;
        let cell = |(a, place): (&Attribute, &usize)| {
            let text = record.get(*place).ok_or((number, format!("there is no field {}", place + 1)))?;
            let wrong = || (number, format!("'{text}' is no {}", a.column.ty().name().to_lowercase()));
            Cell::of_text(text, a.column.ty()).ok_or_else(wrong)
        };
        rows.push(attributes.iter().zip(&places).map(cell).collect::<Result<_, Wrong>>()?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(text: &[&str]) -> Vec<Attribute> {
        text.iter().map(|t| t.parse().expect("an attribute")).collect()
    }

    #[test]
    fn files_are_read_by_name_or_place() {
        let expected = vec![
            vec![Cell::Text(Some("a,b".into())), Cell::Int(-1), Cell::Double(2.5)],
            vec![Cell::Text(Some(String::new())), Cell::Int(7), Cell::Double(1e3)],
        ];
        let csv = "n,s,d\n-1,\"a,b\",2.5\n7,,1e3\n";
        assert_eq!(of_csv(csv, &attributes(&["s=string", "n=int", "d=double"])), Ok(expected.clone()));
        let by_place = of_csv(csv, &attributes(&["int", "string"])).expect("it is read");
        assert_eq!(by_place[0], [Cell::Int(-1), Cell::Text(Some("a,b".into()))]);
        let lines = "{\"event\":{\"s\":\"a,b\",\"n\":-1,\"d\":2.5}}\n\n{\"d\":1000,\"n\":7,\"s\":\"\",\"x\":0}\n";
        assert_eq!(of_lines(lines, &attributes(&["s=string", "n=int", "d=double"])), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |found: Result<Recorded, Wrong>| found.expect_err("it is wrong");
        let n = attributes(&["n=int"]);
        assert_eq!(wrong(of_csv("n\n1\nx\n", &n)), (3, "'x' is no int".to_owned()));
        assert_eq!(wrong(of_csv("m\n1\n", &n)), (1, "there is no column 'n'".to_owned()));
        assert_eq!(wrong(of_lines("{\"n\":1}\n{\"n\":1.5}\n", &n)), (2, "'n' is no int".to_owned()));
        assert_eq!(wrong(of_lines("{\n", &n)).0, 1);
        assert!(wrong(of_lines("{\"n\":1}", &attributes(&["int"]))).1.contains("need names"));
    }
}
