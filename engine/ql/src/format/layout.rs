//! Statements to lines.
//!
//! A comment at the end of a part is printed behind that part, so that it breaks no line of it; one before a `,` or `;`
//! is printed after it.

use std::ops::Range;

use super::doc::{Doc, WIDTH, print};
use super::pieces::{Comment, Pieces};
use super::spacing::{Place, spaced};
use crate::lex::{Kw, TokenKind};
use crate::parse::Role;

/// A query of few clauses stands on one line if it is no longer than this.
const SHORT: usize = 80;

/// How many clauses are few: `from`, `select` and an output.
const FEW_CLAUSES: usize = 3;

/// Blanks before the queries of a partition.
const INDENT: usize = 4;

/// What kind of statement it is. Between two kinds there is an empty line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    AppAnnotation,
    Definition,
    Element,
}

/// The whole text.
pub fn layout(pieces: &Pieces<'_>) -> String {
    let layout = Layout { pieces };
    let mut text = layout.statements(0..pieces.list.len(), &pieces.head, 0);
    text.push('\n');
    text
}

struct Layout<'p, 'a> {
    pieces: &'p Pieces<'a>,
}

impl<'p, 'a> Layout<'p, 'a> {
    /// Statements with what separates them; `lead`: comments before the first one.
    fn statements(&self, range: Range<usize>, lead: &[Comment<'a>], indent: usize) -> String {
        let mut lines = Lines { out: String::new(), indent };
        let mut lead = lead.to_vec();
        let mut before: Option<(Kind, bool)> = None;
        let mut at = range.start;
        while at < range.end {
            let (kind, body, end) = self.statement_at(at, range.end);
            let (text, own) = self.statement(kind, body.clone(), end, indent);
            let is_block = text.contains('\n');
            let forced = before.is_some_and(|(k, block)| k != kind || block || is_block);
            lines.comments(&lead, forced);
            let blank = self.pieces.list[body.start].blank_before;
            lines.add(&text, blank || (forced && lead.is_empty()));
            (lead, before, at) = (own, Some((kind, is_block)), end);
        }
        lines.comments(&lead, false);
        lines.out
    }

    fn kind_of(&self, at: usize) -> TokenKind {
        self.pieces.list.get(at).map_or(TokenKind::Eof, |p| p.kind)
    }

    fn kw(&self, at: usize) -> Option<Kw> {
        self.pieces.list.get(at).and_then(|p| p.kw())
    }

    /// The kind of the statement at `at`, where its body is, and where it ends with its `;`.
    fn statement_at(&self, at: usize, end: usize) -> (Kind, Range<usize>, usize) {
        let is_app = self.kind_of(at) == TokenKind::At && self.kw(at + 1) == Some(Kw::App);
        if is_app && self.kind_of(at + 2) == TokenKind::Colon {
            let end = self.past_annotation(at);
            return (Kind::AppAnnotation, at..end, end);
        }
        let ends_here = |at: usize| at >= end || self.kind_of(at) == TokenKind::Semi;
        if self.kind_of(at) == TokenKind::Unknown && !ends_here(at + 1) {
            return (Kind::AppAnnotation, at..at + 1, at + 1);
        }
        let head = self.past_annotations(at);
        let kind = if self.kw(head) == Some(Kw::Define) { Kind::Definition } else { Kind::Element };
        let close = match self.kw(head) == Some(Kw::Partition) {
            true => self.find(head..end, |at| self.kw(at) == Some(Kw::End)).map_or(end, |at| at + 1),
            false => head,
        };
        let body_end = self.find(close..end, |at| self.kind_of(at) == TokenKind::Semi).unwrap_or(end);
        (kind, at..body_end, (body_end + 1).min(end))
    }

    /// The first piece in no bracket that `is` it.
    fn find(&self, range: Range<usize>, is: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            if is(at) {
                return Some(at);
            }
            at = self.pieces.closing[at] + 1;
        }
        None
    }

    fn past_annotations(&self, mut at: usize) -> usize {
        while self.kind_of(at) == TokenKind::At {
            at = self.past_annotation(at);
        }
        at
    }

    fn past_annotation(&self, at: usize) -> usize {
        let name = if self.kind_of(at + 2) == TokenKind::Colon { at + 3 } else { at + 1 };
        match self.kind_of(name + 1) {
            TokenKind::LParen => self.pieces.closing[name + 1] + 1,
            _ => name + 1,
        }
    }

    /// A statement with its `;`, and the comments that stand on lines of their own behind it.
    fn statement(&self, kind: Kind, body: Range<usize>, end: usize, indent: usize) -> (String, Vec<Comment<'a>>) {
        let mut docs = Vec::new();
        let mut at = body.start;
        while kind != Kind::AppAnnotation && self.kind_of(at) == TokenKind::At {
            let end = self.past_annotation(at);
            docs.push(self.group(at..end, Place::Other));
            docs.extend(comment_docs(&self.comments(end - 1..end)));
            docs.push(Doc::Hard);
            at = end;
        }
        let rest = at..body.end;
        match self.kw(at) {
            _ if rest.is_empty() => {}
            Some(Kw::Partition) => self.partition(rest, indent, &mut docs),
            Some(Kw::From) => docs.push(self.query(rest)),
            Some(Kw::Define) => docs.push(self.definition(rest)),
            _ => docs.push(self.group(rest, Place::Other)),
        }
        if kind != Kind::AppAnnotation {
            docs.push(Doc::Text(";".into()));
        }
        let comments = self.comments(body.end - 1..end);
        let trailing = comments.iter().take_while(|c| !c.is_own).count();
        docs.extend(comment_docs(&comments[..trailing]));
        (print(&docs, indent), comments[trailing..].to_vec())
    }

