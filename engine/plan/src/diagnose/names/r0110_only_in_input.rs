use riddhi_ql::Diagnostic;
use riddhi_ql::ast::AttrRef;

use crate::diagnose::listed;

code! {
    R0110, "`having` and `order by` see only what is selected",
    "from S select symbol having price > 5 insert into Out;",
    @"
    error[R0110]: `price` is not selected, so `having` does not see it
     --> app.siddhi:2:29
      |
    2 | from S select symbol having price > 5 insert into Out;
      |                             ^^^^^ an attribute of the input only
      |
      = note: `having` sees what the query selects: `symbol`
      = help: select `price` as well
    "
}

pub(crate) fn only_in_input<'a>(attr: &AttrRef, clause: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = &attr.attr.name;
    CODE.error(format!("`{name}` is not selected, so `{clause}` does not see it"), attr.attr.span)
        .label("an attribute of the input only")
        .note(format!("`{clause}` sees what the query selects: {}", listed(known)))
        .help(format!("select `{name}` as well"))
}

also! {
    order_by_sees_the_output,
    "from S select symbol order by price insert into Out;",
    @"
    error[R0110]: `price` is not selected, so `order by` does not see it
     --> app.siddhi:2:31
      |
    2 | from S select symbol order by price insert into Out;
      |                               ^^^^^ an attribute of the input only
      |
      = note: `order by` sees what the query selects: `symbol`
      = help: select `price` as well
    "
}
