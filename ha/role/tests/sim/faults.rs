//! What goes wrong, and when it is mended.

use riddhi_role::Command;

use super::node::Input;
use super::rng::Rng;
use super::{Happening, World};

/// No fault lasts longer.
pub const LONGEST: u64 = 6000;

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Dead; back after a while.
    Dead(usize),
    Paused(usize, u32),
    /// From this node to the other.
    Peer(usize),
    ToDb(usize),
    FromDb(usize),
    DbDown,
}

/// Which faults a seed has, and how often.
#[derive(Debug)]
pub struct Profile {
    pub until: u64,
    pub every: u64,
    pub thread_delay: u64,
    /// Of a hundred requests.
    pub db_slow: u64,
    pub answer_loss: u64,
    /// Of a hundred messages.
    pub link_slow: u64,
    ttl: u64,
    kills: bool,
    disks: bool,
    pauses: bool,
    cuts: bool,
    db_cuts: bool,
    db_downs: bool,
    forgets: bool,
    operators: bool,
}

impl Profile {
    pub fn draw(rng: &mut Rng, ttl: u64) -> Self {
        Profile {
            until: rng.range(8_000, 25_000),
            every: rng.range(300, 3000),
            thread_delay: rng.range(0, 15),
            db_slow: [0, 0, 3, 20][rng.range(0, 3) as usize],
            answer_loss: [0, 0, 2, 10][rng.range(0, 3) as usize],
            link_slow: [0, 1, 10][rng.range(0, 2) as usize],
            ttl,
            kills: rng.percent(60),
            disks: rng.percent(35),
            pauses: rng.percent(50),
            cuts: rng.percent(60),
            db_cuts: rng.percent(50),
            db_downs: rng.percent(40),
            forgets: rng.percent(15),
            operators: rng.percent(40),
        }
    }
}

impl World {
    pub(super) fn fault(&mut self) {
        if self.now >= self.profile.until {
            return;
        }
        let wait = self.rng.range(1, 2 * self.profile.every);
        self.after(wait, Happening::Fault);
        let n = self.rng.range(0, 1) as usize;
        let ttl = self.profile.ttl;
        let long = self.rng.range(100, LONGEST);
        match self.rng.range(0, 9) {
            0 | 1 if self.profile.kills => self.kill(n),
            2 if self.profile.pauses => {
                let long = self.rng.range(ttl / 10, (4 * ttl).min(LONGEST));
                self.pause(n, long);
            }
            3 | 4 if self.profile.cuts => {
                let both = self.rng.percent(50);
                self.cut(Fault::Peer(n), long);
                if both {
                    self.cut(Fault::Peer(1 - n), long);
                }
            }
            5 | 6 if self.profile.db_cuts => match self.rng.range(0, 2) {
                0 => self.cut(Fault::ToDb(n), long),
                1 => self.cut(Fault::FromDb(n), long),
                _ => {
                    self.cut(Fault::ToDb(n), long);
                    self.cut(Fault::FromDb(n), long);
                }
            },
            7 if self.profile.db_downs && self.db.up => {
                self.note(|| "database down".into());
                self.db.up = false;
                self.db.life += 1;
                self.after(long, Happening::Heal(Fault::DbDown));
            }
            8 if self.profile.forgets && self.db.up => {
                let missed = self.rng.range(0, 5) as usize;
                let forgotten = self.db.promote(missed);
                self.excused = true;
                self.note(|| format!("standby promoted, {forgotten} commits forgotten"));
            }
            9 if self.profile.operators => {
                let command = if self.rng.percent(50) { Command::Promote } else { Command::Demote };
                let run = self.nodes[n].run;
                self.reach(n, run, Input::Operator(command));
            }
            _ => {}
        }
    }

    fn kill(&mut self, n: usize) {
        if self.nodes[n].role.is_none() {
            return;
        }
        let disk = if self.profile.disks { self.rng.range(0, 9) } else { 9 };
        let name = self.nodes[n].name;
        self.note(|| format!("{name} killed, disk {disk}"));
        self.hang_up(n);
        self.nodes[n].kill();
        match disk {
            0 => {
                self.excused = true;
                let node = &mut self.nodes[n];
                (node.disk, node.journal, node.line) = Default::default();
                (node.bare, node.torn) = (true, false);
            }
            1 => {
                self.excused = true;
                let lost = self.rng.range(0, 6) as usize;
                let node = &mut self.nodes[n];
                node.journal.truncate(node.journal.len().saturating_sub(lost));
                node.torn = true;
            }
            _ => {}
        }
        let most = if self.rng.percent(50) { 200 } else { LONGEST };
        let back = self.rng.range(10, most);
        self.after(back, Happening::Heal(Fault::Dead(n)));
    }

    fn pause(&mut self, n: usize, long: u64) {
        let node = &mut self.nodes[n];
        if node.role.is_none() || node.paused {
            return;
        }
        node.paused = true;
        let (name, run) = (node.name, node.run);
        self.note(|| format!("{name} paused for {long}"));
        self.after(long, Happening::Heal(Fault::Paused(n, run)));
    }

    fn cut(&mut self, fault: Fault, long: u64) {
        self.note(|| format!("cut {fault:?} for {long}"));
        match fault {
            Fault::Peer(n) => {
                self.net.peer[n].cut += 1;
                for end in 0..2 {
                    if let Some(conn) = self.nodes[end].conn {
                        let patience = self.rng.range(500, 8000);
                        self.after(patience, Happening::ConnTimeout(end, conn));
                    }
                }
            }
            Fault::ToDb(n) => self.net.to_db[n] += 1,
            Fault::FromDb(n) => self.net.from_db[n] += 1,
            _ => {}
        }
        self.after(long, Happening::Heal(fault));
    }

    pub(super) fn heal(&mut self, fault: Fault) {
        self.note(|| format!("over: {fault:?}"));
        match fault {
            Fault::Dead(n) => {
                if self.nodes[n].role.is_none() {
                    self.boot(n);
                }
            }
            Fault::Paused(n, run) => {
                let node = &mut self.nodes[n];
                if node.run != run || node.role.is_none() {
                    return;
                }
                node.paused = false;
                for input in std::mem::take(&mut node.inbox) {
                    if self.nodes[n].run == run {
                        self.reach(n, run, input);
                    }
                }
            }
            Fault::Peer(n) => {
                self.net.peer[n].cut -= 1;
                if self.net.peer[n].cut == 0 {
                    for (conn, wire) in std::mem::take(&mut self.net.peer[n].held) {
                        self.send_on(n, conn, wire);
                    }
                }
            }
            Fault::ToDb(n) => self.net.to_db[n] -= 1,
            Fault::FromDb(n) => self.net.from_db[n] -= 1,
            Fault::DbDown => self.db.up = true,
        }
    }
}
