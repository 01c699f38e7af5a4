//! Of random graphs: queries of several streams, and what several queries share.

use std::fmt::Write;

use super::{ATTRIBUTES, LEVELS, Maker, Query};

/// What a graph may have beside queries of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Some queries stand in a partition.
    Partition,
    /// A trigger feeds a stream.
    Trigger,
    /// Windows of two streams are joined.
    Join,
    /// Patterns and sequences over two streams.
    Pattern,
    /// A table is filled, changed, looked up and joined.
    Table,
    /// A named window is filled, read and joined.
    Window,
}

/// All of them.
pub const FEATURES: [Feature; 6] =
    [Feature::Partition, Feature::Trigger, Feature::Table, Feature::Pattern, Feature::Join, Feature::Window];

impl Maker {
    /// Whether the graph may have it.
    pub(super) fn has(&self, feature: Feature) -> bool {
        self.size.features.contains(&feature)
    }

    /// Definitions beside those of streams.
    pub(super) fn definitions(&mut self) -> String {
        let mut text = String::new();
        if self.has(Feature::Trigger) && self.random.chance(40) {
            let period = self.periods[self.random.below(self.periods.len())];
            let _ = writeln!(text, "define trigger Tick at every {period} milliseconds;");
        }
        if self.has(Feature::Table) {
            let key = self.random.pick(&[
                "",
                "@PrimaryKey('k') ",
                "@PrimaryKey('v') ",
                "@Index('k') ",
                "@PrimaryKey('k', 'v') ",
            ]);
            let _ = writeln!(text, "{key}define table T ({ATTRIBUTES});");
        }
        if self.has(Feature::Window) {
            let window = self.window().replace("#window.", "");
            let kinds =
                self.random.pick(&["", " output current events", " output expired events", " output all events"]);
            let _ = writeln!(text, "define window W ({ATTRIBUTES}) {window}{kinds};");
        }
        text
    }

    /// A query of what only several streams have, if the graph is to have one here.
    pub(super) fn several(&mut self, i: i64) -> Option<Query> {
        if self.size.features.is_empty() || i == 0 || !self.random.chance(45) {
            return None;
        }
        let feature = self.size.features[self.random.below(self.size.features.len())];
        let a = self.stream(0..LEVELS - 1);
        let b = self.stream(0..LEVELS - 1);
        let level = self.streams[a].level.max(self.streams[b].level);
        let writes = self.stream(level + 1..LEVELS);
        let (left, right, into) =
            (self.streams[a].name.clone(), self.streams[b].name.clone(), self.streams[writes].name.clone());
        let text = match feature {
            Feature::Partition | Feature::Trigger => return None,
            Feature::Join => self.join(&left, &right, &into),
            Feature::Pattern => self.pattern(&left, &right, &into),
            Feature::Table => return Some(self.table(a, writes)),
            Feature::Window => return Some(self.named_window(a, writes)),
        };
        Some(Query { text, reads: vec![a, b], writes: Some(writes) })
    }

    fn join(&mut self, left: &str, right: &str, into: &str) -> String {
        let kind = self.random.pick(&["join", "join", "left outer join", "right outer join", "full outer join"]);
        let windows = [self.window(), self.window()];
        let window = |of: &str, bare: bool| if bare { String::new() } else { of.to_owned() };
        let bare = self.random.below(6);
        let (l, r) = (window(&windows[0], bare == 0), window(&windows[1], bare == 1));
        let one_way = self.random.pick(&["", "", "", " unidirectional"]);
        let on = self.random.pick(&["a.k == b.k", "a.k == b.k and a.v > b.v", "a.v < b.v", "a.n == b.n", "a.v == b.v"]);
        let kinds = self.random.pick(&["", "", "all events ", "expired events "]);
        let select = match self.random.below(4) {
            0 => "a.k as k, max(b.v) as v, sum(a.n) as n, avg(b.x) as x group by a.k".to_owned(),
            _ => "coalesce(a.k, b.k) as k, b.v as v, a.n as n, b.x as x".to_owned(),
        };
        format!(
            "from {left}{l} as a{one_way} {kind} {right}{r} as b on {on}\n  select {select}\n  insert {kinds}into {into};\n"
        )
    }

    fn pattern(&mut self, left: &str, right: &str, into: &str) -> String {
        let period = self.periods[self.random.below(self.periods.len())];
        let every = self.random.pick(&["every ", "every ", "every ", ""]);
        let first = if self.random.chance(40) {
            format!("[{}]", self.condition().replace("sum(v)", "n"))
        } else {
            String::new()
        };
        let second = self.random.pick(&["", "[k == e1.k]", "[v > e1.v]", "[k == e1.k and v >= e1.v]"]);
        let within = if self.random.chance(50) { format!(" within {period} milliseconds") } else { String::new() };
        let plain = "e1.k as k, e2.v as v, e1.n as n, e2.x as x";
        let (chain, select) = match self.random.below(8) {
            0 => (format!("{every}e1={left}{first}, e2={right}{second}"), plain),
            1 => (format!("{every}e1={left}{first} and e2={right}"), plain),
            2 => (
                format!("{every}e1={left}{first} -> e2={right}<1:3> -> e3={left}"),
                "e1.k as k, e2[0].v as v, e3.n as n, e2[1].x as x",
            ),
            3 => {
                let chain = format!("{every}e1={left}{first} -> not {right}{second} for {period} milliseconds");
                (chain, "e1.k as k, e1.v as v, e1.n as n, e1.x as x")
            }
            4 => (format!("every (e1={left}{first} -> e2={right}{second})"), plain),
            5 => {
                (format!("{every}e1={left}{first}+, e2={right}"), "e1[0].k as k, e2.v as v, e1[last].n as n, e2.x as x")
            }
            _ => (format!("{every}e1={left}{first} -> e2={right}{second}"), plain),
        };
        format!("from {chain}{within}\n  select {select}\n  insert into {into};\n")
    }

