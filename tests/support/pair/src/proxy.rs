//! A TCP proxy that stands for a network: it passes on, holds one direction or both, or cuts.
//!
//! What is held comes through when it is let go, as what TCP sends again would. A cut ends all connections, and takes no new ones.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes passed on at once.
const BYTES: usize = 32 << 10;

/// How long a connection to the far end may take.
const CONNECT: Duration = Duration::from_secs(1);

/// What a network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// What who connects says is held.
    pub holds_to: bool,
    /// What who listens says is held.
    pub holds_from: bool,
    /// There is no connection, and none can be made.
    pub cut: bool,
}

impl Weather {
    /// Everything gets through.
    pub const FAIR: Weather = Weather { holds_to: false, holds_from: false, cut: false };
    /// Nothing gets through, and nobody is told.
    pub const HELD: Weather = Weather { holds_to: true, holds_from: true, cut: false };
    /// Connections end, and new ones are refused.
    pub const CUT: Weather = Weather { holds_to: false, holds_from: false, cut: true };
    /// What who connects says is held.
    pub const ONE_WAY_TO: Weather = Weather { holds_to: true, holds_from: false, cut: false };
    /// What who listens says is held.
    pub const ONE_WAY_FROM: Weather = Weather { holds_to: false, holds_from: true, cut: false };
}

#[derive(Default)]
struct State {
    weather: Weather,
    open: Vec<TcpStream>,
    over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A proxy in front of a port of this machine. Its threads end when it is dropped.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of `target`, on a port of its own.
    ///
    /// # Errors
    ///
    /// The system gives no port, or no thread.
    pub fn start(target: u16) -> io::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        thread::Builder::new().name("proxy".into()).spawn(move || listen(&listener, target, &own))?;
        Ok(Proxy { port, shared })
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        let mut state = self.shared.lock();
        state.weather = weather;
        if weather.cut {
            state.hang_up();
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        (state.over, state.weather) = (true, Weather::CUT);
        state.hang_up();
        drop(state);
        self.shared.changed.notify_all();
        // The listener looks when somebody comes.
        let _ = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], self.port)), CONNECT);
    }
}

impl State {
    fn hang_up(&mut self) {
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while this direction is held.
    fn pass(&self, to: bool) {
        let held = |s: &State| (if to { s.weather.holds_to } else { s.weather.holds_from }) && !s.over;
        let mut state = self.lock();
        while held(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn listen(listener: &TcpListener, target: u16, shared: &Arc<Shared>) {
    for near in listener.incoming() {
        let Ok(near) = near else { continue };
        let (over, cut) = {
            let state = shared.lock();
            (state.over, state.weather.cut)
        };
        if over {
            return;
        }
        if cut {
            continue;
        }
        let far = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], target)), CONNECT);
        if let Ok(far) = far {
            let _ = connect(&near, &far, shared);
        }
    }
}

fn connect(near: &TcpStream, far: &TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let mut state = shared.lock();
    if state.weather.cut {
        return Ok(());
    }
    // Those that have ended hold a descriptor each until the next cut.
    state.open.retain(|s| s.peer_addr().is_ok());
    state.open.extend([near.try_clone()?, far.try_clone()?]);
    drop(state);
    for (from, into, to) in [(near.try_clone()?, far.try_clone()?, true), (far.try_clone()?, near.try_clone()?, false)]
    {
        let shared = shared.clone();
        thread::Builder::new().name("proxy-way".into()).spawn(move || {
            let _ = pump(&from, &into, to, &shared);
            shared.pass(to);
            let _ = into.shutdown(Shutdown::Write);
        })?;
    }
    Ok(())
}

fn pump(mut from: &TcpStream, mut into: &TcpStream, to: bool, shared: &Shared) -> io::Result<()> {
    let mut bytes = vec![0; BYTES];
    loop {
        shared.pass(to);
        let n = from.read(&mut bytes)?;
        if n == 0 {
            return Ok(());
        }
        // It may have been waiting for bytes when the direction was closed.
        shared.pass(to);
        if into.write_all(&bytes[..n]).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_passes_on_holds_and_cuts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap().port()).unwrap();
        let short = Some(Duration::from_millis(50));
        let connect = || TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
        let (mut near, mut byte) = (connect(), [0]);
        let (mut far, _) = listener.accept().unwrap();
        near.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        far.set_read_timeout(short).unwrap();
        near.write_all(b"a").unwrap();
        far.read_exact(&mut byte).unwrap();
        proxy.set(Weather::ONE_WAY_TO);
        near.write_all(b"b").unwrap();
        assert!(far.read_exact(&mut byte).is_err(), "it got through");
        far.write_all(b"c").unwrap();
        near.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
        proxy.set(Weather::FAIR);
        far.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        far.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"b");
        proxy.set(Weather::CUT);
        assert_eq!(far.read(&mut byte).unwrap_or(0), 0);
        let mut other = connect();
        other.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert_eq!(other.read(&mut byte).unwrap_or(0), 0);
        proxy.set(Weather::FAIR);
        connect().write_all(b"d").unwrap();
        let (mut far, _) = listener.accept().unwrap();
        far.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"d");
    }
}
