use riddhi_ql::Diagnostic;
use riddhi_ql::ast::AttrRef;

use crate::diagnose::{listed, with_nearest};
use crate::text::name_text;

code! {
    R0105, "there is no such attribute",
    "from S select prise insert into Out;",
    @"
    error[R0105]: `S` has no attribute `prise`
     --> app.siddhi:2:15
      |
    2 | from S select prise insert into Out;
      |               ^^^^^ no such attribute
      |
      = help: did you mean `price`?
    "
}

/// The attribute is looked for in one thing, or in all inputs.
pub(crate) fn unknown_attribute<'a>(
    attr: &AttrRef,
    of: Option<&str>,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let name = &attr.attr.name;
    let diagnostic = CODE.error(no_attribute(name, of), attr.attr.span).label("no such attribute");
    let names = listed(known.clone());
    let otherwise = (!names.is_empty()).then(|| format!("it has {names}"));
    with_nearest(diagnostic, name, attr.attr.span, known, otherwise, name_text)
}

pub(crate) fn alias_in_select(attr: &AttrRef, of: Option<&str>) -> Diagnostic {
    let name = &attr.attr.name;
    CODE.error(no_attribute(name, of), attr.attr.span)
        .label("an attribute of the output only")
        .note("`select` and `group by` see the attributes of the input, not the names that `as` gives")
        .help("write the expression again, or use the name in a further query")
}

fn no_attribute(name: &str, of: Option<&str>) -> String {
    match of {
        Some(of) => format!("{of} has no attribute `{name}`"),
        None => format!("no input has an attribute `{name}`"),
    }
}

also! {
    unknown_attribute_far,
    "from S[quantity > 5] select n insert into Out;",
    @"
    error[R0105]: `S` has no attribute `quantity`
     --> app.siddhi:2:8
      |
    2 | from S[quantity > 5] select n insert into Out;
      |        ^^^^^^^^ no such attribute
      |
      = help: it has `symbol`, `price`, `volume`, `n` and `on`
    "
}

also! {
    name_of_as_in_select,
    "from S select price * 2 as twice, twice + 1 as more insert into Out;",
    @"
    error[R0105]: `S` has no attribute `twice`
     --> app.siddhi:2:35
      |
    2 | from S select price * 2 as twice, twice + 1 as more insert into Out;
      |                                   ^^^^^ an attribute of the output only
      |
      = note: `select` and `group by` see the attributes of the input, not the names that `as` gives
      = help: write the expression again, or use the name in a further query
    "
}
