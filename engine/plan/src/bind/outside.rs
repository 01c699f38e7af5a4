//! Annotations that join an app to the outside: sources, sinks, mappers, stores. They are refused, but a name that nobody
//! has is told as a mistake.

use riddhi_ql::Diagnostics;
use riddhi_ql::ast::Annotation;

use super::annotations::{element, is, single};
use crate::diagnose::{annotations as wrong, unsupported};
use crate::known::outside::{MAPPERS, SINKS, SOURCES, STORES, may_be};

/// `@source` and `@sink` of a stream, any number of each.
pub(crate) fn transports(list: &[Annotation], out: &mut Diagnostics) {
    for found in list {
        if is(found, "source") {
            typed(found, "source", SOURCES, out);
            out.push(unsupported::feature(unsupported::SOURCE, found.span));
        } else if is(found, "sink") {
            typed(found, "sink", SINKS, out);
            out.push(unsupported::feature(unsupported::SINK, found.span));
        } else {
            continue;
        }
        if let Some(map) = single(&found.annotations, "map", out) {
            typed(map, "map", MAPPERS, out);
        }
    }
}

/// `@store` of a table or aggregation.
pub(crate) fn store(list: &[Annotation], out: &mut Diagnostics) {
    if let Some(found) = single(list, "store", out) {
        typed(found, "store", STORES, out);
    }
}

/// `ref` takes its options, the type among them, from the configuration.
fn typed(found: &Annotation, name: &str, known: &[&'static str], out: &mut Diagnostics) {
    let Some(ty) = element(found, "type", out) else {
        if element(found, "ref", out).is_none() {
            out.push(wrong::no_type(name, found.span));
        }
        return;
    };
    if !may_be(known, &ty.value.value) {
        out.push(wrong::unknown_type(name, &ty.value.value, ty.value.span, known));
    }
}
