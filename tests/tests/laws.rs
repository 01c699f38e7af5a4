//! The law of the engine: how entries are cut into frames, how often the state is saved and loaded, on how many threads
//! and by which driver and in which form queries run changes neither a row nor a byte of the state.

use riddhi_case::drive::{Run, Way, text_of};
use riddhi_case::script::Script;
use riddhi_run::Counters;
use riddhi_tests::data::cases;

/// A way with its name and whether the state's bytes must be equal too: other forms of a query keep other things.
type Named = (String, Way, bool);

fn ways(seed: u64, restores: &[(usize, usize)]) -> Vec<Named> {
    let mut ways = Vec::new();
    for n in [2, 7, 64, 1024] {
        ways.push((format!("frames of {n}"), Way::frames_of(n), true));
    }
    for i in 0..2 {
        ways.push((format!("random frames {}", seed + i), Way::random(seed + i), true));
    }
    for &(n, k) in restores {
        ways.push((format!("frames of {n}, restored every {k}"), Way::frames_of(n).restored_every(k), true));
    }
    ways.push(("2 workers, frames of 7".to_owned(), Way::frames_of(7).on_workers(2), true));
    ways.push(("2 workers, random frames".to_owned(), Way::random(seed + 2).on_workers(2), true));
    let &(n, k) = restores.last().expect("there is one");
    ways.push((format!("2 workers, restored every {k}"), Way::frames_of(n).on_workers(2).restored_every(k), true));
    ways.push(("stepped, frames of 1".to_owned(), Way::frames_of(1).stepped(), true));
    ways.push(("stepped, frames of 64".to_owned(), Way::frames_of(64).stepped(), true));
    ways.push(("stepped, restored every 5".to_owned(), Way::frames_of(7).stepped().restored_every(5), true));
    ways.push(("general, frames of 1".to_owned(), Way::frames_of(1).general(), false));
    ways.push(("general, frames of 64".to_owned(), Way::frames_of(64).general(), false));
    ways.push(("general, random frames".to_owned(), Way::random(seed).general(), false));
    ways
}

#[test]
fn written_cases() {
    let all = Tally::over("cases", &[(1, 1), (7, 1), (7, 3), (64, 11)]);
    assert!(all.timers_inside > 500, "{all:?}");
}

#[test]
fn recorded_random_apps() {
    let all = Tally::over("data/core", &[(1, 1), (7, 3), (64, 11)]);
    assert!(all.timers_inside > 1000, "{all:?}");
}

#[test]
fn recorded_long_bursts() {
    let all = Tally::over("data/dense", &[(1, 7), (7, 11), (64, 37)]);
    assert!(all.spread > 0, "no app was spread over threads: {all:?}");
    assert!(all.timers_inside > 1000, "{all:?}");
}

/// What happened in all frames of more than one entry at most, so that nobody takes a proof for one that tried nothing.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    /// Those that two threads can share.
    spread: usize,
    frames: u64,
    frames_of_several: u64,
    timers: u64,
    timers_inside: u64,
}

impl Tally {
    fn over(folder: &str, restores: &[(usize, usize)]) -> Tally {
        let (mut tally, mut wrong) = (Tally::default(), Vec::new());
        for (i, case) in cases(folder).iter().enumerate() {
            let Ok(script) = Script::of(case) else { continue };
            tally.cases += 1;
            tally.spread += (script.app.regions.len() > 1) as usize;
            let (text, run) = text_of(&script, &Way::frames_of(1)).expect("its states can be loaded");
            for (name, way, states) in ways(i as u64, restores) {
                let (other, other_run) = text_of(&script, &way).expect("its states can be loaded");
                if name.starts_with("frames of") && way.restore_every.is_none() {
                    tally.add(&other_run.counters);
                }
                if let Err(e) = same(&text, &run, &other, &other_run, states) {
                    wrong.push(format!("{}, {name}: {e}", case.name));
                }
            }
        }
        assert!(wrong.is_empty(), "{} differences in {} cases:\n{}", wrong.len(), tally.cases, wrong.join("\n"));
        assert!(tally.frames_of_several * 2 > tally.frames, "most frames had one entry only: {tally:?}");
        assert!(tally.timers_inside * 2 > tally.timers, "most timers fired before all entries: {tally:?}");
        tally
    }

    fn add(&mut self, c: &Counters) {
        self.frames += c.frames;
        self.frames_of_several += c.frames_of_several;
        self.timers += c.timers;
        self.timers_inside += c.timers_inside;
    }
}

fn same(a: &str, a_run: &Run, b: &str, b_run: &Run, states: bool) -> Result<(), String> {
    if a != b {
        let (mut x, mut y) = (a.lines(), b.lines());
        let mut n = 0;
        loop {
            match (x.next(), y.next()) {
                (p, q) if p == q => n += 1,
                (p, q) => {
                    return Err(format!("row {n}: {} at frames of 1, {}", p.unwrap_or("none"), q.unwrap_or("none")));
                }
            }
        }
    }
    let (failed, other_failed) = (a_run.counters.failed_rows, b_run.counters.failed_rows);
    if failed != other_failed {
        return Err(format!("{failed} failed rows at frames of 1, {other_failed}"));
    }
    if states && a_run.state != b_run.state {
        let at = a_run.state.iter().zip(&b_run.state).take_while(|(x, y)| x == y).count();
        return Err(format!("the states differ from byte {at} of {} and {}", a_run.state.len(), b_run.state.len()));
    }
    Ok(())
}
