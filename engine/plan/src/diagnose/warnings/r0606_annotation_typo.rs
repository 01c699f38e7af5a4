use riddhi_ql::{Diagnostic, Span, suggest};

code! {
    R0606, "an annotation that nobody looks at, with a name close to one that means something",
    "@souce(type='stdin', @map(type='json')) define stream A (n int);",
    @"
    warning[R0606]: nobody looks at the annotation `@souce`
     --> app.siddhi:2:2
      |
    2 | @souce(type='stdin', @map(type='json')) define stream A (n int);
      |  ^^^^^ has no effect
      |
      = note: Siddhi ignores it as well
      = help: did you mean `source`?
    "
}

also! {
    of_a_query,
    "@inof(name='q') from S select n insert into Out;",
    @"
    warning[R0606]: nobody looks at the annotation `@inof`
     --> app.siddhi:2:2
      |
    2 | @inof(name='q') from S select n insert into Out;
      |  ^^^^ has no effect
      |
      = note: Siddhi ignores it as well
      = help: did you mean `info`?
    "
}

also! {
    other_names_are_the_users_own,
    "@owner(name='me') define stream A (n int);",
    @""
}

/// A warning if the annotation's name is none of these, but close to one.
pub(crate) fn annotation_typo(name: &str, span: Span, known: &[&'static str]) -> Option<Diagnostic> {
    if known.iter().any(|k| k.eq_ignore_ascii_case(name)) {
        return None;
    }
    let near = suggest(name, known.iter().copied())?;
    let diagnostic = CODE.warning(format!("nobody looks at the annotation `@{name}`"), span).label("has no effect");
    Some(diagnostic.note("Siddhi ignores it as well").fix(format!("did you mean `{near}`?"), span, near))
}
