//! The apps of a process, each on threads of its own.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use riddhi_run::App;

use super::live::{Account, Live, Shared};
use super::said;
use super::watch::Watch;
use crate::exit::{Exit, Failure};
use crate::terminal::sum_up;
use crate::{say, tell, zone};

/// The apps.
pub struct Fleet {
    shared: Shared,
    running: Mutex<Vec<Running>>,
}

/// Apps that were read and compiled, by file and name.
pub type Opened = Vec<(Watch, App, String)>;

type Running = (String, JoinHandle<(Result<(), Failure>, Account)>);

impl Fleet {
    /// Those that were typed; none runs yet.
    pub fn new(shared: Shared) -> Fleet {
        Fleet { shared, running: Mutex::default() }
    }

    /// Reads and compiles the apps, and tells what is wrong with them.
    pub fn check(&self) -> Result<Opened, Failure> {
        let apps = self.open()?;
        for (_, app, name) in &apps {
            said::say_no_source(app, name);
        }
        said::say_topics(&apps);
        Ok(apps)
    }

    /// Reads and compiles the apps.
    pub fn open(&self) -> Result<Opened, Failure> {
        let args = &self.shared.args;
        let zone = args.time_zone.clone().unwrap_or_else(zone::of_host);
        let mut apps = Opened::new();
        for path in &args.apps {
            let (watch, app) = Watch::open(path, !args.no_reload, &zone)?;
            let name = name(&app, path);
            if apps.iter().any(|(_, _, other)| *other == name) {
                let message = format!("two apps are named '{name}'");
                return Err(Failure::new(Exit::Usage, message).help("give each a name of its own with @app:name"));
            }
            apps.push((watch, app, name));
        }
        Ok(apps)
    }

    /// Starts the apps; each stands where its files end when this returns. After a failure those that run already end in order.
    pub fn start(&self, apps: Opened) -> Result<(), Failure> {
        self.shared.board.expect(apps.len());
        for (number, (watch, app, name)) in apps.into_iter().enumerate() {
            let ends = said::ends(&app);
            let started = Live::start(self.shared.clone(), watch, app, name.clone(), number);
            let spawned = started.and_then(|live| {
                tell(&format!("note: app {name} runs{ends}\n"));
                let thread = Builder::new().name(format!("riddhi-{name}")).spawn(move || live.run());
                thread.map_err(|e| Failure::thread(&e))
            });
            match spawned {
                Ok(thread) => self.lock().push((name, thread)),
                Err(failure) => {
                    self.shared.stop.ask();
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    /// Whether an app has ended.
    pub fn has_ended(&self) -> bool {
        self.lock().iter().any(|(_, thread)| thread.is_finished())
    }

    /// Waits for the ends, and tells what was done.
    pub fn finish(&self, begun: &Instant) -> Exit {
        let mut exit = Exit::Done;
        let running = std::mem::take(&mut *self.lock());
        for (name, thread) in running {
            match thread.join() {
                Ok((done, account)) => {
                    if let Err(failure) = done {
                        say(&failure.text);
                        exit = failure.exit;
                    }
                    sum_up(&said::summary(&name, &account, begun), said::members(&name, &account, begun));
                }
                Err(_) => {
                    say(&format!("error: app {name} panicked, a mistake in Riddhi\n"));
                    exit = Exit::Failed;
                }
            }
        }
        exit
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `@app:name`, else the file's name, as a folder may be called.
fn name(app: &App, path: &str) -> String {
    let stem = || Path::new(path).file_stem().map_or("app".to_owned(), |s| s.to_string_lossy().into_owned());
    let name = if app.name.is_empty() { stem() } else { app.name.clone() };
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let safe: String = name.chars().map(safe).collect();
    if safe.starts_with('.') { format!("_{safe}") } else { safe }
}
