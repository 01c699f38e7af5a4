//! What comes from outside of the file, handed over as data so that a test can say what it is.

use std::collections::BTreeMap;

/// Environment variables, properties and the host's name.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// For `${env:NAME}` and for overrides such as `WSO2_CARBON__ID`.
    pub variables: BTreeMap<String, String>,
    /// For `${sys:name}` and `${carbon.home}`: what Java calls system properties.
    pub properties: BTreeMap<String, String>,
    /// The host's name, for a node that was not given one; may be empty.
    pub host: String,
}
