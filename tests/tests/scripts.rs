//! A script is stopped at its limits, and what it does depends on its arguments, the clock and the seed alone.

use std::fmt::Write;

use riddhi_batch::Value;
use riddhi_run::{Engine, EngineOptions, Target, compile};

/// What an app puts out for values of `define stream S (n int)`, `per_frame` events a frame, and its failures.
fn run(app: &str, events: &[i32], per_frame: usize) -> (Vec<String>, Vec<String>) {
    let plan = compile(app).plan.unwrap_or_else(|| panic!("it does not compile: {:?}", compile(app).diagnostics));
    let mut engine = Engine::new(plan.clone(), EngineOptions::default());
    engine.start(0);
    let mut frame = engine.frame();
    let (mut shown, mut failed) = (Vec::new(), Vec::new());
    for (i, event) in events.iter().enumerate() {
        let (rows, arena) = frame.rows_of(0);
        rows.ts.push(i as i64);
        assert!(rows.cols[0].push_value(&Value::Int(*event), arena), "it is an int");
        frame.commit(0, i as i64, true);
        if (i + 1) % per_frame != 0 && i + 1 != events.len() {
            continue;
        }
        engine.process(&mut frame).each(|out| {
            let Target::Stream(number) = out.target else { return };
            for row in out.first..out.first + out.n {
                let mut line = plan.streams[number as usize].name.to_string();
                for column in &out.rows.cols {
                    let _ = write!(line, " {:?}", column.value(row, out.arena));
                }
                shown.push(line);
            }
        });
        failed.extend(engine.failures().map(|f| format!("{} @{} x{}: {}", f.query, f.position, f.rows, f.reason)));
        frame.reset(i as u64 + 1);
    }
    (shown, failed)
}

/// An app of one script, with a query beside the one that calls it; of what fails the stream `!S` tells.
fn app(body: &str) -> String {
    format!(
        "define function f[javascript] return int {{\n{body}\n}};
        @OnError(action='stream') define stream S (n int);
        @info(name='asks') from S select f(n) as x insert into Out;
        @info(name='beside') from S select n insert into Beside;
        @info(name='faults') from !S select n insert into Faults;"
    )
}

/// The script fails for 1 alone, in its third line, with this reason.
#[track_caller]
fn stopped(body: &str, reason: &str) {
    for per_frame in [1, 5] {
        let (mut shown, failed) = run(&app(body), &[0, 1, 2], per_frame);
        shown.retain(|line| !line.starts_with('!'));
        shown.sort();
        let want = ["Beside Int(0)", "Beside Int(1)", "Beside Int(2)", "Faults Int(1)", "Out Int(0)", "Out Int(2)"];
        assert_eq!(shown, want, "{failed:?}");
        assert_eq!(failed, [format!("asks @1 x1: f: {reason} in line 3 of its script")]);
    }
}

#[test]
fn one_that_loops_is_stopped() {
    // Each step of these loops stands in one line: where a call is stopped depends on how many steps come before.
    let why = "stopped after its most steps, it may loop";
    stopped("var n = 0;\nwhile (data[0] == 1) n = Math.abs(n);\nreturn data[0];", why);
    let unwilling = "while (data[0] == 1) { try { while (data[0] == 1) n = Math.abs(n); } finally { continue; } }";
    stopped(&format!("var n = 0;\n{unwilling}\nreturn data[0];"), why);
}

#[test]
fn one_that_eats_memory_is_stopped() {
    let reason = "stopped, it needs more than 32 MiB of memory";
    stopped("var a = [];\nwhile (data[0] == 1) a.push(new Array(1000).fill(data[0]));\nreturn data[0];", reason);
    stopped("var s = 'x';\nwhile (data[0] == 1) s = s + s + 'y';\nreturn data[0];", "string too long");
}

#[test]
fn one_that_calls_itself_for_ever_is_stopped() {
    stopped(
        "function g(n) {\nreturn n == 1 ? g(n) + 1 : n; }\nreturn g(data[0]);",
        "stopped, it calls itself too often",
    );
}

#[test]
fn one_that_throws_says_what() {
    stopped("if (data[0] == 1)\nthrow new Error('not one');\nreturn data[0];", "not one");
    stopped("if (data[0] == 1)\nnothing();\nreturn data[0];", "nothing is not defined");
}

