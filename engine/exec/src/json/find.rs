//! What a path finds. Siddhi's rules: a name or an index that is not there is missed if all before it names one place, and passed over if
//! not.

use std::ops::Range;

use super::path::{Function, Path, Step};
use super::{Kind, ROOT, Tree};

/// What a path found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It names one place, and that is there.
    One(Item),
    /// It names several.
    Many(Vec<Item>),
    /// It names one place, and that is not there.
    Missing,
}

/// One thing found.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Node(u32),
    /// Some members of an object.
    Members(Vec<(String, u32)>),
    Int(i32),
    Double(f64),
    Null,
}

/// Why a search ends.
pub(super) enum End {
    Missing,
    Wrong(String),
}

/// Nodes looked at in a search, at most.
const VISITS_MAX: usize = 4_000_000;

/// What the path finds; what is wrong, if it cannot be applied.
pub(crate) fn find(tree: Tree<'_>, path: &Path) -> Result<Found, String> {
    match find_from(tree, path, ROOT, false) {
        Ok(found) => Ok(found),
        Err(End::Missing) => Ok(Found::Missing),
        Err(End::Wrong(what)) => Err(what),
    }
}

/// The same from a node on. With `all_there` a name that is not there is always missed.
pub(super) fn find_from(tree: Tree<'_>, path: &Path, node: u32, all_there: bool) -> Result<Found, End> {
    if path.definite
        && let Some(found) = straight(tree, path, node)
    {
        return Ok(found.map_or(Found::Missing, |node| Found::One(Item::Node(node))));
    }
    let mut search = Search { tree, steps: &path.steps, found: Vec::new(), left: VISITS_MAX, all_there };
    search.walk(node, 0, true)?;
    match (path.definite, search.found.pop()) {
        (true, None) => Err(End::Missing),
        (true, Some(item)) => Ok(Found::One(item)),
        (false, last) => {
            search.found.extend(last);
            Ok(Found::Many(search.found))
        }
    }
}

/// A way of single names and indexes; none if there is something else in it.
#[inline]
fn straight(tree: Tree<'_>, path: &Path, mut node: u32) -> Option<Option<u32>> {
    for step in &path.steps {
        let next = match (step, tree.kind(node)) {
            (Step::Name(name), Kind::Object) => tree.member(node, name),
            (Step::Index(at), Kind::Array) => element(tree, node, *at),
            (Step::Name(_) | Step::Index(_), _) => None,
            _ => return None,
        };
        match next {
            Some(next) => node = next,
            None => return Some(None),
        }
    }
    Some(Some(node))
}

/// An element, counted from the end if the index is negative.
pub(crate) fn element(tree: Tree<'_>, array: u32, at: i64) -> Option<u32> {
    let at = if at < 0 { tree.elements(array).count() as i64 + at } else { at };
    tree.elements(array).nth(usize::try_from(at).ok()?)
}

struct Search<'a> {
    tree: Tree<'a>,
    steps: &'a [Step],
    found: Vec<Item>,
    left: usize,
    all_there: bool,
}

impl<'a> Search<'a> {
    fn missed(&self, definite: bool) -> Result<(), End> {
        if definite { Err(End::Missing) } else { Ok(()) }
    }

