//! Messages to rows and back, as documented.

mod support;

use std::sync::Arc;

use riddhi_batch::{Arena, Chunk, Columns, Frame};
use riddhi_connect::Connectors;
use riddhi_connect::mapper::{MapTarget, Messages, OutRows, Outgoing};
use riddhi_run::{App, Clock};
use support::{compiled, setting};

const ATTRIBUTES: &str = "(id string, qty int, price double, on bool)";

fn app(annotation: &str) -> App {
    compiled(&format!("{annotation} define stream S {ATTRIBUTES};"))
}

/// What the messages come to: chunks in brackets, and the codes of those that were refused.
fn read(map: &str, messages: &[&str]) -> String {
    let app = app(&format!("@source(type='file', file.uri='f', {map})"));
    let (_, mapper) =
        Connectors::built_in().make_source(&app.connectors[0], &setting(&app, &Arc::default())).expect("it is there");
    let bytes = messages.concat();
    let mut at = 0;
    let ranges: Vec<_> = messages
        .iter()
        .map(|m| {
            at += m.len();
            at - m.len()..at
        })
        .collect();
    let lines: Vec<u64> = (1..).take(messages.len()).collect();
    let (mut frame, mut clock) = (Frame::new([&app.streams[0].schema]), Clock::new(false, 7));
    let mut faults = Vec::new();
    let mut target = MapTarget { frame: &mut frame, clock: &mut clock, stream: 0, events: 0, faults: &mut faults };
    let messages = Messages {
        bytes: bytes.as_bytes(),
        ranges: &ranges,
        name: "f",
        lines: &lines,
        properties: &[("file.path", "f")],
        eof: true,
    };
    mapper.expect("it maps").map(&messages, &mut target);
    let rows = &frame.flows[0].rows;
    let row = |i: u32| {
        assert_eq!(rows.ts[i as usize], 7);
        rows.cols.iter().map(|c| c.value(i as usize, &frame.arena).to_string()).collect::<Vec<_>>().join("|")
    };
    let chunk = |c: &Chunk| format!("[{}]", (c.first..c.first + c.rows).map(row).collect::<Vec<_>>().join(" "));
    let mut all: Vec<String> = frame.flows[0].chunks.iter().map(chunk).collect();
    assert_eq!(rows.len(), frame.flows[0].committed as usize, "rows of no chunk");
    all.extend(faults.iter().map(|(i, f)| format!("{i}:{}", f.kind.code())));
    all.join(" ")
}

