//! YAML text to a tree with places.
//!
//! Scalars stay text here; what they mean is decided by whoever asks for them, as `on`, `0123` and `1:30` mean different
//! things in the versions of YAML that people have written their files for. Anchors, aliases and merge keys are resolved.
//! Depth and the number of nodes, those of aliases included, are bounded, so that no file can eat the machine.

use std::collections::HashMap;

use riddhi_ql::{Diagnostic, Diagnostics, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::code;

/// How deep a file may be nested.
pub const DEPTH_MAX: usize = 40;

/// Nodes of a file at most, with those that its aliases stand for.
pub const NODES_MAX: usize = 50_000;

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A text, a number, a flag.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

/// The tree of `text`; none if it is no YAML, which the diagnostics then say. An empty file is a null.
pub(crate) fn parse(text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut build = Build {
        text,
        events: Parser::new_from_str(text),
        places: Places::new(text),
        nodes: 0,
        anchors: HashMap::new(),
        diagnostics,
    };
    match build.document() {
        Ok(node) => Some(node),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    }
}

type Failed = Box<Diagnostic>;

struct Build<'t, 'd> {
    text: &'t str,
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    places: Places,
    nodes: usize,
    /// By the parser's number: the value, its nodes, its height.
    anchors: HashMap<usize, (Node, usize, usize)>,
    diagnostics: &'d mut Diagnostics,
}

impl<'t> Build<'t, '_> {
    fn document(&mut self) -> Result<Node, Failed> {
        let mut tree = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if tree.is_some() => {
                    let second = Diagnostic::error(code::NOT_YAML, "the file holds a second document", span)
                        .help("put everything under one document: take the line `---` out");
                    return Err(Box::new(second));
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event => tree = Some(self.node(event, span, 0)?),
            }
        }
        Ok(tree.unwrap_or(Node { span: Span::at(0), value: Value::Null }))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Failed> {
        match self.events.next_event() {
            None => Ok((Event::StreamEnd, Span::at(self.text.len() as u32))),
            Some(Ok((event, span))) => {
                let (start, end) = (self.places.offset(span.start), self.places.offset(span.end));
                Ok((event, Span::new(start, end.max(start))))
            }
            Some(Err(e)) => {
                let at = self.places.offset(*e.marker());
                let told = Diagnostic::error(code::NOT_YAML, format!("this is not YAML: {}", e.info()), Span::at(at))
                    .help("look at the indentation and the quotes of this line and the one before; tabs do not indent");
                Err(Box::new(told))
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Failed> {
        self.count(1, span)?;
        if depth > DEPTH_MAX {
            return Err(too_deep(span));
        }
        let before = self.nodes;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Scalar(text.into_owned()) };
                (Node { span, value }, anchor)
            }
            Event::SequenceStart(anchor, _) => (self.list(span, depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(span, depth)?, anchor),
            Event::Alias(number) => return self.alias(number, span, depth),
            _ => (Node { span, value: Value::Null }, 0),
        };
        if anchor > 0 {
            let height = height(&node);
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1, height));
        }
        Ok(node)
    }

    fn alias(&mut self, number: usize, span: Span, depth: usize) -> Result<Node, Failed> {
        let Some((node, nodes, height)) = self.anchors.get(&number).cloned() else {
            let told = Diagnostic::error(code::NOT_YAML, "an alias stands inside of what it stands for", span)
                .help("write the value out instead of the alias");
            return Err(Box::new(told));
        };
        if depth + height > DEPTH_MAX {
            return Err(too_deep(span));
        }
        self.count(nodes, span)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Failed> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            let told = Diagnostic::error(code::LIMIT, format!("the file has more than {NODES_MAX} values"), span)
                .help("no configuration needs that many; look for aliases of aliases");
            return Err(Box::new(told));
        }
        Ok(())
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<Node, Failed> {
        let (mut items, mut end) = (Vec::new(), start);
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::SequenceEnd | Event::StreamEnd => break,
                event => items.push(self.node(event, span, depth + 1)?),
            }
            end = items.last().map_or(end, |n| n.span);
        }
        Ok(Node { span: start.to(end), value: Value::List(items) })
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Node, Failed> {
        let (mut entries, mut merged, mut end) = (Vec::<Entry>::new(), Vec::new(), start);
        loop {
            let (event, key_span) = self.next()?;
            let key = match event {
                Event::MappingEnd | Event::StreamEnd => break,
                event => self.node(event, key_span, depth + 1)?,
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            end = if node.span.end > key_span.end { node.span } else { key_span };
            let Value::Scalar(key) = key.value else {
                let told = Diagnostic::error(code::NOT_YAML, "a key is a word here", key_span)
                    .help("a value with braces or a leading `*`, `&` or `[` must stand in quotes");
                return Err(Box::new(told));
            };
            if key == "<<" {
                merged.extend(of_merge(node));
                continue;
            }
            match entries.iter_mut().find(|e| e.key == key) {
                Some(earlier) => {
                    let told = Diagnostic::warning(
                        code::TWICE,
                        format!("`{key}` is given twice; the last one counts"),
                        key_span,
                    )
                    .also(earlier.key_span, "given here first")
                    .help("take one of them out");
                    self.diagnostics.push(told);
                    *earlier = Entry { key, key_span, node };
                }
                None => entries.push(Entry { key, key_span, node }),
            }
        }
        for entry in merged {
            if !entries.iter().any(|e| e.key == entry.key) {
                entries.push(entry);
            }
        }
        Ok(Node { span: start.to(end), value: Value::Map(entries) })
    }
}

/// What a merge key brings: the entries of a map, or of several.
fn of_merge(node: Node) -> Vec<Entry> {
    match node.value {
        Value::Map(entries) => entries,
        Value::List(nodes) => nodes.into_iter().flat_map(of_merge).collect(),
        Value::Null | Value::Scalar(_) => Vec::new(),
    }
}

fn height(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(_) => 0,
        Value::List(nodes) => 1 + nodes.iter().map(height).max().unwrap_or(0),
        Value::Map(entries) => 1 + entries.iter().map(|e| height(&e.node)).max().unwrap_or(0),
    }
}

fn too_deep(span: Span) -> Failed {
    let told = Diagnostic::error(code::LIMIT, format!("nested more than {DEPTH_MAX} deep"), span)
        .help("no configuration needs that; look for an alias too many, or brackets that are not closed");
    Box::new(told)
}

/// Offsets in bytes of the parser's places, which count characters; in order, as places only grow but for few.
struct Places {
    /// Offset of each character whose number is a multiple of `STEP`.
    steps: Vec<u32>,
    chars: Box<[u8]>,
}

const STEP: usize = 64;

impl Places {
    fn new(text: &str) -> Places {
        let steps = text.char_indices().step_by(STEP).map(|(at, _)| at as u32).collect();
        // One byte a character: how many bytes it has. A file is a megabyte at most.
        Places { steps, chars: text.chars().map(|c| c.len_utf8() as u8).collect() }
    }

    fn offset(&self, marker: Marker) -> u32 {
        let index = marker.index().min(self.chars.len());
        let step = (index / STEP).min(self.steps.len().saturating_sub(1));
        let start = self.steps.get(step).copied().unwrap_or(0);
        start + self.chars[(step * STEP).min(index)..index].iter().map(|&n| u32::from(n)).sum::<u32>()
    }
}
