//! What the tests share.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::time::Duration;

use riddhi_postgres::{Link, Options, migrate};
use riddhi_test_postgres::Server;

/// Longer than anything takes on a busy machine; nothing waits for it to pass.
pub const LONG: Duration = Duration::from_secs(60);

/// A role that may log in and own databases.
pub const USER: (&str, &str) = ("riddhi", "a word");

/// As an ordinary role.
pub fn options(server: &Server, database: &str) -> Options {
    Options::new(vec![("127.0.0.1".to_owned(), server.port())], database, USER.0, USER.1)
}

pub fn role(server: &Server) {
    server.psql("postgres", &format!("create role {} login password '{}'", USER.0, USER.1));
}

/// A database of the role's own.
pub fn database(server: &Server, name: &str) -> Options {
    server.psql("postgres", &format!("create database {name} owner {} template template0", USER.0));
    options(server, name)
}

/// Connected, tables made.
pub fn migrated(options: &Options) -> Link {
    let mut link = Link::open(options, LONG).expect("the server answers");
    link.call(LONG, |client| migrate(client, LONG)).expect("the tables can be made");
    link
}
