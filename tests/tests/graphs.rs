//! Two thousand random query graphs answer the same batched, at any frame size, as entry by entry, depth first.
//!
//! `RIDDHI_SEEDS=17..18 cargo test -p riddhi-tests --test graphs -- --nocapture` runs some, and names each before it does.

use riddhi_case::drive::{Way, text_of};
use riddhi_case::form::Case;
use riddhi_case::script::{Refused, Script};
use riddhi_plan::logical::Mode;
use riddhi_run::Counters;
use riddhi_tests::graphs::{FEATURES, Size, graph};

const GRAPHS: u64 = 2000;

/// Deliveries per entry beyond which a graph proves nothing that a smaller one does not: it is left out.
const DELIVERIES_MAX: u32 = 2000;

#[test]
fn random_graphs_answer_as_depth_first() {
    if let Some((from, to)) = std::env::var("RIDDHI_SEEDS").ok().as_deref().and_then(|s| s.split_once("..")) {
        let number = |s: &str| s.parse().expect("RIDDHI_SEEDS is a range of numbers");
        for seed in number(from)..number(to) {
            println!("seed {seed}");
            println!("{:?}", run(seed..seed + 1, size_of(seed)));
        }
        return;
    }
    let half = GRAPHS / 2;
    let other = std::thread::spawn(move || run(half..GRAPHS, Size::default()));
    let (mut all, spread) = run(0..half, Size::default());
    let (rest, rest_spread) = other.join().expect("the other half came to its end");
    add(&mut all, &rest);
    assert!((spread + rest_spread) * 10 > GRAPHS, "few graphs can be spread over threads: {}", spread + rest_spread);
    println!("{all:?}");
    assert!(all.endless_entries * 50 < GRAPHS, "too many graphs grow too much: {all:?}");
    assert!(all.frames_of_several * 2 > all.frames, "most frames had one entry only: {all:?}");
    assert!(all.timers_inside * 2 > all.timers && all.timers > GRAPHS, "timers fired too rarely: {all:?}");
}

/// Loops of queries that remember nothing run generation by generation when nobody asks for the queries' own rows.
#[test]
fn loops_without_state_answer_as_depth_first() {
    let size = || Size { queries: (2, 4), lines: (20, 60), ..Size::default() };
    let mut loops = 0;
    for seed in 100_000..106_000 {
        let case = graph(seed, size());
        let script = Script::of(&case).unwrap_or_else(|refused| panic!("seed {seed}: {refused:?}"));
        let app = &script.app;
        let plain = |q: &usize| {
            let query = &app.queries[*q];
            query.window.is_none() && query.select.aggregates.is_empty() && query.select.group_by.is_empty()
        };
        if !app.regions.iter().any(|r| r.mode == Mode::Stepped && r.queries.iter().all(plain)) {
            continue;
        }
        let mut depth_first = Way::frames_of(1).stepped().streams_only();
        depth_first.options.deliveries_per_entry_max = DELIVERIES_MAX;
        let (text, run) = text_of(&script, &depth_first).expect("its states can be loaded");
        if run.counters.endless_entries > 0 {
            continue;
        }
        loops += 1;
        for entries in [1, 3, 64, 1024] {
            let (other, other_run) =
                text_of(&script, &Way::frames_of(entries).streams_only()).expect("its states can be loaded");
            assert_eq!(other, text, "seed {seed}, frames of {entries}\n{case}");
            assert_eq!(other_run.counters.failed_rows, run.counters.failed_rows, "seed {seed}\n{case}");
        }
    }
    assert!(loops > 50, "only {loops} graphs were loops without state");
}

/// The same for graphs with partitions, triggers, and whatever else several queries share.
#[test]
fn graphs_of_several_streams_answer_as_depth_first() {
    let (all, _) = run(SEVERAL..SEVERAL + GRAPHS / 2, size_of(SEVERAL));
    println!("{all:?}");
    assert!(all.endless_entries * 50 < GRAPHS, "too many graphs grow too much: {all:?}");
    assert!(all.frames_of_several * 3 > all.frames, "most frames had one entry only: {all:?}");
}

/// Seeds from here on are of graphs of several streams.
const SEVERAL: u64 = 200_000;

fn size_of(seed: u64) -> Size {
    Size { features: if seed < SEVERAL { &[] } else { &FEATURES }, ..Size::default() }
}