    /// Counts a node that is looked at.
    fn visit(&mut self) -> Result<(), End> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| End::Wrong(format!("more than {VISITS_MAX} values looked at")))?;
        Ok(())
    }

    /// Takes the steps from `at` on; `definite` says whether all before name one place.
    fn walk(&mut self, node: u32, at: usize, definite: bool) -> Result<(), End> {
        self.visit()?;
        let steps = self.steps;
        let Some(step) = steps.get(at) else {
            self.found.push(Item::Node(node));
            return Ok(());
        };
        let (kind, leaf) = (self.tree.kind(node), at + 1 == steps.len());
        match step {
            Step::Name(name) => match kind {
                Kind::Object => self.name(node, name, at, definite, definite),
                _ => self.missed(definite),
            },
            Step::Names(names) => match kind {
                Kind::Object if leaf => self.merge(node, names),
                Kind::Object => names.iter().try_for_each(|name| self.name(node, name, at, false, false)),
                _ => self.missed(definite),
            },
            Step::All => match kind {
                Kind::Object => self.each_member(node, |search, value| search.walk(value, at + 1, false)),
                Kind::Array => self.each(node, |search, value| search.walk(value, at + 1, false)),
                _ => Ok(()),
            },
            Step::Below => self.below(node, at + 1),
            Step::Index(_) | Step::Indexes(_) | Step::Slice(..) if !matches!(kind, Kind::Array) => {
                self.missed(definite)
            }
            Step::Index(i) => match element(self.tree, node, *i) {
                Some(value) => self.walk(value, at + 1, definite),
                None => Ok(()),
            },
            Step::Indexes(all) => all.iter().try_for_each(|i| match element(self.tree, node, *i) {
                Some(value) => self.walk(value, at + 1, false),
                None => Ok(()),
            }),
            Step::Slice(from, to) => {
                let values: Vec<u32> = self.tree.elements(node).collect();
                sliced(*from, *to, values.len()).try_for_each(|i| {
                    let i = if i < 0 { i + values.len() as i64 } else { i };
                    match usize::try_from(i).ok().and_then(|i| values.get(i)) {
                        Some(&value) => self.walk(value, at + 1, false),
                        None => Ok(()),
                    }
                })
            }
            Step::If(condition) => match kind {
                Kind::Object if condition.holds(self.tree, node) => self.walk(node, at + 1, false),
                Kind::Object => Ok(()),
                Kind::Array => self.each(node, |search, value| match condition.holds(search.tree, value) {
                    true => search.walk(value, at + 1, false),
                    false => Ok(()),
                }),
                _ if definite => Err(End::Wrong("a condition on what is neither an array nor an object".to_owned())),
                _ => Ok(()),
            },
            Step::Apply(function) => {
                let item = apply(self.tree, *function, node).map_err(End::Wrong)?;
                self.found.push(item);
                Ok(())
            }
        }
    }

    fn name(&mut self, node: u32, name: &str, at: usize, definite: bool, next: bool) -> Result<(), End> {
        match self.tree.member(node, name) {
            Some(value) => self.walk(value, at + 1, next),
            None if at + 1 == self.steps.len() => self.missed(self.all_there),
            None => self.missed(definite || self.all_there),
        }
    }

    fn merge(&mut self, node: u32, names: &[String]) -> Result<(), End> {
        let member = |name: &String| self.tree.member(node, name).map(|value| (name.clone(), value));
        let members: Vec<(String, u32)> = names.iter().filter_map(member).collect();
        if self.all_there && members.len() < names.len() {
            return Err(End::Missing);
        }
        self.found.push(Item::Members(members));
        Ok(())
    }

    fn each(&mut self, array: u32, mut of: impl FnMut(&mut Self, u32) -> Result<(), End>) -> Result<(), End> {
        self.tree.elements(array).try_for_each(|value| of(self, value))
    }

    fn each_member(&mut self, object: u32, mut of: impl FnMut(&mut Self, u32) -> Result<(), End>) -> Result<(), End> {
        self.tree.members(object).into_iter().try_for_each(|(_, value)| of(self, value))
    }

    /// The step `at` at a node and everywhere below.
    fn below(&mut self, node: u32, at: usize) -> Result<(), End> {
        self.visit()?;
        match self.tree.kind(node) {
            Kind::Object => {
                if self.fits(node, at) {
                    self.walk(node, at, false)?;
                }
                self.each_member(node, |search, value| search.below(value, at))
            }
            Kind::Array => {
                if self.fits(node, at) {
                    if at + 1 == self.steps.len() {
                        self.walk(node, at, false)?;
                    } else {
                        // Not the elements that the step names, but all: so does Siddhi.
                        self.each(node, |search, value| search.walk(value, at + 1, false))?;
                    }
                }
                self.each(node, |search, value| search.below(value, at))
            }
            _ => Ok(()),
        }
    }

    /// Whether a search below tries that step at the node.
    fn fits(&self, node: u32, at: usize) -> bool {
        let array = matches!(self.tree.kind(node), Kind::Array);
        match &self.steps[at] {
            Step::Name(name) => !array && self.tree.member(node, name).is_some(),
            Step::Names(names) if at + 1 == self.steps.len() => {
                !array && names.iter().all(|name| self.tree.member(node, name).is_some())
            }
            Step::Names(_) => !array,
            Step::All => true,
            Step::Index(_) | Step::Indexes(_) | Step::Slice(..) => array,
            Step::If(condition) => condition.holds(self.tree, node),
            Step::Below | Step::Apply(_) => false,
        }
    }
}

/// The places of a slice.
fn sliced(from: Option<i64>, to: Option<i64>, len: usize) -> Range<i64> {
    let len = len as i64;
    match (from, to) {
        (Some(from), None) => (if from < 0 { from + len } else { from }).max(0)..len,
        (None, Some(to)) => 0..(if to < 0 { to + len } else { to }).min(len),
        // Between two places neither counts from the end, as in Siddhi.
        (Some(from), Some(to)) => from..to.min(len),
        (None, None) => 0..len,
    }
}

fn apply(tree: Tree<'_>, function: Function, node: u32) -> Result<Item, String> {
    if function == Function::Length {
        return Ok(match tree.kind(node) {
            Kind::Array => Item::Int(tree.elements(node).count() as i32),
            Kind::Object => Item::Int(tree.members(node).len() as i32),
            _ => Item::Null,
        });
    }
    let mut numbers: Vec<f64> = Vec::new();
    if let Kind::Array = tree.kind(node) {
        for element in tree.elements(node) {
            match tree.kind(element) {
                Kind::Int(x) => numbers.push(x as f64),
                Kind::Long(x) => numbers.push(x as f64),
                Kind::Double(x) => numbers.push(x),
                Kind::Big(span) => numbers.extend(crate::functions::real::<f64>(tree.span(span))),
                _ => {}
            }
        }
    }
    if numbers.is_empty() {
        return Err("no numbers to compute with".to_owned());
    }
    let (n, sum) = (numbers.len() as f64, numbers.iter().sum::<f64>());
    Ok(Item::Double(match function {
        Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::Avg => sum / n,
        Function::StdDev => (numbers.iter().map(|x| x * x).sum::<f64>() / n - sum * sum / n / n).sqrt(),
        Function::Sum | Function::Length => sum,
    }))
}
