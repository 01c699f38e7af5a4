//! `jdbc:postgresql://host:port,host:port/database?name=value`, and `postgresql://user:password@...` as other tools write it.
//!
//! Only what can be known from the text; whether a host exists is for whoever connects. Parameters are those of the JDBC
//! driver. Each is taken, or named as without effect, refused, or unknown.

use riddhi_ql::suggest;

use crate::model::{Address, Secret};

/// Hosts of a URL at most.
const HOSTS_MAX: usize = 16;

/// Where a PostgreSQL is, and how to talk with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresUrl {
    /// In the order in which they are tried.
    pub hosts: Vec<Address>,
    /// The database; empty: that of the user's name.
    pub database: String,
    /// The user, if the URL names one.
    pub user: Option<String>,
    /// The password, if the URL has one.
    pub password: Option<Secret>,
    /// Whether to talk TLS.
    pub tls: SslMode,
    /// A file with the certificates of those who are trusted.
    pub root_certificate: Option<String>,
    /// Where the product's own tables are looked for; none: where the server looks.
    pub schema: Option<String>,
    /// Milliseconds to wait for a connection, if the URL says so.
    pub connect_timeout_ms: Option<u64>,
    /// Milliseconds without an answer after which a connection is given up, if the URL says so.
    pub socket_timeout_ms: Option<u64>,
    /// What the server calls the connection.
    pub application_name: Option<String>,
}

/// Whether to talk TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
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

/// What reading a URL came to.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    /// Parameters that have no effect here.
    pub unused: Vec<String>,
    /// Parameters that nobody knows, with the nearest known one.
    pub unknown: Vec<(String, Option<&'static str>)>,
}

/// What is wrong with a URL, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub message: String,
    pub help: String,
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> Wrong {
    Wrong { message: message.into(), help: help.into() }
}

const FORM: &str = "the form is jdbc:postgresql://host:5432/database?sslmode=require";

/// Parameters that are taken.
const TAKEN: &[&str] = &[
    "user",
    "password",
    "ssl",
    "sslmode",
    "sslrootcert",
    "currentSchema",
    "targetServerType",
    "connectTimeout",
    "loginTimeout",
    "socketTimeout",
    "ApplicationName",
    "tcpKeepAlive",
];

/// Parameters of the driver that do not matter for what Riddhi does.
const UNUSED: &[&str] = &[
    "prepareThreshold",
    "preparedStatementCacheQueries",
    "preparedStatementCacheSizeMiB",
    "binaryTransfer",
    "binaryTransferEnable",
    "binaryTransferDisable",
    "defaultRowFetchSize",
    "stringtype",
    "reWriteBatchedInserts",
    "autosave",
    "cleanupSavepoints",
    "loadBalanceHosts",
    "hostRecheckSeconds",
    "loggerLevel",
    "loggerFile",
    "logUnclosedConnections",
    "assumeMinServerVersion",
    "sendBufferSize",
    "receiveBufferSize",
    "databaseMetadataCacheFields",
    "databaseMetadataCacheFieldsMiB",
    "preferQueryMode",
    "cancelSignalTimeout",
    "unknownLength",
    "readOnly",
    "readOnlyMode",
    "disableColumnSanitiser",
    "charSet",
    "sslfactory",
    "sslfactoryarg",
    "sslhostnameverifier",
    "allowEncodingChanges",
    "logServerErrorDetail",
    "escapeSyntaxCallMode",
    "maxResultBuffer",
    "adaptiveFetch",
    "tcpNoDelay",
    "localSocketAddress",
];

/// Parameters that would change what happens, and cannot be had.
const REFUSED: &[(&str, &str)] = &[
    ("sslcert", "log in by password; certificates of clients are not supported"),
    ("sslkey", "log in by password; certificates of clients are not supported"),
    ("sslpassword", "log in by password; certificates of clients are not supported"),
    ("options", "settings of a session get lost behind a pooler; set them by ALTER ROLE or ALTER DATABASE"),
    ("gssEncMode", "GSS is not supported; log in by password"),
    ("kerberosServerName", "Kerberos is not supported; log in by password"),
    ("jaasApplicationName", "Kerberos is not supported; log in by password"),
    ("socketFactory", "a factory is a class of Java"),
];

/// The word after `jdbc:`, for databases of any kind.
pub(crate) fn kind_of(url: &str) -> &str {
    let rest = url.trim().strip_prefix("jdbc:").unwrap_or(url.trim());
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    match &rest[..end] {
        "postgres" => "postgresql",
        kind => kind,
    }
}

