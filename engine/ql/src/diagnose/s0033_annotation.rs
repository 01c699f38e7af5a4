use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0033, "an annotation value that is none",
    "@note(x=64) define stream R (n int);",
    @"
    error[S0033]: expected a string, found `64`
     --> app.siddhi:2:9
      |
    2 | @note(x=64) define stream R (n int);
      |         ^^ expected a string
      |
      = help: the values of an annotation are strings: `'64'`
    "
}

/// Something else than a string was not expected; `written` is what quotes would mend.
pub(crate) fn annotation_value(unexpected: Diagnostic, written: Option<&str>, span: Span) -> Diagnostic {
    let error = Diagnostic { code: CODE.code, ..unexpected };
    match written {
        Some(text) => error.fix("the values of an annotation are strings", span, format!("'{text}'")),
        None => error.help("give it a string, as in key='value'"),
    }
}

pub(crate) fn empty_annotation(span: Span) -> Diagnostic {
    CODE.error("empty parentheses after an annotation", span).label("empty").fix("leave them out", span, "")
}

pub(crate) fn nested_annotation(span: Span) -> Diagnostic {
    CODE.error("an app annotation cannot contain annotations", span)
        .label("nested annotation")
        .help("give it elements only, as in key='value'")
}

pub(crate) fn annotated(what: &str, span: Span) -> Diagnostic {
    CODE.error(format!("a {what} has no annotations"), span).label("annotation").help("leave it out")
}

also! {
    empty,
    "@note() define stream R (n int);",
    @"
    error[S0033]: empty parentheses after an annotation
     --> app.siddhi:2:6
      |
    2 | @note() define stream R (n int);
      |      ^^ empty
      |
      = help: leave them out
    "
}

also! {
    nested,
    "@app:note(@inner('x')) define stream R (n int);",
    @"
    error[S0033]: an app annotation cannot contain annotations
     --> app.siddhi:1:11
      |
    1 | @app:note(@inner('x')) define stream R (n int);
      |           ^^^^^^^^^^^ nested annotation
      |
      = help: give it elements only, as in key='value'
    "
}

also! {
    of_a_trigger,
    "@note('x') define trigger G at 'start';",
    @"
    error[S0033]: a trigger has no annotations
     --> app.siddhi:2:1
      |
    2 | @note('x') define trigger G at 'start';
      | ^^^^^^^^^^ annotation
      |
      = help: leave it out
    "
}
