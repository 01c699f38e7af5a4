//! Lines and what becomes of them.

use proptest::prelude::*;
use riddhi_batch::{Attribute, Frame, Schema, Type};

use super::*;
use crate::input::Control;

fn streams() -> Vec<InputStream> {
    let all = [
        ("i", Type::Int),
        ("l", Type::Long),
        ("f", Type::Float),
        ("d", Type::Double),
        ("b", Type::Bool),
        ("s", Type::String),
        ("o", Type::Object),
    ];
    let attributes = all.map(|(name, ty)| Attribute::new(name, ty)).to_vec();
    let mut cast = Attribute::new("price", Type::Int);
    cast.kind = riddhi_batch::Kind::Any;
    vec![
        InputStream { number: 1, name: "All".into(), attributes },
        InputStream {
            number: 0,
            name: "Trades".into(),
            attributes: vec![Attribute::new("symbol", Type::String), cast],
        },
    ]
}

fn frame() -> Frame {
    let mut streams = streams();
    streams.sort_by_key(|s| s.number);
    let schemas: Vec<Schema> = streams.into_iter().map(|s| Schema { attributes: s.attributes }).collect();
    Frame::new(&schemas)
}

/// The rows that the lines give: `stream@ts value value ...`.
fn rows(text: &str) -> Vec<String> {
    let (mut reader, mut frame) = (JsonlReader::new(&streams()), frame());
    for line in text.lines() {
        match reader.read(line.as_bytes(), 5, &mut frame) {
            Ok(Item::Chunk { stream, ts, events }) => {
                assert_eq!(frame.commit(stream, ts.unwrap_or(5), true) as u64, events);
            }
            Ok(Item::Nothing) => {}
            other => panic!("{line}: {other:?}"),
        }
    }
    let show = |e: &riddhi_batch::Entry| {
        let rows = &frame.flows[e.stream as usize].rows;
        (e.first..e.first + e.rows).map(move |i| (e.stream, rows, i as usize)).collect::<Vec<_>>()
    };
    let text = |(stream, rows, i): (u32, &riddhi_batch::Columns, usize)| {
        let values = rows.cols.iter().map(|c| c.value(i, &frame.arena).to_string()).collect::<Vec<_>>().join(" ");
        format!("{stream}@{} {values}", rows.ts[i])
    };
    frame.entries.iter().flat_map(show).map(text).collect()
}

fn fault(line: &str) -> String {
    let (mut reader, mut frame) = (JsonlReader::new(&streams()), frame());
    let fault = reader.read(line.as_bytes(), 0, &mut frame).expect_err(line);
    assert!(frame.flows.iter().all(|f| f.rows.is_empty() && f.rows.cols.iter().all(|c| c.is_empty())), "{line}");
    format!(
        "{} {}:{} {}{}",
        fault.kind.code(),
        fault.at + 1,
        fault.len,
        fault.message,
        match fault.help {
            Some(help) => format!(" | {help}"),
            None => String::new(),
        }
    )
}