/// Checks these graphs; gives what was counted, and how many of them two threads can share.
fn run(seeds: std::ops::Range<u64>, size: Size) -> (Counters, u64) {
    let (mut all, mut spread) = (Counters::default(), 0);
    for seed in seeds {
        let case = graph(seed, size);
        spread += Script::of(&case).is_ok_and(|s| s.app.regions.len() > 1) as u64;
        let mut counters = Counters::default();
        if let Err(difference) = check(&case, &mut counters) {
            let case = minimised(case);
            let difference = check(&case, &mut Counters::default()).err().unwrap_or(difference);
            panic!("seed {seed}: {difference}\n{case}");
        }
        add(&mut all, &counters);
    }
    (all, spread)
}

fn add(all: &mut Counters, some: &Counters) {
    all.endless_entries += some.endless_entries;
    all.events += some.events;
    all.failed_rows += some.failed_rows;
    all.frames += some.frames;
    all.frames_of_several += some.frames_of_several;
    all.timers += some.timers;
    all.timers_inside += some.timers_inside;
}

/// Runs a graph in all ways; an app that is refused is a mistake of the generator.
fn check(case: &Case, counters: &mut Counters) -> Result<(), String> {
    let script = match Script::of(case) {
        // What is not there yet in every combination is left out.
        Err(Refused::Unsupported(..)) => return Ok(()),
        script => script.map_err(|refused| format!("{refused:?}"))?,
    };
    let mut depth_first = Way::frames_of(1).stepped();
    depth_first.options.deliveries_per_entry_max = DELIVERIES_MAX;
    let (text, run) = text_of(&script, &depth_first).expect("its states can be loaded");
    if run.counters.endless_entries > 0 {
        counters.endless_entries = 1;
        return Ok(());
    }
    let seed = case.input.len() as u64;
    let ways = [
        ("frames of 1", Way::frames_of(1)),
        ("frames of 5", Way::frames_of(5)),
        ("frames of 1024", Way::frames_of(1024)),
        ("random frames", Way::random(seed)),
        ("restored", Way::frames_of(16).restored_every(9)),
        ("2 workers", Way::random(seed + 2).on_workers(2)),
        ("stepped", Way::random(seed).stepped()),
        ("general", Way::random(seed + 1).general()),
        ("streams only", Way::random(seed + 3).streams_only()),
    ];
    let streams: String = text.lines().filter(|l| !l.starts_with('q')).flat_map(|l| [l, "\n"]).collect();
    for (name, way) in ways {
        let text = if way.options.queries { &text } else { &streams };
        let (other, other_run) = text_of(&script, &way).expect("its states can be loaded");
        if other != *text {
            let same = text.lines().zip(other.lines()).take_while(|(a, b)| a == b).count();
            let row = |t: &str| t.lines().nth(same).unwrap_or("nothing more").to_owned();
            return Err(format!("{name}: row {same} is {}, and should be {}", row(&other), row(text)));
        }
        if !way.options.force_general && other_run.state != run.state {
            let of = riddhi_run::differences(&other_run.state, &run.state);
            return Err(format!("{name}: the states of {of:?} differ"));
        }
        let (failed, should) = (other_run.counters.failed_rows, run.counters.failed_rows);
        if failed != should {
            return Err(format!("{name}: {failed} rows failed, and should be {should}"));
        }
        if name == "frames of 5" {
            *counters = other_run.counters;
        }
    }
    Ok(())
}

fn fails(case: &Case) -> bool {
    match Script::of(case) {
        Err(_) => false,
        Ok(_) => check(case, &mut Counters::default()).is_err(),
    }
}

/// Drops input and queries as long as what remains still fails.
fn minimised(mut case: Case) -> Case {
    if !fails(&case) {
        return case;
    }
    let mut piece = case.input.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < case.input.len() {
            let mut less = case.clone();
            less.input.drain(at..(at + piece).min(case.input.len()));
            if fails(&less) {
                case = less;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    let mut at = 0;
    loop {
        let statements: Vec<&str> = case.apps[0].split_inclusive(";\n").collect();
        if at >= statements.len() {
            return case;
        }
        let rest: Vec<&str> = [&statements[..at], &statements[at + 1..]].concat();
        let less = Case { apps: vec![rest.concat()], ..case.clone() };
        if fails(&less) {
            case = less;
        } else {
            at += 1;
        }
    }
}
