//! `@map`: how bytes become events, or events bytes.

use riddhi_ql::ast::Annotation;
use riddhi_ql::{Diagnostics, Span};

use super::options::options;
use super::typed::Typed;
use super::{Direction, Place};
use crate::bind::annotations::{is, single};
use crate::bind::template;
use crate::connector::{From, MapPlan, Mapped, Options, Payload};
use crate::diagnose::{annotations as wrong, connect};
use crate::registry::{MapperSpec, Mapping};

pub(super) fn mapping(
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