/// Each of these tries to count its calls.
const REMEMBER: &[&str] = &[
    "if (typeof c === 'undefined') c = 0; return ++c;",
    "if (!this.c) this.c = 0; return ++this.c;",
    "f.c = (f.c || 0) + 1; return f.c || 1;",
    "f.prototype.c = (f.prototype.c || 0) + 1; return f.prototype.c || 1;",
    "arguments.callee.c = (arguments.callee.c || 0) + 1; return arguments.callee.c || 1;",
    "Array.prototype.c = ([].c || 0) + 1; return [].c || 1;",
    "Array.prototype.push.c = ([].push.c || 0) + 1; return [].push.c || 1;",
    "Array.prototype.at = ([].at === 1) ? 2 : 1; return [].at === 1 ? 2 : 1;",
    "Object.prototype.toString.c = ({}.toString.c || 0) + 1; return {}.toString.c || 1;",
    "var had = {}.toString === 1; try { Object.prototype.toString = 1; } catch (e) {} return had ? 2 : 1;",
    "Math.max.c = (Math.max.c || 0) + 1; return Math.max.c || 1;",
    "var had = parseInt === 1; parseInt = 1; return had ? 2 : 1;",
    "Date.c = (Date.c || 0) + 1; return Date.c || 1;",
    "var had = Date.prototype.getHours === 1; Date.prototype.getHours = 1; return had ? 2 : 1;",
    "var p = Object.getPrototypeOf([][Symbol.iterator]()); p.c = (p.c || 0) + 1; return p.c || 1;",
    "var p = Object.getPrototypeOf(function* () {}); p.c = (p.c || 0) + 1; return p.c || 1;",
    "var p = Object.getPrototypeOf(async function () {}); p.c = (p.c || 0) + 1; return p.c || 1;",
    "var p = Object.getOwnPropertyDescriptor(Map.prototype, 'size').get; p.c = (p.c || 0) + 1; return p.c || 1;",
    "var had = Error.stackTraceLimit === 1; Error.stackTraceLimit = 1; return had ? 2 : 1;",
    "var had = typeof later !== 'undefined'; Promise.resolve().then(function () { later = 1; }); return had ? 2 : 1;",
    "/x(y)/.exec('xy'); return RegExp.$1 === undefined ? 1 : 2;",
    "new Function('c = 1')(); return 1;",
];

#[test]
fn nothing_is_kept_from_call_to_call() {
    for body in REMEMBER {
        let (shown, failed) = run(&app(body), &[0, 1, 2], 1);
        let of = |shown: Vec<String>| shown.into_iter().filter(|l| l.starts_with("Out")).collect::<Vec<_>>();
        assert_eq!(of(shown), ["Out Int(1)", "Out Int(1)", "Out Int(1)"], "{body}: {failed:?}");
    }
}

#[test]
fn nothing_remembers_by_running_code_in_the_open() {
    let (_, failed) = run(&app("return (0, eval)('let c = 1; c');"), &[0, 1], 1);
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed[0].contains("eval is not defined"), "{failed:?}");
}

#[test]
fn objects_may_have_what_their_prototypes_have() {
    let body = "var o = {}; o.toString = function () { return '7'; }; o.constructor = 1; o.hasOwnProperty = 2;
        var e = new Error('x'); e.message = 'longer'; e.name = 'N';
        class A extends Array { at() { return 3; } }
        function B() {} B.prototype.toString = function () { return '5'; };
        return Number(String(o)) + o.constructor + o.hasOwnProperty + String(e).length + new A().at() + Number(String(new B()));";
    assert_eq!(run(&app(body), &[0], 1).0[0], "Out Int(27)");
}

#[test]
fn random_numbers_come_again_and_are_not_all_alike() {
    let app = app("return Math.floor(Math.random() * 1e9);");
    let (shown, _) = run(&app, &[0; 40], 7);
    let drawn: Vec<&String> = shown.iter().filter(|l| l.starts_with("Out")).collect();
    let several: std::collections::BTreeSet<_> = drawn.iter().collect();
    assert!(several.len() > 35, "{drawn:?}");
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    for per_frame in [1, 3, 40] {
        assert_eq!(sorted(run(&app, &[0; 40], per_frame).0), sorted(shown.clone()), "{per_frame} a frame");
    }
}

#[test]
fn the_clock_is_that_of_the_app() {
    let (shown, _) = run(&app("return Date.now() + new Date().getTime() * 1000;"), &[0, 0, 0], 3);
    let clock: Vec<&String> = shown.iter().filter(|l| l.starts_with("Out")).collect();
    assert_eq!(clock, ["Out Int(0)", "Out Int(1001)", "Out Int(2002)"]);
}
