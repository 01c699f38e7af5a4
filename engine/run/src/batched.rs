//! Batched regions: query after query over the whole frame.
//!
//! Exact, since each query sees its input's chunks in order, and a stream of several sources is merged before it is read.
//! A turn touches only queries that got rows or have a timer due.

use riddhi_batch::{Entry, Flow, Frame};
use riddhi_exec::operator::Inputs;
use riddhi_exec::query::Cx;

use crate::engine::Engine;
use crate::graph::LoneReader;
use crate::node::Node;
use crate::order::flow_of_stream;

/// A turn over a lone event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoneTurn {
    /// What took it.
    pub reader: LoneReader,
    /// Whether it came out.
    pub passed: bool,
}

impl Engine {
    pub(crate) fn run_batched(&mut self, frame: &mut Frame) {
        if self.order.is_empty() || self.run_linear(frame) {
            return;
        }
        for i in 0..frame.touched.len() {
            let stream = frame.touched[i] as usize;
            if self.stepped(stream) {
                continue;
            }
            self.activate_readers(stream);
            if !self.graph.streams[stream].writers.is_empty() {
                self.touch(stream);
            }
        }
        self.activate_timers();
        for word in 0..self.active.len() {
            while self.active[word] != 0 {
                let bit = self.active[word].trailing_zeros();
                self.active[word] &= self.active[word] - 1;
                let query = self.order[word * 64 + bit as usize] as usize;
                self.run_query(query, frame);
            }
        }
        for i in 0..self.touched.len() {
            let stream = self.touched[i] as usize;
            if !self.stepped(stream) {
                self.order_stream(stream, frame);
            }
        }
    }

    /// The whole turn of a frame of one event that goes the short way through one query. False, and nothing done, if this is
    /// none. Of turns like this in a row only the first looks at what the turn before left.
    #[inline]
    pub(crate) fn run_lone(&mut self, frame: &Frame) -> bool {
        let [Entry { stream, rows: 1, now, .. }] = frame.entries[..] else { return false };
        let Some(&Some(reader)) = self.graph.lone_readers.get(stream as usize) else { return false };
        if self.lone.is_none_or(|last| last.reader.query != reader.query) {
            self.begin(frame);
            self.linear_turn = true;
            self.ran.push(reader.query);
        }
        let input = &frame.flows[stream as usize];
        let query = self.queries.get_mut(reader.query as usize).query();
        let Some(passed) = query.passes_lone(&frame.arena, input) else { return false };
        if passed && !reader.unchanged {
            query.put_lone(&frame.arena, input);
        }
        self.lone = Some(LoneTurn { reader, passed });
        self.base = frame.base;
        self.now = now;
        let c = &mut self.counters;
        c.frames += 1;
        c.entries += 1;
        c.events += 1;
        c.query_calls += 1;
        true
    }

    /// A turn of an app in which nothing is merged. False, and nothing done, if this is none.
    fn run_linear(&mut self, frame: &mut Frame) -> bool {
        let Engine { graph, queries, steps, log, failures, shared, order, touched, ran, counters, .. } = self;
        if !graph.linear {
            return false;
        }
        let mut active = 0;
        for &stream in &frame.touched {
            if graph.streams[stream as usize].only_writer.is_some() {
                return false;
            }
            active |= graph.reader_masks[stream as usize];
        }
        if !graph.timed.is_empty() {
            let last = steps.entries().last().map_or(i64::MIN, |e| e.now);
            for (place, &q) in order.iter().enumerate() {
                let due = queries.get(q as usize).due();
                active |= (due.is_some_and(|due| due <= last) as u64) << place;
            }
        }
        self.linear_turn = true;
        while active != 0 {
            let q = order[active.trailing_zeros() as usize] as usize;
            active &= active - 1;
            let node = &graph.queries[q];
            let input = node.inputs[0];
            let (node_at_work, input) = match graph.streams[input].only_writer {
                None => (queries.get_mut(q), &frame.flows[input]),
                // A query that reads its own output is no part of a linear graph.
                Some(writer) => {
                    let (query, writer) = queries.pair(q, writer as usize);
                    (query, writer.out())
                }
            };
            let query = node_at_work.query();
            query.begin();
            query.run_frame(&mut Cx { steps, arena: &mut frame.arena, log, failures, shared }, input);
            counters.query_calls += 1;
            if let (false, Some(output)) = (query.out().chunks.is_empty(), node.output) {
                ran.push(q as u32);
                touched.push(output as u32);
                active |= graph.reader_masks[output];
            }
        }
        true
    }

