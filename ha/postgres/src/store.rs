//! Snapshots in the database: a row that says what there is, and its bytes in chunks.
//!
//! Each chunk is a transaction of its own, so that a snapshot of any size holds no locks and can be given up anywhere. It counts
//! once it is *whole*: all of it written, read back from the database, and the checksums equal. An epoch that is over cannot make one whole
//! any more, so an active that was superseded never gets in front of its successor.

use std::io::{Read, Write};
use std::time::Duration;

use postgres::types::{ToSql, Type};
use postgres::{Client, Row as SqlRow};

use crate::error::Error;
use crate::transaction::{Rules, within};

/// Bytes of a chunk at most.
pub const CHUNK_BYTES: usize = 8 << 20;

/// The snapshots of one group, or of one node that runs alone.
#[derive(Clone, Debug)]
pub struct Store {
    owner: String,
    rules: Rules,
}

/// A snapshot that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its number; a later one is greater.
    pub id: i64,
    /// The epoch in which it was taken.
    pub epoch: u64,
    /// The state after this entry.
    pub position: u64,
    /// Its length.
    pub bytes: u64,
    /// crc32c of all its bytes.
    pub checksum: u32,
    /// Milliseconds since 1970, by the database's clock.
    pub at_ms: i64,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Whole snapshots.
    pub whole: u64,
    /// Snapshots that were given up.
    pub unfinished: u64,
}

type Value<'a> = (&'a (dyn ToSql + Sync), Type);

impl Store {
    /// Of an owner; `statement` is what a statement may take on the server, one that moves 8 MiB included.
    pub fn new(owner: &str, statement: Duration) -> Store {
        Store { owner: owner.to_owned(), rules: Rules { statement, lock: statement } }
    }

    /// Saves what `bytes` gives as the state of `app` after `position`, reads it back, and makes it count.
    pub fn save(
        &self,
        client: &mut Client,
        app: &str,
        epoch: u64,
        position: u64,
        bytes: &mut dyn Read,
    ) -> Result<Saved, Error> {
        let numbers = (i64::try_from(epoch), i64::try_from(position));
        let (Ok(epoch), Ok(position)) = numbers else {
            return Err(Error::Value("a position or epoch is beyond 2^63".to_owned()));
        };
        let id = within(client, self.rules, |client| {
            let sql =
                "insert into riddhi.snapshot (owner, app, epoch, \"position\") values ($1, $2, $3, $4) returning id";
            let values: [Value; 4] =
                [(&self.owner, Type::TEXT), (&app, Type::TEXT), (&epoch, Type::INT8), (&position, Type::INT8)];
            Ok(client.query_typed_one(sql, &values)?.try_get::<_, i64>(0)?)
        })?;
        let (mut chunk, mut number, mut length, mut checksum) = (Vec::new(), 0, 0, 0);
        loop {
            fill(&mut chunk, bytes).map_err(Error::Bytes)?;
            if chunk.is_empty() {
                break;
            }
            let of_chunk = crc32c::crc32c(&chunk);
            self.write_chunk(client, id, number, of_chunk, &chunk)?;
            checksum = crc32c::crc32c_append(checksum, &chunk);
            (number, length) = (number + 1, length + chunk.len() as u64);
        }
        let manifest = Manifest { chunks: number, bytes: length, checksum };
        self.read_chunks(client, id, &manifest, &mut std::io::sink())?;
        self.finish(client, app, id, epoch, &manifest)
    }

    fn write_chunk(&self, client: &mut Client, id: i64, number: i32, checksum: u32, chunk: &[u8]) -> Result<(), Error> {
        within(client, self.rules, |client| {
            let sql = "insert into riddhi.snapshot_chunk (snapshot_id, number, checksum, data) values ($1, $2, $3, $4)";
            let checksum = i64::from(checksum);
            let values: [Value; 4] =
                [(&id, Type::INT8), (&number, Type::INT4), (&checksum, Type::INT8), (&chunk, Type::BYTEA)];
            client.execute_typed(sql, &values)?;
            Ok(())
        })
    }

    /// Makes it whole, unless a later epoch has done so before. The lock keeps two epochs from doing so at once.
    fn finish(&self, client: &mut Client, app: &str, id: i64, epoch: i64, manifest: &Manifest) -> Result<Saved, Error> {
        within(client, self.rules, |client| {
            let of_app: [Value; 2] = [(&self.owner, Type::TEXT), (&app, Type::TEXT)];
            let lock = "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext($1), pg_catalog.hashtext($2))";
            client.execute_typed(lock, &of_app)?;
            let sql = "select coalesce(max(epoch), 0) from riddhi.snapshot where owner = $1 and app = $2 and whole";
            let later = client.query_typed_one(sql, &of_app)?.try_get::<_, i64>(0)?;
            if later > epoch {
                return Err(Error::EpochOver { epoch: epoch as u64, later: later as u64 });
            }
            let sql = format!(
                "update riddhi.snapshot set whole = true, bytes = $2, chunks = $3, checksum = $4 where id = $1 returning {SAVED}"
            );
            let (bytes, checksum) = (manifest.bytes as i64, i64::from(manifest.checksum));
            let values: [Value; 4] =
                [(&id, Type::INT8), (&bytes, Type::INT8), (&manifest.chunks, Type::INT4), (&checksum, Type::INT8)];
            let row = client.query_typed_opt(&sql, &values)?.ok_or(Error::NoSnapshot(id))?;
            saved(&row)
        })
    }

