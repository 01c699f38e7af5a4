//! Which attribute is which part of a data-bridge event.

use riddhi_batch::{Attribute, Type};
use riddhi_plan::connector::{From, MapPlan};
use riddhi_wire::definition::{Attribute as Defined, DefinitionError, StreamDefinition};

/// The parts that prefixes of names tell; everything else is payload.
const PREFIXES: [(&str, Part); 3] =
    [("meta_", Part::Meta), ("correlation_", Part::Correlation), ("arbitrary_", Part::Arbitrary)];

/// A part of an event, in the order in which the values of the parts come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Meta,
    Correlation,
    Payload,
    Arbitrary,
}

/// Where each value of an event goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// By value in the order of the wire, the attribute by place.
    pub(crate) values: Vec<(usize, riddhi_wire::Type)>,
    /// Keys of arbitrary pairs, and the attribute that each goes to.
    pub(crate) arbitrary: Vec<(Box<[u8]>, usize)>,
    meta: Vec<Defined>,
    correlation: Vec<Defined>,
    payload: Vec<Defined>,
}

impl Layout {
    /// The layout for a stream's attributes: by their own names, or by those that `@attributes` gives.
    ///
    /// # Errors
    ///
    /// Attributes of types that such an event cannot carry, as a sentence.
    pub(crate) fn of(attributes: &[Attribute], map: &MapPlan) -> Result<Layout, String> {
        let mut parts = Vec::new();
        for (i, attribute) in attributes.iter().enumerate() {
            let mapped = map.attributes.iter().find(|m| m.attribute == i).map(|m| match &m.from {
                From::Payload(name) | From::Property(name) => name.as_str(),
            });
            let name = mapped.unwrap_or(&attribute.name);
            let prefix = PREFIXES.iter().find_map(|(prefix, part)| Some((name.strip_prefix(prefix)?, *part)));
            let (name, part) = prefix.unwrap_or((name, Part::Payload));
            let Some(ty) = wire_type(attribute).filter(|ty| part != Part::Arbitrary || *ty == riddhi_wire::Type::Text)
            else {
                let can = if part == Part::Arbitrary { "string only" } else { "no object" };
                return Err(format!(
                    "attribute '{}' is of type {}, but wso2event can carry {can} there",
                    attribute.name, attribute.ty
                ));
            };
            parts.push((part, i, Defined { name: name.to_owned(), ty }));
        }
        let mut layout = Layout::default();
        // The order within a part stays that of the stream.
        parts.sort_by_key(|(part, i, _)| (*part, *i));
        for (part, i, defined) in parts {
            let section = match part {
                Part::Meta => &mut layout.meta,
                Part::Correlation => &mut layout.correlation,
                Part::Payload => &mut layout.payload,
                Part::Arbitrary => {
                    layout.arbitrary.push((defined.name.into_bytes().into(), i));
                    continue;
                }
            };
            layout.values.push((i, defined.ty));
            section.push(defined);
        }
        Ok(layout)
    }

    /// The definition by which publishers know the stream.
    ///
    /// # Errors
    ///
    /// An id that is none.
    pub(crate) fn definition(&self, id: &str) -> Result<StreamDefinition, DefinitionError> {
        Ok(StreamDefinition {
            meta: self.meta.clone(),
            correlation: self.correlation.clone(),
            payload: self.payload.clone(),
            ..StreamDefinition::of_id(id)?
        })
    }
}

fn wire_type(attribute: &Attribute) -> Option<riddhi_wire::Type> {
    if attribute.kind != attribute.ty.kind() {
        return None;
    }
    Some(match attribute.ty {
        Type::Int => riddhi_wire::Type::Int,
        Type::Long => riddhi_wire::Type::Long,
        Type::Float => riddhi_wire::Type::Float,
        Type::Double => riddhi_wire::Type::Double,
        Type::Bool => riddhi_wire::Type::Bool,
        Type::String => riddhi_wire::Type::Text,
        Type::Object => return None,
    })
}

#[cfg(test)]
mod tests {
    use riddhi_plan::connector::Mapped;
    use riddhi_plan::registry::Mapping;
    use riddhi_ql::Span;

    use super::*;

    fn plan(attributes: Vec<Mapped>) -> MapPlan {
        let (ty, options, payload) = ("wso2event".to_owned(), Default::default(), Vec::new());
        assert_ne!(super::super::spec().mapping, Mapping::Ignored);
        MapPlan { ty, options, attributes, payload, span: Span::default() }
    }

    fn names(of: &[Defined]) -> Vec<&str> {
        of.iter().map(|a| a.name.as_str()).collect()
    }

    #[test]
    fn prefixes_tell_the_part_and_the_order_is_that_of_the_wire() {
        let attributes = [
            Attribute::new("symbol", Type::String),
            Attribute::new("meta_ip", Type::String),
            Attribute::new("price", Type::Double),
            Attribute::new("arbitrary_region", Type::String),
            Attribute::new("correlation_id", Type::Long),
            Attribute::new("meta_n", Type::Int),
        ];
        let layout = Layout::of(&attributes, &plan(Vec::new())).expect("it has one");
        let order: Vec<usize> = layout.values.iter().map(|(i, _)| *i).collect();
        assert_eq!(order, [1, 5, 4, 0, 2]);
        assert_eq!(layout.arbitrary, [(b"region"[..].into(), 3)]);
        let definition = layout.definition("Stocks:1.0.0").expect("an id");
        assert_eq!(names(&definition.meta), ["ip", "n"]);
        assert_eq!(names(&definition.correlation), ["id"]);
        assert_eq!(names(&definition.payload), ["symbol", "price"]);
    }

    #[test]
    fn what_attributes_says_counts_instead_of_the_name() {
        let attributes = [Attribute::new("ip", Type::String), Attribute::new("meta_price", Type::Double)];
        let mapped = |attribute, text: &str| {
            let from = From::Payload(text.to_owned());
            Mapped { attribute, from, span: Span::default() }
        };
        let layout = Layout::of(&attributes, &plan(vec![mapped(0, "meta_ip"), mapped(1, "price")])).expect("one");
        let definition = layout.definition("S").expect("an id");
        assert_eq!((names(&definition.meta), names(&definition.payload)), (vec!["ip"], vec!["price"]));
    }

    #[test]
    fn what_cannot_be_carried_is_refused() {
        for attribute in [Attribute::new("o", Type::Object), Attribute::new("arbitrary_n", Type::Int)] {
            let error = Layout::of(&[attribute], &plan(Vec::new())).expect_err("it is refused");
            assert!(error.contains("wso2event can carry"), "{error}");
        }
    }
}
