//! The group row and snapshots on a real server.

mod common;

use std::io::Read;
use std::time::Duration;

use common::{LONG, database, migrated, role};
use riddhi_postgres::{Beside, CHUNK_BYTES, Client, Error, Store, Swept, Witness};
use riddhi_role::{Holder, Incarnation, Row};
use riddhi_test_postgres::Server;

const STATEMENT: Duration = Duration::from_secs(60);

#[test]
fn rows() {
    let Some(server) = Server::start() else { return };
    role(&server);
    let options = database(&server, "rows");
    let mut link = migrated(&options);
    link.call(LONG, |client| {
        the_row(client);
        the_row_of_another_database(client);
        the_secret(client);
        snapshots(client);
        broken_snapshots(client);
        epochs(client);
        fences(client);
        Ok(())
    })
    .expect("all of it holds");
    // Where the server does not tell what it is, the number of the tables stands for it.
    server.psql("rows", "revoke execute on function pg_control_system() from public");
    link.call(LONG, |client| {
        let witness = Witness::new(client, "hidden", STATEMENT)?;
        let seen = witness.read(client)?;
        assert!(seen.database.system > 0 && seen.database.timeline == 1, "{:?}", seen.database);
        let row = Row { version: 1, written_on: seen.database, ..Row::default() };
        assert!(witness.write(client, 0, &row, &Beside::default())?);
        assert_eq!(witness.read(client)?.row, row);
        Ok(())
    })
    .expect("it goes without");
}

fn holder(node: &str, incarnation: u64) -> Option<Holder> {
    Some(Holder { node: node.into(), incarnation: Incarnation(incarnation) })
}

fn the_row(client: &mut Client) {
    let witness = Witness::new(client, "g", STATEMENT).unwrap();
    let seen = witness.read(client).unwrap();
    assert_eq!(seen.row, Row { written_on: seen.database, ..Row::default() });
    assert!(seen.database.system > 0 && seen.database.timeline == 1);
    let beside = Beside { address: Some("left:9893".into()), apps: Some("d1".into()) };
    // All that fits in, the highest incarnation included.
    let row = Row {
        version: 5,
        epoch: 3,
        holder: holder("left \"ü\"", u64::MAX),
        beat: 1,
        in_sync: Some(Incarnation(7)),
        position: i64::MAX as u64,
        written_on: seen.database,
    };
    assert!(!witness.write(client, 4, &row, &beside).unwrap(), "a row that is not there has version 0");
    assert!(witness.write(client, 0, &row, &beside).unwrap());
    assert!(!witness.write(client, 0, &row, &beside).unwrap(), "version 0 is over");
    let seen = witness.read(client).unwrap();
    assert_eq!((&seen.row, &seen.beside), (&row, &beside));

    let next = Row { version: 6, in_sync: None, holder: holder("right", 1), ..row.clone() };
    for wrong in [0, 4, 6] {
        assert!(!witness.write(client, wrong, &next, &beside).unwrap(), "version {wrong}");
    }
    assert!(witness.write(client, 5, &next, &Beside::default()).unwrap());
    let seen = witness.read(client).unwrap();
    assert_eq!((seen.row, seen.beside), (next, Beside::default()));
    let other = Witness::new(client, "other", STATEMENT).unwrap();
    assert_eq!(other.read(client).unwrap().row.version, 0);
    let beyond = Row { version: u64::MAX, ..row };
    assert!(matches!(witness.write(client, 6, &beyond, &beside), Err(Error::Value(_))));
}

fn the_row_of_another_database(client: &mut Client) {
    let witness = Witness::new(client, "moved", STATEMENT).unwrap();
    let here = witness.read(client).unwrap().database;
    for (system, timeline) in [(here.system + 1, here.timeline), (here.system, here.timeline + 1)] {
        let mut row = Row { version: 1, ..Row::default() };
        (row.written_on.system, row.written_on.timeline) = (system, timeline);
        assert!(!witness.write(client, 0, &row, &Beside::default()).unwrap());
    }
    assert_eq!(witness.read(client).unwrap().row, Row { written_on: here, ..Row::default() });
}

fn the_secret(client: &mut Client) {
    let witness = Witness::new(client, "g", STATEMENT).unwrap();
    let (one, two) = ("1".repeat(40), "2".repeat(40));
    assert_eq!(witness.secret(client, &one).unwrap(), one);
    assert_eq!(witness.secret(client, &two).unwrap(), one, "the first one stays");
}

/// Bytes that do not compress, without a library.
fn noise(length: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    let step = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..length).map(step).collect()
}