    fn table(&mut self, reads: usize, writes: usize) -> Query {
        let (from, into) = (self.streams[reads].name.clone(), self.streams[writes].name.clone());
        let filter = if self.random.chance(50) { format!("[{}]", self.condition()) } else { String::new() };
        let on =
            self.random.pick(&["T.k == k", "T.v == v", "T.v > v", "T.k == k and T.v == v", "T.k == k and T.n < n"]);
        let (text, writes) = match self.random.below(if self.has(Feature::Join) { 8 } else { 6 }) {
            0 | 1 => (format!("from {from}{filter} select k, v, n, x insert into T;\n"), None),
            2 => (format!("from {from}{filter} select k, v, n, x update or insert into T on {on};\n"), None),
            3 => {
                (format!("from {from}{filter} select k, v, n, x update T set T.x = x, T.n = T.n + n on {on};\n"), None)
            }
            4 => (format!("from {from}{filter} select k, v, n, x delete T on {on};\n"), None),
            5 => (format!("from {from}[({on}) in T] select k, v, n, x insert into {into};\n"), Some(writes)),
            _ => {
                let kind = self.random.pick(&["join", "join", "left outer join"]);
                let on =
                    on.replace(" k", " s.k").replace("= v", "= s.v").replace("> v", "> s.v").replace("< n", "< s.n");
                let select = "s.k as k, T.v as v, s.n as n, T.x as x";
                (
                    format!("from {from}{filter} as s {kind} T on {on} select {select} insert into {into};\n"),
                    Some(writes),
                )
            }
        };
        Query { text, reads: vec![reads], writes }
    }

    fn named_window(&mut self, reads: usize, writes: usize) -> Query {
        let (from, into) = (self.streams[reads].name.clone(), self.streams[writes].name.clone());
        let (text, writes) = match self.random.below(3) {
            0 => (format!("from {from} select k, v, n, x insert into W;\n"), None),
            1 => {
                let kinds = self.random.pick(&["", "all events ", "expired events "]);
                (
                    format!("from W select k, max(v) as v, sum(n) as n, x group by k insert {kinds}into {into};\n"),
                    Some(writes),
                )
            }
            _ => {
                let select = "a.k as k, W.v as v, a.n as n, W.x as x";
                (format!("from {from} as a join W on a.k == W.k select {select} insert into {into};\n"), Some(writes))
            }
        };
        Query { text, reads: vec![reads], writes }
    }

    /// Puts some queries that follow each other into a partition.
    pub(super) fn partitioned(&mut self, queries: &[Query]) -> String {
        let mut text = String::new();
        let texts = |queries: &[Query]| queries.iter().map(|q| q.text.as_str()).collect::<String>();
        if !self.has(Feature::Partition) || queries.len() < 2 || !self.random.chance(60) {
            return texts(queries);
        }
        let from = 1 + self.random.below(queries.len() - 1);
        let to = from + 1 + self.random.below(queries.len() - from);
        let mut reads: Vec<usize> = queries[from..to].iter().flat_map(|q| q.reads.iter().copied()).collect();
        reads.sort_unstable();
        reads.dedup();
        // A key needs a stream that is known before the partition.
        reads.retain(|&s| self.streams[s].defined || queries[..from].iter().any(|q| q.writes == Some(s)));
        if reads.is_empty() {
            return texts(queries);
        }
        text.push_str(&texts(&queries[..from]));
        // Of several streams one may go to all keys.
        if reads.len() > 1 && self.random.chance(20) {
            reads.pop();
        }
        let keys: Vec<String> = reads
            .iter()
            .map(|&s| {
                let key = self.random.pick(&["k", "k", "v", "v < 4 as 'low' or v >= 4 as 'high' or n > 5 as 'low'"]);
                format!("{key} of {}", self.streams[s].name)
            })
            .collect();
        if self.random.chance(25) {
            let _ = writeln!(text, "@purge(enable='true', idle.period='120 milliseconds', interval='40 milliseconds')");
        }
        let _ = writeln!(text, "partition with ({})\nbegin", keys.join(", "));
        text.push_str(&texts(&queries[from..to]));
        if self.random.chance(50) {
            let stream = self.streams[reads[0]].name.clone();
            let window = self.window();
            let into = self.streams[self.streams.len() - 1].name.clone();
            let _ = writeln!(text, "from {stream}{window} select k, v, count() as n, x insert all events into #Inner;");
            let _ = writeln!(text, "from #Inner[v > 2] select k, sum(v) as n2 insert into #Sums;");
            let _ = writeln!(text, "from #Inner select k, max(v) as v, sum(n) as n, x insert into {into};");
        }
        let _ = writeln!(text, "end;");
        text.push_str(&texts(&queries[to..]));
        if self.random.chance(30) && text.contains("Tick") {
            text.push_str("from Tick select triggered_time as t insert into Ticks;\n");
        }
        text
    }
}
