//! The group row: read, and written if it still has the version that was read.
//!
//! One statement compares version and database and writes; there is nothing between looking and writing. What was not answered
//! is for the role machine to read back.

use postgres::types::{ToSql, Type};
use postgres::{Client, Row as SqlRow};
use riddhi_role::{Database, Holder, Incarnation, NodeId, Row};
use std::time::Duration;

use crate::error::Error;
use crate::identity::{Identity, TIMELINE, database};
use crate::transaction::{Rules, within};

/// The row of one group.
#[derive(Clone, Debug)]
pub struct Witness {
    group: String,
    identity: Identity,
    rules: Rules,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The row; if the group never ran the default one, as if written where the tables were made.
    pub row: Row,
    /// Who answered.
    pub database: Database,
    /// What stands beside it.
    pub beside: Beside,
    /// Milliseconds since it was written, by the database's clock; for people.
    pub age_ms: u64,
}

/// What stands beside the row for people and the other node; nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Where the holder listens for the other node: `host:port`.
    pub address: Option<String>,
    /// A digest of the apps' texts.
    pub apps: Option<String>,
}

const COLUMNS: &str = "version, epoch, holder, holder_incarnation, beat, in_sync_incarnation, \"position\", \
    written_system::text, written_timeline, holder_address, app_digest, \
    (extract(epoch from pg_catalog.clock_timestamp() - changed_at) * 1000)::bigint";

impl Witness {
    /// For a group; `statement` is what a statement may take on the server.
    pub fn new(client: &mut Client, group: &str, statement: Duration) -> Result<Witness, Error> {
        let rules = Rules { statement, lock: statement };
        Ok(Witness { group: group.to_owned(), identity: Identity::find(client)?, rules })
    }

    /// The row, and the database that answered.
    pub fn read(&self, client: &mut Client) -> Result<Seen, Error> {
        let sql = format!(
            "select here.system::text, here.timeline, {COLUMNS}, {}::text, coalesce(i.made_timeline, here.timeline) \
             from (select {} as system, {TIMELINE} as timeline) here \
             left join riddhi.node_group g on g.group_id = $1 left join riddhi.instance i on true",
            self.identity.made, self.identity.system
        );
        let row = within(client, self.rules, |client| Ok(client.query_typed_one(&sql, &[(&self.group, Type::TEXT)])?))?;
        let database = database(&row.try_get::<_, String>(0)?, row.try_get(1)?)?;
        if row.try_get::<_, Option<i64>>(2)?.is_none() {
            let written_on = self::database(&row.try_get::<_, String>(14)?, row.try_get(15)?)?;
            let row = Row { written_on, ..Row::default() };
            return Ok(Seen { row, database, beside: Beside::default(), age_ms: 0 });
        }
        let beside = Beside { address: row.try_get(11)?, apps: row.try_get(12)? };
        let age_ms = u64::try_from(row.try_get::<_, i64>(13)?).unwrap_or(0);
        Ok(Seen { row: read_row(&row)?, database, beside, age_ms })
    }

    /// Writes `row` if the version is still `expected` and the database is `row.written_on`; whether it did.
    pub fn write(&self, client: &mut Client, expected: u64, row: &Row, beside: &Beside) -> Result<bool, Error> {
        let holder = row.holder.as_ref().map(|h| h.node.as_str());
        let incarnation = row.holder.as_ref().map(|h| hex(h.incarnation));
        let in_sync = row.in_sync.map(hex);
        let system = row.written_on.system.to_string();
        let timeline = i64::from(row.written_on.timeline);
        let numbers = [row.version, row.epoch, row.beat, row.position, expected].map(i64::try_from);
        let [Ok(version), Ok(epoch), Ok(beat), Ok(position), Ok(expected)] = numbers else {
            return Err(Error::Value("a number of the group row is beyond 2^63".to_owned()));
        };
        let values: [(&(dyn ToSql + Sync), Type); 13] = [
            (&self.group, Type::TEXT),
            (&version, Type::INT8),
            (&epoch, Type::INT8),
            (&holder, Type::TEXT),
            (&incarnation, Type::TEXT),
            (&beat, Type::INT8),
            (&in_sync, Type::TEXT),
            (&position, Type::INT8),
            (&system, Type::TEXT),
            (&timeline, Type::INT8),
            (&beside.address, Type::TEXT),
            (&beside.apps, Type::TEXT),
            (&expected, Type::INT8),
        ];
        let sql = self.statement(expected == 0);
        within(client, self.rules, |client| Ok(client.execute_typed(&sql, &values)? == 1))
    }

    /// Only a row that never was written may be missing.
    fn statement(&self, may_be_missing: bool) -> String {
        let names = "version, epoch, holder, holder_incarnation, beat, in_sync_incarnation, \"position\", \
            written_system, written_timeline, holder_address, app_digest";
        let values = "$2, $3, $4, $5, $6, $7, $8, $9::text::numeric, $10, $11, $12";
        let here = format!("{} = $9::text::numeric and {TIMELINE} = $10", self.identity.system);
        if may_be_missing {
            format!(
                "insert into riddhi.node_group as g (group_id, {names}) select $1, {values} where {here} \
                 on conflict (group_id) do update set ({names}, changed_at) = ({values}, pg_catalog.clock_timestamp()) \
                 where g.version = $13"
            )
        } else {
            format!(
                "update riddhi.node_group g set ({names}, changed_at) = ({values}, pg_catalog.clock_timestamp()) \
                 where g.group_id = $1 and g.version = $13 and {here}"
            )
        }
    }

    /// The group's secret; the first one who asks draws it, so `draw` is one that nobody knows yet.
    pub fn secret(&self, client: &mut Client, draw: &str) -> Result<String, Error> {
        within(client, self.rules, |client| {
            let values: [(&(dyn ToSql + Sync), Type); 2] = [(&self.group, Type::TEXT), (&draw, Type::TEXT)];
            let insert =
                "insert into riddhi.group_secret (group_id, secret) values ($1, $2) on conflict (group_id) do nothing";
            client.execute_typed(insert, &values)?;
            let select = "select secret from riddhi.group_secret where group_id = $1";
            Ok(client.query_typed_one(select, &[(&self.group, Type::TEXT)])?.try_get(0)?)
        })
    }
}

fn hex(incarnation: Incarnation) -> String {
    format!("{:016x}", incarnation.0)
}

fn incarnation(text: &str) -> Result<Incarnation, Error> {
    let wrong = |_| Error::Value(format!("the group row names a process `{text}`"));
    u64::from_str_radix(text, 16).map(Incarnation).map_err(wrong)
}

fn read_row(row: &SqlRow) -> Result<Row, Error> {
    let number = |at: usize| -> Result<u64, Error> {
        let n = row.try_get::<_, i64>(at)?;
        u64::try_from(n).map_err(|_| Error::Value(format!("the group row has the number {n}")))
    };
    let text = |at: usize| row.try_get::<_, Option<String>>(at);
    let holder = match (text(4)?, text(5)?) {
        (Some(node), Some(run)) => Some(Holder { node: NodeId::from(node.as_str()), incarnation: incarnation(&run)? }),
        _ => None,
    };
    Ok(Row {
        version: number(2)?,
        epoch: number(3)?,
        holder,
        beat: number(6)?,
        in_sync: text(7)?.map(|run| incarnation(&run)).transpose()?,
        position: number(8)?,
        written_on: database(&row.try_get::<_, String>(9)?, row.try_get(10)?)?,
    })
}