fn snapshots(client: &mut Client) {
    let store = Store::new("g", STATEMENT);
    let mut saved = Vec::new();
    for (position, length) in [(1, 0), (2, 1), (3, CHUNK_BYTES), (4, 2 * CHUNK_BYTES + 17)] {
        let bytes = noise(length);
        let one = store.save(client, "app", 1, position, &mut bytes.as_slice()).unwrap();
        assert_eq!((one.bytes, one.checksum, one.position), (length as u64, crc32c::crc32c(&bytes), position));
        let mut back = Vec::new();
        assert_eq!(store.read(client, one.id, &mut back).unwrap(), one);
        assert!(back == bytes, "{length} bytes come back");
        saved.insert(0, one);
    }
    assert_eq!(store.list(client, "app").unwrap(), saved);
    assert!(store.list(client, "other").unwrap().is_empty());
    assert!(Store::new("h", STATEMENT).list(client, "app").unwrap().is_empty());
    assert_eq!(store.sweep(client, "app", 2).unwrap(), Swept { whole: 2, unfinished: 0 });
    assert_eq!(store.list(client, "app").unwrap(), saved[..2]);
    let gone = store.read(client, saved[3].id, &mut Vec::new()).unwrap_err();
    assert!(matches!(gone, Error::NoSnapshot(_)), "{gone}");
    let rows = "select count(*) from riddhi.snapshot_chunk";
    assert_eq!(client.query_typed_one(rows, &[]).unwrap().get::<_, i64>(0), 4, "chunks go with their snapshot");
}

/// Gives some bytes, then fails.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = out.len().min(self.0);
        self.0 -= n;
        if n == 0 { Err(std::io::Error::other("broken")) } else { Ok(n) }
    }
}

fn broken_snapshots(client: &mut Client) {
    let store = Store::new("broken", STATEMENT);
    let given_up = store.save(client, "app", 1, 9, &mut Breaks(CHUNK_BYTES + 5)).unwrap_err();
    assert!(matches!(given_up, Error::Bytes(_)), "{given_up}");
    assert!(store.list(client, "app").unwrap().is_empty(), "what was given up does not count");
    let older = store.save(client, "app", 1, 10, &mut noise(100).as_slice()).unwrap();
    assert_eq!(store.sweep(client, "app", 2).unwrap(), Swept { whole: 0, unfinished: 1 });
    for damage in [
        "update riddhi.snapshot_chunk set data = overlay(data placing '\\x00'::bytea from 5 for 1)",
        "update riddhi.snapshot_chunk set data = substring(data from 2)",
        "delete from riddhi.snapshot_chunk",
        "update riddhi.snapshot set checksum = (checksum + 1) % 4294967296",
        "update riddhi.snapshot set bytes = bytes + 1",
        "update riddhi.snapshot set chunks = 0",
        "update riddhi.snapshot_chunk set number = 1",
    ] {
        let newest = store.save(client, "app", 1, 11, &mut noise(1000).as_slice()).unwrap();
        let column = if damage.contains("_chunk") { "snapshot_id" } else { "id" };
        client.batch_execute(&format!("{damage} where {column} = {}", newest.id)).unwrap();
        let error = store.read(client, newest.id, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{damage}: {error}");
        store.read(client, older.id, &mut Vec::new()).expect("the one before is whole");
    }
}

fn epochs(client: &mut Client) {
    let store = Store::new("epochs", STATEMENT);
    store.save(client, "app", 4, 100, &mut &b"new"[..]).unwrap();
    let late = store.save(client, "app", 3, 200, &mut &b"old"[..]).unwrap_err();
    assert!(matches!(late, Error::EpochOver { epoch: 3, later: 4 }), "{late}");
    assert_eq!(store.list(client, "app").unwrap().len(), 1);
    store.save(client, "app", 4, 101, &mut &b"next"[..]).unwrap();
}

fn fences(client: &mut Client) {
    let mut one = |sql: &str| -> Result<Option<i64>, String> {
        let row =
            client.query_typed_one(sql, &[]).map_err(|e| e.code().map_or(String::new(), |c| c.code().to_owned()))?;
        Ok(row.try_get::<_, Option<i64>>(0).ok().flatten())
    };
    let over = Err("RDH01".to_owned());
    assert_eq!(one("select riddhi.mark('a', 's', 1, 5)::text::bigint"), over, "no epoch was begun");
    assert_eq!(one("select riddhi.begin_term('a', 's', 1)"), Ok(Some(0)));
    assert_eq!(one("select riddhi.mark('a', 's', 1, 5) is null, 1"), Ok(None));
    assert_eq!(one("select riddhi.begin_term('a', 's', 1)"), Ok(Some(5)), "again the same term");
    assert_eq!(one("select riddhi.begin_term('a', 's', 2)"), Ok(Some(5)));
    assert_eq!(one("select riddhi.mark('a', 's', 1, 6) is null, 1"), over, "its epoch is over");
    assert_eq!(one("select riddhi.begin_term('a', 's', 1)"), over, "a later one has begun");
    assert_eq!(one("select riddhi.mark('a', 's', 2, 4) is null, 1"), Ok(None));
    assert_eq!(one("select riddhi.begin_term('a', 's', 3)"), Ok(Some(5)), "a mark only rises");
    assert_eq!(one("select riddhi.begin_term('a', 'other', 1)"), Ok(Some(0)));
}
