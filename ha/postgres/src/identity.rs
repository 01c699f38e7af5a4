//! Which history of which database answers: a promoted standby, or a database put back from a backup, is another one.
//!
//! The timeline is that of the place where the server writes now; what the control file says of it lags behind a promotion until
//! the next checkpoint. Where a host does not let the user ask for the system's identifier, the number that the migration drew for
//! the tables stands for it; like the identifier it is the same on the standbys.

use postgres::Client;
use riddhi_role::Database;

use crate::error::Error;

/// As expressions of SQL, to be asked in the same statement as the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub system: &'static str,
    /// Of the database on which the tables were made; `i` is their row of `riddhi.instance`, `here` this database.
    pub made: &'static str,
}

/// The first eight digits of a file of the log are the timeline's number.
pub(crate) const TIMELINE: &str =
    "('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint";

const CONTROL: &str = "(select system_identifier::numeric from pg_catalog.pg_control_system())";
const DRAWN: &str = "(select number from riddhi.instance)";

impl Identity {
    /// How this user may ask.
    pub fn find(client: &mut Client) -> Result<Identity, Error> {
        let asked = "select pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')";
        let allowed = client.query_typed_one(asked, &[])?.try_get::<_, bool>(0)?;
        Ok(match allowed {
            true => Identity { system: CONTROL, made: "coalesce(i.made_system, here.system)" },
            // The number is in the tables: it is theirs wherever they are.
            false => Identity { system: DRAWN, made: "here.system" },
        })
    }
}

/// A database out of the text of its number and its timeline.
pub(crate) fn database(system: &str, timeline: i64) -> Result<Database, Error> {
    let wrong = || Error::Value(format!("the database calls itself system {system}, timeline {timeline}"));
    // The identifier is shown as a signed number where its highest bit is set.
    let system = system.parse::<u64>().or_else(|_| system.parse::<i64>().map(|n| n as u64)).map_err(|_| wrong())?;
    Ok(Database { system, timeline: u32::try_from(timeline).map_err(|_| wrong())? })
}
