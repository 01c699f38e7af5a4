//! The tables: numbered steps, applied in order, all that are missing in one transaction.
//!
//! A lock for the transaction keeps two nodes that start at once from getting into each other's way, behind a pooler too. A step
//! that was released is never edited; each may be applied twice.

use std::time::Duration;

use postgres::Client;
use postgres::types::Type;

use crate::check::{privileges, server};
use crate::error::{Error, quoted};
use crate::transaction::{Rules, within};

/// The schema that holds all of it.
pub const SCHEMA: &str = "riddhi";

/// Number, name and text of each step.
const STEPS: [(u32, &str, &str); 5] = [
    (1, "group", include_str!("../../../migrations/0001_group.sql")),
    (2, "snapshot", include_str!("../../../migrations/0002_snapshot.sql")),
    (3, "fence", include_str!("../../../migrations/0003_fence.sql")),
    (4, "metric", include_str!("../../../migrations/0004_metric.sql")),
    (5, "made_on", include_str!("../../../migrations/0005_made_on.sql")),
];

/// The version that this program works with: the number of the last step.
pub const LATEST: u32 = STEPS.len() as u32;

/// The oldest server that is known to do.
const SERVER_MIN: u32 = 120_000;

/// Any number will do, as long as all of them take the same: "riddhi" in letters of eight bits.
const LOCK: i64 = 0x7269_6464_6869;

/// What a migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version before; 0 if there was nothing.
    pub from: u32,
    /// The version now.
    pub to: u32,
    /// The steps that were applied, as `0001_group`.
    pub applied: Vec<String>,
}

/// Makes the tables as this program needs them. `lock` is how long another migration may take that is under way.
pub fn migrate(client: &mut Client, lock: Duration) -> Result<Migrated, Error> {
    let server = server(client)?;
    if server.version < SERVER_MIN {
        let message = format!("PostgreSQL {} is too old; 12 is the oldest that does", server.version / 10_000);
        return Err(Error::Value(message));
    }
    if server.standby {
        return Err(Error::ReadOnly("the server is a standby".to_owned()));
    }
    // A step may build an index over many rows.
    within(client, Rules { statement: Duration::from_secs(600), lock }, |client| {
        client.execute_typed("select pg_catalog.pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
        make_schema(client)?;
        let from = found(client)?;
        if from > LATEST {
            return Err(Error::TooNew { found: from, known: LATEST });
        }
        let mut applied = Vec::new();
        for (number, name, text) in STEPS.iter().filter(|step| step.0 > from) {
            client.batch_execute(text)?;
            let values = [(&i64::from(*number) as _, Type::INT8), (name as _, Type::TEXT)];
            client.execute_typed("insert into riddhi.migration (number, name) values ($1::int8::int4, $2)", &values)?;
            applied.push(format!("{number:04}_{name}"));
        }
        Ok(Migrated { from, to: LATEST, applied })
    })
}

/// The schema and the table that remembers the steps; says which statement is missing if the user may not make them.
fn make_schema(client: &mut Client) -> Result<(), Error> {
    let may = privileges(client)?;
    let (user, database) = (quoted(&may.user), quoted(&may.database));
    let grant = match (may.schema, may.create_in_database, may.create_in_schema) {
        (false, false, _) => {
            format!("create schema {SCHEMA} authorization {user};  or: grant create on database {database} to {user};")
        }
        (true, _, false) => format!("grant usage, create on schema {SCHEMA} to {user};"),
        _ => {
            let sql = "create schema if not exists riddhi; \
                create table if not exists riddhi.migration (number integer primary key, name text not null, \
                applied_at timestamptz not null default clock_timestamp())";
            // `if not exists` asks for the privilege even if it exists.
            let sql = if may.schema { &sql[sql.find(';').map_or(0, |at| at + 1)..] } else { sql };
            return Ok(client.batch_execute(sql)?);
        }
    };
    let message = format!("user {} may not make the schema {SCHEMA} or tables in it", may.user);
    Err(Error::Privilege { message, grant })
}

/// The version of the tables; 0 if there are none. Fails if the user may not look.
pub fn version(client: &mut Client) -> Result<u32, Error> {
    let may = privileges(client)?;
    if !may.schema {
        return Ok(0);
    }
    if !may.usage {
        let message = format!("user {} may not use the schema {SCHEMA}", may.user);
        let grant = format!("grant usage on schema {SCHEMA} to {};", quoted(&may.user));
        return Err(Error::Privilege { message, grant });
    }
    let there = "select pg_catalog.to_regclass('riddhi.migration') is not null";
    if !client.query_typed_one(there, &[])?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    if let Some(missing) = may.missing_on_tables() {
        return Err(missing);
    }
    found(client)
}

fn found(client: &mut Client) -> Result<u32, Error> {
    let row = client.query_typed_one("select coalesce(max(number), 0) from riddhi.migration", &[])?;
    let number = row.try_get::<_, i32>(0)?;
    u32::try_from(number).map_err(|_| Error::Value(format!("riddhi.migration has the step {number}")))
}
