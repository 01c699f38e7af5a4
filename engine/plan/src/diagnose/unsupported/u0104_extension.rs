use riddhi_ql::{Diagnostic, Span, nearest};

use super::not_yet;
use crate::registry::Registry;

code! {
    U0104, "an extension, or one of its functions",
    "from S select stats:median(n) as x insert into Out;",
    @"
    error[U0104]: Riddhi does not have the extension `stats` yet
     --> app.siddhi:2:15
      |
    2 | from S select stats:median(n) as x insert into Out;
      |               ^^^^^^^^^^^^^^^ `stats:median` is part of it
    "
}

/// How many names that Riddhi has are listed.
const LISTED: usize = 3;

/// What is called: its whole name, its namespace, and how it is written before a name.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Function,
    Window,
    StreamFunction,
}

pub(crate) fn extension(part: Part, name: &str, namespace: &str, registry: &Registry, span: Span) -> Diagnostic {
    if !registry.has_namespace(namespace) {
        let whole = not_yet(&CODE, format_args!("the extension `{namespace}`"), span);
        return whole.label(format!("`{name}` is part of it"));
    }
    let own = name.rsplit_once(':').map_or(name, |(_, own)| own);
    let (what, has): (_, Vec<&str>) = match part {
        Part::Function => ("function", registry.function_names(namespace).collect()),
        Part::StreamFunction => ("stream function", registry.stream_names(namespace).collect()),
        Part::Window => {
            let names = registry.window_names().filter_map(|w| w.split_once(':'));
            ("window", names.filter(|(n, _)| *n == namespace).map(|(_, own)| own).collect())
        }
    };
    let mark = if matches!(part, Part::StreamFunction) { "#" } else { "" };
    let missing = not_yet(&CODE, format_args!("the {what} `{mark}{name}`"), span);
    let near: Vec<String> = nearest(own, has, LISTED).iter().map(|n| format!("`{n}`")).collect();
    match &near[..] {
        [] => missing,
        _ => missing.help(format!("of {what}s of `{namespace}` it has {}", near.join(", "))),
    }
}
