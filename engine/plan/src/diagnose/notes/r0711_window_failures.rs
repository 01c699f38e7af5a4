use riddhi_ql::{Diagnostic, Span};

code! {
    R0711, "`session`, `sort`, `delay`: where Siddhi fails or loses events, such as an array that is delayed",
    "from S#window.delay(1 sec) select n insert into Out;",
    @"
    note[R0711]: `delay` may answer differently from Siddhi
     --> app.siddhi:2:15
      |
    2 | from S#window.delay(1 sec) select n insert into Out;
      |               ^^^^^
      |
      = note: Siddhi hangs on an array; here it comes out as one chunk
    "
}

/// Of a window for which Siddhi fails in some cases.
pub(crate) fn window_failures(name: &str, span: Span) -> Option<Diagnostic> {
    let siddhi = match name {
        "session" => {
            "Siddhi loses events of an array that lie beyond a session's end, lets older events end it, and drops null keys"
        }
        "sort" => "Siddhi drops the event when it compares a null; here null is the least value",
        "delay" => "Siddhi hangs on an array; here it comes out as one chunk",
        "unique:length" => {
            "Siddhi lets a key that left and comes back expire once more, and then holds more keys than it says"
        }
        "unique:lengthBatch" | "unique:firstLengthBatch" => {
            "in Siddhi two batches that one array completes come out twice; here each comes out once"
        }
        _ => return None,
    };
    Some(CODE.note(format!("`{name}` may answer differently from Siddhi"), span).note(siddhi))
}