#[test]
fn events_fill_their_columns() {
    for (line, row) in [
        (
            r#"{"stream":"All","ts":7,"data":{"i":-1,"l":9007199254740993,"f":1.5,"d":1e300,"b":true,"s":"x","o":null}}"#,
            "1@7 -1 9007199254740993 1.5 1.0E300 true x null",
        ),
        (
            r#" { "data" : { "s" : "a \"\u00e9\ud83d\ude00\/" , "i" : 2147483647 } , "ts" : null , "stream" : "All" } "#,
            "1@5 2147483647 null null null null a \"é😀/ null",
        ),
        (r#"{"stream":"All","data":{"f":5,"d":"NaN","o":3000000000}}"#, "1@5 null null 5.0 NaN null null 3000000000"),
        (r#"{"stream":"All","data":{"f":"-Infinity","d":-0,"o":"t"}}"#, "1@5 null null -Infinity -0.0 null null t"),
        (r#"{"stream":"All","data":{}}"#, "1@5 null null null null null null null"),
        (r#"{"stream":"Trades","ts":-3,"data":{"price":4,"symbol":"thirteen bytes"}}"#, "0@-3 thirteen bytes 4"),
        (r#"{"stream":"Trades","data":{"s\u0079mbol":"\u0000\n"}}"#, "0@5 \0\n null"),
    ] {
        assert_eq!(rows(line), [row], "{line}");
    }
}

#[test]
fn order_may_change_from_line_to_line() {
    let text = r#"{"stream":"Trades","ts":1,"data":{"price":1,"symbol":"a"}}

{"stream":"All","ts":2,"data":{"s":"x","i":1}}
{"stream":"Trades","ts":3,"data":{"symbol":"b","price":2}}
{"ts":4,"stream":"Trades","data":{"price":3}}
{"stream":"All","ts":5,"data":{"i":2,"s":"y"}}"#;
    let expected =
        ["0@1 a 1", "1@2 1 null null null null x null", "0@3 b 2", "0@4 null 3", "1@5 2 null null null null y null"];
    assert_eq!(rows(text), expected);
}

#[test]
fn a_batch_is_one_chunk() {
    let text =
        r#"{"batch":[{"stream":"Trades","ts":9,"data":{"price":1}},{"data":{"price":2},"stream":"Trades","ts":8}]}"#;
    let (mut reader, mut frame) = (JsonlReader::new(&streams()), frame());
    let item = reader.read(text.as_bytes(), 0, &mut frame).unwrap();
    assert_eq!(item, Item::Chunk { stream: 0, ts: Some(8), events: 2 });
    assert_eq!(rows(text), ["0@9 null 1", "0@8 null 2"]);
    assert_eq!(rows(r#"{"batch":[]}"#), [""; 0]);
}

#[test]
fn controls_and_queries() {
    let read = |line: &str| JsonlReader::new(&streams()).read(line.as_bytes(), 0, &mut frame()).unwrap();
    assert_eq!(read(r#"{"control":"persist"}"#), Item::Control(Control::Persist));
    assert_eq!(read(r#"{"control":"restorerev","n":2}"#), Item::Control(Control::RestoreRevision(2)));
    assert_eq!(read(r#"{"n":0, "control":"restorerev"}"#), Item::Control(Control::RestoreRevision(0)));
    assert_eq!(read(r#"{"control":"restart"}"#), Item::Control(Control::Restart(None)));
    let other = Control::Restart(Some("b.siddhi".into()));
    assert_eq!(read(r#"{"control":"restart","app":"b.siddhi"}"#), Item::Control(other));
    assert_eq!(read(r#"{"query":"from T select \"a\""}"#), Item::Query("from T select \"a\"".into()));
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (line, expected) in [
        ("x", "I0001 1:1 expected '{' to open a JSON object, found 'x'"),
        ("{", "I0001 2:1 expected a key in double quotes, found the end of the line"),
        (r#"{"stream":"All","data":{}} x"#, "I0001 28:1 expected the end of the line, found 'x'"),
        (r#"{"stream":"All" "data":{}}"#, "I0001 17:6 expected ',' or '}', found a string"),
        (r#"{"stream":"Trade","data":{}}"#, "I0002 11:7 the app defines no stream 'Trade' | did you mean 'Trades'?"),
        (
            r#"{"stream":"Quotes","data":{}}"#,
            "I0002 11:8 the app defines no stream 'Quotes' | its streams: All, Trades",
        ),
        (
            r#"{"stream":"Trades","data":{"simbol":"a"}}"#,
            "I0003 28:8 the stream 'Trades' has no attribute 'simbol' | did you mean 'symbol'?",
        ),
        (
            r#"{"stream":"All","data":{"i":5.0}}"#,
            "I0004 29:3 'i' of 'All' is of type int: expected a whole number, found the number 5.0",
        ),
        (
            r#"{"stream":"All","data":{"i":2147483648}}"#,
            "I0005 29:10 2147483648 is out of the range of 'i' of 'All', which is of type int | a long would hold it",
        ),
        (
            r#"{"stream":"All","data":{"d":1e400}}"#,
            "I0005 29:5 1e400 is out of the range of 'd' of 'All', which is of type double",
        ),
        (
            r#"{"stream":"All","data":{"f":1e39}}"#,
            "I0005 29:4 1e39 is out of the range of 'f' of 'All', which is of type float | a double would hold it",
        ),
        (
            r#"{"stream":"All","data":{"d":"1.5"}}"#,
            "I0004 29:5 'd' of 'All' is of type double: expected a number, found a string \
             | the only strings a number may be are \"NaN\", \"Infinity\" and \"-Infinity\"",
        ),
        (
            r#"{"stream":"All","data":{"s":5}}"#,
            "I0004 29:1 's' of 'All' is of type string: expected a string, found the number 5 | put it in double quotes",
        ),
        (
            r#"{"stream":"All","data":{"b":1}}"#,
            "I0004 29:1 'b' of 'All' is of type bool: expected true or false, found the number 1",
        ),
        (
            r#"{"stream":"All","data":{"b":truely}}"#,
            "I0004 29:6 'b' of 'All' is of type bool: expected true or false, found 'truely'",
        ),
        (
            r#"{"stream":"All","data":{"o":[1]}}"#,
            "I0004 29:1 'o' of 'All' is of type object: expected a string, a number or true or false, found an array",
        ),
        (r#"{"stream":"All","data":{"i":01}}"#, "I0001 29:2 '01' is no number of JSON"),
        (r#"{"stream":"All","data":{"i":1,"i":2}}"#, "I0003 31:3 the attribute 'i' is given twice"),
        (r#"{"stream":"All","data":{"s":"a}}"#, "I0001 29:1 this string has no closing quote"),
        (r#"{"stream":"All","data":{"s":"\ud800"}}"#, "I0001 30:6 \\ud800 is half of a surrogate pair"),
        (r#"{"stream":"All","data":{"s":"\x"}}"#, "I0001 30:2 this is no escape of JSON"),
        (
            "{\"stream\":\"All\",\"data\":{\"s\":\"\t\"}}",
            "I0001 30:1 a string cannot hold the control character 0x09 as it is | write \\u0009",
        ),
        (
            r#"{"stream":"All"}"#,
            "I0007 1:1 this event has no 'data' \
             | write {\"stream\":\"Name\",\"ts\":milliseconds,\"data\":{\"attribute\":value}}",
        ),
        (
            r#"{"stream":"All","time":5,"data":{}}"#,
            "I0006 17:6 the key 'time' is not one an event has | keys that may stand here: stream, ts, data, batch, query, \
             control",
        ),
        (r#"{"stream":"All","stream":"All"}"#, "I0006 17:8 the key 'stream' is given twice"),
        (
            r#"{"stream":"All","ts":1.5,"data":{}}"#,
            "I0005 22:3 expected a timestamp in whole milliseconds, found the number 1.5",
        ),
        (
            r#"{"batch":[{"stream":"All","data":{}},{"stream":"Trades","data":{}}]}"#,
            "I0004 48:8 all events of a batch must be of one stream",
        ),
        (
            r#"{"batch":[{"stream":"All","data":{"i":1}},{"stream":"All","data":{"i":"a"}}]}"#,
            "I0004 71:3 'i' of 'All' is of type int: expected a whole number, found a string",
        ),
        (r#"{"control":"persit"}"#, "I0006 12:8 unknown control 'persit' | did you mean 'persist'?"),
        (
            r#"{"control":"restorerev"}"#,
            "I0007 12:12 'restorerev' needs a revision | number the 'persist' lines from 0 and give one as \"n\"",
        ),
        (r#"{"control":"persist","n":1}"#, "I0006 26:1 'persist' does not take this"),
    ] {
        assert_eq!(fault(line), expected, "{line}");
    }
    let mut reader = JsonlReader::new(&streams());
    let fault = reader.read(b"{\"stream\":\"All\",\"data\":{\"s\":\"\xff\"}}", 0, &mut frame()).unwrap_err();
    assert_eq!((fault.at, fault.message.as_str()), (29, "the byte 0xff is not UTF-8"));
}

#[test]
fn deep_nesting_is_refused() {
    for deep in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 20), "{".repeat(1 << 20)] {
        assert!(fault(&format!("{{\"data\":{deep}")).starts_with("I0001"));
    }
}

/// Pieces of lines, so that random text gets past the first byte.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\"stream\":",
        "\"All\"",
        "\"Trades\"",
        "\"ts\":",
        "\"data\":{",
        "\"i\":",
        "\"d\":",
        "\"s\":\"",
        "\"o\":",
        "\"batch\":[",
        "\"control\":\"persist\"",
        "1",
        "-",
        "0.5",
        "e9",
        "null",
        "true",
        "\\ud83d",
        "\\ude00",
        "\\n",
        "12345678",
        "é",
    ];
    let words = proptest::sample::select(known.map(|s| s.as_bytes().to_vec()).to_vec());
    prop_oneof![8 => words, 1 => proptest::collection::vec(any::<u8>(), 1..4)]
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..40)) {
        let line = pieces.concat();
        let (mut reader, mut frame) = (JsonlReader::new(&streams()), frame());
        for _ in 0..2 {
            match reader.read(&line, 0, &mut frame) {
                Ok(Item::Chunk { stream, .. }) => { frame.commit(stream, 0, true); }
                Ok(_) => {}
                Err(fault) => { fault.report("f", 1, &line); }
            }
        }
        for flow in &frame.flows {
            prop_assert!(flow.rows.cols.iter().all(|c| c.len() == flow.rows.len()));
        }
    }
}
