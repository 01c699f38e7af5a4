//! OpenSSL as a client, which still knows the suite of old agents; for the tests of all crates whose ports may serve it.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

/// Connects by that suite alone, with one more option, and says this. None where there is no openssl, which is told.
pub fn by_the_old_suite(at: SocketAddr, option: &str, said: &str) -> Option<Output> {
    let client = Command::new("openssl")
        .args(["s_client", option, "-tls1_2", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0", "-connect"])
        .arg(at.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut client) = client else {
        eprintln!("not run: there is no openssl");
        return None;
    };
    // Where it is refused it may have ended by now.
    let _ = client.stdin.take().expect("a pipe").write_all(said.as_bytes());
    Some(client.wait_with_output().expect("its output"))
}
