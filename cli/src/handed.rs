//! What the configuration hands to apps: settings and user agents for functions of `env`, and options for `ref`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use riddhi_config::{Extension, Siddhi};
use riddhi_plan::registry::Reference;

use crate::config::{ConfigFile, FileArgs};
use crate::exit::Failure;
use crate::user_agents;

/// Of `env:getYAMLProperty`.
static SETTINGS: OnceLock<Vec<(String, String)>> = OnceLock::new();

static REFERENCES: OnceLock<Arc<BTreeMap<String, Reference>>> = OnceLock::new();

/// Which setting of `env:getUserAgentProperty` names the file of patterns.
const REGEX_FILE: &str = "regexFilePath";

/// Settings of `http` that are looked at elsewhere.
const OF_HTTP: [&str; 5] =
    ["keyStoreLocation", "keyStorePassword", "keyPassword", "trustStoreLocation", "trustStorePassword"];

/// Reads a configuration for what it hands to apps.
pub fn read(path: &str, properties: &[(String, String)]) -> Result<(), Failure> {
    let file = FileArgs { path: path.to_owned(), properties: properties.to_vec() };
    set(&ConfigFile::open(&file)?.into_config()?.siddhi)
}

/// Says once, before an app is compiled, what it is handed. Fails if a file that is named cannot be read.
pub fn set(siddhi: &Siddhi) -> Result<(), Failure> {
    let handed = siddhi.extensions.iter().filter(|e| is_env(e, "getYAMLProperty"));
    SETTINGS.get_or_init(|| handed.flat_map(|e| e.properties.clone()).collect());
    let references = siddhi.refs.iter().map(|reference| {
        let options = reference.properties.clone();
        (reference.name.clone(), Reference { ty: reference.kind.clone(), options })
    });
    REFERENCES.get_or_init(|| Arc::new(references.collect()));
    let patterns = siddhi.extensions.iter().filter(|e| is_env(e, "getUserAgentProperty"));
    let path = patterns.flat_map(|e| &e.properties).find(|(name, _)| name == REGEX_FILE);
    path.map_or(Ok(()), |(_, path)| user_agents::read_once(path))
}

/// What `env:getYAMLProperty` gives.
pub fn settings() -> &'static [(String, String)] {
    SETTINGS.get().map_or(&[], Vec::as_slice)
}

/// What `ref` stands for, by name.
pub fn references() -> Arc<BTreeMap<String, Reference>> {
    REFERENCES.get().cloned().unwrap_or_default()
}

/// Whether there are settings that nothing looks at.
pub fn leaves_out(siddhi: &Siddhi) -> bool {
    let other = |e: &Extension| {
        let taken: &[&str] = match () {
            () if is_env(e, "getYAMLProperty") => return false,
            () if is_env(e, "getUserAgentProperty") => &[REGEX_FILE],
            () if e.name == "http" => &OF_HTTP,
            () => return true,
        };
        e.properties.iter().any(|(name, _)| !taken.contains(&&name[..]))
    };
    siddhi.extensions.iter().any(other) || !siddhi.properties.is_empty()
}

fn is_env(extension: &Extension, name: &str) -> bool {
    extension.namespace == "env" && extension.name == name
}
