//! `ref='name'`: options that the configuration keeps.

use std::borrow::Cow;

use riddhi_ql::ast::{Annotation, AnnotationElement};
use riddhi_ql::{Diagnostics, Ident, StrLit};

use crate::bind::annotations::{element, is};
use crate::diagnose::annotations as wrong;
use crate::registry::Registry;

const REF: &str = "ref";

/// The annotation of a source, sink or store with what its `ref` stands for, as if that were written there; what is written
/// itself counts more. None if nothing is called so.
pub(super) fn resolved<'a>(
    found: &'a Annotation,
    registry: &Registry,
    out: &mut Diagnostics,
) -> Option<Cow<'a, Annotation>> {
    let Some(reference) = element(found, REF, out) else { return Some(Cow::Borrowed(found)) };
    let name = &reference.value.value;
    let Some(kept) = registry.find_reference(name) else {
        let known = registry.reference_names();
        out.push(wrong::no_reference(name, reference.value.span, known));
        return None;
    };
    let span = reference.span;
    let written = |name: &str| {
        let same = |e: &AnnotationElement| e.key.as_ref().is_some_and(|key| key.name.eq_ignore_ascii_case(name));
        found.elements.iter().any(same)
    };
    let made = |(name, value): (&str, &str)| AnnotationElement {
        key: Some(Ident { name: name.to_owned(), span }),
        value: StrLit { value: value.to_owned(), span },
        span,
    };
    let options = kept.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let given = std::iter::once(("type", kept.ty.as_str())).chain(options).filter(|(name, _)| !written(name));
    let mut whole = found.clone();
    whole.elements.retain(|e| e.key.as_ref().is_none_or(|key| !key.name.eq_ignore_ascii_case(REF)));
    whole.elements.extend(given.map(made));
    Some(Cow::Owned(whole))
}

/// Whether it names what only another configuration has.
pub(super) fn is_elsewhere(found: &Annotation, registry: &Registry) -> bool {
    let reference = element(found, REF, &mut Diagnostics::new());
    reference.is_some_and(|reference| registry.find_reference(&reference.value.value).is_none())
}

/// All annotations of a definition with what the `ref` of every `@store` stands for.
pub(super) fn resolved_stores<'a>(
    list: &'a [Annotation],
    registry: &Registry,
    out: &mut Diagnostics,
) -> Option<Cow<'a, [Annotation]>> {
    let by_name = |a: &Annotation| is(a, "store") && element(a, REF, &mut Diagnostics::new()).is_some();
    if !list.iter().any(by_name) {
        return Some(Cow::Borrowed(list));
    }
    let of = |found: &Annotation| match is(found, "store") {
        true => resolved(found, registry, out).map(Cow::into_owned),
        false => Some(found.clone()),
    };
    list.iter().map(of).collect::<Option<Vec<_>>>().map(Cow::Owned)
}
