//! Two nodes, a database, three links and clients, in one thread, from one seed.
//!
//! What may go wrong does: kills, pauses, cuts of one direction or both, a database that is away, slow, or replaced by a standby that missed
//! commits, answers that are lost, writes that land late, clocks that run wrong, operators. What must hold: an entry that was acknowledged, or
//! had an effect, is in the journal of everyone who takes over, at its position, and no position ever has two effects made of different entries.
//! When the faults stop, one node must serve with the other in sync, within a bound; by itself, unless a disk was lost or the database forgot.

mod db;
mod drive;
mod faults;
mod net;
mod node;
mod rng;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use riddhi_role::{Command, Config, Gate, Part, Rules};

use db::{Db, Request};
use faults::{Fault, Profile};
use net::Net;
use node::{Input, Node};
use rng::Rng;

/// How a seed went.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    /// What was violated, if anything.
    pub failure: Option<String>,
    pub effects: usize,
    pub take_overs: u32,
    pub forced: u32,
    /// From the end of the faults to one active with one passive in sync.
    pub recovered_ms: u64,
    pub trace: Vec<String>,
}

enum Happening {
    Tick(usize, u32),
    Reach(usize, u32, Input),
    Execute(usize, u32, u64, Request, u32),
    Client(usize, u64),
    Connect,
    Fault,
    Heal(Fault),
    ConnTimeout(usize, u64),
}

#[derive(Default)]
struct Client {
    token: u64,
    guess: usize,
    number: u64,
    waiting: Option<u64>,
}

pub struct World {
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    /// What happens at the n-th place of the queue.
    happenings: Vec<Option<Happening>>,
    free: Vec<usize>,
    order: u64,
    rng: Rng,
    config: Config,
    profile: Profile,
    nodes: [Node; 2],
    db: Db,
    net: Net,
    clients: [Client; 2],
    /// By position: which entry was acknowledged or had an effect.
    effects: Vec<u64>,
    /// A disk was lost or the database forgot: an operator may have to decide.
    excused: bool,
    /// An operator has decided just now.
    forcing: bool,
    /// Entries acknowledged since the faults ended.
    lately: u32,
    out: Outcome,
    tracing: bool,
    ungated: bool,
}

const SLOT_BITS: u64 = 24;

/// Which rule is broken on purpose, to see that it is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    /// The database does not compare versions.
    Cas,
    Incarnation,
    Order,
    Seal,
    /// Outputs do not wait for the passive.
    Commit,
}

/// Runs a seed to its end.
pub fn run(seed: u64, broken: Broken, tracing: bool) -> Outcome {
    let mut world = World::new(seed, tracing);
    world.db.cas = broken != Broken::Cas;
    world.ungated = broken == Broken::Commit;
    let rules = Rules {
        incarnation: broken != Broken::Incarnation,
        order: broken != Broken::Order,
        seal: broken != Broken::Seal,
    };
    world.config = world.config.clone().with_rules(rules);
    world.live();
    world.out.effects = world.effects.len();
    world.out
}

impl World {
    fn new(seed: u64, tracing: bool) -> Self {
        let mut rng = Rng::new(seed);
        let ttl = [300, 1000, 2000][rng.range(0, 2) as usize];
        let lag = [300, 1000, 2000][rng.range(0, 2) as usize];
        let config = Config::new(ttl, lag).expect("good times");
        let profile = Profile::draw(&mut rng, ttl);
        let mut clock = || (rng.range(1_000_000, 9_000_000), rng.range(970, 1030));
        let nodes = [Node::new("A", clock()), Node::new("B", clock())];
        World {
            now: 0,
            queue: BinaryHeap::new(),
            happenings: Vec::new(),
            free: Vec::new(),
            order: 0,
            rng,
            config,
            profile,
            nodes,
            db: Db::new(),
            net: Net::default(),
            clients: Default::default(),
            effects: Vec::new(),
            excused: false,
            forcing: false,
            lately: 0,
            out: Outcome::default(),
            tracing,
            ungated: false,
        }
    }

    fn live(&mut self) {
        for n in 0..2 {
            self.boot(n);
            self.after(n as u64 * 7, Happening::Client(n, 0));
        }
        self.after(20, Happening::Connect);
        let first = self.rng.range(0, 4000);
        self.after(first, Happening::Fault);
        // Time for the last fault to end by itself, and for what it delayed to arrive.
        let calm = self.profile.until + faults::LONGEST + 3000;
        let bound = calm + 20 * self.config.ttl_ms() + 20_000;
        let mut forced_at = bound;
        while self.out.failure.is_none() {
            let Some(Reverse((at, key))) = self.queue.pop() else { return };
            self.now = at;
            let slot = (key & ((1 << SLOT_BITS) - 1)) as usize;
            self.free.push(slot);
            let Some(happening) = self.happenings[slot].take() else { continue };
            let tick = matches!(happening, Happening::Tick(..));
            self.happen(happening);
            if !tick || self.now < calm {
                continue;
            }
            if self.recovered() {
                self.out.recovered_ms = self.now - calm;
                if let Some(node) = self.nodes.iter().find(|n| !n.journal.starts_with(&self.effects)) {
                    let name = node.name;
                    self.fail(format!("{name} lacks what has left, though it counts as in sync"));
                }
                return;
            }
            if self.now > bound && !self.excused {
                self.fail("not recovered in time".into());
            } else if self.now > forced_at {
                forced_at = self.now + 10 * self.config.ttl_ms() + 1000;
                if self.out.forced == 20 {
                    self.fail("not recovered by force".into());
                } else {
                    self.force();
                }
            }
        }
    }