    /// `partition with (...) begin ... end`
    fn partition(&self, range: Range<usize>, indent: usize, docs: &mut Vec<Doc<'a>>) {
        let begin = self.find(range.clone(), |at| self.kw(at) == Some(Kw::Begin)).unwrap_or(range.end - 1);
        let end = range.end - 1;
        docs.push(self.group(range.start..begin, Place::Other));
        docs.extend(comment_docs(&self.comments(begin - 1..begin)));
        docs.extend([Doc::Hard, Doc::Text("begin".into())]);
        let comments = self.comments(begin..begin + 1);
        let trailing = comments.iter().take_while(|c| !c.is_own).count();
        docs.extend(comment_docs(&comments[..trailing]));
        docs.push(Doc::Hard);
        let queries = self.statements(begin + 1..end, &comments[trailing..], indent + INDENT);
        // The lines have their indentation already; the first one gets it here.
        docs.push(Doc::Nest(vec![Doc::Hard, Doc::Text(queries.trim_start_matches(' ').to_owned().into())]));
        docs.extend([Doc::Hard, Doc::Text("end".into())]);
    }

    /// `define ...`
    fn definition(&self, range: Range<usize>) -> Doc<'a> {
        let starts = |at: usize| matches!(self.kw(at), Some(Kw::From | Kw::Select | Kw::Group | Kw::Aggregate));
        match self.kw(range.start + 1) {
            Some(Kw::Aggregation) => {
                let clauses = self.separated(self.parts(range, starts), || Doc::Line, |part| self.clause(part));
                Doc::Group(SHORT, hanging(clauses))
            }
            _ => self.group(range, Place::Other),
        }
    }

    /// `from ... select ... insert into ...`
    fn query(&self, range: Range<usize>) -> Doc<'a> {
        let starts = |at: usize| match self.kw(at) {
            Some(Kw::Insert) => self.kw(at - 1) != Some(Kw::Or),
            Some(
                Kw::Select
                | Kw::Group
                | Kw::Having
                | Kw::Order
                | Kw::Limit
                | Kw::Offset
                | Kw::Output
                | Kw::Delete
                | Kw::Update
                | Kw::Return,
            ) => true,
            _ => false,
        };
        let parts = self.parts(range, starts);
        let few = parts.len() <= FEW_CLAUSES;
        let between = || if few { Doc::Line } else { Doc::Hard };
        Doc::Group(SHORT, self.separated(parts, between, |part| self.clause(part)))
    }

    /// Cuts a range before each piece in no bracket that `starts` a part.
    fn parts(&self, range: Range<usize>, starts: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut from = range.start;
        while let Some(at) = self.find(self.pieces.closing[from] + 1..range.end, &starts) {
            parts.push(from..at);
            from = at;
        }
        parts.push(from..range.end);
        parts
    }

    /// Parts with something between them, and the comments behind each part but the last one.
    fn separated(
        &self,
        parts: Vec<Range<usize>>,
        between: impl Fn() -> Doc<'a>,
        part: impl Fn(Range<usize>) -> Doc<'a>,
    ) -> Vec<Doc<'a>> {
        let mut docs = Vec::new();
        let mut before = None;
        for range in parts {
            if let Some(last) = before {
                docs.extend(comment_docs(&self.comments(last..last + 1)));
                docs.push(between());
            }
            before = Some(range.end - 1);
            docs.push(part(range));
        }
        docs
    }

    fn clause(&self, range: Range<usize>) -> Doc<'a> {
        let words = match (self.kw(range.start), self.kw(range.start + 1)) {
            (Some(Kw::Select), _) => 1,
            (Some(Kw::Group | Kw::Order), Some(Kw::By)) => 2,
            _ => return self.steps(range),
        };
        let head = range.start..range.start + words;
        let mut docs = self.run(head.clone(), Place::Other);
        let mut items = comment_docs(&self.comments(head.end - 1..head.end));
        items.push(Doc::Line);
        items.extend(self.run(head.end..range.end, Place::Other));
        docs.push(Doc::Nest(items));
        Doc::Group(WIDTH, docs)
    }

    /// A clause whose parts go one below the other, if there is no room: the sides and conditions of a join, the states
    /// of a pattern, what an update changes and where.
    fn steps(&self, range: Range<usize>) -> Doc<'a> {
        let (first, start) = (self.kw(range.start), range.start);
        let place = if first == Some(Kw::From) { Place::Input } else { Place::Other };
        let starts = |at: usize| match self.kw(at) {
            Some(Kw::On) => true,
            Some(Kw::Set) => first == Some(Kw::Update),
            Some(Kw::Within | Kw::Per) => first == Some(Kw::From),
            Some(kw) if joins(kw) => first == Some(Kw::From) && at > start + 1 && !self.kw(at - 1).is_some_and(joins),
            _ => false,
        };
        let steps = self.separated(self.parts(range, starts), || Doc::Line, |part| self.group(part, place));
        Doc::Group(WIDTH, hanging(steps))
    }

    fn group(&self, range: Range<usize>, place: Place) -> Doc<'a> {
        Doc::Group(WIDTH, hanging(self.run(range, place)))
    }

    /// Pieces one after the other, brackets as groups, without the comments behind the last one.
    fn run(&self, range: Range<usize>, place: Place) -> Vec<Doc<'a>> {
        let list = &self.pieces.list;
        let mut docs: Vec<Doc<'a>> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            docs.push(Doc::Text(list[at].text.clone()));
            let close = self.pieces.closing[at];
            if close > at {
                docs.push(self.bracket(at, close, place));
                at = close;
            }
            let mut end = at + 1;
            if end < range.end && list[end].kind == TokenKind::Comma {
                docs.push(Doc::Text(",".into()));
                end += 1;
            }
            if end < range.end {
                docs.extend(comment_docs(&self.comments(at..end)));
                docs.extend(self.between(end - 1, end, place));
            }
            at = end;
        }
        docs
    }

    /// What is in brackets, and the closing one.
    fn bracket(&self, open: usize, close: usize, place: Place) -> Doc<'a> {
        let text = Doc::Text(self.pieces.list[close].text.clone());
        let mut inner = comment_docs(&self.comments(open..open + 1));
        if close > open + 1 {
            inner.push(Doc::Soft);
            inner.extend(self.run(open + 1..close, place));
            inner.extend(comment_docs(&self.comments(close - 1..close)));
        }
        Doc::Group(WIDTH, vec![Doc::Nest(inner), Doc::Soft, text])
    }

    /// What stands between two pieces of a run.
    fn between(&self, before: usize, after: usize, place: Place) -> Option<Doc<'a>> {
        let list = &self.pieces.list;
        let breaks = match self.kw(after) {
            Some(Kw::And | Kw::Or) => self.kw(before) != Some(Kw::Update),
            _ => list[after].kind == TokenKind::Arrow || list[before].kind == TokenKind::Comma,
        };
        // The attributes of a definition are no arguments.
        let defines = list[after].kind == TokenKind::LParen
            && before >= 2
            && list[before].role == Role::Name
            && self.kw(before - 2) == Some(Kw::Define);
        match breaks {
            true => Some(Doc::Line),
            false => (defines || spaced(&list[before], &list[after], place)).then_some(Doc::Space),
        }
    }

    /// The comments of pieces that are printed without a line end between them.
    fn comments(&self, range: Range<usize>) -> Vec<Comment<'a>> {
        let mut own = false;
        let all = self.pieces.list[range].iter().flat_map(|p| &p.comments);
        all.map(|comment| {
            let is_own = own || comment.is_own;
            own = is_own || comment.is_line;
            Comment { is_own, ..*comment }
        })
        .collect()
    }
}

