//! Regions of random query graphs, held against a plain search for loops.

mod support;

use riddhi_plan::logical::{AppPlan, Mode};
use support::planned;

/// A small generator, so that a failure names its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

fn random_app(dice: &mut Dice) -> String {
    let streams = 2 + dice.roll(7);
    let queries = 1 + dice.roll(9);
    let mut text: String = (0..streams).map(|i| format!("define stream S{i} (n int);\n")).collect();
    for _ in 0..queries {
        text += &format!("from S{} select n insert into S{};\n", dice.roll(streams), dice.roll(streams));
    }
    text
}

/// Whether rows of `from` can reach stream `to` through queries.
fn reaches(plan: &AppPlan, from: usize, to: usize) -> bool {
    let mut seen = vec![false; plan.streams.len()];
    let mut open = vec![from];
    while let Some(stream) = open.pop() {
        for query in plan.queries.iter().filter(|q| q.inputs.contains(&stream)) {
            let output = query.output.expect("each query inserts into a stream");
            if output == to {
                return true;
            }
            if !std::mem::replace(&mut seen[output], true) {
                open.push(output);
            }
        }
    }
    false
}

fn check(plan: &AppPlan, text: &str) {
    let mut all: Vec<usize> = plan.regions.iter().flat_map(|r| r.queries.clone()).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..plan.queries.len()), "each query is in one region: {text}");
    for (number, region) in plan.regions.iter().enumerate() {
        let streams = |q: &usize| plan.queries[*q].streams().collect::<Vec<_>>();
        for other in plan.regions.iter().skip(number + 1) {
            let shared = other
                .queries
                .iter()
                .any(|q| region.queries.iter().any(|p| streams(p).iter().any(|s| streams(q).contains(s))));
            assert!(!shared, "regions share no stream: {text}");
        }
        let looped = region.queries.iter().any(|&q| reaches(plan, plan.queries[q].input(), plan.queries[q].input()));
        assert_eq!(region.mode == Mode::Stepped, looped, "{text}");
        if looped {
            assert!(region.queries.is_sorted(), "stepped in text order: {text}");
            continue;
        }
        for (place, &q) in region.queries.iter().enumerate() {
            let late = region.queries[place..].iter().any(|&w| plan.queries[w].output == Some(plan.queries[q].input()));
            assert!(!late, "a query comes after those that write its input: {text}");
        }
    }
}

#[test]
fn random_graphs() {
    for seed in 0..500 {
        let text = random_app(&mut Dice(seed));
        check(&planned(&text).plan.expect("it has no mistake"), &text);
    }
}
