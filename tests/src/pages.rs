//! The pages of docs/functions: a section for each name that an app can call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use riddhi_plan::registry::{Leaving, Registry, WindowUse};

use crate::signatures::signatures;

/// Names that are no user's: what the planner writes itself.
const INNER: &[&str] = &["incrementalAggregator"];

/// What stands in the pages for each name: page, heading, the lines that the registry gives for it.
pub fn named(registry: &Registry) -> BTreeMap<(String, String), Vec<String>> {
    let mut all = BTreeMap::new();
    let mut add = |namespace: &str, plain: &str, heading: String, lines: Vec<String>| {
        if INNER.contains(&namespace) || heading.contains(' ') {
            return;
        }
        let page = if namespace.is_empty() { plain } else { namespace };
        all.entry((page.to_owned(), heading)).or_insert_with(Vec::new).extend(lines);
    };
    let full = |namespace: &str, name: &str| match namespace {
        "" => name.to_owned(),
        _ => format!("{namespace}:{name}"),
    };
    for (namespace, name, function) in registry.scalars() {
        let name = full(namespace, name);
        let lines = signatures(&name, &|args| Some(function.bind(args).ok()?.ty));
        add(namespace, "core", name, lines);
    }
    for (namespace, name, function) in registry.aggregates() {
        let name = full(namespace, name);
        let window = WindowUse { sliding: true, expired: false, windowed: true, leaving: Leaving::Oldest };
        let lines = signatures(&name, &|args| Some(function.bind(args, window).ok()?.ty));
        add(namespace, "aggregators", name, lines);
    }
    for name in registry.window_names() {
        match name.strip_prefix('#') {
            Some(_) => {
                add(name[1..].split(':').next().unwrap_or_default(), "stream-functions", name.to_owned(), vec![])
            }
            None => {
                let namespace = name.split_once(':').map_or("", |(namespace, _)| namespace);
                add(namespace, "windows", format!("#window.{name}"), vec![]);
            }
        }
    }
    for (namespace, name) in registry.streams() {
        add(namespace, "stream-functions", format!("#{}", full(namespace, name)), vec![]);
    }
    all
}

/// The headings of a page's sections.
pub fn headings(page: &str) -> BTreeSet<String> {
    page.lines().filter_map(|l| l.strip_prefix("## ")).map(str::to_owned).collect()
}

/// A page with the lines of the registry below its headings.
pub fn with_signatures(page: &str, lines_of: &dyn Fn(&str) -> Vec<String>) -> String {
    let mut text = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(heading) = line.strip_prefix("## ") else { continue };
        let own = lines_of(heading);
        if own.is_empty() {
            continue;
        }
        while lines.next_if(|l| l.trim().is_empty() || l.starts_with("    ")).is_some() {}
        text.push('\n');
        own.iter().for_each(|own| text.extend(["    ", own, "\n"]));
        text.push('\n');
    }
    text
}

/// The list of all pages with what they have.
pub fn index(pages: &BTreeMap<String, String>) -> String {
    let mut text = "# Functions, aggregators, windows, stream functions\n\nA section for each, with an example that is a test. The lines with `->` \
        are what the registry takes: a *number* is an int, long, float or double, and what is `x` in several places is of one type. The pages and this list are checked against it, and written by `make pages`.\n\n\
        | page | what it has |\n|---|---|\n"
        .to_owned();
    for (name, page) in pages {
        let title = page.lines().next().and_then(|l| l.strip_prefix("# ")).unwrap_or(name);
        let names: Vec<String> = headings(page).iter().map(|h| format!("`{h}`")).collect();
        let _ = writeln!(text, "| [{title}]({name}.md) | {} |", names.join(", "));
    }
    text
}
