//! Transactions that do not depend on what the database, the role or a pooler have set.

use std::time::Duration;

use postgres::Client;

use crate::error::Error;

/// How a transaction behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// For one statement.
    pub statement: Duration,
    /// For a lock that somebody else holds.
    pub lock: Duration,
}

/// Runs `body` within a transaction: READ COMMITTED, writing, waiting for the disk at its end. An error takes all back.
pub(crate) fn within<R>(
    client: &mut Client,
    rules: Rules,
    body: impl FnOnce(&mut Client) -> Result<R, Error>,
) -> Result<R, Error> {
    let (statement, lock) = (rules.statement.as_millis(), rules.lock.as_millis());
    // One message, so one answer to wait for. A client that is frozen in the middle must not hold locks for ever.
    client.batch_execute(&format!(
        "begin isolation level read committed read write; \
         set local statement_timeout = {statement}; set local lock_timeout = {lock}; \
         set local idle_in_transaction_session_timeout = {}; \
         set local synchronous_commit = on; set local search_path = pg_catalog; \
         set local default_transaction_read_only = off; set local client_min_messages = warning; \
         set local datestyle = 'ISO'; set local bytea_output = hex",
        statement.max(1000) * 2
    ))?;
    match body(client) {
        Ok(done) => {
            // A commit that the statement's time ends while it waits for a synchronous standby counts as done, with a warning
            // nobody reads. So its time is that of the caller.
            client.batch_execute("set local statement_timeout = 0; commit")?;
            Ok(done)
        }
        Err(e) => {
            if !client.is_closed() {
                let _ = client.batch_execute("rollback");
            }
            Err(e)
        }
    }
}
