//! Names that Siddhi has and a registry may not have yet: they are told apart from misspelt ones.

pub(crate) mod outside;

/// An extension pack.
#[derive(Debug)]
pub(crate) struct Extension {
    pub namespace: &'static str,
    /// Functions and aggregators; empty where they are not listed, so that any name may be right.
    pub functions: &'static [&'static str],
    /// Stream functions and windows.
    pub streams: &'static [&'static str],
}

impl Extension {
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.functions.contains(&name) || (self.functions.is_empty() && self.streams.is_empty())
    }

    pub(crate) fn has_stream(&self, name: &str) -> bool {
        self.streams.contains(&name) || (self.functions.is_empty() && self.streams.is_empty())
    }
}

/// The pack of that namespace.
pub(crate) fn extension(namespace: &str) -> Option<&'static Extension> {
    EXTENSIONS.iter().find(|e| e.namespace == namespace)
}

/// Core functions and aggregators.
pub(crate) const FUNCTIONS: &[&str] = &[
    "UUID",
    "and",
    "avg",
    "cast",
    "coalesce",
    "convert",
    "count",
    "createSet",
    "currentTimeMillis",
    "default",
    "distinctCount",
    "eventTimestamp",
    "ifThenElse",
    "instanceOfBoolean",
    "instanceOfDouble",
    "instanceOfFloat",
    "instanceOfInteger",
    "instanceOfLong",
    "instanceOfString",
    "max",
    "maxForever",
    "maximum",
    "min",
    "minForever",
    "minimum",
    "or",
    "sizeOfSet",
    "stdDev",
    "sum",
    "unionSet",
];

/// Core windows.
pub(crate) const WINDOWS: &[&str] = &[
    "batch",
    "cron",
    "delay",
    "expression",
    "expressionBatch",
    "externalTime",
    "externalTimeBatch",
    "frequent",
    "length",
    "lengthBatch",
    "lossyFrequent",
    "session",
    "sort",
    "time",
    "timeBatch",
    "timeLength",
];

/// Core stream functions.
pub(crate) const STREAM_FUNCTIONS: &[&str] = &["log", "pol2Cart"];

const fn listed(
    namespace: &'static str,
    functions: &'static [&'static str],
    streams: &'static [&'static str],
) -> Extension {
    Extension { namespace, functions, streams }
}

const fn whole(namespace: &'static str) -> Extension {
    Extension { namespace, functions: &[], streams: &[] }
}

/// Extension packs, by namespace.
pub(crate) const EXTENSIONS: &[Extension] = &[
    whole("approximate"),
    listed(
        "env",
        &[
            "getEnvironmentProperty",
            "getOriginIPFromXForwarded",
            "getSystemProperty",
            "getUserAgentProperty",
            "getYAMLProperty",
        ],
        &["resourceBatch", "resourceIdentifier"],
    ),
    whole("extrema"),
    listed(
        "geo",
        &["distance", "findCityFromIP", "findCountryFromIP", "intersects", "within", "withinDistance"],
        &[
            "closestPoints",
            "crosses",
            "geocode",
            "geocoordinate",
            "locationApproximate",
            "proximity",
            "reversegeocode",
            "stationary",
        ],
    ),
    whole("graph"),
    listed("incrementalAggregator", &["getAggregationStartTime", "startTimeEndTime", "timeGetTimeZone"], &[]),
    listed("js", &["eval"], &[]),
    listed(
        "json",
        &[
            "getBool",
            "getDouble",
            "getFloat",
            "getInt",
            "getLong",
            "getObject",
            "getString",
            "group",
            "groupAsObject",
            "isExists",
            "setElement",
            "toObject",
            "toString",
        ],
        &["tokenize", "tokenizeAsObject"],
    ),
    whole("kf"),
    listed(
        "list",
        &[
            "add",
            "addAll",
            "clear",
            "clone",
            "collect",
            "contains",
            "containsAll",
            "containsAny",
            "create",
            "get",
            "indexOf",
            "isEmpty",
            "isList",
            "lastIndexOf",
            "merge",
            "remove",
            "removeAll",
            "removeByIndex",
            "retainAll",
            "setValue",
            "size",
            "sort",
        ],
        &["tokenize"],
    ),
    listed(
        "map",
        &[
            "clear",
            "clone",
            "collect",
            "combineByKey",
            "containsKey",
            "containsValue",
            "create",
            "createFromJSON",
            "createFromXML",
            "get",
            "isEmpty",
            "isMap",
            "keys",
            "merge",
            "put",
            "putAll",
            "putIfAbsent",
            "remove",
            "replace",
            "replaceAll",
            "size",
            "toJSON",
            "toXML",
            "values",
        ],
        &["tokenize"],
    ),
    whole("markov"),
    listed(
        "math",
        &[
            "abs",
            "acos",
            "asin",
            "atan",
            "bin",
            "cbrt",
            "ceil",
            "conv",
            "copySign",
            "cos",
            "cosh",
            "e",
            "exp",
            "floor",
            "getExponent",
            "hex",
            "isInfinite",
            "isNan",
            "ln",
            "log",
            "log10",
            "log2",
            "max",
            "min",
            "oct",
            "parseDouble",
            "parseFloat",
            "parseInt",
            "parseLong",
            "percentile",
            "pi",
            "power",
            "rand",
            "round",
            "signum",
            "sin",
            "sinh",
            "sqrt",
            "tan",
            "tanh",
            "toDegrees",
            "toRadians",
        ],
        &[],
    ),
    whole("nlp"),
    whole("pmml"),
    whole("priority"),
    whole("r"),
    whole("rdbms"),
    listed("regex", &["find", "group", "lookingAt", "matches"], &[]),
    listed("reorder", &[], &["akslack", "kslack"]),
    whole("sentiment"),
    whole("stats"),
    listed(
        "str",
        &[
            "charAt",
            "charFrequency",
            "coalesce",
            "concat",
            "contains",
            "equalsIgnoreCase",
            "fillTemplate",
            "groupConcat",
            "hex",
            "length",
            "locate",
            "lower",
            "regexp",
            "repeat",
            "replaceAll",
            "replaceFirst",
            "reverse",
            "split",
            "strcmp",
            "substr",
            "trim",
            "unhex",
            "upper",
        ],
        &["tokenize"],
    ),
    whole("streamingml"),
    listed(
        "time",
        &[
            "currentDate",
            "currentTime",
            "currentTimestamp",
            "date",
            "dateAdd",
            "dateDiff",
            "dateFormat",
            "dateSub",
            "dayOfWeek",
            "extract",
            "timestampInMilliseconds",
            "timezoneConvert",
            "utcTimestamp",
        ],
        &[],
    ),
    whole("timeseries"),
    whole("ts"),
    whole("tensorflow"),
    listed(
        "unique",
        &[],
        &[
            "deduplicate",
            "ever",
            "externalTimeBatch",
            "first",
            "firstLengthBatch",
            "firstTimeBatch",
            "length",
            "lengthBatch",
            "time",
            "timeBatch",
            "timeLengthBatch",
        ],
    ),
];
