//! A PostgreSQL server of a test's own: a new cluster in a temporary folder, gone when the value is dropped.
//!
//! The programs are those of the system (Debian: `postgresql`); without them [`Server::start`] gives none, and the test says that
//! it was skipped. The server never runs as root: it refuses to, so that it is given another user.
//! `RIDDHI_TEST_POSTGRES` names the folder of another version's `initdb` and `postgres`.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

/// The superuser's name and password.
pub const SUPERUSER: (&str, &str) = ("postgres", "super secret");

/// How long a server may take to start.
const START: Duration = Duration::from_secs(120);

/// A server that runs, on 127.0.0.1.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    /// The server's own, and those of its clients.
    programs: [PathBuf; 2],
    user: Option<u32>,
    port: u16,
    settings: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// A new cluster, started. None if there is no PostgreSQL here, which is said on standard error; a panic if there is one and
    /// it does not start.
    pub fn start() -> Option<Server> {
        Server::start_with(&[])
    }

    /// The same with settings of the server, as `fsync=on`. Without any it forgoes everything that guards against the death of
    /// the machine, to be quick.
    pub fn start_with(settings: &[&str]) -> Option<Server> {
        let Some(programs) = programs() else {
            eprintln!("skipped: no PostgreSQL server here (Debian: apt-get install postgresql)");
            return None;
        };
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("riddhi-postgres-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a temporary folder can be made");
        let user = geteuid().is_root().then(somebody);
        if let Some(user) = user {
            chown(&folder, Some(user), Some(user)).expect("root may give a folder away");
        }
        let mut server = Server {
            folder,
            programs,
            user,
            port: free_port(),
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            child: None,
        };
        server.make();
        server.run();
        Some(server)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs SQL by psql as the superuser, in a database; panics with its words if it fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.psql_with(database, &["-c", sql])
    }

    /// The same with other arguments.
    pub fn psql_with(&self, database: &str, args: &[&str]) -> String {
        let mut command = self.command("psql");
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-U",
            SUPERUSER.0,
            "-d",
            database,
        ]);
        command.args(["-p", &self.port.to_string()]).args(args).env("PGPASSWORD", SUPERUSER.1);
        String::from_utf8_lossy(&done(command)).trim().to_owned()
    }

    /// Stops it in order; [`Server::run`] starts it again.
    pub fn stop(&mut self) {
        self.signal(Signal::INT);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// Sends the server's first process a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().and_then(|c| Pid::from_raw(i32::try_from(c.id()).ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal);
        }
    }

    /// The processes of the server, its first one before all others: for whoever wants to stop them all.
    pub fn processes(&self) -> Vec<Pid> {
        let own = self.child.as_ref().map_or(0, Child::id);
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let all = std::iter::once(own.to_string()).chain(children.split_whitespace().map(str::to_owned));
        all.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
    }

    fn make(&self) {
        let password = self.folder.join("password");
        fs::write(&password, SUPERUSER.1).expect("a file can be written");
        if let Some(user) = self.user {
            chown(&password, Some(user), Some(user)).expect("root may give a file away");
        }
        let mut command = self.command("initdb");
        command.args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "-U", SUPERUSER.0]);
        command.arg("--pwfile").arg(&password).arg("-D").arg(self.data());
        done(command);
    }

    /// Starts it where it was stopped.
    pub fn run(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-h", "127.0.0.1"]);
        command.arg("-k").arg(&self.folder);
        for setting in ["fsync=off", "full_page_writes=off", "max_connections=40", "shared_buffers=16MB"] {
            command.args(["-c", setting]);
        }
        // The last one counts.
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.folder.join("log")).expect("a file can be written");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("postgres can be started"));
        let until = Instant::now() + START;
        while !self.answers() {
            let ended = self.child.as_mut().and_then(|c| c.try_wait().ok().flatten());
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < until, "PostgreSQL does not start:\n{log}");
            // There is nothing to wait on but its answer.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let mut command = self.command("pg_isready");
        command.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.status().is_ok_and(|s| s.success())
    }

    /// One of the system's programs, as the user that the server runs as.
    fn command(&self, program: &str) -> Command {
        let [servers, clients] = &self.programs;
        let folder = if matches!(program, "initdb" | "postgres") { servers } else { clients };
        let mut command = Command::new(folder.join(program));
        command.current_dir(&self.folder).env("LC_ALL", "C").env_remove("PGOPTIONS");
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Paused servers hear nothing else.
        for pid in self.processes() {
            let _ = kill_process(pid, Signal::CONT);
        }
        self.signal(Signal::QUIT);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The folders of the server's programs and of its clients': those asked for, or the newest installed ones.
fn programs() -> Option<[PathBuf; 2]> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> = installed.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    let folders = versions.iter().rev().map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.chain(std::env::split_paths(&path));
    let all: Vec<PathBuf> = all.collect();
    let find =
        |programs: [&str; 2]| all.iter().find(|folder| programs.iter().all(|p| folder.join(p).is_file())).cloned();
    let asked_for = std::env::var_os("RIDDHI_TEST_POSTGRES").map(PathBuf::from);
    Some([asked_for.or_else(|| find(["initdb", "postgres"]))?, find(["psql", "pg_isready"])?])
}

/// The system's user for databases, or nobody.
fn somebody() -> u32 {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = passwd.lines().find(|l| l.starts_with("postgres:"));
    line.and_then(|l| l.split(':').nth(2)?.parse().ok()).unwrap_or(65534)
}

/// A port of 127.0.0.1 at which nobody listens. It is one of those that systems do not give to connections by themselves (Linux
/// begins at 32768, others above), and programs look for it from places of their own on, so that it is free when it is wanted.
pub fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const PORTS: u32 = 18_000;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let from = std::process::id().wrapping_mul(101);
    let mut ports = (0..PORTS).map(|_| {
        let port = from.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % PORTS + FIRST;
        u16::try_from(port).expect("below 32768")
    });
    ports.find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()).expect("there is a free port")
}

fn done(mut command: Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
