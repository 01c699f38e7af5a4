//! An app that is followed, over files as an active leaves them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use riddhi_batch::{Frame, Writer};
use riddhi_plan::cron::Zone;
use riddhi_run::App;
use riddhi_run::worker::Pool;

use super::app::{Follower, Own};
use super::feed::Version;
use crate::args::{Cli, Command, RunArgs};
use crate::replay::journal_inputs;
use crate::run::disk::Patient;
use crate::run::live::begin::make_pool;
use crate::run::notes::Notes;
use crate::run::segments::{SOURCES, Segments, list};
use crate::run::store::{Snapshot, Sources, Store, put_sources};
use crate::run::watch::Watch;
use crate::signals::Stop;

const TEXT: &str = "@app:name('A') define stream S (n long); @sink(type='log') define stream Out (n long, c long);\n\
    from S#window.time(100) select sum(n) as n, count() as c output last every 50 milliseconds insert into Out;";

const FILES: Option<Version> = Some((0, 0));

/// What an active does to its files.
struct Active {
    folder: PathBuf,
    watch: Watch,
    app: App,
    args: Arc<RunArgs>,
    pool: Pool,
    store: Store,
    journal: Option<Segments>,
    notes: Notes,
    frame: Frame,
    now: i64,
}

impl Active {
    fn new(name: &str) -> Active {
        let folder = std::env::temp_dir().join(format!("riddhi-follow-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.siddhi").display().to_string();
        std::fs::write(&file, TEXT).unwrap();
        let Command::Run(args) = Cli::parse_from(["riddhi", "run", &file]).command else { panic!("that is run") };
        let (watch, app) = Watch::open(&file, false, &Zone::utc()).unwrap();
        let mut pool = make_pool(&app, &args, 0).unwrap();
        pool.start(1000);
        let patient = || Patient::new(None, Stop::never(), None);
        let state = folder.join("A");
        let store = Store::open(&state, Duration::from_secs(1), patient()).unwrap();
        let notes = Notes::create(&store.published(), patient()).unwrap();
        let frame = pool.frame();
        let args = Arc::new(args);
        let mut active = Active { folder, watch, app, args, pool, store, journal: None, notes, frame, now: 1000 };
        active.snapshot(|_| {});
        active
    }

    /// Entries are journaled and handled.
    fn take(&mut self, events: i64) {
        for n in 0..events {
            self.now += 7;
            if n % 5 == 0 {
                self.frame.tick(self.now, true);
            }
            let (rows, _) = self.frame.rows_of(0);
            rows.ts.push(self.now);
            rows.cols[0].push_i64(n);
            self.frame.commit(0, self.now, true);
        }
        let next = self.frame.base + self.frame.entries.len() as u64;
        let mut places = Writer::default();
        put_sources(&mut places, &place(next));
        self.journal.as_mut().unwrap().append_noted(&self.frame, SOURCES, &places.bytes).unwrap();
        let _ = self.pool.process(&mut self.frame);
        self.frame.reset(next);
    }

    /// What came out is out.
    fn publish(&mut self) {
        self.notes.write(self.frame.base, std::iter::empty());
    }

    fn snapshot(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let position = self.frame.base;
        if let Some(journal) = &mut self.journal {
            journal.end().unwrap();
        }
        let mut snapshot = Snapshot {
            position,
            now: self.now + 3,
            lineage: String::new(),
            text: self.watch.kept_text().to_owned(),
            zone: self.watch.zone().to_owned(),
            sources: Sources::new(),
            state: self.pool.save(),
        };
        change(&mut snapshot);
        let (needed, _) = self.store.save(&snapshot).unwrap();
        match &mut self.journal {
            Some(journal) => journal.next(position, self.now).unwrap(),
            None => {
                let (state, patient) = (self.store.folder(), Patient::new(None, Stop::never(), None));
                let (inputs, there) = (journal_inputs(&self.app), list(state).unwrap());
                self.journal = Some(Segments::begin(state, inputs, "UTC", there, position, self.now, patient).unwrap());
            }
        }
        self.journal.as_mut().unwrap().drop_before(needed);
    }

    fn follower(&self) -> (Follower, Arc<Mutex<String>>) {
        let said = Arc::new(Mutex::new(String::new()));
        let tell = said.clone();
        let (watch, app) =
            Watch::open(&self.folder.join("a.siddhi").display().to_string(), false, &Zone::utc()).unwrap();
        let own = Own { watch, app, number: 0, args: self.args.clone() };
        let tell = Arc::new(move |line: &str| tell.lock().unwrap().push_str(&format!("{line}\n")));
        (Follower::new("A".to_owned(), self.store.folder().to_path_buf(), own, tell), said)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn get(counter: &std::sync::atomic::AtomicU64) -> u64 {
    counter.load(std::sync::atomic::Ordering::Relaxed)
}

/// Turns until there is nothing more to do.
fn settle(follower: &mut Follower, files: Option<Version>) {
    for _ in 0..10_000 {
        if !follower.turn(files) {
            return;
        }
    }
    panic!("there is always more to do");
}

#[test]
fn it_stands_where_the_outputs_are_and_its_state_is_that_of_the_active() {
    let mut active = Active::new("same");
    let (mut follower, said) = active.follower();
    settle(&mut follower, None);
    assert_eq!(said.lock().unwrap().as_str(), "", "the files do not count yet");
    for round in 0..6 {
        active.take(700);
        settle(&mut follower, FILES);
        assert_eq!(get(&follower.counts.position), get(&follower.counts.mark), "{round}: what is not out is not run");
        active.publish();
        active.take(10);
        settle(&mut follower, FILES);
        assert_eq!(get(&follower.counts.position), active.frame.base - 12, "{round}");
        active.publish();
        active.snapshot(|_| {});
        settle(&mut follower, FILES);
        assert_eq!(get(&follower.counts.same), round + 1, "{}", said.lock().unwrap());
    }
    assert_eq!((get(&follower.counts.begun), get(&follower.counts.different)), (1, 0), "{}", said.lock().unwrap());
    active.take(10);
    active.publish();
    settle(&mut follower, FILES);
    assert!(!said.lock().unwrap().contains("warning"), "{}", said.lock().unwrap());
    let (_, standing) = follower.hand_over(FILES).expect("it stands");
    assert_eq!((standing.position, standing.pool.save()), (active.frame.base, active.pool.save()));
    assert_eq!(standing.now, active.now);
}

/// Where the sources stand when everything before an entry was taken.
fn place(next: u64) -> Sources {
    Sources::from([("file of S".to_owned(), next.to_le_bytes().to_vec())])
}

#[test]
fn the_sources_stand_where_the_segment_before_ended() {
    let mut active = Active::new("sources");
    let (mut follower, said) = active.follower();
    settle(&mut follower, FILES);
    active.take(300);
    active.publish();
    active.snapshot(|_| {});
    settle(&mut follower, FILES);
    let (_, standing) = follower.hand_over(FILES).unwrap_or_else(|| panic!("{}", said.lock().unwrap()));
    assert_eq!((standing.position, standing.sources), (active.frame.base, place(active.frame.base)));
}

#[test]
fn another_state_on_the_active_is_told_and_taken() {
    let mut active = Active::new("other");
    let (mut follower, said) = active.follower();
    settle(&mut follower, FILES);
    active.take(300);
    active.publish();
    // What the active remembers, as of other entries: a whole snapshot with a right checksum.
    let mut other = make_pool(&active.app, &active.args, 0).unwrap();
    other.start(1000);
    let wrong = other.save();
    active.snapshot(|snapshot| snapshot.state.clone_from(&wrong));
    settle(&mut follower, FILES);
    let text = said.lock().unwrap().clone();
    assert!(
        text.contains(
            "error: app A: the same entries gave another state than on the active, at entry 360: app/clock, query 1"
        ),
        "{text}"
    );
    assert_eq!((get(&follower.counts.different), get(&follower.counts.begun)), (1, 2));
    let (_, standing) = follower.hand_over(FILES).expect("it goes on from the snapshot");
    assert_eq!((standing.position, standing.pool.save()), (360, wrong));
}

#[test]
fn other_files_are_begun_anew_and_never_handed_over() {
    let mut active = Active::new("files");
    let (mut follower, said) = active.follower();
    active.take(100);
    active.publish();
    settle(&mut follower, FILES);
    assert_eq!(get(&follower.counts.begun), 1);
    let replaced = Some((0, 1));
    settle(&mut follower, replaced);
    assert_eq!(get(&follower.counts.begun), 2);
    assert!(follower.hand_over(Some((1, 1))).is_none());
    // The journal behind the snapshot is gone: it is told, and nothing of it stands.
    let (mut follower, said_too) = active.follower();
    let segment = active.store.folder().join("journal-00000000000000000000.riddhi");
    std::fs::rename(&segment, segment.with_extension("away")).unwrap();
    settle(&mut follower, FILES);
    let text = said_too.lock().unwrap().clone();
    assert!(
        text.contains("warning: app A: it is not followed, a take-over runs its journal: cannot read the journal"),
        "{text}"
    );
    std::fs::rename(segment.with_extension("away"), &segment).unwrap();
    settle(&mut follower, replaced);
    assert_eq!(get(&follower.counts.position), active.frame.base, "{}{text}", said.lock().unwrap());
}

#[test]
fn what_a_started_active_left_behind_its_cut_is_not_run() {
    let mut active = Active::new("restart");
    let (mut follower, said) = active.follower();
    active.take(100);
    active.publish();
    settle(&mut follower, FILES);
    let (state, position) = (active.pool.save(), active.frame.base);
    // Whoever goes on has cut these off, but the copy here has them, and no end.
    active.take(50);
    let stale = active.frame.base;
    active.journal = None;
    active.frame.reset(position);
    active.pool = make_pool(&active.app, &active.args, 0).unwrap();
    active.pool.load(&state).unwrap();
    active.now += 100_000;
    active.pool.start(active.now);
    active.snapshot(|_| {});
    active.take(200);
    active.publish();
    assert!(active.frame.base > stale);
    settle(&mut follower, FILES);
    assert_eq!((get(&follower.counts.begun), get(&follower.counts.different)), (2, 0), "{}", said.lock().unwrap());
    let (_, standing) = follower.hand_over(FILES).expect("it stands");
    assert_eq!((standing.position, standing.pool.save()), (active.frame.base, active.pool.save()));
}