    /// Whether the stream belongs to a region that this frame runs entry by entry.
    pub(crate) fn stepped(&self, stream: usize) -> bool {
        self.graph.stepped && self.graph.streams[stream].region.is_some_and(|r| self.stepping[r])
    }

    fn activate(&mut self, query: usize) {
        let place = self.place[query];
        if place != u32::MAX {
            self.active[place as usize / 64] |= 1 << (place % 64);
        }
    }

    fn activate_readers(&mut self, stream: usize) {
        for i in 0..self.graph.streams[stream].starters.len() {
            self.activate(self.graph.streams[stream].starters[i]);
        }
    }

    /// Queries whose timer may be due in this frame.
    fn activate_timers(&mut self) {
        let Some(last) = self.steps.entries().last().map(|e| e.now) else { return };
        for i in 0..self.graph.timed.len() {
            let query = self.graph.timed[i];
            let stepping = self.graph.stepped && self.stepping[self.graph.queries[query].region];
            if !stepping && self.query(query).due().is_some_and(|due| due <= last) {
                self.activate(query);
            }
        }
    }

    fn run_query(&mut self, q: usize, frame: &mut Frame) {
        for i in 0..self.graph.queries[q].inputs.len() {
            self.prepare_input(self.graph.queries[q].inputs[i], frame);
        }
        let node = &self.graph.queries[q];
        if node.code.is_none() {
            self.order_deliveries(q, frame);
        } else if node.ruled {
            let stream = node.inputs[0];
            if !self.ruled.contains(&(stream as u32)) {
                self.find_rules(stream, q, frame);
            }
            if self.rule_rows[q].is_empty() && !self.graph.queries[q].timed {
                return;
            }
        }
        let mut at_work = self.queries.take(q);
        at_work.begin();
        {
            let Engine { graph, queries, steps, merged, log, failures, shared, rule_rows, deliveries_of, .. } = self;
            let cx = &mut Cx { steps, arena: &mut frame.arena, log, failures, shared };
            let flow = |stream: usize| flow_of_stream(stream, graph, queries, merged, &frame.flows);
            let inputs = &graph.queries[q].inputs[..];
            match (&mut at_work, inputs) {
                (Node::Query(query), _) if graph.queries[q].ruled => {
                    query.run_frame_of(cx, flow(inputs[0]), &rule_rows[q]);
                    rule_rows[q].clear();
                }
                (Node::Query(query), _) => query.run_frame(cx, flow(inputs[0])),
                (Node::Other(operator), [one]) => {
                    operator.run_frame(cx, Inputs::lone(&[flow(*one)], &deliveries_of[q]));
                }
                (Node::Other(operator), [a, b]) => {
                    operator.run_frame(cx, Inputs::new(&[flow(*a), flow(*b)], &deliveries_of[q]));
                }
                (Node::Other(operator), _) => {
                    let flows: Vec<&Flow> = inputs.iter().map(|&s| flow(s)).collect();
                    operator.run_frame(cx, Inputs::new(&flows, &deliveries_of[q]));
                }
            }
        }
        self.counters.query_calls += 1;
        let some = !at_work.out().chunks.is_empty();
        self.queries.put(q, at_work);
        self.mark_ran(q);
        if let (true, Some(output)) = (some, self.graph.queries[q].output) {
            self.touch(output);
            self.activate_readers(output);
        }
    }

    /// Gives the rules of a stream their rows and sees to it that those that got some run, as the `first` is about to.
    fn find_rules(&mut self, stream: usize, first: usize, frame: &Frame) {
        self.ruled.push(stream as u32);
        let Engine { graph, queries, merged, rule_rows, active, place, .. } = self;
        let input = flow_of_stream(stream, graph, queries, merged, &frame.flows);
        for rules in &graph.streams[stream].rules {
            rules.find(input, &frame.arena, |query, row| {
                let (rows, place) = (&mut rule_rows[query as usize], place[query as usize]);
                if rows.is_empty() && query as usize != first {
                    active[place as usize / 64] |= 1 << (place % 64);
                }
                rows.push(row);
            });
        }
    }
}
