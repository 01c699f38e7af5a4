use riddhi_ql::{Diagnostic, Ident};

use crate::bind::catalog::Class;
use crate::diagnose::with_nearest;
use crate::text::name_text;

code! {
    R0115, "a table is needed, and the name is none",
    "from S select n update S on S.n == n;",
    @"
    error[R0115]: `S` is no table but a stream
     --> app.siddhi:2:24
      |
    2 | from S select n update S on S.n == n;
      |                        ^ a table is needed here
      |
      = help: define it with `define table`, or use `insert into`
    "
}

pub(crate) fn not_a_table<'a>(
    name: &Ident,
    class: Option<Class>,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = match class {
        Some(class) => CODE.error(format!("`{name}` is no table but a {}", class.text()), name.span),
        None => CODE.error(format!("there is no table `{name}`"), name.span),
    };
    let otherwise = Some("define it with `define table`, or use `insert into`".to_owned());
    with_nearest(diagnostic.label("a table is needed here"), &name.name, name.span, known, otherwise, name_text)
}

/// Of an on-demand query, which reads contents.
pub(crate) fn nothing_to_read<'a>(
    name: &Ident,
    class: Option<Class>,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = match class {
        Some(class) => CODE.error(format!("`{name}` is no table or window but a {}", class.text()), name.span),
        None => CODE.error(format!("there is no table or window `{name}`"), name.span),
    };
    let otherwise = Some("an on-demand query reads a table, a named window or an aggregation".to_owned());
    with_nearest(
        diagnostic.label("a table or a window is needed here"),
        &name.name,
        name.span,
        known,
        otherwise,
        name_text,
    )
}

pub(crate) fn nothing_to_find(name: &Ident, why: &str) -> Diagnostic {
    CODE.error(format!("window `{name}` cannot be read"), name.span)
        .label(why.to_owned())
        .help("insert its rows into a table, or define it with `output all events`")
}

also! {
    update_of_a_stream,
    "define stream R (n int);\nfrom S select n update R on R.n == n;",
    @"
    error[R0115]: `R` is no table but a stream
     --> app.siddhi:3:24
      |
    3 | from S select n update R on R.n == n;
      |                        ^ a table is needed here
      |
      = help: define it with `define table`, or use `insert into`
    "
}

also! {
    in_a_stream,
    "from S[(n == n) in S] select n insert into Out;",
    @"
    error[R0115]: `S` is no table but a stream
     --> app.siddhi:2:20
      |
    2 | from S[(n == n) in S] select n insert into Out;
      |                    ^ a table is needed here
      |
      = help: define it with `define table`, or use `insert into`
    "
}

also! {
    no_such_table,
    "from S select n update Rows on n == 1;",
    @"
    error[R0115]: there is no table `Rows`
     --> app.siddhi:2:24
      |
    2 | from S select n update Rows on n == 1;
      |                        ^^^^ a table is needed here
      |
      = help: define it with `define table`, or use `insert into`
    "
}
