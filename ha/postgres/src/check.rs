//! What a database is, what the user may do in it, and who else lives there.

use std::time::Duration;

use postgres::Client;
use postgres::types::{ToSql, Type};

use crate::error::{Error, quoted};
use crate::link::Link;
use crate::migrate::SCHEMA;
use crate::options::Options;

/// What kind of server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As 150004 for 15.4.
    pub version: u32,
    /// Whether it only reads, as it follows another one.
    pub standby: bool,
    /// Milliseconds since 1970 by its clock.
    pub clock_ms: i64,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

/// Asks the server what it is.
pub fn server(client: &mut Client) -> Result<Server, Error> {
    let sql = "select pg_catalog.current_setting('server_version_num')::int8, pg_catalog.pg_is_in_recovery(), \
        (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8, \
        coalesce((select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()), false)";
    let row = client.query_typed_one(sql, &[])?;
    Ok(Server {
        version: u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0),
        standby: row.try_get(1)?,
        clock_ms: row.try_get(2)?,
        encrypted: row.try_get(3)?,
    })
}

/// What the user may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// Whether the schema is there.
    pub schema: bool,
    /// Whether schemas may be made.
    pub create_in_database: bool,
    /// Whether the schema may be used.
    pub usage: bool,
    /// Whether tables may be made in it.
    pub create_in_schema: bool,
    /// Tables of it that may not be read and written.
    pub closed: Vec<String>,
}

impl Privileges {
    /// What is missing to work with the tables, with the statement that gives it.
    pub(crate) fn missing_on_tables(&self) -> Option<Error> {
        if self.closed.is_empty() {
            return None;
        }
        let message = format!("user {} may not read and write {}", self.user, self.closed.join(", "));
        let user = quoted(&self.user);
        let grant = format!("grant select, insert, update, delete on all tables in schema {SCHEMA} to {user};");
        Some(Error::Privilege { message, grant })
    }
}

/// Asks what the user may do.
pub fn privileges(client: &mut Client) -> Result<Privileges, Error> {
    let sql = "select current_user::text, pg_catalog.current_database()::text, s.oid is not null, \
        pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'), \
        coalesce(pg_catalog.has_schema_privilege(s.oid, 'usage'), false), \
        coalesce(pg_catalog.has_schema_privilege(s.oid, 'create'), false), \
        array(select c.relname::text from pg_catalog.pg_class c where c.relnamespace = s.oid and c.relkind = 'r' \
            and not (pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_table_privilege(c.oid, 'insert') \
            and pg_catalog.has_table_privilege(c.oid, 'update') and pg_catalog.has_table_privilege(c.oid, 'delete')) order by 1) \
        from (select 1) one left join pg_catalog.pg_namespace s on s.nspname = 'riddhi'";
    let row = client.query_typed_one(sql, &[])?;
    Ok(Privileges {
        user: row.try_get(0)?,
        database: row.try_get(1)?,
        schema: row.try_get(2)?,
        create_in_database: row.try_get(3)?,
        usage: row.try_get(4)?,
        create_in_schema: row.try_get(5)?,
        closed: row.try_get(6)?,
    })
}

/// Whether something stands between this program and the server that hands connections from one to the other. A server takes a
/// setting of a client's own at the start of a connection and remembers it; poolers refuse it or leave it out. Says what happened.
pub fn pooler(options: &Options, within: Duration) -> Result<Option<String>, Error> {
    let mut link = match Link::open_with(options, Some("-c riddhi.direct=yes"), within) {
        Ok(link) => link,
        // The same without the setting went well just before, or the caller would not ask.
        Err(Error::Unreachable(words) | Error::Other(words)) => return Ok(Some(words)),
        Err(e) => return Err(e),
    };
    let kept = link.call(within, |client| {
        let sql = "select pg_catalog.current_setting('riddhi.direct', true)";
        Ok(client.query_typed_one(sql, &[])?.try_get::<_, Option<String>>(0)?)
    })?;
    Ok((kept.as_deref() != Some("yes")).then(|| "it forgets settings of the connection".to_owned()))
}

/// A node of WSO2 SP that holds the leader's row of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldPair {
    /// The group.
    pub group: String,
    /// The node.
    pub node: String,
    /// Milliseconds since its last sign of life, by that node's clock and the database's.
    pub age_ms: i64,
}

/// The nodes of WSO2 SP that lead a group in this database, whichever schema their table is in that the user may read.
pub fn old_pair(client: &mut Client, schema: Option<&str>) -> Result<Vec<OldPair>, Error> {
    let find = "select n.nspname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
        where c.relname = 'leader_status_table' and c.relkind = 'r' and ($1::text is null or n.nspname = $1) \
        and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') limit 20";
    let mut pairs = Vec::new();
    for found in client.query_typed(find, &[(&schema as &(dyn ToSql + Sync), Type::TEXT)])? {
        let schema = quoted(&found.try_get::<_, String>(0)?);
        let sql = format!(
            "select group_id::text, node_id::text, (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::int8 - last_heartbeat::int8 \
             from {schema}.leader_status_table limit 100"
        );
        for row in client.query_typed(&sql, &[])? {
            pairs.push(OldPair { group: row.try_get(0)?, node: row.try_get(1)?, age_ms: row.try_get(2)? });
        }
    }
    Ok(pairs)
}

/// The groups other than `group` whose row was written within `fresh_ms`, with the node that holds each.
pub fn other_groups(client: &mut Client, group: &str, fresh_ms: i64) -> Result<Vec<(String, String)>, Error> {
    let sql = "select group_id, coalesce(holder, '') from riddhi.node_group where group_id <> $1 \
        and changed_at > pg_catalog.clock_timestamp() - $2 * interval '1 millisecond' order by 1 limit 20";
    let rows = client.query_typed(sql, &[(&group, Type::TEXT), (&fresh_ms, Type::INT8)])?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
