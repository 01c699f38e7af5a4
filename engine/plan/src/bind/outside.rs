//! Annotations that join an app to the outside: sources, sinks, mappers, stores.

use riddhi_batch::Schema;
use riddhi_ql::ast::{Annotation, AnnotationElement};
use riddhi_ql::{Diagnostics, Span};

use super::annotations::{element, is, single};
use super::query::fnv;
use super::template;
use crate::connector::{ConnectorPlan, Direction, From, GivenOption, MapPlan, Mapped, Options, Payload};
use crate::diagnose::{annotations as wrong, connect, unsupported};
use crate::known::outside::{MAPPERS, SINKS, SOURCES, STORES, may_be};
use crate::registry::{
    ANY_PROPERTY, ConnectorSpec, MapperSpec, Mapping, OptionProblem, OptionSpec, OptionType, Outside, Registry,
};
use crate::store::{CachePlan, CachePolicy, StorePlan};

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
    let known = match direction {
        Direction::Source => SOURCES,
        Direction::Sink => SINKS,
    };
    let spec = |name: &str| place.registry.find_connector(direction, name).map(|s| s.as_ref());
    let ty = typed(found, direction.text(), known, |name| spec(name).is_some(), out);
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
        key: format!("{}/{}/{}/{:016x}", place.name, direction.text(), ty.name(), fnv(&canonical(found))),
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

fn mapping(
    map: Option<&Annotation>,
    direction: Direction,
    ty: &Typed<'_>,
    spec: Option<&MapperSpec>,
    outer: Span,
    place: &Place<'_>,
    out: &mut Diagnostics,
) -> MapPlan {
    let mut plan = MapPlan {
        ty: spec.map_or(ty.name(), |s| s.name).to_owned(),
        options: Options::default(),
        attributes: Vec::new(),
        payload: Vec::new(),
        span: map.map_or(outer, |m| m.span),
    };
    let (Some(map), Some(spec)) = (map, spec) else { return plan };
    plan.options = options(map, "map", spec.name, &spec.options, place, out);
    let inner = match direction {
        Direction::Source => "attributes",
        Direction::Sink => "payload",
    };
    for other in map.annotations.iter().filter(|a| !is(a, inner)) {
        out.push(connect::unknown_annotation(
            &other.name.name,
            &format!("map of a {}", direction.text()),
            other.name.span,
        ));
    }
    let Some(found) = single(&map.annotations, inner, out) else { return plan };
    if spec.mapping == Mapping::Ignored {
        out.push(connect::no_mapping(spec.name, inner, found.span));
        return plan;
    }
    match direction {
        Direction::Source => plan.attributes = attributes(found, spec, place, out),
        Direction::Sink => plan.payload = payload(found, spec, place, out),
    }
    plan
}

/// `@attributes`: all by key or all by position.
fn attributes(found: &Annotation, spec: &MapperSpec, place: &Place<'_>, out: &mut Diagnostics) -> Vec<Mapped> {
    let schema = place.schema;
    let keyed = found.elements.iter().filter(|e| e.key.is_some()).count();
    if keyed != 0 && keyed != found.elements.len() {
        out.push(connect::mixed_attributes(found.span));
        return Vec::new();
    }
    let mut all: Vec<Mapped> = Vec::new();
    for (i, e) in found.elements.iter().enumerate() {
        let attribute = match &e.key {
            None if i < schema.attributes.len() => i,
            None => {
                out.push(connect::attributes_count(schema.attributes.len(), found.elements.len(), found.span));
                return Vec::new();
            }
            Some(key) => match schema.index_of(&key.name) {
                Some(attribute) => attribute,
                None => {
                    let names = schema.attributes.iter().map(|a| a.name.as_str());
                    out.push(connect::unknown_attribute(&key.name, place.name, key.span, names));
                    continue;
                }
            },
        };
        if let Some(first) = all.iter().find(|m| m.attribute == attribute) {
            out.push(wrong::element_twice(&schema.attributes[attribute].name, e.span, first.span));
            continue;
        }
        let from = match e.value.value.strip_prefix("trp:") {
            Some(name) => From::Property(name.to_owned()),
            None => From::Payload(e.value.value.clone()),
        };
        if let From::Payload(text) = &from
            && spec.mapping == Mapping::Columns
            && text.trim().parse::<u16>().is_err()
        {
            out.push(connect::no_column(text, e.value.span));
        }
        all.push(Mapped { attribute, from, span: e.value.span });
    }
    let missing = (0..schema.attributes.len()).find(|i| all.iter().all(|m| m.attribute != *i));
    if let Some(missing) = missing.filter(|_| !out.has_errors()) {
        out.push(connect::attribute_missing(&schema.attributes[missing].name, found.span));
    }
    all
}

