//! `env:getUserAgentProperty(text, 'browser' | 'os' | 'device')`: the family that a user agent is of, by the patterns that the host
//! tells: those of `regexes.yaml`, as the project uap-core keeps it. The first that is found in the text counts; without one it is
//! `Other`.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use riddhi_batch::{Type, Value};
use riddhi_plan::registry::{ArgError, ArgType, BoundScalar, Host, HostValue, Registry, ScalarFunction};
use ua_parser::{device, os, user_agent};

use super::super::rowwise::{Out, Row, of_row};
use super::json::parsed;
use super::signature::{STRING, Types, check};

const NAME: &str = "env:getUserAgentProperty";
const ARGUMENTS: &[&[Types]] = &[&[STRING, STRING]];
/// What a text is of that no pattern is found in.
const OTHER: &str = "Other";

pub(super) fn register(registry: &mut Registry) {
    registry.scalar("env", "getUserAgentProperty", Arc::new(UserAgentProperty));
}

struct UserAgentProperty;

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Property {
    Browser,
    Os,
    Device,
}

impl Property {
    const ALL: [Property; 3] = [Property::Browser, Property::Os, Property::Device];

    fn name(self) -> &'static str {
        match self {
            Property::Browser => "browser",
            Property::Os => "os",
            Property::Device => "device",
        }
    }
}

/// A pattern, as the host tells it.
struct Pattern {
    regex: String,
    replacement: Option<String>,
    ignores_case: bool,
}

