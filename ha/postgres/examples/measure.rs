//! How fast the row and snapshots are on a server of its own, on this machine, with everything as durable as by default:
//!
//!     cargo run --release -p riddhi-postgres --example measure

use std::error::Error;
use std::time::{Duration, Instant};

use riddhi_postgres::{Beside, Link, Options, Store, Witness, migrate};
use riddhi_role::Row;
use riddhi_test_postgres::{SUPERUSER, Server};

const WITHIN: Duration = Duration::from_secs(120);
const WRITES: usize = 1_000;
const SNAPSHOT: usize = 256 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(server) = Server::start_with(&["fsync=on", "full_page_writes=on", "shared_buffers=128MB"]) else {
        return Ok(());
    };
    let options = Options::new(vec![("127.0.0.1".to_owned(), server.port())], "postgres", SUPERUSER.0, SUPERUSER.1);
    let mut link = Link::open(&options, WITHIN)?;
    link.call(WITHIN, |client| migrate(client, WITHIN))?;
    let witness = link.call(WITHIN, |client| Witness::new(client, "measured", WITHIN))?;
    let mut seen = witness_read(&mut link, &witness)?;
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for _ in 0..WRITES {
        let next = Row { version: seen.version + 1, ..seen.clone() };
        let (one, expected) = (witness.clone(), seen.version);
        let started = Instant::now();
        let written = link.call(WITHIN, move |client| one.write(client, expected, &next, &Beside::default()))?;
        writes.push(started.elapsed());
        assert!(written, "nobody else writes");
        let started = Instant::now();
        seen = witness_read(&mut link, &witness)?;
        reads.push(started.elapsed());
    }
    told("row written", &mut writes);
    told("row read", &mut reads);

    // Bytes that do not compress.
    let bytes: Vec<u8> = (0..SNAPSHOT as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u8).collect();
    let started = Instant::now();
    let store = Store::new("measured", WITHIN);
    let saver = store.clone();
    let saved = link.call(WITHIN, move |client| saver.save(client, "app", 1, 1, &mut bytes.as_slice()))?;
    rate("snapshot saved and read back", started);
    let started = Instant::now();
    link.call(WITHIN, move |client| store.read(client, saved.id, &mut std::io::sink()))?;
    rate("snapshot read", started);
    Ok(())
}

fn witness_read(link: &mut Link, witness: &Witness) -> Result<Row, riddhi_postgres::Error> {
    let witness = witness.clone();
    link.call(WITHIN, move |client| witness.read(client)).map(|seen| Row { written_on: seen.database, ..seen.row })
}

fn told(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, p99 {:.2} ms, maximum {:.2} ms of {}", at(0.5), at(0.99), at(1.0), times.len());
}

fn rate(what: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what}: {:.0} MiB/s, {} MiB in {seconds:.2} s",
        SNAPSHOT as f64 / seconds / f64::from(1 << 20),
        SNAPSHOT >> 20
    );
}
