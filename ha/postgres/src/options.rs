//! Where the database is, and how long to wait for it.

use std::fmt;
use std::time::Duration;

/// Where the database is, who logs in, and how long to wait.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// Hosts and ports, tried in this order; the first one that writes is taken.
    pub hosts: Vec<(String, u16)>,
    /// The database; empty: that of the user's name.
    pub database: String,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: String,
    /// Whether to talk TLS.
    pub tls: TlsMode,
    /// Certificates of those who are trusted, in PEM.
    pub roots: Option<Vec<u8>>,
    /// For one address to be connected to and logged in at.
    pub connect_timeout: Duration,
    /// For one statement, said to the server.
    pub statement_timeout: Duration,
    /// For the peer's system to confirm what was sent, and of silence before it is asked whether it is still there.
    pub tcp_timeout: Duration,
    /// What the server calls the connection.
    pub application_name: String,
}

impl Options {
    /// With the usual patience.
    pub fn new(hosts: Vec<(String, u16)>, database: &str, user: &str, password: &str) -> Options {
        Options {
            hosts,
            database: database.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            tls: TlsMode::Prefer,
            roots: None,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            tcp_timeout: Duration::from_secs(10),
            application_name: "riddhi".to_owned(),
        }
    }

    /// For one host.
    pub(crate) fn config(&self, host: &(String, u16)) -> postgres::Config {
        let mut config = postgres::Config::new();
        config
            .host(&host.0)
            .port(host.1)
            .user(&self.user)
            .password(&self.password)
            .application_name(&self.application_name)
            .connect_timeout(self.connect_timeout)
            .tcp_user_timeout(self.tcp_timeout)
            .keepalives(true)
            .keepalives_idle(self.tcp_timeout / 2)
            .keepalives_interval((self.tcp_timeout / 6).max(Duration::from_secs(1)))
            .keepalives_retries(3)
            .ssl_mode(self.tls.of_driver());
        if !self.database.is_empty() {
            config.dbname(&self.database);
        }
        config
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Options");
        told.field("hosts", &self.hosts).field("database", &self.database).field("user", &self.user);
        told.field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// Whether to talk TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server does.
    Prefer,
    /// Always; anybody's certificate will do.
    Require,
    /// With a certificate from somebody trusted.
    VerifyCa,
    /// And for this host.
    VerifyFull,
}

impl TlsMode {
    fn of_driver(self) -> postgres::config::SslMode {
        match self {
            TlsMode::Disable => postgres::config::SslMode::Disable,
            TlsMode::Prefer => postgres::config::SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => postgres::config::SslMode::Require,
        }
    }
}
