//! Unix sockets of a process, for the user who runs it only: a question is a line of JSON, and so is the answer.
//!
//! A socket is bound and connected to by way of its folder's handle, as the path of a socket has 107 bytes at most and a folder's may have
//! more.

use std::fmt::Display;
use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Questions at a time at most; who comes beyond is turned away.
pub const ASKED_MAX: usize = 8;

/// What a socket is for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// The name of the thread that takes questions.
    pub thread: &'static str,
    /// The name that the socket has until nobody else may use it.
    pub fresh: &'static str,
    /// Bytes of a question at most.
    pub question_bytes_max: u64,
    /// How long somebody may take to ask or to read.
    pub talk: Duration,
}

/// An open socket; its name is gone when this is dropped.
pub struct Socket {
    path: PathBuf,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Where the answer to a question goes.
pub struct Reply<'a>(&'a mut UnixStream);

impl Reply<'_> {
    /// Sends the answer.
    pub fn tell(&mut self, answer: impl Display) -> io::Result<()> {
        self.0.write_all(format!("{answer}\n").as_bytes())
    }
}

/// Opens a socket whose questions `answer` answers, each on a thread of its own. Nobody else uses the path.
pub fn open(
    path: &Path,
    purpose: Purpose,
    answer: impl Fn(&str, Reply<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<Socket> {
    let (folder, name) = parts(path);
    let fresh = folder.join(purpose.fresh);
    for old in [path, &fresh] {
        match fs::remove_file(old) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    let handle = File::open(&folder)?;
    let listener = UnixListener::bind(by_handle(&handle, purpose.fresh))?;
    // It has its name only once nobody else may use it.
    fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
    fs::rename(&fresh, folder.join(name))?;
    thread::Builder::new().name(purpose.thread.into()).spawn(move || serve(&listener, purpose, &Arc::new(answer)))?;
    Ok(Socket { path: path.to_owned() })
}

/// Connects to a socket.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    let (folder, name) = parts(path);
    let handle = File::open(&folder)?;
    UnixStream::connect(by_handle(&handle, &name))
}

/// Asks on a connection; `reads`, `writes`: how long to wait for the answer, and until the question is taken.
pub fn ask(mut stream: UnixStream, question: &Value, reads: Duration, writes: Duration) -> io::Result<String> {
    stream.set_read_timeout(Some(reads))?;
    stream.set_write_timeout(Some(writes))?;
    stream.write_all(format!("{question}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer)
}

/// Folder and name.
fn parts(path: &Path) -> (PathBuf, String) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder.to_owned(), path.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned()))
}

fn by_handle(folder: &File, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
}

fn serve<F>(listener: &UnixListener, purpose: Purpose, answer: &Arc<F>)
where
    F: Fn(&str, Reply<'_>) -> io::Result<()> + Send + Sync + 'static,
{
    let busy = Arc::new(());
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // No descriptor left, or the like: later.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if Arc::strong_count(&busy) > ASKED_MAX {
            continue;
        }
        let (answer, held) = (answer.clone(), busy.clone());
        let _ = thread::Builder::new().name("riddhi-asked".into()).spawn(move || {
            let _held = held;
            let _ = talk(stream, purpose, &*answer);
        });
    }
}

fn talk(
    mut stream: UnixStream,
    purpose: Purpose,
    answer: &impl Fn(&str, Reply<'_>) -> io::Result<()>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(purpose.talk))?;
    stream.set_write_timeout(Some(purpose.talk))?;
    let mut question = String::new();
    BufReader::new((&stream).take(purpose.question_bytes_max)).read_line(&mut question)?;
    answer(&question, Reply(&mut stream))
}
