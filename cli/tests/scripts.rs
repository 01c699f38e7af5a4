//! What a script says of dates does not depend on where the host stands.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Each shows local time or reads it.
const ASKS: &[(&str, &str)] = &[
    ("new Date(0).toString()", "Thu Jan 01 1970 00:00:00 GMT+0000"),
    ("String(new Date(1e12))", "Sun Sep 09 2001 01:46:40 GMT+0000"),
    ("Date()", "Thu Jan 01 1970 00:00:05 GMT+0000"),
    ("new Date(1e12).toDateString()", "Sun Sep 09 2001"),
    ("new Date(1e12).toTimeString()", "01:46:40 GMT+0000"),
    ("new Date(1e12).toLocaleString()", "09/09/2001, 01:46:40 AM"),
    ("new Date(1e12).toLocaleDateString('de')", "09/09/2001"),
    ("new Date(13 * 3600000).toLocaleTimeString()", "01:00:00 PM"),
    (
        "[1e12].map(function (t) { var d = new Date(t); return [d.getFullYear(), d.getMonth(), d.getDate(), d.getDay(), \
     d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds(), d.getYear()].join(); })[0]",
        "2001,8,9,0,1,46,40,0,101",
    ),
    ("String(new Date(0).getTimezoneOffset())", "0"),
    ("new Date(2020, 5, 1, 12).toISOString()", "2020-06-01T12:00:00.000Z"),
    ("new Date(99, 0).toISOString()", "1999-01-01T00:00:00.000Z"),
    ("new Date('2020-06-01T12:00').toISOString()", "2020-06-01T12:00:00.000Z"),
    ("new Date('2020-06-01T12:00:30.5').toISOString()", "2020-06-01T12:00:30.500Z"),
    ("new Date('2020-06-01T12:00+02:00').toISOString()", "2020-06-01T10:00:00.000Z"),
    ("new Date('2020-06-01').toISOString()", "2020-06-01T00:00:00.000Z"),
    ("new Date('2020-06-01 12:00').toISOString()", "2020-06-01T12:00:00.000Z"),
    ("new Date('June 1, 2020 12:00').toISOString()", "2020-06-01T12:00:00.000Z"),
    ("new Date('Mon Jun 01 2020 12:00:00 GMT+0200').toISOString()", "2020-06-01T10:00:00.000Z"),
    ("new Date(new String('2020-06-01T12:00')).toISOString()", "2020-06-01T12:00:00.000Z"),
    ("new Date(new Date(7)).toISOString()", "1970-01-01T00:00:00.007Z"),
    ("new Date(Date.parse('2020-06-01T12:00')).toISOString()", "2020-06-01T12:00:00.000Z"),
    (
        "(function () { var d = new Date(0); d.setHours(5); d.setMonth(6, 2); d.setYear(99); return d.toISOString(); })()",
        "1999-07-02T05:00:00.000Z",
    ),
    ("String(new Date('no date'))", "Invalid Date"),
    ("String(new Date(NaN).getTimezoneOffset())", "NaN"),
    ("String(new Date(0) instanceof Date) + Date.name + Date.length", "trueDate7"),
    ("JSON.stringify(new Date())", "\"1970-01-01T00:00:05.000Z\""),
    ("`${new Date(0)}` + (new Date(0) + 1)", "Thu Jan 01 1970 00:00:00 GMT+0000Thu Jan 01 1970 00:00:00 GMT+00001"),
];

fn replay(folder: &Path, zone: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_riddhi"))
        .args(["replay", "dates.siddhi", "--events", "one.jsonl", "--format", "jsonl", "--no-progress"])
        .current_dir(folder)
        .env("TZ", zone)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn dates_are_utc_wherever_the_host_stands() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripts");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (mut app, mut queries) = ("define stream S (n int);\n".to_owned(), String::new());
    for (i, (ask, _)) in ASKS.iter().enumerate() {
        app.push_str(&format!("define function f{i}[javascript] return string {{ return {ask}; }};\n"));
        queries.push_str(&format!("from S select f{i}(n) as x insert into Out;\n"));
    }
    app.push_str(&queries);
    fs::write(folder.join("dates.siddhi"), app).unwrap();
    fs::write(folder.join("one.jsonl"), "{\"stream\":\"S\",\"ts\":5000,\"data\":{\"n\":1}}\n").unwrap();
    let shown = |zone: &str| -> Vec<String> {
        let text = replay(&folder, zone);
        let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["data"]["x"].clone();
        text.lines().map(|line| row(line).as_str().unwrap_or_default().to_owned()).collect()
    };
    // Without names, which need a data base of zones on the host.
    for zone in ["UTC0", "IST-5:30", "CET-1CEST,M3.5.0,M10.5.0/3", "NST3:30NDT,M3.2.0,M11.1.0"] {
        let answers = shown(zone);
        assert_eq!(answers.len(), ASKS.len());
        for ((ask, want), got) in ASKS.iter().zip(answers) {
            assert_eq!(got, *want, "{ask} in {zone}");
        }
    }
}