/// All patterns of a property.
enum Families {
    Browser(user_agent::Extractor<'static>),
    Os(os::Extractor<'static>),
    Device(device::Extractor<'static>),
}

impl Families {
    fn of<'a>(&'a self, text: &'a str) -> Option<Cow<'a, str>> {
        match self {
            Families::Browser(all) => all.extract(text).map(|found| found.family),
            Families::Os(all) => all.extract(text).map(|found| found.os),
            Families::Device(all) => all.extract(text).map(|found| found.device),
        }
    }
}

impl ScalarFunction for UserAgentProperty {
    /// Without a host no text is of any family.
    fn bind(&self, args: &[ArgType]) -> Result<BoundScalar, ArgError> {
        check(args, ARGUMENTS)?;
        Ok(of_row(NAME, Type::String, |_: &Row<'_>, _: &mut String| Ok(Out::Null)))
    }

    fn bind_in(&self, args: &[ArgType], registry: &Registry) -> Result<BoundScalar, ArgError> {
        bind(args, registry.host())
    }
}

fn bind(args: &[ArgType], host: &Host) -> Result<BoundScalar, ArgError> {
    check(args, ARGUMENTS)?;
    let named = args[1].constant.as_ref();
    let asked = Property::ALL.into_iter().filter(|property| match named {
        Some(Value::Str(name)) => **name == *property.name(),
        Some(_) => false,
        None => true,
    });
    let families: Vec<(&'static str, Arc<Families>)> =
        asked.map(|property| Ok((property.name(), families(property, host)?))).collect::<Result<_, ArgError>>()?;
    let kernel = move |row: &Row<'_>, out: &mut String| {
        let (Some(text), Some(name)) = (row.text(0)?, row.text(1)?) else { return Ok(Out::Null) };
        let Some((_, families)) = families.iter().find(|(known, _)| *known == &*name) else { return Ok(Out::Null) };
        out.push_str(families.of(&text).as_deref().unwrap_or(OTHER));
        Ok(Out::Text)
    };
    Ok(of_row(NAME, Type::String, kernel))
}

/// The patterns of a property, by what the host tells.
fn families(property: Property, host: &Host) -> Result<Arc<Families>, ArgError> {
    let told = host.ask(HostValue::UserAgents, property.name()).map_err(|_| {
        let help = "only what the app's text asks for was asked when the app began";
        ArgError::at(1, format!("the app has not asked for '{}'", property.name()), help)
    })?;
    let Some(told) = told else {
        let help = "Riddhi has no patterns of its own: name a `regexes.yaml` of the project uap-core by `--user-agents FILE`, or as \
                    `regexFilePath` of the extension `getUserAgentProperty` in the configuration";
        return Err(ArgError::count("nothing tells which patterns of user agents there are".to_owned(), help));
    };
    built(property, told)
}

/// What was built of some text, as long as somebody uses it.
type Built = (Property, String, Weak<Families>);

/// The same, built once for all places that ask.
fn built(property: Property, told: String) -> Result<Arc<Families>, ArgError> {
    static ALL: Mutex<Vec<Built>> = Mutex::new(Vec::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|(_, _, families)| families.strong_count() > 0);
    let known = all.iter().find(|(of, text, _)| *of == property && *text == told);
    if let Some(families) = known.and_then(|(_, _, families)| families.upgrade()) {
        return Ok(families);
    }
    let wrong = |what: String| ArgError::at(1, what, "look at the file that was named");
    let patterns = read(&told).ok_or_else(|| wrong("the patterns of user agents cannot be read".to_owned()))?;
    let families = build(property, patterns).map_err(wrong)?;
    let families = Arc::new(families);
    all.push((property, told, Arc::downgrade(&families)));
    Ok(families)
}

/// Reads what the host tells: a JSON array of `[pattern, replacement or null, whether case counts nothing]`.
fn read(told: &str) -> Option<Vec<Pattern>> {
    let Ok(Value::List(all)) = parsed(told, |tree| Ok(tree.value(crate::json::ROOT, false))) else { return None };
    let pattern = |value: Value| {
        let Value::List(parts) = value else { return None };
        let Ok([Value::Str(regex), replacement, Value::Bool(ignores_case)]) = <[Value; 3]>::try_from(parts) else {
            return None;
        };
        let replacement = match replacement {
            Value::Null => None,
            Value::Str(text) => Some(text.into_string()),
            _ => return None,
        };
        Some(Pattern { regex: regex.into_string(), replacement, ignores_case })
    };
    all.into_iter().map(pattern).collect()
}

fn build(property: Property, patterns: Vec<Pattern>) -> Result<Families, String> {
    fn shown(text: &str, why: impl std::fmt::Display) -> String {
        format!("the pattern {} of a user agent cannot be used: {why}", crate::functions::shown(text))
    }
    /// With a builder of each kind the same.
    macro_rules! all {
        ($kind:ident, $field:ident $(, $flag:ident)?) => {{
            let mut builder = $kind::Builder::new();
            for Pattern { regex, replacement, ignores_case } in patterns {
                let of = regex.clone();
                let own = $kind::Parser {
                    regex: Cow::Owned(regex),
                    $field: replacement.map(Cow::Owned),
                    $($flag: ignores_case.then_some($kind::Flag::IgnoreCase),)?
                    ..$kind::Parser::default()
                };
                let _ = ignores_case;
                builder = builder.push(own).map_err(|why| shown(&of, why))?;
            }
            builder.build().map_err(|why| format!("the patterns of user agents cannot be used: {why}"))?
        }};
    }
    Ok(match property {
        Property::Browser => Families::Browser(all!(user_agent, family_replacement)),
        Property::Os => Families::Os(all!(os, os_replacement)),
        Property::Device => Families::Device(all!(device, device_replacement, regex_flag)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(property: Property, told: &str, text: &str) -> String {
        let families = built(property, told.to_owned()).map_err(|e| e.message).expect("patterns");
        families.of(text).as_deref().unwrap_or(OTHER).to_owned()
    }

    #[test]
    fn the_first_pattern_that_is_found_counts() {
        let told = r#"[["(Fox)/(\\d+)", null, false], ["Fox", "not this", false], ["(Cat|Dog) (x)", "The $1", false]]"#;
        for (text, found) in
            [("a Fox/5", "Fox"), ("Fox", "not this"), ("a Dog x", "The Dog"), ("fox/5", OTHER), ("", OTHER)]
        {
            assert_eq!(family(Property::Browser, told, text), found, "{text}");
        }
        assert_eq!(family(Property::Os, told, "Fox/5"), "Fox");
        let told = r#"[["(Pho)(ne)", "$2 $1", true], ["(x)", null, false]]"#;
        assert_eq!(family(Property::Device, told, "PHONE"), "NE PHO");
        assert_eq!(family(Property::Device, told, "X"), OTHER);
    }

    #[test]
    fn what_is_told_is_checked() {
        for told in
            ["", "{}", "[1]", "[[\"a\"]]", "[[1, null, false]]", "[[\"a\", 1, false]]", "[[\"(\", null, false]]"]
        {
            assert!(built(Property::Browser, told.to_owned()).is_err(), "{told}");
        }
    }
}
