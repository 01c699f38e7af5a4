//! Names: unknown, defined twice, out of scope.

use crate::text::name_text;
use riddhi_ql::ast::AttrRef;
use riddhi_ql::{Code, Diagnostic, Ident, Span};

use super::{listed, with_nearest};
use crate::bind::catalog::{Class, Entry};

pub(crate) fn unknown_stream<'a>(
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'a str>,
    later: Option<Span>,
) -> Diagnostic {
    if let Some(later) = later {
        return Diagnostic::error(Code("R0102"), format!("stream `{name}` is read before a query fills it"), span)
            .label("not defined up to here")
            .also(later, "first filled here")
            .help("put the query that fills it first, or define the stream");
    }
    let diagnostic =
        Diagnostic::error(Code("R0101"), format!("there is no stream `{name}`"), span).label("not defined");
    with_nearest(
        diagnostic,
        name,
        span,
        known,
        Some("define it, or insert into it in an earlier query".to_owned()),
        name_text,
    )
}

pub(crate) fn defined_twice(name: &Ident, class: Class, before: &Entry) -> Diagnostic {
    Diagnostic::error(Code("R0103"), format!("`{name}` is defined twice"), name.span)
        .label(format!("defined again as a {}", class.text()))
        .also(before.span, format!("first defined here as a {}", before.class.text()))
        .help("give one of them another name")
}

pub(crate) fn not_readable(name: &str, span: Span, class: Class) -> Diagnostic {
    let article = if class == Class::Aggregation { "an" } else { "a" };
    Diagnostic::error(
        Code("R0104"),
        format!("`{name}` is {article} {} and cannot be read like a stream", class.text()),
        span,
    )
    .label("a stream is needed here")
    .help("join a stream with it instead")
}

/// The attribute is looked for in one thing, or in all inputs.
pub(crate) fn unknown_attribute<'a>(
    attr: &AttrRef,
    of: Option<&str>,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let name = &attr.attr.name;
    let diagnostic =
        Diagnostic::error(Code("R0105"), no_attribute(name, of), attr.attr.span).label("no such attribute");
    let names = listed(known.clone());
    let otherwise = (!names.is_empty()).then(|| format!("it has {names}"));
    with_nearest(diagnostic, name, attr.attr.span, known, otherwise, name_text)
}

pub(crate) fn only_in_input<'a>(attr: &AttrRef, clause: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = &attr.attr.name;
    Diagnostic::error(Code("R0110"), format!("`{name}` is not selected, so `{clause}` does not see it"), attr.attr.span)
        .label("an attribute of the input only")
        .note(format!("`{clause}` sees what the query selects: {}", listed(known)))
        .help(format!("select `{name}` as well"))
}

fn no_attribute(name: &str, of: Option<&str>) -> String {
    match of {
        Some(of) => format!("{of} has no attribute `{name}`"),
        None => format!("no input has an attribute `{name}`"),
    }
}

pub(crate) fn alias_in_select(attr: &AttrRef, of: Option<&str>) -> Diagnostic {
    let name = &attr.attr.name;
    Diagnostic::error(Code("R0105"), no_attribute(name, of), attr.attr.span)
        .label("an attribute of the output only")
        .note("`select` and `group by` see the attributes of the input, not the names that `as` gives")
        .help("write the expression again, or use the name in a further query")
}

pub(crate) fn not_in_scope<'a>(stream: &Ident, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let diagnostic = Diagnostic::error(Code("R0106"), format!("`{stream}` is not an input of this query"), span)
        .label("not known here");
    let names = listed(known.iter().copied());
    let otherwise = (!names.is_empty()).then(|| format!("known here: {names}"));
    with_nearest(diagnostic, &stream.name, span, known, otherwise, name_text)
}

pub(crate) fn ambiguous<'a>(attr: &AttrRef, inputs: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let name = &attr.attr.name;
    Diagnostic::error(Code("R0107"), format!("`{name}` may be an attribute of {}", listed(inputs)), attr.span)
        .label("of which?")
        .help("write the input's name and a dot before it")
}

