//! The tables: made, made twice, made at once, held against a written list; and what is said where they cannot be made.

mod common;

use std::thread;

use common::{LONG, USER, database, migrated, options, role};
use riddhi_postgres::{Error, LATEST, Link, Options, migrate, privileges, version};
use riddhi_test_postgres::Server;

fn call<R: Send + 'static>(
    options: &Options,
    job: impl FnOnce(&mut riddhi_postgres::Client) -> Result<R, Error> + Send + 'static,
) -> Result<R, Error> {
    Link::open(options, LONG).expect("the server answers").call(LONG, job)
}

fn told(error: Error) -> String {
    format!("{error}\n{}", error.help().unwrap_or_default())
}

#[test]
fn tables() {
    let Some(server) = Server::start() else { return };
    role(&server);
    once_twice_and_at_once(&server);
    steps_apply_twice(&server);
    the_schema_is_as_written(&server);
    newer_and_older(&server);
    missing_privileges(&server);
    wherever_defaults_point(&server);
    bootstrap(&server);
}

fn once_twice_and_at_once(server: &Server) {
    let options = database(server, "fresh");
    assert_eq!(call(&options, version).unwrap(), 0);
    let both = [0, 1].map(|_| {
        let options = options.clone();
        thread::spawn(move || call(&options, |client| migrate(client, LONG)).unwrap().applied.len())
    });
    let applied: usize = both.into_iter().map(|t| t.join().unwrap()).sum();
    assert_eq!(applied, LATEST as usize, "each step once, whoever comes first");
    let again = call(&options, |client| migrate(client, LONG)).unwrap();
    assert_eq!((again.from, again.to, again.applied.len()), (LATEST, LATEST, 0));
    assert_eq!(call(&options, version).unwrap(), LATEST);
}

/// A step that was applied and not noted must not be in the way.
fn steps_apply_twice(server: &Server) {
    let options = database(server, "twice");
    migrated(&options);
    server
        .psql("twice", "insert into riddhi.node_group (group_id, epoch) values ('g', 7); delete from riddhi.migration");
    assert_eq!(call(&options, |client| migrate(client, LONG)).unwrap().applied.len(), LATEST as usize);
    assert_eq!(server.psql("twice", "select epoch from riddhi.node_group"), "7");
    assert_eq!(server.psql("twice", "select count(*) from riddhi.instance"), "1");
}

fn the_schema_is_as_written(server: &Server) {
    let columns = server.psql(
        "fresh",
        "select table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end \
         || case is_identity when 'YES' then ' identity' else '' end || coalesce(' default ' || column_default, '') \
         from information_schema.columns where table_schema = 'riddhi' order by table_name, ordinal_position",
    );
    let indexes = server.psql("fresh", "select indexdef from pg_indexes where schemaname = 'riddhi' order by 1");
    let storage =
        "select attstorage from pg_attribute where attrelid = 'riddhi.snapshot_chunk'::regclass and attname = 'data'";
    assert_eq!(server.psql("fresh", storage), "e");
    insta::assert_snapshot!(format!("{columns}\n\n{indexes}"));
}

fn newer_and_older(server: &Server) {
    let options = database(server, "newer");
    migrated(&options);
    server.psql("newer", "insert into riddhi.migration (number, name) values (99, 'of the future')");
    let error = call(&options, |client| migrate(client, LONG)).unwrap_err();
    assert!(matches!(error, Error::TooNew { found: 99, .. }), "{error}");
    let bare = database(server, "bare");
    let error = call(&bare, |client| Ok(client.query_typed("select * from riddhi.node_group", &[])?)).unwrap_err();
    assert!(matches!(error, Error::TooOld { .. }), "{error}");
}

fn missing_privileges(server: &Server) {
    server.psql("postgres", "create database others");
    let options = options(server, "others");
    let error = call(&options, |client| migrate(client, LONG)).unwrap_err();
    let text = told(error);
    assert!(text.contains("grant create on database \"others\" to \"riddhi\";"), "{text}");

    server.psql("others", "create schema riddhi");
    let text = told(call(&options, |client| migrate(client, LONG)).unwrap_err());
    assert!(text.contains("grant usage, create on schema riddhi to \"riddhi\";"), "{text}");
    let text = told(call(&options, version).unwrap_err());
    assert!(text.contains("grant usage on schema riddhi to \"riddhi\";"), "{text}");

    // The statement that is told is the one that helps.
    server.psql("others", "grant usage, create on schema riddhi to \"riddhi\"");
    call(&options, |client| migrate(client, LONG)).unwrap();

    server.psql(
        "others",
        &format!("create role reader login password '{}'; grant usage on schema riddhi to reader", USER.1),
    );
    let reader = Options { user: "reader".to_owned(), ..options.clone() };
    let text = told(call(&reader, version).unwrap_err());
    assert!(text.contains("on all tables in schema riddhi to \"reader\";"), "{text}");
    server.psql("others", "grant select, insert, update, delete on all tables in schema riddhi to reader");
    assert_eq!(call(&reader, version).unwrap(), LATEST);
    assert!(call(&reader, privileges).unwrap().closed.is_empty());
}

/// Settings of database and role change nothing.
fn wherever_defaults_point(server: &Server) {
    let options = database(server, "odd");
    for setting in [
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "search_path = ''",
        "synchronous_commit = off",
        "datestyle = 'German'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
    ] {
        server.psql("postgres", &format!("alter database odd set {setting}"));
    }
    assert_eq!(call(&options, |client| migrate(client, LONG)).unwrap().to, LATEST);
}

fn bootstrap(server: &Server) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/bootstrap.sql");
    let text = std::fs::read_to_string(script).expect("the script is there");
    let file = server.data().join("bootstrap.sql");
    std::fs::write(&file, text).expect("the folder can be written");
    let file = file.to_str().expect("a plain path");
    for args in [&["-v", "role=feeder", "-v", "database=one"][..], &["-v", "role=feeder", "-v", "old=1"]] {
        for _ in 0..2 {
            let args = [&["-v", "password=it's a \"word\"", "-f", file], args].concat();
            server.psql_with("postgres", &args);
        }
    }
    for name in
        ["one", "WSO2_CLUSTER_DB", "PERSISTENCE_DB", "WSO2_METRICS_DB", "WSO2_STATUS_DASHBOARD_DB", "DASHBOARD_DB"]
    {
        let feeder =
            Options { user: "feeder".to_owned(), password: "it's a \"word\"".to_owned(), ..options(server, name) };
        assert_eq!(call(&feeder, |client| migrate(client, LONG)).unwrap().to, LATEST, "{name}");
    }
}