/// Whether a keyword belongs to the words of a join.
fn joins(kw: Kw) -> bool {
    matches!(kw, Kw::Join | Kw::Left | Kw::Right | Kw::Full | Kw::Inner | Kw::Outer)
}

/// Parts of which those behind the first line end stand further right.
fn hanging(mut docs: Vec<Doc<'_>>) -> Vec<Doc<'_>> {
    let ends = |doc: &Doc<'_>| matches!(doc, Doc::Line | Doc::Hard | Doc::Trailing(_, true));
    let first = docs.iter().position(ends).unwrap_or(docs.len());
    let rest = docs.split_off(first);
    docs.push(Doc::Nest(rest));
    docs
}

fn comment_docs<'a>(comments: &[Comment<'a>]) -> Vec<Doc<'a>> {
    let docs = comments.iter().flat_map(|comment| match comment.is_own {
        true => vec![Doc::Hard, Doc::Text(comment.text.into()), Doc::Hard],
        false => vec![Doc::Trailing(comment.text, comment.is_line)],
    });
    docs.collect()
}

/// Lines of statements and comments.
struct Lines {
    out: String,
    indent: usize,
}

impl Lines {
    /// Adds a text that has its indentation.
    fn add(&mut self, text: &str, blank: bool) {
        if !self.out.is_empty() {
            self.out.push_str(if blank { "\n\n" } else { "\n" });
        }
        self.out.push_str(text);
    }

    /// Adds comments on lines of their own; `blank`: an empty line before the first one in any case.
    fn comments(&mut self, comments: &[Comment<'_>], blank: bool) {
        for (n, comment) in comments.iter().enumerate() {
            let text = format!("{:1$}{2}", "", self.indent, comment.text);
            self.add(&text, comment.blank_before || (blank && n == 0));
        }
    }
}