pub(crate) fn output_twice(name: &Ident, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code("R0108"), format!("the output has two attributes `{name}`"), span)
        .label("selected again")
        .also(first, "selected first")
        .help("give one of them another name with `as`")
}

pub(crate) fn star_twice(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0108"), format!("the output has two attributes `{name}`"), span)
        .label("several inputs have it")
        .help("select the attributes one by one and rename with `as`")
}

pub(crate) fn other_shape(
    target: &Ident,
    class: Class,
    expected: &str,
    found: &str,
    what: String,
    at: Span,
    before: Span,
) -> Diagnostic {
    let defined = if class == Class::Stream { "defined, or first filled, here" } else { "defined here" };
    Diagnostic::error(Code("R0109"), format!("what is selected does not fit {} `{target}`", class.text()), at)
        .label(what)
        .also(before, defined)
        .note(format!("`{target}` has ({expected})"))
        .note(format!("the query gives ({found})"))
        .help("names, types and order must be the same; `convert(x, 'type')` changes a type")
}

pub(crate) fn query_twice(name: &str, span: Span, first: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0111"), format!("two queries or partitions are named `{name}`"), span)
        .label("named again")
        .help("give each query a name of its own");
    match first {
        Some(first) => diagnostic.also(first, "first named here"),
        None => diagnostic.note("queries without a name are called `query_1`, `query_2` and so on in text order"),
    }
}

pub(crate) fn inner_outside(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0112"), format!("inner stream `#{name}` stands outside a partition"), span)
        .label("would go nowhere")
        .help("leave out `#`, or put the query into a partition")
}

pub(crate) fn unknown_inner<'a>(name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code("R0101"), format!("there is no inner stream `#{name}`"), span)
        .label("no earlier query of the partition fills it");
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    let near = riddhi_ql::suggest(name, known.iter().map(String::as_str)).map(|n| format!("did you mean `#{n}`?"));
    diagnostic.help(near.unwrap_or_else(|| "insert into it in an earlier query of the partition".to_owned()))
}

pub(crate) fn into_fault(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0113"), format!("nothing can be inserted into fault stream `!{name}`"), span)
        .label("filled by error handling only")
        .note(format!("Siddhi ignores the `!` here and writes `{name}` itself"))
        .help(format!("insert into `{name}`, or into a stream of your own"))
}

pub(crate) fn no_fault_stream(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0114"), format!("stream `{name}` has no fault stream"), span)
        .label("not kept")
        .help(format!("put `@OnError(action='stream')` before the definition of `{name}`"))
}

pub(crate) fn not_a_table<'a>(
    name: &Ident,
    class: Option<Class>,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = match class {
        Some(class) => {
            Diagnostic::error(Code("R0115"), format!("`{name}` is no table but a {}", class.text()), name.span)
        }
        None => Diagnostic::error(Code("R0115"), format!("there is no table `{name}`"), name.span),
    };
    let otherwise = Some("define it with `define table`, or use `insert into`".to_owned());
    with_nearest(diagnostic.label("a table is needed here"), &name.name, name.span, known, otherwise, name_text)
}

pub(crate) fn added_twice(function: &str, attribute: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        Code("R0116"),
        format!("`#{function}` adds an attribute `{attribute}`, which is there already"),
        span,
    )
    .label("two attributes of one name")
    .help("rename the attribute in an earlier query")
}

pub(crate) fn not_insertable(name: &str, span: Span, class: Class) -> Diagnostic {
    let article = if class == Class::Aggregation { "an" } else { "a" };
    Diagnostic::error(Code("R0117"), format!("nothing can be inserted into `{name}`, {article} {}", class.text()), span)
        .label("a stream, a table or a window is needed here")
        .help("insert into the stream that it reads")
}

pub(crate) fn later_state(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("R0118"), format!("`{name}` comes later than this state"), span)
        .label("its event is not there yet")
        .note("of `A and B` the right side counts as the earlier one")
        .help(format!("put the condition into the filter of `{name}`"))
}