    /// The whole snapshots of an app, the newest first.
    pub fn list(&self, client: &mut Client, app: &str) -> Result<Vec<Saved>, Error> {
        let sql = format!(
            "select {SAVED} from riddhi.snapshot where owner = $1 and app = $2 and whole order by epoch desc, id desc limit 1000"
        );
        within(client, self.rules, |client| {
            let rows = client.query_typed(&sql, &[(&self.owner, Type::TEXT), (&app, Type::TEXT)])?;
            rows.iter().map(saved).collect()
        })
    }

    /// Reads a snapshot into `out`, comparing every checksum. If it fails, what went into `out` is to be thrown away.
    pub fn read(&self, client: &mut Client, id: i64, out: &mut dyn Write) -> Result<Saved, Error> {
        let (saved, chunks) = within(client, self.rules, |client| {
            let sql = format!("select {SAVED}, chunks from riddhi.snapshot where id = $1 and owner = $2 and whole");
            let values: [Value; 2] = [(&id, Type::INT8), (&self.owner, Type::TEXT)];
            let row = client.query_typed_opt(&sql, &values)?.ok_or(Error::NoSnapshot(id))?;
            Ok((saved(&row)?, row.try_get::<_, i32>(6)?))
        })?;
        let manifest = Manifest { chunks, bytes: saved.bytes, checksum: saved.checksum };
        self.read_chunks(client, id, &manifest, out)?;
        Ok(saved)
    }

    fn read_chunks(&self, client: &mut Client, id: i64, manifest: &Manifest, out: &mut dyn Write) -> Result<(), Error> {
        let damaged = |what: String| Error::Damaged { id, what };
        let (mut length, mut checksum) = (0, 0);
        for number in 0..manifest.chunks {
            let row = within(client, self.rules, |client| {
                // The length is compared before the bytes are asked for.
                let sql = "select checksum, data from riddhi.snapshot_chunk \
                    where snapshot_id = $1 and number = $2 and octet_length(data) <= $3";
                let most = CHUNK_BYTES as i32;
                let values: [Value; 3] = [(&id, Type::INT8), (&number, Type::INT4), (&most, Type::INT4)];
                Ok(client.query_typed_opt(sql, &values)?)
            })?;
            let row = row.ok_or_else(|| damaged(format!("chunk {number} is missing or too long")))?;
            let data: &[u8] = row.try_get(1)?;
            if i64::from(crc32c::crc32c(data)) != row.try_get::<_, i64>(0)? {
                return Err(damaged(format!("chunk {number} has another checksum")));
            }
            checksum = crc32c::crc32c_append(checksum, data);
            length += data.len() as u64;
            out.write_all(data).map_err(Error::Bytes)?;
        }
        if (length, checksum) != (manifest.bytes, manifest.checksum) {
            return Err(damaged(format!(
                "{length} bytes with checksum {checksum:08x} of {} with {:08x}",
                manifest.bytes, manifest.checksum
            )));
        }
        Ok(())
    }

    /// Deletes all but the newest `keep` whole snapshots of an app, and those given up that are older than the newest whole one.
    pub fn sweep(&self, client: &mut Client, app: &str, keep: u32) -> Result<Swept, Error> {
        let keep = i64::from(keep.max(1));
        within(client, self.rules, |client| {
            let of_app: [Value; 2] = [(&self.owner, Type::TEXT), (&app, Type::TEXT)];
            let sql = "delete from riddhi.snapshot s where owner = $1 and app = $2 and not whole and id < \
                (select max(id) from riddhi.snapshot where owner = $1 and app = $2 and whole)";
            let unfinished = client.execute_typed(sql, &of_app)?;
            let sql = "delete from riddhi.snapshot where id in (select id from riddhi.snapshot \
                where owner = $1 and app = $2 and whole order by epoch desc, id desc offset $3)";
            let values: [Value; 3] = [(&self.owner, Type::TEXT), (&app, Type::TEXT), (&keep, Type::INT8)];
            Ok(Swept { whole: client.execute_typed(sql, &values)?, unfinished })
        })
    }
}

/// What all chunks together come to.
struct Manifest {
    chunks: i32,
    bytes: u64,
    checksum: u32,
}

const SAVED: &str = "id, epoch, \"position\", bytes, checksum, (extract(epoch from created_at) * 1000)::int8";

fn saved(row: &SqlRow) -> Result<Saved, Error> {
    let number = |at: usize| -> Result<u64, Error> {
        let n = row.try_get::<_, i64>(at)?;
        u64::try_from(n).map_err(|_| Error::Value(format!("a snapshot's row has the number {n}")))
    };
    let checksum =
        u32::try_from(number(4)?).map_err(|_| Error::Value("a snapshot's row has no checksum".to_owned()))?;
    let (epoch, position, bytes) = (number(1)?, number(2)?, number(3)?);
    Ok(Saved { id: row.try_get(0)?, epoch, position, bytes, checksum, at_ms: row.try_get(5)? })
}

/// The next chunk; empty at the end.
fn fill(chunk: &mut Vec<u8>, bytes: &mut dyn Read) -> std::io::Result<()> {
    chunk.clear();
    bytes.take(CHUNK_BYTES as u64).read_to_end(chunk)?;
    Ok(())
}