/// Reads a URL of PostgreSQL.
pub(crate) fn parse(url: &str, remarks: &mut Remarks) -> Result<PostgresUrl, Wrong> {
    let rest = url.trim();
    let rest = rest.strip_prefix("jdbc:").unwrap_or(rest);
    let rest = rest.strip_prefix("postgresql:").or_else(|| rest.strip_prefix("postgres:"));
    let rest = rest.ok_or_else(|| wrong("this is no URL of PostgreSQL", FORM))?;
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let mut read = PostgresUrl {
        hosts: Vec::new(),
        database: String::new(),
        user: None,
        password: None,
        tls: SslMode::Prefer,
        root_certificate: None,
        schema: None,
        connect_timeout_ms: None,
        socket_timeout_ms: None,
        application_name: None,
    };
    let (authority, database) = match place.strip_prefix("//") {
        Some(place) => place.split_once('/').unwrap_or((place, "")),
        None => ("", place.trim_start_matches('/')),
    };
    read.database = decoded(database.trim_end_matches('/'))?;
    let hosts = match authority.rsplit_once('@') {
        Some((login, hosts)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            read.user = Some(decoded(user)?).filter(|u| !u.is_empty());
            read.password = Some(decoded(password)?).filter(|p| !p.is_empty()).map(Secret);
            hosts
        }
        None => authority,
    };
    for host in hosts.split(',') {
        read.hosts.push(address(host)?);
        if read.hosts.len() > HOSTS_MAX {
            return Err(wrong(
                format!("the URL names more than {HOSTS_MAX} hosts"),
                "name those that may be the primary",
            ));
        }
    }
    for pair in parameters.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameter(&decoded(name)?, decoded(value)?, &mut read, remarks)?;
    }
    Ok(read)
}

/// `host`, `host:port`, `[::1]:port`, or nothing.
fn address(text: &str) -> Result<Address, Wrong> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let end = rest.find(']').ok_or_else(|| wrong("`[` of an address is not closed", "write [::1]:5432"))?;
            (&rest[..end], rest[end + 1..].strip_prefix(':').unwrap_or(""))
        }
        None => text.rsplit_once(':').unwrap_or((text, "")),
    };
    if (host.contains(':') && !text.starts_with('[')) || host.contains(char::is_whitespace) {
        return Err(wrong(format!("`{text}` is no host"), "an address of IPv6 stands in brackets: [::1]:5432"));
    }
    let port = match port {
        "" => 5432,
        digits => {
            digits.parse().ok().filter(|p| *p > 0).ok_or_else(|| wrong(format!("`{digits}` is no port"), FORM))?
        }
    };
    let host = if host.is_empty() { "localhost" } else { host };
    Ok(Address { host: host.to_owned(), port })
}

fn parameter(name: &str, value: String, read: &mut PostgresUrl, remarks: &mut Remarks) -> Result<(), Wrong> {
    match name {
        "user" => read.user = Some(value),
        "password" => read.password = Some(Secret(value)),
        // As in the driver: without a value, and for any value but false, it is what verify-full is.
        "ssl" if value == "false" => {}
        "ssl" => read.tls = SslMode::VerifyFull,
        "sslmode" => read.tls = ssl_mode(&value)?,
        "sslrootcert" => read.root_certificate = Some(value),
        "currentSchema" => read.schema = Some(value).filter(|v| !v.is_empty()),
        "targetServerType" => target(&value)?,
        "connectTimeout" | "loginTimeout" => {
            // Zero means for ever there; here a bound stays.
            let ms = seconds(name, &value)?;
            read.connect_timeout_ms = read.connect_timeout_ms.into_iter().chain(ms).min();
        }
        "socketTimeout" => read.socket_timeout_ms = seconds(name, &value)?,
        "ApplicationName" => read.application_name = Some(value),
        // Always on.
        "tcpKeepAlive" => {}
        _ if UNUSED.contains(&name) => remarks.unused.push(name.to_owned()),
        _ => {
            if let Some((_, help)) = REFUSED.iter().find(|r| r.0 == name) {
                return Err(wrong(format!("the parameter `{name}` is not supported"), *help));
            }
            let all = TAKEN.iter().chain(UNUSED).copied();
            remarks.unknown.push((name.to_owned(), suggest(name, all)));
        }
    }
    Ok(())
}

fn ssl_mode(value: &str) -> Result<SslMode, Wrong> {
    match value {
        "disable" => Ok(SslMode::Disable),
        "allow" | "prefer" => Ok(SslMode::Prefer),
        "require" => Ok(SslMode::Require),
        "verify-ca" => Ok(SslMode::VerifyCa),
        "verify-full" => Ok(SslMode::VerifyFull),
        _ => Err(wrong(
            format!("`{value}` is no sslmode"),
            "it is disable, allow, prefer, require, verify-ca or verify-full",
        )),
    }
}

