//! From one Riddhi to another over Siddhi TCP with acknowledgements: nothing is lost or repeated, whichever of them is killed.

mod support;

use std::time::Duration;

use support::folder::Folder;
use support::free;

fn lines(folder: &Folder, name: &str) -> Vec<String> {
    folder.text(name).lines().map(str::to_owned).collect()
}

/// Appends events with the numbers in the range.
fn feed(folder: &Folder, numbers: std::ops::Range<u32>) {
    folder.append("in", &numbers.map(|n| format!("{{\"event\":{{\"n\":{n}}}}}\n")).collect::<String>());
}

#[test]
fn a_hop_loses_and_repeats_nothing_when_either_side_is_killed() {
    let folder = Folder::new("hop");
    let port = free();
    let from = format!(
        "@app:name('From') @source(type='file', file.uri='in', tailing='true', file.polling.interval='5', @map(type='json'))\n\
         define stream S (n int);\n\
         @sink(type='tcp', url='tcp://127.0.0.1:{port}/To/S', ack='true', @map(type='binary')) define stream T (n int);\n\
         from S select n insert into T;\n"
    );
    let to = "@app:name('To') @source(type='tcp', @map(type='binary')) define stream S (n int);\n\
        @sink(type='file', file.uri='out', @map(type='csv')) define stream T (n int);\n\
        from S select n insert into T;\n";
    folder.write("from.siddhi", &from);
    folder.write("to.siddhi", to);
    feed(&folder, 0..0);
    let sender = || folder.start(&["from.siddhi", "--state", "sf", "--no-reload"]);
    let address = format!("127.0.0.1:{port}");
    let receiver = || folder.start(&["to.siddhi", "--state", "st", "--no-reload", "--tcp", &address]);
    let out_at_least = |n: usize| drop(folder.wait_for("out", |out| out.lines().count() >= n));
    // Also a receiver that comes late is waited for.
    let mut a = sender();
    feed(&folder, 0..1000);
    std::thread::sleep(Duration::from_millis(300));
    let mut b = receiver();
    let mut fed = 1000;
    for round in 0..8 {
        feed(&folder, fed..fed + 20_000);
        fed += 20_000;
        // In the middle of it, at a moment that differs from round to round.
        out_at_least(fed as usize - 20_000 + 1000 * (round + 1));
        if round % 2 == 0 {
            drop(b);
            b = receiver();
        } else {
            drop(a);
            a = sender();
        }
    }
    out_at_least(fed as usize);
    // Whatever would come twice has come by then: all is out and noted.
    std::thread::sleep(Duration::from_millis(1200));
    let out = lines(&folder, "out");
    let wrong = out.iter().zip(0..).position(|(line, n)| *line != format!("{n}"));
    let around = wrong.map(|at| &out[at.saturating_sub(2)..(at + 3).min(out.len())]);
    assert_eq!((out.len(), wrong), (fed as usize, None), "{around:?}; {:?}", lines(&folder, "err"));
    drop((a, b));
}
