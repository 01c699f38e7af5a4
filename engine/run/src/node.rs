//! A node of the query graph at work.

use riddhi_batch::{Flow, LoadError};
use riddhi_exec::operator::Operator;
use riddhi_exec::query::{Cx, Query, Section};
use riddhi_exec::steps::{Fired, Steps};

/// A query of one stream, or any other operator.
pub(crate) enum Node {
    Query(Box<Query>),
    Other(Box<dyn Operator>),
}

/// Calls a method that both have.
macro_rules! each {
    ($node:expr, $it:ident => $call:expr) => {
        match $node {
            Node::Query($it) => $call,
            Node::Other($it) => $call,
        }
    };
}

impl Node {
    /// The query, where the graph knows that it is one.
    #[inline]
    pub fn query(&mut self) -> &mut Query {
        match self {
            Node::Query(query) => query,
            Node::Other(_) => unreachable!("the graph sends only queries this way"),
        }
    }

    #[inline]
    pub fn out(&self) -> &Flow {
        each!(self, it => it.out())
    }

    #[inline]
    pub fn clear_out(&mut self) {
        each!(self, it => it.clear_out());
    }

    pub fn begin(&mut self) {
        each!(self, it => it.begin());
    }

    pub fn start(&mut self, now: i64) {
        each!(self, it => it.start(now));
    }

    pub fn due(&self) -> Option<i64> {
        each!(self, it => it.due())
    }

    pub fn next_timer(&self, steps: &Steps) -> Option<Fired> {
        each!(self, it => it.next_timer(steps))
    }

    pub fn fire(&mut self, cx: &mut Cx<'_>, timer: Fired) {
        each!(self, it => it.fire(cx, timer));
    }

    pub fn save(&self, out: &mut Vec<Section>) {
        each!(self, it => it.save(out));
    }

    pub fn load(&mut self, role: &str, bytes: &[u8]) -> Result<(), LoadError> {
        each!(self, it => it.load(role, bytes))
    }

    pub fn bytes(&self) -> usize {
        each!(self, it => it.bytes())
    }
}

/// Why a node that is asked for is there.
const THERE: &str = "a node is away only while it runs";

/// The nodes of an app, by number. One at work may be taken out, so that it can change while the others are read.
pub(crate) struct Nodes(Vec<Option<Node>>);

impl Nodes {
    pub fn new(nodes: impl Iterator<Item = Node>) -> Nodes {
        Nodes(nodes.map(Some).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().flatten()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.0.iter_mut().flatten()
    }

    #[inline]
    pub fn get(&self, number: usize) -> &Node {
        self.0[number].as_ref().expect(THERE)
    }

    #[inline]
    pub fn get_mut(&mut self, number: usize) -> &mut Node {
        self.0[number].as_mut().expect(THERE)
    }

    /// A node to be changed and another one to be read.
    #[inline]
    pub fn pair(&mut self, number: usize, other: usize) -> (&mut Node, &Node) {
        let [node, other] = self.0.get_disjoint_mut([number, other]).expect("two different nodes");
        (node.as_mut().expect(THERE), other.as_ref().expect(THERE))
    }

    pub fn take(&mut self, number: usize) -> Node {
        self.0[number].take().expect(THERE)
    }

    pub fn put(&mut self, number: usize, node: Node) {
        self.0[number] = Some(node);
    }
}
