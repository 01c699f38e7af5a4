use riddhi_ql::{Diagnostic, Ident};

use crate::bind::catalog::{Class, Entry};

code! {
    R0103, "a name is defined twice",
    "define stream S (n int);",
    @"
    error[R0103]: `S` is defined twice
     --> app.siddhi:2:15
      |
    1 | define stream S (symbol string, price double, volume long, n int, on bool);
      |               - first defined here as a stream
    2 | define stream S (n int);
      |               ^ defined again as a stream
      |
      = help: give one of them another name
    "
}

pub(crate) fn defined_twice(name: &Ident, class: Class, before: &Entry) -> Diagnostic {
    CODE.error(format!("`{name}` is defined twice"), name.span)
        .label(format!("defined again as a {}", class.text()))
        .also(before.span, format!("first defined here as a {}", before.class.text()))
        .help("give one of them another name")
}

also! {
    defined_twice_as_table,
    "define table S (n int);\nfrom S select n insert into Out;",
    @"
    error[R0103]: `S` is defined twice
     --> app.siddhi:2:14
      |
    1 | define stream S (symbol string, price double, volume long, n int, on bool);
      |               - first defined here as a stream
    2 | define table S (n int);
      |              ^ defined again as a table
      |
      = help: give one of them another name
    "
}