#[test]
fn json_in() {
    const PLAIN: &str = "@map(type='json')";
    const LENIENT: &str = "@map(type='json', fail.on.missing.attribute='false')";
    const APART: &str = "@map(type='json', event.grouping.enabled='false')";
    const PATHS: &str = "@map(type='json', enclosing.element='$.all', fail.on.missing.attribute='false', \
                         @attributes(id='$.a.id', qty='a.n[1]', price='p', on='trp:eof'))";
    for (map, message, expected) in [
        (PLAIN, r#"{"event":{"id":"a","qty":3,"price":2.5,"on":true}}"#, "[a|3|2.5|true]"),
        (PLAIN, r#" { "on" : false , "price":5, "qty":-3,"id":"é\n" } "#, "[é\n|-3|5.0|false]"),
        (PLAIN, r#"{"id":null,"qty":null,"price":null,"on":null}"#, "[null|null|null|null]"),
        (PLAIN, r#"{"id":12.50,"qty":1,"price":1,"on":true}"#, "[12.50|1|1.0|true]"),
        (PLAIN, r#"{"id":{"x": [1, "a b"]},"qty":1,"price":1,"on":true}"#, r#"[{"x":[1,"a b"]}|1|1.0|true]"#),
        (PLAIN, r#"{"id":"a","qty":3}"#, "0:I0007"),
        (LENIENT, r#"{"id":"a","qty":3}"#, "[a|3|null|null]"),
        (LENIENT, r#"{"id":"a","more":3}"#, "0:I0003"),
        (PLAIN, r#"{"id":"a","qty":3.5,"price":1,"on":true}"#, "0:I0004"),
        (PLAIN, r#"{"id":"a","qty":3000000000,"price":1,"on":true}"#, "0:I0005"),
        (PLAIN, r#"{"id":"a","qty":"3","price":1,"on":true}"#, "0:I0004"),
        (
            PLAIN,
            r#"[{"id":"a","qty":"3","price":"1","on":"TRUE","more":{}},{"event":{"id":"b","qty":1,"price":1,"on":false}}]"#,
            "[a|3|1.0|true b|1|1.0|false]",
        ),
        (
            APART,
            r#"[{"id":"a","qty":3,"price":1,"on":true},{"id":"b","qty":3,"price":1,"on":true}]"#,
            "[a|3|1.0|true] [b|3|1.0|true]",
        ),
        (APART, r#"[{"id":"a","qty":3,"price":1,"on":true},{"id":"b"}]"#, "0:I0007"),
        (PLAIN, r#"{"id":"a","id":"b","qty":3,"price":1,"on":true}"#, "0:I0003"),
        (PLAIN, "[]", ""),
        (PLAIN, "{}{}", "0:I0007"),
        (PLAIN, r#"{"id":"a","qty":3,"price":1,"on":true} x"#, "0:I0001"),
        (PLAIN, "null", "0:I0001"),
        (PATHS, r#"{"all":{"a":{"id":"x","n":[1,"2"]},"p":null}}"#, "[x|2|null|true]"),
        (PATHS, r#"{"all":[{"a":{"id":5}},{"p":1}]}"#, "[5|null|null|true null|null|1.0|true]"),
        (PATHS, r#"{"other":1}"#, "0:I0007"),
    ] {
        assert_eq!(read(map, &[message]), expected, "{map} {message}");
    }
    let good = r#"{"id":"a","qty":3,"price":1,"on":true}"#;
    assert_eq!(read(PLAIN, &[good, "{", good]), "[a|3|1.0|true] [a|3|1.0|true] 1:I0001");
}

#[test]
fn csv_in() {
    const PLAIN: &str = "@map(type='csv')";
    for (map, message, expected) in [
        (PLAIN, "a,3,2.5,true", "[a|3|2.5|true]"),
        (PLAIN, "\"a \"\"b\"\", c\",3,2.5,no\r\n", "[a \"b\", c|3|2.5|false]"),
        (PLAIN, "a,,2.5,true", "0:I0004"),
        (PLAIN, "a,3,2.5", "0:I0007"),
        (PLAIN, ",3,2.5,true", "[|3|2.5|true]"),
        ("@map(type='csv', fail.on.unknown.attribute='false')", "null,x", "[null|null|null|null]"),
        (
            "@map(type='csv', delimiter='\\t', @attributes(id='3', qty='1', price='0', on='trp:eof'))",
            "1\t2\t3\t4",
            "[4|2|1.0|true]",
        ),
        (
            "@map(type='csv', event.grouping.enabled='true')",
            "a,1,1,true\n\"b\nc\",2,2,true\n",
            "[a|1|1.0|true b\nc|2|2.0|true]",
        ),
        ("@map(type='csv', event.grouping.enabled='true')", "a,1,1,true\nb,x,2,true\n", "0:I0004"),
        ("@map(type='csv', header.present='true')", "a,1,1,true", ""),
    ] {
        assert_eq!(read(map, &[message]), expected, "{map} {message:?}");
    }
}

#[test]
fn text_in() {
    const GROUPS: &str = r"@map(type='text', regex.A='^(\w+) ([0-9,]+)', regex.B='(yes|no)$', fail.on.missing.attribute='false', @attributes(id='A', qty='A[2]', price='trp:file.path', on='B[0]'))";
    const LINES: &str = "@map(type='text', fail.on.missing.attribute='false')";
    for (map, message, expected) in [
        ("@map(type='text')", "id:\"a:b\",\nqty:3,\nprice:2.5,\non:true", "[a:b|3|2.5|true]"),
        ("@map(type='text')", "id:\"a\",\nqty:3", "0:I0007"),
        (LINES, "qty:1,000,\nid:\"a\"", "[a|1000|null|null]"),
        (LINES, "qty:x", "0:I0004"),
        (&GROUPS.replace("price='trp:file.path'", "price='A[2]'"), "abc 1,234 x yes", "[abc|1234|1234.0|false]"),
        (GROUPS, "abc 1,234 x yes", "0:I0004"),
        (
            &LINES.replace("'text',", "'text', event.grouping.enabled='true',"),
            "id:\"a\"\n~~~~~~~~~~\nid:\"b\"",
            "[a|null|null|null b|null|null|null]",
        ),
    ] {
        assert_eq!(read(map, &[message]), expected, "{map} {message:?}");
    }
}

/// The messages of two chunks: one of one row and one of two.
fn write(map: &str) -> Vec<String> {
    let app = app(&format!("@sink(type='log', {map})"));
    let (_, mapper) =
        Connectors::built_in().make_sink(&app.connectors[0], &setting(&app, &Arc::default())).expect("it is there");
    let schema = &app.streams[0].schema;
    let (mut columns, mut arena) = (Columns::of(schema), Arena::new());
    use riddhi_batch::Value::{Bool, Double, Int, Null, Str};
    for (ts, row) in [
        [Str("a \"b\",c".into()), Int(1), Double(1e20), Bool(true)],
        [Null, Null, Null, Null],
        [Str("é".into()), Int(-2), Double(f64::NAN), Bool(false)],
    ]
    .into_iter()
    .enumerate()
    {
        columns.ts.push(ts as i64);
        for (column, value) in columns.cols.iter_mut().zip(row) {
            assert!(column.push_value(&value, &mut arena));
        }
    }
    let chunk = |first, rows| Chunk { step: 0, cause: 0, first, rows };
    let chunks = [chunk(0, 1), chunk(1, 2)];
    let mut out = Outgoing::default();
    mapper.expect("it maps").map(&OutRows { columns: &columns, arena: &arena, chunks: &chunks, base: 0 }, &mut out);
    out.messages().map(|m| String::from_utf8_lossy(m).into_owned()).collect()
}

#[test]
fn json_out() {
    const FIRST: &str = r#"{"event":{"id":"a \"b\",c","qty":1,"price":1.0E20,"on":true}}"#;
    let nulls = r#"{"event":{"id":"undefined","qty":"undefined","price":"undefined","on":"undefined"}}"#;
    let last = r#"{"event":{"id":"é","qty":-2,"price":NaN,"on":false}}"#;
    assert_eq!(write("@map(type='json')"), [FIRST.to_owned(), format!("[{nulls},{last}]")]);
    let apart = write("@map(type='json', event.grouping.enabled='false', enable.null.attribute.value='true')");
    assert_eq!(apart, [FIRST, &nulls.replace("\"undefined\"", "null"), last]);
    let inside = write("@map(type='json', enclosing.element='$.a.b')");
    assert_eq!(inside[0], format!("{{\"a\":{{\"b\":{FIRST}}}}}"));
    let custom = write("@map(type='json', @payload(\"\"\"{\"n\":{{qty}},\"id\":\"{{id}}\"}\"\"\"))");
    assert_eq!(custom, [r#"{"n":1,"id":"a "b",c"}"#, "[{\"n\":null,\"id\":\"null\"},\n{\"n\":-2,\"id\":\"é\"}]"]);
    let valid =
        write("@map(type='json', validate.json='true', @payload(\"\"\"{\"n\":{{qty}},\"id\":\"{{id}}\"}\"\"\"))");
    assert_eq!(valid.len(), 1);
}

#[test]
fn csv_out() {
    let lines = ["\"a \"\"b\"\",c\",1,1.0E20,true\n", "null,null,null,null\n", "é,-2,NaN,false\n"];
    assert_eq!(write("@map(type='csv')"), lines);
    let grouped = write(
        "@map(type='csv', event.grouping.enabled='true', header='true', delimiter=';', @payload(on='0', id='1'))",
    );
    assert_eq!(grouped, ["on;id\n", "true;\"a \"\"b\"\",c\"\n", "null;null\nfalse;é\n"]);
}

#[test]
fn text_out() {
    let first = "id:\"a \"b\",c\",\nqty:1,\nprice:1.0E20,\non:true";
    let plain = write("@map(type='text')");
    assert_eq!(plain[..2], [first, "id:null,\nqty:null,\nprice:null,\non:null"]);
    let custom =
        write("@map(type='text', event.grouping.enabled='true', delimiter='--', @payload('{{qty}} of {{id}}'))");
    assert_eq!(custom, ["1 of a \"b\",c", "null of null\n--\n-2 of é"]);
}