    fn boot(&mut self, n: usize) {
        let actions = self.nodes[n].start(self.config.clone(), self.now);
        let run = self.nodes[n].run;
        self.note(|| format!("{} starts as {}", ["A", "B"][n], run));
        self.carry_out(n, actions);
        self.after(1, Happening::Tick(n, run));
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Tick(n, run) => self.tick(n, run),
            Happening::Reach(n, run, input) => self.reach(n, run, input),
            Happening::Execute(n, run, id, request, life) => self.execute(n, run, id, request, life),
            Happening::Client(c, token) => self.client(c, token),
            Happening::Connect => self.connect(),
            Happening::Fault => self.fault(),
            Happening::Heal(fault) => self.heal(fault),
            Happening::ConnTimeout(n, conn) => {
                if self.net.peer.iter().any(|l| l.cut > 0) {
                    let run = self.nodes[n].run;
                    self.reach(n, run, Input::Down(conn));
                }
            }
        }
    }

    fn after(&mut self, delay: u64, happening: Happening) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.happenings.push(None);
            self.happenings.len() - 1
        });
        self.happenings[slot] = Some(happening);
        self.order += 1;
        self.queue.push(Reverse((self.now + delay, self.order << SLOT_BITS | slot as u64)));
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if self.tracing {
            self.out.trace.push(format!("{:>7} {}", self.now, text()));
        }
    }

    fn fail(&mut self, what: String) {
        self.note(|| format!("FAILED: {what}"));
        self.out.failure.get_or_insert(what);
    }

    /// One serves with the other in sync, and clients are answered.
    fn recovered(&self) -> bool {
        let in_sync = |n: usize| {
            let (node, other) = (&self.nodes[n], &self.nodes[1 - n]);
            let part = |node: &Node| node.role.as_ref().map(|r| r.status(node.local(self.now)).part);
            part(node) == Some(Part::Active { serving: true, alone: false })
                && part(other) == Some(Part::Passive)
                && self.db.row.in_sync == Some(other.incarnation)
                && self.db.row.holder.as_ref().is_some_and(|h| h.incarnation == node.incarnation)
                && node.gate == Gate::Passive(other.incarnation)
                && self.effects.len() <= other.journal.len()
        };
        self.lately > 3 && (in_sync(0) || in_sync(1))
    }

    /// An operator looks at both nodes and takes the better journal.
    fn force(&mut self) {
        self.out.forced += 1;
        let whole = |node: &Node| node.journal.len() >= self.effects.len() && node.journal.starts_with(&self.effects);
        let best = (0..2).max_by_key(|&n| (whole(&self.nodes[n]), self.nodes[n].journal.len())).unwrap_or(0);
        self.note(|| format!("operator: force {}", ["A", "B"][best]));
        self.forcing = true;
        self.tell(best, riddhi_role::Event::Operator(Command::Force { confirmed: true }));
    }

    fn client(&mut self, c: usize, token: u64) {
        let client = &mut self.clients[c];
        if client.token != token {
            return;
        }
        let id = *client.waiting.get_or_insert_with(|| {
            client.number += 1;
            (c as u64) << 32 | client.number
        });
        client.token += 1;
        let (token, guess) = (client.token, client.guess);
        let node = &self.nodes[guess];
        if node.role.is_some() && node.serving {
            let run = node.run;
            self.after(1, Happening::Reach(guess, run, Input::Client(c, id)));
            let patience = 600;
            self.after(patience, Happening::Client(c, token));
        } else {
            self.clients[c].guess = 1 - guess;
            self.after(40, Happening::Client(c, token));
        }
    }

    /// An entry leaves a node, as an acknowledgement and as an effect.
    fn effect(&mut self, n: usize, position: usize, id: u64) {
        match self.effects.get(position) {
            None if self.effects.len() == position => self.effects.push(id),
            Some(first) if *first == id => {}
            first => {
                let text =
                    format!("{} has an effect of {id:x} at {position}, before it was {first:x?}", self.nodes[n].name);
                self.fail(text);
            }
        }
        let c = (id >> 32) as usize;
        if self.clients[c].waiting == Some(id) {
            self.clients[c].waiting = None;
            self.clients[c].token += 1;
            self.lately += u32::from(self.now > self.profile.until + faults::LONGEST + 3000);
            let (token, pause) = (self.clients[c].token, self.rng.range(5, 120));
            self.after(pause, Happening::Client(c, token));
        }
    }

    /// Whoever takes over must have all that was acknowledged or had an effect.
    fn check_take_over(&mut self, n: usize) {
        self.out.take_overs += 1;
        let journal = &self.nodes[n].journal;
        if journal.starts_with(&self.effects) {
            return;
        }
        if self.forcing {
            // An operator was told what is at stake.
            self.effects.clone_from(journal);
            return;
        }
        let same = journal.iter().zip(&self.effects).take_while(|(a, b)| a == b).count();
        let (has, left) = (journal.len(), self.effects.len());
        self.fail(format!(
            "{} takes over with {has} entries; {left} have left, the first {same} are the same",
            self.nodes[n].name
        ));
    }
}
