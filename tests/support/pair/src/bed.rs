//! Two nodes, their database, the links between all three and the clients: everything on this machine.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use postgres::{Client, NoTls};
use riddhi_test_postgres::{SUPERUSER, Server, free_port};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::{self, Orders};
use crate::ledger::{Checked, Ledger};
use crate::proxy::{Proxy, Weather};

/// The names of the nodes.
pub const NAMES: [&str; 2] = ["left", "right"];

/// The group.
const GROUP: &str = "pair";

/// How long anything may take that is to happen in the end.
pub const LONG: Duration = Duration::from_secs(60);

/// For so long a pair is to be as it should before that is believed.
const SETTLED: Duration = Duration::from_millis(500);

/// Time between looks.
const LOOK: Duration = Duration::from_millis(20);

/// The same in all runs: an event's number, its place in the order of outputs, and the sum as the state.
const APP: &str = include_str!("../../../../examples/ha/apps/pair.siddhi");

/// How a bed is made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The binary.
    pub riddhi: PathBuf,
    /// A folder that is not there yet.
    pub folder: PathBuf,
    /// After which silence a node is taken for gone.
    pub ttl_ms: u64,
    /// What the passive does with what it gets: `warm`, `queue`, or what is the default.
    pub passive: Option<String>,
    /// Connections of clients.
    pub connections: usize,
    /// Frames a second of each of them, and events of a frame.
    pub rate: (u64, usize),
    /// Seconds between snapshots.
    pub snapshot_s: u64,
    /// Of how many events one comes out, a power of two: all but for long runs.
    pub every: u64,
}

/// A pair at work. Everything ends when it is dropped; the folder stays.
pub struct Bed {
    /// As it was made.
    pub plan: Plan,
    /// The database.
    pub server: Server,
    /// The link between the nodes: in front of the sync port of each.
    sync: [Proxy; 2],
    /// From each node to the database.
    database: [Proxy; 2],
    nodes: [Option<Child>; 2],
    paused: [bool; 2],
    /// What the clients are to do.
    pub orders: Arc<Orders>,
    /// What became of it.
    pub ledger: Arc<Ledger>,
    clients: Vec<JoinHandle<()>>,
    client: Option<Client>,
    begun: Instant,
}

/// The group's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who is the active.
    pub active: usize,
    /// Of which epoch.
    pub epoch: i64,
    /// Whether one is in sync.
    pub in_sync: bool,
    /// Which run of the other one, as the row has it.
    pub who: String,
}

impl Bed {
    /// Starts everything, and waits until the two are in sync. None if there is no PostgreSQL here.
    ///
    /// # Errors
    ///
    /// Something does not start.
    pub fn start(plan: Plan) -> Result<Option<Bed>> {
        let Some(server) = Server::start() else { return Ok(None) };
        let mut bed = Bed::new(plan, server)?;
        bed.migrate()?;
        bed.spawn(0)?;
        bed.spawn(1)?;
        bed.settle(LONG).with_context(|| bed.log_tails())?;
        for number in 0..bed.plan.connections as u64 {
            let (orders, ledger) = (bed.orders.clone(), bed.ledger.clone());
            bed.clients.push(thread::spawn(move || client::run(number, orders, ledger)));
        }
        Ok(Some(bed))
    }

    fn new(plan: Plan, server: Server) -> Result<Bed> {
        let folder = &plan.folder;
        fs::create_dir_all(folder.join("apps"))?;
        let some = format!("from In[n % {} == 0]", plan.every);
        let app = if plan.every > 1 { APP.replace("from In", &some) } else { APP.to_owned() };
        fs::write(folder.join("apps/pair.siddhi"), app)?;
        let sync_ports = [free_port(), free_port()];
        let sync = [Proxy::start(sync_ports[0])?, Proxy::start(sync_ports[1])?];
        let database = [Proxy::start(server.port())?, Proxy::start(server.port())?];
        for (i, name) in NAMES.iter().enumerate() {
            fs::create_dir_all(folder.join(name))?;
            let passive = plan.passive.as_ref().map_or(String::new(), |p| format!("  passive: {p}\n"));
            let text = format!(
                "node: {name}\ndatabase:\n  url: postgresql://127.0.0.1:{}/postgres?sslmode=disable\n  user: {}\n  \
                 password: {}\nha:\n  group: {GROUP}\n  ttl_ms: {}\n{passive}  sync: {{host: 127.0.0.1, port: {}, \
                 advertised_host: 127.0.0.1, advertised_port: {}}}\nsnapshots: {{interval_s: {}}}\n\
                 admin: {{host: 127.0.0.1, port: {}}}\n",
                database[i].port,
                SUPERUSER.0,
                SUPERUSER.1,
                plan.ttl_ms,
                sync_ports[i],
                sync[i].port,
                plan.snapshot_s,
                free_port(),
            );
            fs::write(folder.join(name).join("riddhi.yaml"), text)?;
        }
        let orders = Orders {
            ports: [free_port(), free_port()],
            frames_per_s: AtomicU64::new(0),
            sending: AtomicUsize::new(plan.connections),
            events: AtomicUsize::new(plan.rate.1),
            over: AtomicBool::new(false),
        };
        let ledger = Arc::new(Ledger::new(plan.connections, plan.every));
        Ok(Bed {
            plan,
            server,
            sync,
            database,
            nodes: [None, None],
            paused: [false; 2],
            orders: Arc::new(orders),
            ledger,
            clients: Vec::new(),
            client: None,
            begun: Instant::now(),
        })
    }

