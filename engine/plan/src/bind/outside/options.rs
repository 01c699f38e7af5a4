//! Options of what is joined: those that were given, each checked by itself.

use riddhi_ql::Diagnostics;
use riddhi_ql::ast::{Annotation, AnnotationElement};

use super::Place;
use crate::bind::annotations::element;
use crate::bind::template;
use crate::connector::{GivenOption, Options};
use crate::diagnose::connect;
use crate::registry::{OptionSpec, OptionType};

/// The options that were given, each checked by itself.
pub(super) fn options(
    found: &Annotation,
    annotation: &str,
    ty: &str,
    specs: &[OptionSpec],
    place: &Place<'_>,
    out: &mut Diagnostics,
) -> Options {
    let mut given = Vec::new();
    for e in &found.elements {
        let Some(key) = &e.key else {
            out.push(connect::no_key(annotation, e.span));
            continue;
        };
        if key.name.eq_ignore_ascii_case("type") || given.iter().any(|o: &GivenOption| o.name == key.name) {
            // Whichever stands twice is told once, by the look-up of its first.
            element(found, &key.name, out);
            continue;
        }
        match spec_of(specs, &key.name) {
            Some(spec) => given.extend(option(&key.name, e, spec, place, out)),
            None => out.push(connect::unknown_option(ty, &key.name, key.span, specs.iter().map(|s| s.name))),
        }
    }
    for spec in specs.iter().filter(|s| s.required && !given.iter().any(|o| o.name == s.name)) {
        if !found.elements.iter().any(|e| e.key.as_ref().is_some_and(|k| k.name == spec.name)) {
            out.push(connect::option_missing(ty, spec.name, found.span));
        }
    }
    Options { given }
}

fn spec_of<'a>(specs: &'a [OptionSpec], name: &str) -> Option<&'a OptionSpec> {
    let is = |s: &&OptionSpec| match s.name.strip_suffix('*') {
        Some(begin) => name.len() > begin.len() && name.starts_with(begin),
        None => s.name == name,
    };
    specs.iter().find(is)
}

fn option(
    name: &str,
    e: &AnnotationElement,
    spec: &OptionSpec,
    place: &Place<'_>,
    out: &mut Diagnostics,
) -> Option<GivenOption> {
    let value = if spec.dynamic {
        template::parse(&e.value, place.schema, place.name, out)
    } else {
        crate::connector::Template::text(e.value.value.clone())
    };
    let text = value.constant();
    if !spec.dynamic && template::has_attribute(&e.value.value) {
        out.push(connect::not_dynamic(name, e.value.span));
        return None;
    }
    let trimmed = text.map(str::trim);
    let fits = match (spec.ty, trimmed) {
        (OptionType::Text, _) | (_, None) => true,
        (OptionType::Bool, Some(t)) => t.eq_ignore_ascii_case("true") || t.eq_ignore_ascii_case("false"),
        (OptionType::Number(min, max), Some(t)) => t.parse::<u64>().is_ok_and(|n| (min..=max).contains(&n)),
        (OptionType::OneOf(words), Some(t)) => words.iter().any(|w| w.eq_ignore_ascii_case(t)),
    };
    if !fits {
        out.push(connect::bad_value(name, &e.value.value, spec.ty, e.value.span));
        return None;
    }
    Some(GivenOption { name: name.to_owned(), value, span: e.value.span })
}
