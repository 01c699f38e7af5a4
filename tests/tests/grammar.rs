//! Every production of the grammar has a case in `cases/grammar` that runs it, or one that says what is missing and where.
//!
//! The cases are called after their productions; that they answer as written is `conformance.rs`'s.

use std::collections::BTreeSet;

use riddhi_case::compare::check;
use riddhi_case::drive::Way;
use riddhi_case::form::{Case, Expect};
use riddhi_tests::data::cases;

/// The productions, each with its alternatives.
#[rustfmt::skip]
const PRODUCTIONS: &[(&str, &[&str])] = &[
    ("app", &["definitions alone", "definitions and queries", "last semicolon"]),
    ("app_annotation", &["name alone", "elements"]),
    ("annotation", &["name alone", "elements", "nested"]),
    ("element", &["value", "key and value"]),
    ("key", &["name", "point", "dash", "colon", "quoted"]),
    ("type", &["string", "int", "long", "float", "double", "bool", "object"]),
    ("attr_list", &["one attribute", "several attributes"]),
    ("source", &["name", "inner", "fault"]),
    ("def_stream", &["name and attributes", "annotations", "inner", "fault"]),
    ("def_table", &["name and attributes", "annotations"]),
    ("def_window", &["name, attributes and window", "annotations", "output"]),
    ("def_function", &["body"]),
    ("def_trigger", &["every", "text"]),
    ("def_aggregation", &["every", "by", "annotations"]),
    ("agg_selection", &["all", "attributes", "group by"]),
    ("agg_time", &["range", "list"]),
    ("agg_unit", &["sec", "min", "hour", "day", "month", "year", "week"]),
    ("partition", &["one key", "several keys", "several queries", "annotations"]),
    ("part_with", &["value", "ranges"]),
    ("query", &["input and output", "annotations", "section", "rate"]),
    ("query_input", &["stream", "join", "pattern", "sequence", "anonymous"]),
    ("anonymous", &["query", "parentheses", "event type"]),
    ("std_stream", &["source", "handlers", "window", "handlers around a window"]),
    ("handler", &["filter", "filter after a hash", "function", "function of an extension"]),
    ("window", &["function", "function of an extension", "length", "lengthBatch", "time", "timeBatch", "externalTime", "batch", "timeLength", "session", "sort", "frequent", "lossyFrequent", "delay", "cron", "externalTimeBatch", "expression", "expressionBatch"]),
    ("join", &["unidirectional right", "unidirectional left", "on", "within and per"]),
    ("join_src", &["handlers", "window", "as"]),
    ("join_op", &["left outer join", "right outer join", "full outer join", "join", "inner join", "outer join"]),
    ("within_range", &["one", "two"]),
    ("per", &["expression"]),
    ("pattern", &["within"]),
    ("every_chain", &["parentheses", "every group", "chain", "every"]),
    ("chain", &["parentheses", "arrow"]),
    ("pat_src", &["logical", "counted", "state", "logical with an absent side"]),
    ("logical", &["and", "or"]),
    ("std_src", &["name", "no name"]),
    ("basic_src", &["handlers"]),
    ("absent", &["for"]),
    ("logical_absent", &["parentheses", "and not", "not and", "for with and", "for with or"]),
    ("absent_chain", &["first", "last", "every", "every group"]),
    ("collect", &["2:3", "2:", ":3", "2"]),
    ("sequence", &["every", "within"]),
    ("seq_chain", &["parentheses", "comma"]),
    ("seq_src", &["logical", "collect", "star", "question mark", "plus", "state", "logical with an absent side", "absent"]),
    ("section", &["all", "attributes", "none", "group by", "having", "order by", "order by asc", "order by desc", "order by several", "limit", "limit and offset", "offset"]),
    ("group_by", &["one", "several"]),
    ("out_attr", &["expression as name", "attribute"]),
    ("rate", &["every time", "every events", "all every time", "all every events", "last every time", "last every events", "first every time", "first every events", "snapshot"]),
    ("event_type", &["all events", "expired events", "current events", "events"]),
    ("output", &["insert", "insert of a kind", "insert into a stream that is defined", "delete", "delete without a condition", "delete for a kind", "update or insert", "update or insert for a kind", "update or insert with set", "update", "update for a kind", "update with set", "return", "return of a kind"]),
    ("set", &["one", "several"]),
    ("on_demand", &["find", "find with on", "find with as", "insert", "update or insert", "delete", "update", "within and per"]),
    ("expression", &["parentheses", "null check", "not", "times", "divided by", "remainder", "plus", "minus", "at least", "at most", "greater", "less", "equal", "not equal", "in", "and", "or", "call", "constant", "attribute"]),
    ("null_check", &["stream", "state with an index", "attribute", "call"]),
    ("attr_ref", &["name", "stream and name", "state and name", "index", "inner", "fault"]),
    ("index", &["number", "last", "before last"]),
    ("function_call", &["no argument", "arguments", "all attributes", "namespace"]),
    ("constant", &["true", "false", "double", "double with a sign", "float", "float with a sign", "long", "long with a sign", "int", "int with a sign", "string", "string in double quotes", "string in three quotes"]),
    ("time_value", &["years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "several units"]),
];

/// Alternatives that Siddhi reads too and refuses always, so that there is nothing to run.
const REFUSED_ALWAYS: &[&str] = &[
    "def_stream: inner",
    "def_stream: fault",
    "agg_unit: week",
    "join_op: outer join",
    "output: delete without a condition",
    "output: return",
    "output: return of a kind",
    "query_input: anonymous",
    "anonymous: query",
    "anonymous: parentheses",
    "anonymous: event type",
];

fn walked() -> Vec<Case> {
    cases("cases/grammar")
}

fn names() -> BTreeSet<String> {
    PRODUCTIONS.iter().flat_map(|(p, alternatives)| alternatives.iter().map(move |a| format!("{p}: {a}"))).collect()
}

#[test]
fn every_production_has_a_case() {
    let cases = walked();
    let have: BTreeSet<String> = cases.iter().map(|c| c.name.clone()).collect();
    assert_eq!(have.len(), cases.len(), "two cases have one name");
    let names = names();
    let missing: Vec<_> = names.difference(&have).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
    let strange: Vec<_> = have.difference(&names).collect();
    assert!(strange.is_empty(), "no production is called {strange:?}");
}

#[test]
fn every_case_runs_or_names_what_is_missing() {
    let mut wrong = Vec::new();
    for case in walked() {
        let name = case.name.as_str();
        let fair = match &case.expect {
            Expect::Rows(wants) => !case.input.is_empty() && (!wants.is_empty() || name == "app: definitions alone"),
            Expect::Needs(feature, fault) => fault.code.starts_with('U') && !feature.is_empty(),
            Expect::Rejected(fault) => fault.is_some() && REFUSED_ALWAYS.contains(&name),
        };
        if !fair {
            wrong.push(format!("{name}: it shows neither rows nor what is missing"));
        }
        if let Err(e) = check(&case, &Way::frames_of(1)) {
            wrong.push(format!("{name}: {e}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text of a case has what its name says, where the name quotes it.
#[test]
fn cases_are_about_their_productions() {
    for case in walked() {
        let (production, alternative) = case.name.split_once(": ").expect("production: alternative");
        let quoted = match production {
            "type" | "event_type" | "join_op" | "agg_unit" => alternative.to_owned(),
            "collect" => format!("<{alternative}>"),
            "window" if !alternative.starts_with("function") => format!("#window.{alternative}("),
            _ => continue,
        };
        assert!(case.apps[0].contains(&quoted), "{}: it has no `{quoted}`", case.name);
    }
}
