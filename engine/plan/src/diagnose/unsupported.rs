//! Features of the language that Riddhi does not have yet. They are told apart from mistakes: the app may be right.

use riddhi_ql::{Code, Diagnostic, Span};

/// A feature with the code under which it is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feature {
    code: &'static str,
    plural: &'static str,
}

pub(crate) const TABLE: Feature = Feature { code: "U0001", plural: "tables" };
pub(crate) const WINDOW: Feature = Feature { code: "U0002", plural: "named windows" };
pub(crate) const TRIGGER: Feature = Feature { code: "U0003", plural: "triggers" };
pub(crate) const SCRIPT: Feature = Feature { code: "U0004", plural: "script functions" };
pub(crate) const AGGREGATION: Feature = Feature { code: "U0005", plural: "aggregations" };
pub(crate) const PARTITION: Feature = Feature { code: "U0006", plural: "partitions" };
pub(crate) const JOIN: Feature = Feature { code: "U0007", plural: "joins" };
pub(crate) const PATTERN: Feature = Feature { code: "U0008", plural: "patterns" };
pub(crate) const SEQUENCE: Feature = Feature { code: "U0009", plural: "sequences" };
pub(crate) const CHANGE: Feature = Feature { code: "U0011", plural: "`update` and `delete`" };
pub(crate) const IN: Feature = Feature { code: "U0012", plural: "`in` conditions" };
pub(crate) const FAULT: Feature = Feature { code: "U0013", plural: "fault streams" };
pub(crate) const ON_ERROR: Feature = Feature { code: "U0014", plural: "`@OnError` actions other than 'log'" };
pub(crate) const DISTRIBUTION: Feature = Feature { code: "U0020", plural: "`@distribution`" };
pub(crate) const REFERENCE: Feature = Feature { code: "U0021", plural: "`ref` to a configuration" };

pub(crate) const AGGREGATE_ARGUMENT: Feature =
    Feature { code: "U0018", plural: "aggregators in arguments of stream functions" };
pub(crate) const SHARDS: Feature = Feature { code: "U0017", plural: "aggregations shared by several nodes" };

pub(crate) fn feature(feature: Feature, span: Span) -> Diagnostic {
    Diagnostic::error(Code(feature.code), format!("Riddhi does not have {} yet", feature.plural), span)
        .label("not there yet")
}

/// A source, sink or mapper.
pub(crate) fn connector(what: &str, name: &str, span: Span) -> Diagnostic {
    let code = match what {
        "source" => "U0015",
        "sink" => "U0016",
        _ => "U0022",
    };
    Diagnostic::error(Code(code), format!("Riddhi does not have the {what} `{name}` yet"), span).label("not there yet")
}

pub(crate) fn window(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("U0101"), format!("Riddhi does not have the window `{name}` yet"), span)
        .label("not there yet")
}

pub(crate) fn function(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("U0102"), format!("Riddhi does not have the function `{name}` yet"), span)
        .label("not there yet")
}

pub(crate) fn stream_function(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("U0103"), format!("Riddhi does not have the stream function `#{name}` yet"), span)
        .label("not there yet")
}

pub(crate) fn extension(name: &str, namespace: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code("U0104"), format!("Riddhi does not have the extension `{namespace}` yet"), span)
        .label(format!("`{name}` is part of it"))
}