    fn folder(&self, node: usize) -> PathBuf {
        self.plan.folder.join(NAMES[node])
    }

    fn riddhi(&self, node: usize, args: &[&str]) -> Command {
        let mut command = Command::new(&self.plan.riddhi);
        command.args(args).current_dir(self.folder(node)).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn migrate(&self) -> Result<()> {
        let done = self.riddhi(0, &["migrate", "--config", "riddhi.yaml"]).output()?;
        ensure!(done.status.success(), "migrate: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Starts a node's process.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn spawn(&mut self, node: usize) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.folder(node).join("log"))?;
        let tcp = format!("127.0.0.1:{}", self.orders.ports[node]);
        let args =
            ["run", "--config", "riddhi.yaml", "--apps", "../apps", "--state", "state", "--tcp", &tcp, "--no-reload"];
        let mut child = self.riddhi(node, &args).stderr(Stdio::piped()).spawn().context("riddhi cannot be started")?;
        let (said, begun) = (child.stderr.take().context("no standard error")?, self.begun);
        thread::spawn(move || note(said, log, begun));
        self.nodes[node] = Some(child);
        Ok(())
    }

    /// `kill -9`.
    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.paused[node] = false;
    }

    /// The number of a node's process.
    #[must_use]
    pub fn pid(&self, node: usize) -> Option<u32> {
        self.nodes[node].as_ref().map(Child::id)
    }

    /// Stops a node's process, or lets it go on.
    pub fn pause(&mut self, node: usize, paused: bool) {
        let pid = self.pid(node).and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, if paused { Signal::STOP } else { Signal::CONT });
            self.paused[node] = paused;
        }
    }

    /// Takes a node's disk away; its process must be gone.
    ///
    /// # Errors
    ///
    /// The folder cannot be deleted.
    pub fn wipe(&self, node: usize) -> Result<()> {
        Ok(fs::remove_dir_all(self.folder(node).join("state"))?)
    }

    /// The weather between the nodes, as it is for what `from` says to the other.
    pub fn between(&self, from: usize, weather: Weather) {
        self.sync[1 - from].set(weather);
        self.sync[from].set(Weather { holds_to: weather.holds_from, holds_from: weather.holds_to, cut: weather.cut });
    }

    /// The weather between a node and the database.
    pub fn to_database(&self, node: usize, weather: Weather) {
        self.database[node].set(weather);
    }

    /// Everything works again: links, processes, the database.
    ///
    /// # Errors
    ///
    /// A node's process cannot be started.
    pub fn mend(&mut self) -> Result<()> {
        self.between(0, Weather::FAIR);
        for node in 0..2 {
            self.to_database(node, Weather::FAIR);
            if self.paused[node] {
                self.pause(node, false);
            }
            if self.nodes[node].is_none() {
                self.spawn(node)?;
            }
        }
        Ok(())
    }

    /// The group's row, asked directly.
    ///
    /// # Errors
    ///
    /// The database does not answer, or there is no holder yet.
    pub fn row(&mut self) -> Result<Row> {
        let client = match self.client.take().filter(|c| !c.is_closed()) {
            Some(client) => client,
            None => postgres::Config::new()
                .host("127.0.0.1")
                .port(self.server.port())
                .user(SUPERUSER.0)
                .password(SUPERUSER.1)
                .dbname("postgres")
                .connect_timeout(Duration::from_secs(2))
                .connect(NoTls)?,
        };
        let client = self.client.insert(client);
        let row = client.query_one(
            "select coalesce(holder, ''), epoch, coalesce(in_sync_incarnation, '') from riddhi.node_group \
             where group_id = $1",
            &[&GROUP],
        )?;
        let holder: String = row.get(0);
        let active = NAMES.iter().position(|n| *n == holder).context("nobody is the active")?;
        let who: String = row.get(2);
        Ok(Row { active, epoch: row.get(1), in_sync: !who.is_empty(), who })
    }

    /// Whether all processes live.
    ///
    /// # Errors
    ///
    /// One has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        for (node, name) in self.nodes.iter_mut().zip(NAMES) {
            if let Some(child) = node
                && let Some(status) = child.try_wait()?
            {
                bail!("the process of {name} has ended: {status}");
            }
        }
        Ok(())
    }

    /// Waits until one node serves with the other in sync, and that holds for a while: a row may name for a moment who is gone.
    /// Gives since when.
    ///
    /// # Errors
    ///
    /// It does not come to that, or a process ends.
    pub fn settle(&mut self, within: Duration) -> Result<(Row, Instant)> {
        let until = Instant::now() + within;
        let mut last = None;
        let mut good: Option<(Row, Instant)> = None;
        loop {
            self.check_alive()?;
            let row = self.row();
            let serves = |row: &Row| row.in_sync && client::welcome(self.orders.ports[row.active]).is_some();
            good = match (row.as_ref().ok().filter(|row| serves(row)), good) {
                (Some(row), Some((same, since))) if *row == same => Some((same, since)),
                (Some(row), _) => Some((row.clone(), Instant::now())),
                (None, _) => None,
            };
            if let Some((row, since)) = &good
                && since.elapsed() > SETTLED
            {
                return Ok((row.clone(), *since));
            }
            last = row.ok().or(last);
            ensure!(Instant::now() < until, "after {within:?} the two are not in sync; the row: {last:?}");
            thread::sleep(LOOK);
        }
    }

    /// The clients begin, or go on.
    pub fn load(&self) {
        self.orders.frames_per_s.store(self.plan.rate.0, Ordering::Relaxed);
    }

    /// Waits until more is acknowledged over each connection.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn flows(&self, within: Duration) -> Result<()> {
        let now = || -> Vec<u64> { self.ledger.accounts.iter().map(|a| a.acked.load(Ordering::Acquire)).collect() };
        let (before, until) = (now(), Instant::now() + within);
        while now().iter().zip(&before).any(|(now, before)| now <= before) {
            ensure!(Instant::now() < until, "nothing is acknowledged for {within:?}");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The clients send no more; waits until all is acknowledged and out, then compares.
    ///
    /// # Errors
    ///
    /// What was sent is not acknowledged in the end.
    pub fn check(&mut self, within: Duration) -> Result<Checked> {
        self.orders.frames_per_s.store(0, Ordering::Relaxed);
        let until = Instant::now() + within;
        while self.ledger.acked() < self.ledger.sent() {
            let (acked, sent) = (self.ledger.acked(), self.ledger.sent());
            ensure!(Instant::now() < until, "of {sent} events sent only {acked} are acknowledged after {within:?}");
            self.check_alive()?;
            thread::sleep(LOOK);
        }
        let files: Vec<PathBuf> = (0..2).map(|node| self.folder(node).join("out.csv")).collect();
        // Outputs come after acknowledgements.
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let checked = self.ledger.check(&files);
            if checked.is_good() || Instant::now() > until {
                return Ok(checked);
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Resident memory of a node's process.
    #[must_use]
    pub fn rss_kib(&self, node: usize) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid(node)?)).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// What a node said.
    #[must_use]
    pub fn log(&self, node: usize) -> String {
        fs::read_to_string(self.folder(node).join("log")).unwrap_or_default()
    }

    /// The ends of what both said.
    #[must_use]
    pub fn log_tails(&self) -> String {
        let tail = |node: usize| {
            let log = self.log(node);
            let lines: Vec<&str> = log.lines().collect();
            format!("{}:\n{}", NAMES[node], lines[lines.len().saturating_sub(15)..].join("\n"))
        };
        format!("{}\n{}", tail(0), tail(1))
    }
}

/// Writes what a process says to its log, with the seconds since the beginning.
fn note(said: ChildStderr, mut log: File, begun: Instant) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        let _ = writeln!(log, "{:8.3} {line}", begun.elapsed().as_secs_f64());
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.orders.over.store(true, Ordering::Relaxed);
        for node in 0..2 {
            self.kill(node);
        }
        for client in self.clients.drain(..) {
            let _ = client.join();
        }
    }
}

/// A folder for a run that nobody has.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("riddhi-pair-{}-{number}-{name}", std::process::id()))
}

/// Deletes a run's folder.
pub fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}
