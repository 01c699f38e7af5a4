//! The sandbox: what would reach outside of the process is a topic in memory instead.

use riddhi_ql::ast::Annotation;

use super::annotations::is;
use super::outside::Place;
use crate::connector::{ConnectorPlan, Direction, GivenOption, MapPlan, Options, Template};

/// Sources that stay as they are.
const SOURCES: &[&str] = &["inMemory", "stdin"];
/// Sinks that do.
const SINKS: &[&str] = &["inMemory", "log", "stdout"];

/// What stands for all sources or sinks of a stream that do not stay: a topic. Given a source or sink of whatever type; none if it stays.
pub(super) fn swapped(found: &Annotation, direction: Direction, place: &Place<'_>) -> Option<ConnectorPlan> {
    let kept = match direction {
        Direction::Source => SOURCES,
        Direction::Sink => SINKS,
    };
    let given = |name: &str| found.elements.iter().find(|e| e.key.as_ref().is_some_and(|k| k.name == name));
    let stays = |text: &str| kept.iter().any(|k| k.eq_ignore_ascii_case(text));
    if !place.registry.sandbox() || given("type").is_some_and(|ty| stays(&ty.value.value)) {
        return None;
    }
    let span = found.span;
    let topic = format!("{}:{}", direction.text(), place.name);
    let topic = GivenOption { name: "topic".to_owned(), value: Template::text(topic), span };
    let map = found.annotations.iter().find(|a| is(a, "map")).map_or(span, |map| map.span);
    Some(ConnectorPlan {
        direction,
        stream: place.stream,
        ty: "inMemory".to_owned(),
        options: Options { given: vec![topic] },
        map: MapPlan {
            ty: "passThrough".to_owned(),
            options: Options::default(),
            attributes: Vec::new(),
            payload: Vec::new(),
            span: map,
        },
        key: format!("{}/{}/sandbox", place.name, direction.text()),
        span,
    })
}
