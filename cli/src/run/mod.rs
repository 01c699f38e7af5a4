//! `riddhi run`: apps live, from their sources to their sinks.
//!
//! Each app has a sequencer, a worker and a sink thread of its own (`live`), so that independent apps run side by side. This
//! thread waits for their ends.

mod disk;
mod drain;
mod live;
mod notes;
mod record;
mod recover;
mod segments;
mod store;
mod taps;
mod wake;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use riddhi_connect::Connectors;
use riddhi_connect::network::{EdgeOptions, Network, NetworkOptions};
use riddhi_plan::connector::Direction;
use riddhi_run::App;

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::replay::grouped;
use crate::signals::Stop;
use crate::{say, tell, zone};
pub use segments::{START, list, start_note};

use live::{Account, Live, Shared};
use watch::Watch;

/// Runs apps until a signal, or until their sources have ended.
pub fn run(args: RunArgs) -> Result<Exit, Failure> {
    let stop = Stop::on_signals().map_err(|e| Failure::new(Exit::Failed, format!("cannot handle signals: {e}")))?;
    let zone = args.time_zone.clone().unwrap_or_else(zone::of_host);
    let mut apps = Vec::new();
    for path in &args.apps {
        let (watch, app) = Watch::open(path, !args.no_reload, &zone)?;
        let name = name(&app, path);
        if apps.iter().any(|(_, _, other)| *other == name) {
            let message = format!("two apps are named '{name}'");
            return Err(Failure::new(Exit::Usage, message).help("give each a name of its own with @app:name"));
        }
        apps.push((watch, app, name));
    }
    let network = NetworkOptions {
        edge: EdgeOptions { threads: usize::from(args.poll_threads), ..EdgeOptions::default() },
        tcp: args.tcp,
    };
    let (args, begun) = (Arc::new(args), Instant::now());
    let shared = Shared {
        args,
        connectors: Arc::new(Connectors::built_in()),
        bus: Arc::default(),
        network: Arc::new(Network::new(network)),
        stop: stop.clone(),
    };
    let mut running = Vec::new();
    for (number, (watch, app, name)) in apps.into_iter().enumerate() {
        let started = Live::start(shared.clone(), watch, app, name.clone(), number);
        let spawned = started.and_then(|live| {
            let thread = thread::Builder::new().name(format!("riddhi-{name}")).spawn(move || live.run());
            thread.map_err(|e| Failure::new(Exit::Failed, format!("cannot start a thread: {e}")))
        });
        match spawned {
            Ok(thread) => running.push((name, thread)),
            Err(failure) => {
                // Those that run already end in order.
                stop.ask();
                finish(running, &begun);
                return Err(failure);
            }
        }
    }
    Ok(finish(running, &begun))
}

type Running = (String, thread::JoinHandle<(Result<(), Failure>, Account)>);

/// Waits for the ends, and tells what was done.
fn finish(running: Vec<Running>, begun: &Instant) -> Exit {
    let mut exit = Exit::Done;
    for (name, thread) in running {
        match thread.join() {
            Ok((done, account)) => {
                if let Err(failure) = done {
                    say(&failure.text);
                    exit = failure.exit;
                }
                tell(&summary(&name, &account, begun));
            }
            Err(_) => {
                say(&format!("error: app {name} panicked, a mistake in Riddhi\n"));
                exit = Exit::Failed;
            }
        }
    }
    exit
}

fn summary(name: &str, account: &Account, begun: &Instant) -> String {
    let mut out = format!(
        "app  {name}\nin   {} events accepted = {} handled + {} refused\n",
        grouped(account.accepted),
        grouped(account.handled),
        grouped(account.refused),
    );
    if account.recovered > 0 {
        out.push_str(&format!("     {} events of the journal were run again\n", grouped(account.recovered)));
    }
    for (sink, (sent, lost)) in &account.sent {
        let lost = if *lost > 0 { format!(", {} lost", grouped(*lost)) } else { String::new() };
        out.push_str(&format!("out  {sink}: {} rows{lost}\n", grouped(*sent)));
    }
    if account.failed_rows > 0 {
        out.push_str(&format!("     {} rows could not be computed\n", grouped(account.failed_rows)));
    }
    out.push_str(&format!("time {:.3} s\n", begun.elapsed().as_secs_f64()));
    out
}

/// `@app:name`, else the file's name, as a folder may be called.
fn name(app: &App, path: &str) -> String {
    let stem = || Path::new(path).file_stem().map_or("app".to_owned(), |s| s.to_string_lossy().into_owned());
    let name = if app.name.is_empty() { stem() } else { app.name.clone() };
    if !app.connectors.iter().any(|c| c.direction == Direction::Source) {
        say(&format!("warning: app {name} has no source, so nothing will come in\n"));
    }
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let safe: String = name.chars().map(safe).collect();
    if safe.starts_with('.') { format!("_{safe}") } else { safe }
}
