use crate::diagnostic::Diagnostic;
use crate::span::Span;

code! {
    S0019, "a type that does not exist",
    "define stream R (a integer);",
    @"
    error[S0019]: there is no type `integer`
     --> app.siddhi:2:20
      |
    2 | define stream R (a integer);
      |                    ^^^^^^^ not a type
      |
      = help: did you mean `int`?
    "
}

pub(crate) fn no_type(word: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let error = CODE.error(format!("there is no type `{word}`"), span).label("not a type");
    match near {
        Some(ty) => error.fix(format!("did you mean `{ty}`?"), span, ty),
        None => error.help("the types are string, int, long, float, double, bool and object"),
    }
}

also! {
    far,
    "define stream R (a blob);",
    @"
    error[S0019]: there is no type `blob`
     --> app.siddhi:2:20
      |
    2 | define stream R (a blob);
      |                    ^^^^ not a type
      |
      = help: the types are string, int, long, float, double, bool and object
    "
}
