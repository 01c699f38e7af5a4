//! What a connection has to send: in clear or sealed, and how it ends when all of it is sent.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use super::{Alive, Connection, Desk};

impl Connection {
    /// Bytes that wait to be sent, sealed or not.
    pub(super) fn unsent(&self) -> usize {
        self.out.len() - self.sent + self.tls.as_ref().map_or(0, |tls| tls.out.len() - tls.sent)
    }

    /// Sends, and sees whether that was all.
    pub(super) fn after(&mut self) -> Alive {
        if self.send().is_err() { Alive::No } else { self.rest() }
    }

    pub(super) fn rest(&mut self) -> Alive {
        if !self.closing || self.unsent() > 0 {
            return Alive::Yes;
        }
        // Java takes the end of a stream for an answer if it was told of it, and for an error if not.
        if let Some(tls) = self.tls.as_mut().filter(|tls| tls.done && !tls.closed && !self.resets) {
            tls.closed = true;
            tls.session.close(&mut tls.out);
            if self.send().is_err() {
                return Alive::No;
            }
            if self.unsent() > 0 {
                return Alive::Yes;
            }
        }
        if self.drains.is_none() {
            return Alive::No;
        }
        // Now the peer knows that nothing more comes; it may be told more than once.
        let _ = self.socket.shutdown(Shutdown::Write);
        Alive::Yes
    }

    pub(super) fn send(&mut self) -> Result<(), ()> {
        let Some(tls) = &mut self.tls else { return flush(&mut self.socket, &mut self.out, &mut self.sent).map(drop) };
        // What was sealed goes before more is sealed, so that little is there twice.
        while flush(&mut self.socket, &mut tls.out, &mut tls.sent)? && tls.done && self.sent < self.out.len() {
            match tls.session.seal(&self.out[self.sent..], &mut tls.out) {
                0 => return Err(()),
                n => self.sent += n,
            }
        }
        if self.sent == self.out.len() {
            self.out.clear();
            self.sent = 0;
        }
        Ok(())
    }

    /// Sends; if it ends by that, what the peer has sent is thrown away.
    pub(super) fn after_end(&mut self, desk: &mut Desk) -> Alive {
        match self.after() {
            Alive::Yes if self.drains.is_some() => self.read(desk),
            alive => alive,
        }
    }
}

/// Sends what waits; true if that was all.
fn flush(socket: &mut TcpStream, out: &mut Vec<u8>, sent: &mut usize) -> Result<bool, ()> {
    while *sent < out.len() {
        match socket.write(&out[*sent..]) {
            Ok(0) => return Err(()),
            Ok(n) => *sent += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(()),
        }
    }
    out.clear();
    *sent = 0;
    Ok(true)
}
