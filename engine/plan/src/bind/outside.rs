//! Annotations that join an app to the outside: sources and sinks here, what they and stores have inside in files of their own.

mod mapping;
mod options;
mod reference;
mod store;
mod typed;

use riddhi_batch::Schema;
use riddhi_ql::ast::{Annotation, AnnotationElement};
use riddhi_ql::{Diagnostics, Span};

use super::annotations::{is, single};
use super::query::fnv;
use crate::connector::{ConnectorPlan, Direction, From, Options};
use crate::diagnose::{connect, unsupported};
use crate::known::outside::{MAPPERS, SINKS, SOURCES};
use crate::registry::{ANY_PROPERTY, ConnectorSpec, MapperSpec, OptionProblem, Outside, Registry};
use mapping::mapping;
use options::options;
use reference::{is_elsewhere, resolved};
use typed::{Typed, typed};

pub(crate) use store::{aggregation_store, table_store};

/// What is known where a connector is bound.
pub(crate) struct Place<'a> {
    pub registry: &'a Registry,
    pub stream: usize,
    pub name: &'a str,
    pub schema: &'a Schema,
}

/// `@source` and `@sink` of a stream, any number of each.
pub(crate) fn transports(list: &[Annotation], place: &Place<'_>, out: &mut Diagnostics) -> Vec<ConnectorPlan> {
    let mut all: Vec<ConnectorPlan> = Vec::new();
    for found in list {
        let direction = match found {
            a if is(a, "source") => Direction::Source,
            a if is(a, "sink") => Direction::Sink,
            _ => continue,
        };
        let sandboxed = super::sandbox::swapped(found, direction, place);
        if sandboxed.as_ref().is_some_and(|one| all.iter().any(|c| c.key.starts_with(&one.key))) {
            continue;
        }
        let Some(mut connector) = sandboxed.or_else(|| transport(found, direction, place, out)) else { continue };
        let equal = all.iter().filter(|c| c.key.rsplit_once('.').is_some_and(|(key, _)| key == connector.key)).count();
        connector.key = format!("{}.{equal}", connector.key);
        all.push(connector);
    }
    all
}

fn transport(
    found: &Annotation,
    direction: Direction,
    place: &Place<'_>,
    out: &mut Diagnostics,
) -> Option<ConnectorPlan> {
    let written = found;
    if place.registry.outside() == Outside::NotStarted && is_elsewhere(found, place.registry) {
        return None;
    }
    // Of one whose `ref` is not there the rest is looked at all the same.
    let resolved = resolved(written, place.registry, out);
    let found = resolved.as_deref().unwrap_or(written);
    let known = match direction {
        Direction::Source => SOURCES,
        Direction::Sink => SINKS,
    };
    let spec = |name: &str| place.registry.find_connector(direction, name).map(|s| s.as_ref());
    let ty = resolved.as_ref().and_then(|_| typed(found, direction.text(), known, |name| spec(name).is_some(), out));
    nested(found, direction, out);
    let map = single(&found.annotations, "map", out);
    let ty_map = match map {
        Some(map) => {
            let has = |name: &str| place.registry.find_mapper(direction, name).is_some();
            typed(map, "map", MAPPERS, has, out)
        }
        None => Some(Typed::PassThrough),
    };
    let connector = ty.as_ref().and_then(|ty| spec(ty.name()));
    let mapper_of = |ty: &Typed<'_>| place.registry.find_mapper(direction, ty.name()).map(|s| s.as_ref());
    let mapper = ty_map.as_ref().and_then(mapper_of);
    if place.registry.outside() == Outside::Started {
        let missing = ty.as_ref().filter(|_| connector.is_none());
        let missing = missing.map(|ty| unsupported::connector(direction.text(), ty.name(), ty.span(found)));
        let unmapped = ty_map.as_ref().filter(|_| mapper.is_none());
        let unmapped = unmapped.map(|ty_map| {
            let at = map.map_or(found.span, |map| ty_map.span(map));
            unsupported::connector("mapper", ty_map.name(), at)
        });
        missing.into_iter().chain(unmapped).for_each(|d| out.push(d));
    }
    let (ty, ty_map) = (ty?, ty_map?);
    let plan = ConnectorPlan {
        direction,
        stream: place.stream,
        ty: connector.map_or(ty.name(), |c| c.name).to_owned(),
        options: connector.map_or_else(Options::default, |spec| {
            options(found, direction.text(), spec.name, &spec.options, place, out)
        }),
        map: mapping(map, direction, &ty_map, mapper, found.span, place, out),
        key: format!("{}/{}/{}/{:016x}", place.name, direction.text(), ty.name(), fnv(&canonical(written))),
        span: found.span,
    };
    if let (Some(connector), Some(mapper)) = (connector, mapper) {
        agree(&plan, connector, mapper, map.is_some(), out);
    }
    Some(plan)
}

/// What the two ends must have in common, and what only all options together show.
fn agree(plan: &ConnectorPlan, connector: &ConnectorSpec, mapper: &MapperSpec, mapped: bool, out: &mut Diagnostics) {
    if !connector.payload.meets(mapper.payload) {
        let span = if mapped { plan.map.span } else { plan.span };
        out.push(connect::no_payload(plan.direction, connector.name, mapper.name, mapped, span));
    }
    let tell = |problem: OptionProblem, options: &Options, whole: Span| {
        let at = problem.option.and_then(|name| options.get(name)).map(|o| o.span);
        connect::options_at_odds(&problem, problem.span.or(at).unwrap_or(whole))
    };
    (connector.check)(plan).into_iter().for_each(|p| out.push(tell(p, &plan.options, plan.span)));
    (mapper.check)(&plan.map).into_iter().for_each(|p| out.push(tell(p, &plan.map.options, plan.map.span)));
    for mapped in &plan.map.attributes {
        if let From::Property(name) = &mapped.from
            && !connector.properties.contains(&name.as_str())
            && connector.properties != [ANY_PROPERTY]
        {
            out.push(connect::unknown_property(connector.name, name, mapped.span, &connector.properties));
        }
    }
}

/// Annotations inside a source or sink other than its mapper.
fn nested(found: &Annotation, direction: Direction, out: &mut Diagnostics) {
    for inner in found.annotations.iter().filter(|a| !is(a, "map")) {
        if direction == Direction::Sink && is(inner, "distribution") {
            out.push(unsupported::distribution(inner.span));
        } else {
            out.push(connect::unknown_annotation(&inner.name.name, direction.text(), inner.name.span));
        }
    }
}

/// What was written, without its spaces and comments.
fn canonical(found: &Annotation) -> String {
    let element = |e: &AnnotationElement| {
        let key = e.key.as_ref().map_or("", |k| k.name.as_str());
        format!("{key}={:?},", e.value.value)
    };
    let elements: String = found.elements.iter().map(element).collect();
    let inner: String = found.annotations.iter().map(canonical).collect();
    format!("@{}({elements}{inner})", found.name.name.to_ascii_lowercase())
}