fn payload(found: &Annotation, spec: &MapperSpec, place: &Place<'_>, out: &mut Diagnostics) -> Vec<Payload> {
    if spec.mapping == Mapping::Template && found.elements.len() != 1 {
        out.push(connect::one_payload(spec.name, found.elements.len(), found.span));
    }
    let mut all = Vec::new();
    for e in &found.elements {
        let template = template::parse(&e.value, place.schema, place.name, out);
        let column = |key: &riddhi_ql::Ident| place.schema.index_of(&key.name).is_some();
        match &e.key {
            Some(key) if spec.mapping == Mapping::Columns && !column(key) => {
                let names = place.schema.attributes.iter().map(|a| a.name.as_str());
                out.push(connect::unknown_attribute(&key.name, place.name, key.span, names));
            }
            None if spec.mapping == Mapping::Columns => out.push(connect::columns_by_name(e.span)),
            _ => {}
        }
        let place_ok = |text: &str| text.trim().parse::<usize>().is_ok_and(|n| n < found.elements.len());
        if spec.mapping == Mapping::Columns && !template.constant().is_some_and(place_ok) {
            out.push(connect::no_column(&e.value.value, e.value.span));
        }
        all.push(Payload { key: e.key.as_ref().map(|k| k.name.clone()), template, span: e.value.span });
    }
    all
}

/// The options that were given, each checked by itself.
fn options(
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

/// `@store` of an aggregation; in the sandbox it is kept in memory, whatever that says.
pub(crate) fn store(list: &[Annotation], registry: &Registry, out: &mut Diagnostics) {
    if registry.sandbox() {
        return;
    }
    if let Some(found) = single(list, "store", out) {
        let registered = |name: &str| registry.find_store(name).is_some();
        if let Some(Typed::Named(ty)) = typed(found, "store", STORES, registered, out) {
            out.push(unsupported::store(&ty.value.value, ty.value.span));
        } else if let Some(reference) = element(found, "ref", out) {
            out.push(unsupported::reference(reference.span));
        }
    }
}

/// `@store` of a table: where its rows are, if the type is registered and it is not the sandbox.
pub(crate) fn table_store(list: &[Annotation], place: &Place<'_>, out: &mut Diagnostics) -> Option<StorePlan> {
    let of = |a: &Annotation| is(a, "store") && !place.registry.sandbox();
    let ty = list
        .iter()
        .filter(|a| of(a))
        .flat_map(|a| &a.elements)
        .find(|e| e.key.as_ref().is_some_and(|key| key.name.eq_ignore_ascii_case("type")));
    let Some(spec) = ty.and_then(|ty| place.registry.find_store(&ty.value.value)) else {
        store(list, place.registry, out);
        return None;
    };
    let found = single(list, "store", out)?;
    for inner in found.annotations.iter().filter(|a| !is(a, "cache")) {
        out.push(connect::unknown_annotation(&inner.name.name, "store", inner.name.span));
    }
    let cache = single(&found.annotations, "cache", out).and_then(|found| {
        if !list.iter().any(|a| is(a, "primaryKey")) {
            out.push(unsupported::cache(found.span));
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
        super::purge::time(name, option.value.constant()?, option.span, out)
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

/// What `type` says, or what stands for it.
enum Typed<'a> {
    Named(&'a AnnotationElement),
    /// A mapper that is not given.
    PassThrough,
}

impl Typed<'_> {
    fn name(&self) -> &str {
        match self {
            Typed::Named(e) => &e.value.value,
            Typed::PassThrough => "passThrough",
        }
    }

    fn span(&self, found: &Annotation) -> Span {
        match self {
            Typed::Named(e) => e.value.span,
            Typed::PassThrough => found.span,
        }
    }
}

/// `ref` takes its options, the type among them, from the configuration.
fn typed<'a>(
    found: &'a Annotation,
    name: &str,
    known: &[&'static str],
    registered: impl Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Option<Typed<'a>> {
    let reference = element(found, "ref", out);
    if let Some(reference) = reference.filter(|_| name != "store") {
        out.push(unsupported::reference(reference.span));
    }
    let Some(ty) = element(found, "type", out) else {
        if reference.is_none() {
            out.push(wrong::no_type(name, found.span));
        }
        return None;
    };
    if !may_be(known, &ty.value.value) && !registered(&ty.value.value) {
        out.push(wrong::unknown_type(name, &ty.value.value, ty.value.span, known));
        return None;
    }
    Some(Typed::Named(ty))
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
