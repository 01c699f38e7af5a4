use riddhi_ql::{Diagnostic, Span};

code! {
    R0408, "a trigger that cannot be timed",
    "define trigger G at 'now and then';",
    @"
    error[R0408]: the trigger has no times: it has 3 of the 6 or 7 fields
     --> app.siddhi:2:21
      |
    2 | define trigger G at 'now and then';
      |                     ^^^^^^^^^^^^^^ when?
      |
      = help: `at 'start'`, `at every 5 sec`, or a schedule: `at '0 */5 * * * ?'` (second minute hour day month weekday [year])
    "
}

pub(crate) fn schedule(wrong: &str, span: Span) -> Diagnostic {
    CODE.error(format!("the trigger has no times: {wrong}"), span)
        .label("when?")
        .help("`at 'start'`, `at every 5 sec`, or a schedule: `at '0 */5 * * * ?'` (second minute hour day month weekday [year])")
}

also! {
    every_zero,
    "define trigger G at every 0 sec;",
    @"
    error[R0408]: the trigger has no times: it would fire without end
     --> app.siddhi:2:27
      |
    2 | define trigger G at every 0 sec;
      |                           ^^^^^ when?
      |
      = help: `at 'start'`, `at every 5 sec`, or a schedule: `at '0 */5 * * * ?'` (second minute hour day month weekday [year])
    "
}