/// Riddhi writes, so it needs the primary, whatever is asked for.
fn target(value: &str) -> Result<(), Wrong> {
    match value {
        "any" | "primary" | "master" | "preferPrimary" => Ok(()),
        "secondary" | "slave" | "preferSecondary" | "preferSlave" => Err(wrong(
            format!("targetServerType={value} asks for a server that only reads"),
            "Riddhi writes: targetServerType=primary",
        )),
        _ => Err(wrong(format!("`{value}` is no targetServerType"), "it is primary or any")),
    }
}

fn seconds(name: &str, value: &str) -> Result<Option<u64>, Wrong> {
    match value.parse::<u32>() {
        Ok(0) => Ok(None),
        Ok(n) => Ok(Some(u64::from(n) * 1000)),
        Err(_) => Err(wrong(format!("`{name}` is a number of seconds"), format!("for example {name}=10"))),
    }
}

/// A text in which `%41` stands for `A`.
fn decoded(text: &str) -> Result<String, Wrong> {
    let (bytes, mut out, mut i) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while i < bytes.len() {
        if bytes[i] != b'%' {
            out.push(bytes[i]);
            i += 1;
            continue;
        }
        let digits = bytes.get(i + 1..i + 3).and_then(|d| std::str::from_utf8(d).ok());
        let byte =
            digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u8::from_str_radix(d, 16).ok());
        out.push(byte.ok_or_else(|| wrong("a `%` without two digits after it", "a percent sign itself is %25"))?);
        i += 3;
    }
    String::from_utf8(out).map_err(|_| wrong("percent signs that stand for no text", "give the bytes of UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<PostgresUrl, Wrong> {
        parse(url, &mut Remarks::default())
    }

    #[test]
    fn hosts_and_databases() {
        for (url, hosts, database) in [
            ("jdbc:postgresql://db:5433/WSO2_CLUSTER_DB", "db:5433", "WSO2_CLUSTER_DB"),
            ("jdbc:postgresql://db1,db2:6000/x?targetServerType=primary", "db1:5432 db2:6000", "x"),
            ("jdbc:postgresql://[::1]:5433/x", "::1:5433", "x"),
            ("jdbc:postgresql:x", "localhost:5432", "x"),
            ("jdbc:postgresql:/", "localhost:5432", ""),
            ("jdbc:postgresql://db/", "db:5432", ""),
            ("postgres://u:p%40q@db/my%20db", "db:5432", "my db"),
        ] {
            let read = read(url).unwrap_or_else(|e| panic!("{url}: {e:?}"));
            let told: Vec<String> = read.hosts.iter().map(|h| format!("{}:{}", h.host, h.port)).collect();
            assert_eq!((told.join(" ").as_str(), read.database.as_str()), (hosts, database), "{url}");
        }
        let with_login = read("postgresql://u:p%40q@db/x").expect("it is a URL");
        assert_eq!((with_login.user.as_deref(), with_login.password), (Some("u"), Some(Secret("p@q".into()))));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (url, message) in [
            ("jdbc:mysql://db/x", "this is no URL of PostgreSQL"),
            ("jdbc:postgresql://db:99999/x", "`99999` is no port"),
            ("jdbc:postgresql://db:0/x", "`0` is no port"),
            ("jdbc:postgresql://[::1/x", "`[` of an address is not closed"),
            ("jdbc:postgresql://::1/x", "`::1` is no host"),
            ("jdbc:postgresql://db/x?sslmode=on", "`on` is no sslmode"),
            (
                "jdbc:postgresql://db/x?targetServerType=slave",
                "targetServerType=slave asks for a server that only reads",
            ),
            ("jdbc:postgresql://db/x?connectTimeout=10s", "`connectTimeout` is a number of seconds"),
            ("jdbc:postgresql://db/x?options=-c%20a%3Db", "the parameter `options` is not supported"),
            ("jdbc:postgresql://db/%4", "a `%` without two digits after it"),
            ("jdbc:postgresql://db/%+1", "a `%` without two digits after it"),
            ("jdbc:postgresql://db/%ff", "percent signs that stand for no text"),
        ] {
            assert_eq!(read(url).expect_err(url).message, message, "{url}");
        }
    }

    #[test]
    fn parameters() {
        let mut remarks = Remarks::default();
        let url = "jdbc:postgresql://db/x?currentSchema=wso2&sslmode=require&connectTimeout=5&loginTimeout=3&prepareThreshold=0&sslmod=x&zzz";
        let read = parse(url, &mut remarks).expect("it is a URL");
        assert_eq!(
            (read.schema.as_deref(), read.tls, read.connect_timeout_ms),
            (Some("wso2"), SslMode::Require, Some(3000))
        );
        assert_eq!(remarks.unused, ["prepareThreshold"]);
        assert_eq!(remarks.unknown, [("sslmod".to_owned(), Some("sslmode")), ("zzz".to_owned(), None)]);
    }
}
