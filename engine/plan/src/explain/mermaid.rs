//! EXPLAIN as a mermaid flowchart: streams and queries with arrows between them, a frame around each region.

use std::fmt::Write;

use super::mode_text;
use super::table::change_lines;
use crate::connector::Direction;
use crate::logical::{AppPlan, Handler, Kinds, QueryPlan, Role, StreamPlan};
use crate::text::{expr_text, handler_text, rate_text};

/// Characters of a line in a box at most; longer ones are cut.
const LABEL_CHARS_MAX: usize = 60;

/// The query graph as a mermaid flowchart.
pub fn explain_mermaid(plan: &AppPlan) -> String {
    let mut out = "flowchart LR\n".to_owned();
    for (number, stream) in plan.streams.iter().enumerate() {
        let _ = writeln!(out, "    {}", stream_node(number, stream));
    }
    for (number, connector) in plan.connectors.iter().enumerate() {
        let node = format!("c{number}>\"{}\"]", label(&[format!("{} {}", connector.direction.text(), connector.ty)]));
        let _ = match connector.direction {
            Direction::Source => writeln!(out, "    {node} --> s{}", connector.stream),
            Direction::Sink => writeln!(out, "    s{} --> {node}", connector.stream),
        };
    }
    for (number, region) in plan.regions.iter().enumerate() {
        let title = label(&[format!("region {}, {}", number + 1, mode_text(region.mode))]);
        let _ = writeln!(out, "    subgraph r{number}[\"{title}\"]");
        for &q in &region.queries {
            if let Some(query) = plan.queries.get(q) {
                let _ = writeln!(out, "        q{q}([\"{}\"])", label(&query_lines(plan, query)));
            }
        }
        out.push_str("    end\n");
    }
    for (number, query) in plan.queries.iter().enumerate() {
        let arrow = match query.kinds {
            Kinds::Current => "-->",
            Kinds::Expired => "-->|expired|",
            Kinds::All => "-->|all|",
        };
        for input in &query.inputs {
            let _ = writeln!(out, "    s{input} --> q{number}");
        }
        if let Some(output) = query.output {
            let _ = writeln!(out, "    q{number} {arrow} s{output}");
        }
    }
    out
}

/// A stream that input may name is a slanted box, one that only queries fill a plain one.
fn stream_node(number: usize, stream: &StreamPlan) -> String {
    let label = label(std::slice::from_ref(&stream.name));
    match stream.defined {
        true => format!("s{number}[/\"{label}\"/]"),
        false => format!("s{number}[\"{label}\"]"),
    }
}

/// A query's name, and what stands between its input and its output.
fn query_lines(plan: &AppPlan, query: &QueryPlan) -> Vec<String> {
    let handler = |handler: &Handler| match handler {
        Handler::Filter { condition, aggregates } => {
            format!("filter {}", expr_text(condition, &query.schema, aggregates))
        }
        Handler::Stream { .. } => handler_text(handler, &query.schema),
    };
    let mut lines = vec![query.label.clone()];
    if let Role::States(states) = &query.role {
        lines.extend(super::states::state_lines(plan, query, states));
    }
    if let Role::Aggregate(number) = &query.role {
        lines.extend(super::aggregation::aggregation_lines(plan, *number));
    }
    if let Role::Change(change) = &query.role {
        lines = change_lines(plan, change, &query.schema);
    }
    if let Role::Join(join) = &query.role {
        let window =
            |side: &crate::join::SidePlan| side.stage.window.as_ref().map(|w| format!("{}: {}", side.label, w.text));
        lines.extend(join.sides.iter().filter_map(window));
        lines.push(super::join::how(plan, join, query));
    }
    lines.extend(query.before.iter().map(handler));
    lines.extend(query.window.iter().map(|w| format!("window {}", w.text)));
    lines.extend(query.after.iter().map(handler));
    let names = query.select.group_by.iter().filter_map(|at| query.schema.attributes.get(*at as usize));
    let names: Vec<&str> = names.map(|a| a.name.as_str()).collect();
    if !names.is_empty() {
        lines.push(format!("group by {}", names.join(", ")));
    }
    lines.extend(query.rate.map(rate_text));
    lines
}

/// Lines as the text of a box. What means something to mermaid or to HTML is written as a numbered character.
fn label(lines: &[String]) -> String {
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        out.push_str(if n > 0 { "<br>" } else { "" });
        for (at, c) in line.chars().enumerate() {
            match c {
                _ if at == LABEL_CHARS_MAX => {
                    out.push('…');
                    break;
                }
                c if c.is_alphanumeric() || " _.,()=+".contains(c) => out.push(c),
                c => {
                    let _ = write!(out, "#{};", c as u32);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn what_means_something_else_is_numbered() {
        let lines = ["a \"b\" <c>".to_owned(), "#1; `end`\n".to_owned(), "é]".to_owned()];
        assert_eq!(label(&lines), "a #34;b#34; #60;c#62;<br>#35;1#59; #96;end#96;#10;<br>é#93;");
        assert_eq!(label(&["x".repeat(70)]), format!("{}…", "x".repeat(60)));
    }
}
