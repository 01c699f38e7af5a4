//! `@store` and its `@cache`.

use riddhi_ql::ast::Annotation;
use riddhi_ql::{Diagnostic, Diagnostics, Span};

use super::Place;
use super::options::options;
use super::reference::resolved_stores;
use super::typed::{Typed, typed};
use crate::bind::annotations::{is, single};
use crate::diagnose::{connect, unsupported};
use crate::known::outside::STORES;
use crate::registry::{OptionSpec, OptionType, Registry};
use crate::store::{CachePlan, CachePolicy, StorePlan};

/// `@store` of a type that is not there.
fn refused(list: &[Annotation], registry: &Registry, out: &mut Diagnostics) {
    if let Some(found) = single(list, "store", out) {
        let registered = |name: &str| registry.find_store(name).is_some();
        if let Some(Typed::Named(ty)) = typed(found, "store", STORES, registered, out) {
            out.push(unsupported::store(&ty.value.value, ty.value.span));
        }
    }
}

/// `@store` of a table: where its rows are, if the type is registered and it is not the sandbox.
pub(crate) fn table_store(list: &[Annotation], place: &Place<'_>, out: &mut Diagnostics) -> Option<StorePlan> {
    let keyed = list.iter().any(|a| is(a, "primaryKey"));
    bound(list, place, (!keyed).then_some(unsupported::cache), out)
}

/// The same of an aggregation: where the rows of its durations are.
pub(crate) fn aggregation_store(list: &[Annotation], place: &Place<'_>, out: &mut Diagnostics) -> Option<StorePlan> {
    bound(list, place, Some(unsupported::cache_of_aggregation), out)
}

/// `uncached`: what to say of a cache that may not be.
fn bound(
    list: &[Annotation],
    place: &Place<'_>,
    uncached: Option<fn(Span) -> Diagnostic>,
    out: &mut Diagnostics,
) -> Option<StorePlan> {
    // There all is kept in memory, whatever that says.
    if place.registry.sandbox() {
        return None;
    }
    let list = &*resolved_stores(list, place.registry, out)?;
    let of = |a: &Annotation| is(a, "store");
    let ty = list
        .iter()
        .filter(|a| of(a))
        .flat_map(|a| &a.elements)
        .find(|e| e.key.as_ref().is_some_and(|key| key.name.eq_ignore_ascii_case("type")));
    let Some(spec) = ty.and_then(|ty| place.registry.find_store(&ty.value.value)) else {
        refused(list, place.registry, out);
        return None;
    };
    let found = single(list, "store", out)?;
    for inner in found.annotations.iter().filter(|a| !is(a, "cache")) {
        out.push(connect::unknown_annotation(&inner.name.name, "store", inner.name.span));
    }
    let cache = single(&found.annotations, "cache", out).and_then(|found| {
        if let Some(uncached) = uncached {
            out.push(uncached(found.span));
        }
        cache(found, place, out)
    });
    let options = options(found, "store", spec.name, &spec.options, place, out);
    Some(StorePlan { ty: spec.name.to_owned(), options, cache, span: found.span })
}

/// Rows that a cache may have.
const CACHED_ROWS_MAX: u64 = 500_000;

const fn cache_option(name: &'static str, ty: OptionType, required: bool) -> OptionSpec {
    OptionSpec { name, ty, required, dynamic: false }
}

const CACHE: [OptionSpec; 4] = [
    cache_option("size", OptionType::Number(1, CACHED_ROWS_MAX), true),
    cache_option("cache.policy", OptionType::OneOf(&["FIFO", "LRU", "LFU"]), false),
    cache_option("retention.period", OptionType::Text, false),
    cache_option("purge.interval", OptionType::Text, false),
];

/// `@cache` of a store.
fn cache(found: &Annotation, place: &Place<'_>, out: &mut Diagnostics) -> Option<CachePlan> {
    let given = options(found, "cache", "cache", &CACHE, place, out);
    let mut time = |name: &str| {
        let option = given.get(name)?;
        crate::bind::purge::time(name, option.value.constant()?, option.span, out)
    };
    let retention_ms = time("retention.period");
    let purge_ms = time("purge.interval").or(retention_ms).unwrap_or(0);
    let policy = match given.word("cache.policy", "fifo").as_str() {
        "lru" => CachePolicy::Lru,
        "lfu" => CachePolicy::Lfu,
        _ => CachePolicy::Fifo,
    };
    Some(CachePlan { size: given.number("size", 1) as usize, policy, retention_ms, purge_ms })
}
