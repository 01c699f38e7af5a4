//! Apps, annotations, definitions, queries and partitions.

use std::fmt::{self, Display, Formatter};

use super::{Identifier, Joined, Name, Quoted, optional};
use crate::ast::{
    AggregationDef, AggregationTime, AggregationTimeKind, Annotation, AnnotationElement, App, AttributeDef, Definition,
    Element, FunctionDef, Granularity, Partition, PartitionKey, PartitionKeyKind, PartitionRange, Query, StreamDef,
    TableDef, TriggerAt, TriggerDef, Type, WindowDef,
};

impl Display for App {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for annotation in &self.annotations {
            write!(f, "@app:{} ", Body(annotation))?;
        }
        for definition in &self.definitions {
            write!(f, "{definition}; ")?;
        }
        write!(f, "{}", Joined(&self.elements, "; "))
    }
}

impl Display for Annotation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", Body(self))
    }
}

/// An annotation without the `@`.
struct Body<'a>(&'a Annotation);

impl Display for Body<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Annotation { name, elements, annotations, .. } = self.0;
        Name(&name.name).fmt(f)?;
        match (elements.is_empty(), annotations.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => write!(f, "({})", Joined(elements, ", ")),
            (true, false) => write!(f, "({})", Joined(annotations, ", ")),
            (false, false) => write!(f, "({}, {})", Joined(elements, ", "), Joined(annotations, ", ")),
        }
    }
}

impl Display for AnnotationElement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            // A key of several names has the same meaning in quotes.
            match key.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.name.is_empty() {
                true => write!(f, "{}=", Name(&key.name))?,
                false => write!(f, "{}=", Quoted(&key.name))?,
            }
        }
        Quoted(&self.value.value).fmt(f)
    }
}

/// Annotations before a statement, each with a blank after it.
struct Before<'a>(&'a [Annotation]);

impl Display for Before<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|annotation| write!(f, "{annotation} "))
    }
}

impl Display for Definition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Definition::Stream(d) => d.fmt(f),
            Definition::Table(d) => d.fmt(f),
            Definition::Window(d) => d.fmt(f),
            Definition::Trigger(d) => d.fmt(f),
            Definition::Function(d) => d.fmt(f),
            Definition::Aggregation(d) => d.fmt(f),
        }
    }
}

impl Display for StreamDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let attributes = Joined(&self.attributes, ", ");
        write!(f, "{}define stream {} ({attributes})", Before(&self.annotations), Name(&self.name.name))
    }
}

impl Display for TableDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let attributes = Joined(&self.attributes, ", ");
        write!(f, "{}define table {} ({attributes})", Before(&self.annotations), Name(&self.name.name))
    }
}

impl Display for WindowDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let attributes = Joined(&self.attributes, ", ");
        let (before, name) = (Before(&self.annotations), Name(&self.name.name));
        write!(f, "{before}define window {name} ({attributes}) {}", self.window)?;
        optional(f, "output ", self.output)
    }
}

impl Display for TriggerDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "define trigger {} at {}", Identifier(&self.name.name), self.at)
    }
}

impl Display for TriggerAt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TriggerAt::Every(time) => write!(f, "every {time}"),
            TriggerAt::Text(text) => Quoted(&text.value).fmt(f),
        }
    }
}

impl Display for FunctionDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, language) = (Identifier(&self.name.name), Identifier(&self.language.name));
        write!(f, "define function {name}[{language}] return {} {}", self.return_type, self.body.value)
    }
}

impl Display for AggregationDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (before, name) = (Before(&self.annotations), Identifier(&self.name.name));
        write!(f, "{before}define aggregation {name} from {} {} aggregate", self.input, self.selection)?;
        optional(f, "by ", self.by.as_ref())?;
        write!(f, " every {}", self.every)
    }
}

impl Display for AggregationTime {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            AggregationTimeKind::Range(from, to) => write!(f, "{from} ... {to}"),
            AggregationTimeKind::List(list) => Joined(list, ", ").fmt(f),
        }
    }
}

impl Display for Granularity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.unit.fmt(f)
    }
}

impl Display for AttributeDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Name(&self.name.name), self.ty)
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::String => "string",
            Type::Int => "int",
            Type::Long => "long",
            Type::Float => "float",
            Type::Double => "double",
            Type::Bool => "bool",
            Type::Object => "object",
        })
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Element::Query(query) => query.fmt(f),
            Element::Partition(partition) => partition.fmt(f),
        }
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}from {}", Before(&self.annotations), self.input)?;
        optional(f, "", self.selection.as_ref())?;
        optional(f, "", self.rate.as_ref())?;
        write!(f, " {}", self.output)
    }
}

impl Display for Partition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let keys = Joined(&self.keys, ", ");
        let queries = Joined(&self.queries, "; ");
        write!(f, "{}partition with ({keys}) begin {queries}; end", Before(&self.annotations))
    }
}

impl Display for PartitionKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PartitionKeyKind::Value(expr) => expr.fmt(f)?,
            PartitionKeyKind::Ranges(ranges) => Joined(ranges, " or ").fmt(f)?,
        }
        write!(f, " of {}", Name(&self.stream.name))
    }
}

impl Display for PartitionRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.condition, Quoted(&self.label.value))
    }
}
