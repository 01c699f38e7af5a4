//! What the apps of a node do for its driver.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use riddhi_connect::network::Network;
use riddhi_node::{DataPath, Epoch, Line, Position};

use super::copies::Copies;
use super::follow::Followers;
use super::lines::Lines;
use super::mirror::{Mirror, Records, lock};
use super::operation::Operation;
use crate::run::wake::Waker;
use crate::{say, tell};

/// How long the apps may take to append their state, or to stop taking events.
const LONG: Duration = Duration::from_secs(600);

/// Whether the apps are to have their sources open; shared by all apps.
#[derive(Default)]
pub struct Duty {
    serving: AtomicBool,
    apps: Mutex<Vec<OnDuty>>,
}

/// An app as the driver sees it.
#[derive(Clone)]
struct OnDuty {
    mirror: Arc<Mirror>,
    waker: Waker,
    /// Whether its sources are open.
    open: Arc<AtomicBool>,
}

impl Duty {
    /// Whether sources are to be open.
    pub fn is_serving(&self) -> bool {
        self.serving.load(Ordering::Acquire)
    }

    /// An app has started.
    pub fn enlist(&self, mirror: Arc<Mirror>, waker: Waker, open: Arc<AtomicBool>) {
        lock(&self.apps).push(OnDuty { mirror, waker, open });
    }

    /// All that have started. Nobody keeps the list from the others while he waits for one of them.
    fn apps(&self) -> Vec<OnDuty> {
        lock(&self.apps).clone()
    }

    fn set(&self, serving: bool) {
        self.serving.store(serving, Ordering::Release);
        lock(&self.apps).iter().for_each(|app| app.waker.wake());
    }
}

/// Starts the apps; they stand where their files end when it returns.
pub type StartApps = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The apps of a node.
pub struct Apps {
    pub duty: Arc<Duty>,
    pub records: Arc<Records>,
    pub copies: Mutex<Copies>,
    pub followers: Option<Arc<Followers>>,
    pub start: StartApps,
    pub node: String,
    /// Tells lines of the node.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
    pub lines: Arc<Lines>,
    pub network: Arc<Network>,
}

impl DataPath for Apps {
    fn begin(&self, epoch: Epoch, anew: bool) -> io::Result<()> {
        if anew {
            // Until it is whole again there is nothing that counts.
            self.records.set_epoch(0);
            self.records.mark(0)?;
            lock(&self.copies).begin_anew()?;
        } else {
            lock(&self.copies).follow();
        }
        self.records.set_epoch(epoch);
        Ok(())
    }

    fn record(&self, position: Position, bytes: &[u8]) -> io::Result<()> {
        let mut copies = lock(&self.copies);
        copies.apply(bytes)?;
        if copies.is_whole() { self.records.mark(position) } else { Ok(()) }
    }

    fn is_whole(&self) -> bool {
        lock(&self.copies).is_whole()
    }

    fn append_state(&self) {
        let apps = self.duty.apps();
        let before: Vec<u64> = apps.iter().map(|app| app.mirror.appended()).collect();
        for app in &apps {
            app.mirror.ask();
            app.waker.wake();
        }
        let begun = Instant::now();
        while apps.iter().zip(&before).any(|(app, before)| app.mirror.appended() == *before) {
            if begun.elapsed() > LONG {
                self.note("warning: an app did not append its state in time; the passive is not brought up");
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.records.append(&Operation::Whole);
    }

    fn take_over(&self, epoch: Epoch) -> Result<(), String> {
        lock(&self.copies).close();
        if let Some(followers) = &self.followers {
            followers.stop();
        }
        self.records.set_epoch(epoch);
        (self.start)()
    }

    fn serve(&self) {
        self.network.open();
        self.duty.set(true);
    }

    fn stop_serving(&self) {
        self.network.close();
        self.duty.set(false);
        let begun = Instant::now();
        let open = || lock(&self.duty.apps).iter().any(|app| app.open.load(Ordering::Acquire));
        while open() && begun.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn step_down(&self) {
        say(&format!(
            "warning: node {}: another node is the active; this process begins anew as the passive\n",
            self.node
        ));
        self.lines.step_down();
        // Connections, apps and all that waits end with the image; the files stay.
        let mut args = std::env::args_os();
        let program = std::env::current_exe().ok().or_else(|| args.next().map(PathBuf::from));
        let failed =
            program.map(|program| std::process::Command::new(program).args(std::env::args_os().skip(1)).exec());
        say(&format!("error: node {} could not begin anew: {failed:?}\n", self.node));
        std::process::exit(1);
    }

    fn say(&self, line: &Line) {
        use riddhi_node::Level;
        self.lines.push(line);
        let text = match line.level() {
            Level::Info => format!("note: node {}: {line}\n", self.node),
            Level::Warn => format!("warning: node {}: {line}\n", self.node),
            Level::Error => format!("error: node {}: {line}\n", self.node),
        };
        if line.level() == Level::Info { tell(&text) } else { say(&text) }
    }

    fn note(&self, text: &str) {
        (self.tell)(text);
    }
}
