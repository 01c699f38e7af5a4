//! What `type` says, of whatever is joined.

use riddhi_ql::ast::{Annotation, AnnotationElement};
use riddhi_ql::{Diagnostics, Span};

use crate::bind::annotations::element;
use crate::diagnose::annotations as wrong;
use crate::known::outside::may_be;

/// What `type` says, or what stands for it.
pub(super) enum Typed<'a> {
    Named(&'a AnnotationElement),
    /// A mapper that is not given.
    PassThrough,
}

impl Typed<'_> {
    pub fn name(&self) -> &str {
        match self {
            Typed::Named(e) => &e.value.value,
            Typed::PassThrough => "passThrough",
        }
    }

    pub fn span(&self, found: &Annotation) -> Span {
        match self {
            Typed::Named(e) => e.value.span,
            Typed::PassThrough => found.span,
        }
    }
}

/// What its `type` says.
pub(super) fn typed<'a>(
    found: &'a Annotation,
    name: &str,
    known: &[&'static str],
    registered: impl Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Option<Typed<'a>> {
    let Some(ty) = element(found, "type", out) else {
        out.push(wrong::no_type(name, found.span));
        return None;
    };
    if !may_be(known, &ty.value.value) && !registered(&ty.value.value) {
        out.push(wrong::unknown_type(name, &ty.value.value, ty.value.span, known));
        return None;
    }
    Some(Typed::Named(ty))
}
