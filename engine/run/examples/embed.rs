//! Riddhi inside another program: compile an app, send chunks and ticks, take outputs, save and load.
//!
//!     cargo run -p riddhi-run --example embed

use std::error::Error;

use riddhi_batch::{Frame, Str};
use riddhi_run::{App, Clock, Engine, EngineOptions, compile};

const APP: &str = "
    define stream Payments (card string, amount double);
    @info(name = 'many')
    from Payments#window.time(1 min)
    select card, count() as payments, sum(amount) as total
    group by card
    having payments >= 3
    insert into Suspicious;
";

/// Appends one event as a chunk of its own.
fn send(frame: &mut Frame, stream: u32, clock: &mut Clock, ts: i64, card: &str, amount: f64) {
    let (rows, arena) = frame.rows_of(stream);
    let card = Str::new(card.as_bytes(), arena);
    rows.ts.push(ts);
    rows.cols[0].push_str(card);
    rows.cols[1].push_f64(amount);
    let (now, sets) = clock.stamp(Some(ts));
    frame.commit(stream, now, sets);
}

/// Gives the frame to the engine, prints what comes out, and empties the frame for reuse.
fn turn(engine: &mut Engine, frame: &mut Frame) {
    let next = frame.base + frame.entries.len() as u64;
    engine.process(frame).each(|out| {
        for row in out.first..out.first + out.n {
            let values: Vec<String> = out.rows.cols.iter().map(|c| c.value(row, out.arena).to_string()).collect();
            println!("at {}: {}", out.rows.ts[row], values.join(", "));
        }
    });
    frame.reset(next);
}

fn app() -> Result<App, Box<dyn Error>> {
    let compiled = compile(APP);
    compiled
        .plan
        .ok_or_else(|| compiled.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ").into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let app = app()?;
    let payments = app.stream("Payments").ok_or("no such stream")? as u32;
    let mut engine = Engine::new(app.clone(), EngineOptions::default());
    let mut clock = Clock::new(engine.playback(), 0);
    let mut frame = engine.frame();

    send(&mut frame, payments, &mut clock, 1_000, "4711", 20.0);
    send(&mut frame, payments, &mut clock, 2_000, "4711", 25.5);
    turn(&mut engine, &mut frame);

    // Whatever happens now, the state can go on in another engine.
    let saved = engine.save();
    let mut engine = Engine::new(app, EngineOptions::default());
    engine.load(&saved)?;

    send(&mut frame, payments, &mut clock, 3_000, "4711", 980.0);
    // Nothing arrives for two minutes: a tick moves the clock, and the window empties.
    let (now, sets) = clock.stamp(Some(123_000));
    frame.tick(now, sets);
    turn(&mut engine, &mut frame);
    println!("the next timer is due at {:?}", engine.next_due());
    Ok(())
}
