//! Patterns of user agents, as apps are told them (`env:getUserAgentProperty`).

use std::fs;
use std::io;
use std::sync::OnceLock;

use riddhi_config::{PATTERNS_BYTES_MAX, Pattern, UserAgents};
use serde_json::json;

use crate::exit::{Exit, Failure};

/// Those of the file that was named.
static NAMED: OnceLock<UserAgents> = OnceLock::new();

/// Reads the file that is named, unless one was already.
pub fn read_once(path: &str) -> Result<(), Failure> {
    if NAMED.get().is_some() {
        return Ok(());
    }
    const WHAT: &str = "cannot read the user agents";
    let failed = |e: &io::Error| Failure::file(WHAT, path, e);
    let size = fs::metadata(path).map_err(|e| failed(&e))?.len();
    let read = if size > PATTERNS_BYTES_MAX as u64 {
        Err(format!("it has {size} bytes; at most {PATTERNS_BYTES_MAX} are read"))
    } else {
        UserAgents::read(&fs::read(path).map_err(|e| failed(&e))?)
    };
    let read = read.map_err(|why| {
        let help = "a `regexes.yaml` as the project uap-core keeps it is needed";
        Failure::new(Exit::Usage, format!("{WHAT} {path}: {why}")).help(help)
    })?;
    NAMED.get_or_init(|| read);
    Ok(())
}

/// What an app is told of a property: its patterns as JSON, if there are any.
pub fn told(property: &str) -> Option<String> {
    let all = NAMED.get()?;
    let patterns = match property {
        "browser" => &all.browsers,
        "os" => &all.systems,
        "device" => &all.devices,
        _ => return None,
    };
    let told = |p: &Pattern| json!([p.regex, p.replacement, p.ignores_case]);
    Some(serde_json::Value::Array(patterns.iter().map(told).collect()).to_string())
}
