//! URLs of sources and sinks, and the hosts and ports in them.

use std::net::{SocketAddr, ToSocketAddrs};

/// `http://host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether it says `https`.
    pub tls: bool,
    /// Host and port, as in a `host` header.
    pub authority: String,
    /// Its host, without the brackets of an IPv6 address.
    pub host: String,
    /// Its port, or that of the scheme.
    pub port: u16,
    /// The path and what follows it, at least `/`.
    pub path: String,
}

impl Url {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Url, String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| format!("'{text}' is no URL"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(format!("the scheme '{other}' is neither http nor https")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let name_end = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority[name_end..].rfind(':') {
            Some(at) => {
                let port = &authority[name_end + at + 1..];
                (&authority[..name_end + at], port.parse().map_err(|_| format!("'{port}' is no port"))?)
            }
            None => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains('@') {
            return Err(format!("'{text}' has no plain host"));
        }
        if text.contains(|c: char| c.is_control() || c == ' ' || c == '#') {
            return Err(format!("'{text}' has a character that no URL has"));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { tls, authority: authority.to_owned(), host: host.to_owned(), port, path })
    }

    /// Its first address.
    pub fn address(&self) -> Result<SocketAddr, String> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let mut found = found.map_err(|e| format!("cannot find the host {}: {e}", self.host))?;
        found.next().ok_or_else(|| format!("the host {} has no address", self.host))
    }
}

/// Whether these are a host and a port.
pub(crate) fn is_host_and_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse());
    matches!(port, Some(Ok(1..=u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = |text: &str| {
            Url::parse(text).map(|u| format!("{} {} {} {} {}", u.tls, u.authority, u.host, u.port, u.path))
        };
        for (text, expected) in [
            ("http://0.0.0.0:8006/a/b", "false 0.0.0.0:8006 0.0.0.0 8006 /a/b"),
            ("HTTPS://h", "true h h 443 /"),
            ("http://h?x=/y", "false h h 80 /?x=/y"),
            ("http://[::1]:5/a", "false [::1]:5 ::1 5 /a"),
            ("http://[::1]", "false [::1] ::1 80 /"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in [
            "",
            "h:1/a",
            "ftp://h/a",
            "http://",
            "http://:80/",
            "http://h:x/",
            "http://h:99999/",
            "http://u@h/",
            "http://h/a b",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
