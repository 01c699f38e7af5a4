//! `${env:NAME,default}`, `${sys:name,default}` and `${carbon.home}` in the values of a file.
//!
//! The product fills in the text before it reads YAML. Here each value is filled in after it is read, so that a password with
//! a `#` or a `:` in it stays what it is, and one in a comment, or in a key that has no effect here, is not looked up. A
//! `${name}` of another kind is left alone: apps fill in their own.

use riddhi_ql::{Diagnostic, Span};

use crate::code;
use crate::environment::Environment;

/// Where the product is installed. Its start script sets it; here it may be missing, and stays a placeholder then.
pub(crate) const CARBON_HOME: &str = "carbon.home";

/// Bytes of a value at most once it is filled in.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// A value with its placeholders filled in.
pub(crate) fn filled(text: &str, environment: &Environment, span: Span) -> Result<String, Box<Diagnostic>> {
    let (mut new, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("${") {
        new.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            let told = Diagnostic::error(code::PLACEHOLDER, "`${` is not closed", span).help("close it with `}`");
            return Err(Box::new(told));
        };
        let inner = &rest[at + 2..at + end];
        new.push_str(&value_of(inner, environment, span)?);
        if new.len() > VALUE_BYTES_MAX {
            let told =
                Diagnostic::error(code::LIMIT, format!("filled in, the value has over {VALUE_BYTES_MAX} bytes"), span)
                    .help("shorten what the placeholders stand for");
            return Err(Box::new(told));
        }
        rest = &rest[at + end + 1..];
    }
    new.push_str(rest);
    Ok(new)
}

/// What stands for a placeholder, given without its braces.
fn value_of(inner: &str, environment: &Environment, span: Span) -> Result<String, Box<Diagnostic>> {
    let Some((kind, rest)) = inner.split_once(':') else {
        return Ok(environment.properties.get(inner).cloned().unwrap_or_else(|| format!("${{{inner}}}")));
    };
    let (name, default) = match rest.split_once(',') {
        Some((name, default)) => (name.trim(), Some(default)),
        None => (rest.trim(), None),
    };
    let (values, what, help) = match kind.trim() {
        "env" => (&environment.variables, "environment variable", format!("set it: export {name}=...")),
        "sys" => (&environment.properties, "property", format!("set it on the command line: -D {name}=...")),
        "sec" => {
            let told = Diagnostic::error(
                code::VAULT,
                format!("`${{sec:{name}}}` is a secret of Secure Vault, which Riddhi does not read"),
                span,
            )
            .help("give the value by `${env:NAME}` and put it into the environment of the service");
            return Err(Box::new(told));
        }
        _ => {
            let told = Diagnostic::error(code::PLACEHOLDER, format!("there is no placeholder of kind `{kind}`"), span)
                .help("`${env:NAME,default}` is an environment variable, `${sys:name,default}` a property");
            return Err(Box::new(told));
        }
    };
    match (values.get(name), default) {
        (Some(value), _) => Ok(value.clone()),
        (None, None) if kind.trim() == "sys" && name == CARBON_HOME => Ok(format!("${{{CARBON_HOME}}}")),
        (None, None) if kind.trim() == "sys" && name == "wso2.runtime" => Ok("worker".to_owned()),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            let told = Diagnostic::error(code::NOT_SET, format!("the {what} `{name}` is not set"), span)
                .help(format!("{help}, or give a default: ${{{kind}:{name},value}}"));
            Err(Box::new(told))
        }
    }
}
