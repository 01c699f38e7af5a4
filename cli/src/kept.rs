//! What a state keeps of an app, so that it is run again as it was: its text, and before it what this process told it: which line
//! of Siddhi it answers as, and what its functions asked the host for.

use riddhi_plan::registry::{Compat, HostValue, Told};
use riddhi_run::App;
use serde_json::{Map, Value};

/// A comment begins with it that says what the host told.
const TOLD: &str = "/*told ";
const END: &str = "*/ ";

/// What a state has kept.
pub struct Kept<'a> {
    /// What the host told.
    pub told: Told,
    /// The text, which says itself which line of Siddhi it answers as, unless that is the usual one.
    pub text: &'a str,
}

/// What a state keeps of an app that was compiled from `text`.
pub fn kept_text(text: &str, app: &App) -> String {
    let line = app.told_compat.filter(|&compat| compat != Compat::default()).map(line_told).unwrap_or_default();
    // A text that begins as this comment does is told apart by one before it.
    let told = !app.told_by_host.is_empty() || (line.is_empty() && text.starts_with(TOLD));
    let comment = if told { comment(&app.told_by_host) } else { String::new() };
    comment + &line + text
}

/// How the first of two kept texts differs from the other, that of this node.
pub fn difference(a: &str, b: &str) -> &'static str {
    let ([a, b], line) = ([a, b].map(|kept| Kept::read(kept).text), line_told(Compat::Siddhi4));
    let [own_a, own_b] = [a, b].map(|text| text.strip_prefix(&line).unwrap_or(text));
    if own_a != own_b {
        return "runs another text than this node";
    }
    match a == b {
        true => "was told other variables, properties, settings or user agents (env:) than this node",
        false => "answers as another line of Siddhi (--compat) than this node",
    }
}

/// What stands before a text that does not say itself as which line it answers.
fn line_told(compat: Compat) -> String {
    format!("@app:compat('{}') ", compat.name())
}

fn comment(told: &Told) -> String {
    let mut all = Map::new();
    for ((value, name), text) in told {
        let of = all.entry(value.name()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(of) = of {
            of.insert(name.clone(), text.clone().into());
        }
    }
    // In JSON a slash stands in texts only, where it may be escaped.
    format!("{TOLD}{}{END}", Value::Object(all).to_string().replace("*/", "*\\/"))
}

impl<'a> Kept<'a> {
    /// Reads what [`kept_text`] wrote.
    pub fn read(kept: &'a str) -> Kept<'a> {
        let parts = kept.strip_prefix(TOLD).and_then(|rest| rest.split_once(END));
        let read = parts.and_then(|(json, text)| Some(Kept { told: told(json)?, text }));
        read.unwrap_or(Kept { told: Told::new(), text: kept })
    }
}

fn told(json: &str) -> Option<Told> {
    let Value::Object(all) = serde_json::from_str(json).ok()? else { return None };
    let mut told = Told::new();
    for (value, names) in all {
        let (value, Value::Object(names)) = (HostValue::named(&value)?, names) else { return None };
        for (name, text) in names {
            let text = match text {
                Value::Null => None,
                Value::String(text) => Some(text),
                _ => return None,
            };
            told.insert((value, name), text);
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "define stream S (v int);";

    fn app(told_by_host: &Told) -> App {
        let mut registry = riddhi_run::registry();
        registry.set_host(riddhi_plan::registry::Host::only(told_by_host.clone()));
        let ask = |((value, name), _): (&(HostValue, String), &Option<String>)| match value {
            HostValue::Variable => format!("env:getSystemProperty('''{name}''')"),
            HostValue::Property => format!("env:getEnvironmentProperty('''{name}''')"),
            HostValue::Setting => format!("env:getYAMLProperty('''{name}''', 'string')"),
            HostValue::UserAgents => format!("env:getUserAgentProperty('x', '''{name}''')"),
        };
        let asks: Vec<String> =
            told_by_host.iter().map(ask).enumerate().map(|(n, call)| format!("{call} as x{n}")).collect();
        let query =
            if asks.is_empty() { String::new() } else { format!("from S select {} insert into O;", asks.join(",")) };
        let text = format!("{TEXT} {query}").replace("'''", "'");
        riddhi_run::compile_with(&text, &registry).plan.expect("compiles")
    }

    #[test]
    fn what_was_told_is_read_again() {
        let told = Told::from([
            ((HostValue::Variable, "A".to_owned()), Some("*/ \"\\ \n */".to_owned())),
            ((HostValue::Variable, "B".to_owned()), None),
            ((HostValue::Property, "a.b".to_owned()), Some(String::new())),
            ((HostValue::Setting, "k".to_owned()), Some("/*told {}*/ ".to_owned())),
            ((HostValue::UserAgents, "os".to_owned()), Some("[[\"a/*/\", null, false]]".to_owned())),
        ]);
        let app = app(&told);
        assert_eq!(app.told_by_host, told);
        let kept = kept_text(TEXT, &app);
        let read = Kept::read(&kept);
        assert_eq!((read.told, read.text), (told, TEXT));
        // What is kept is an app's text all the same.
        assert!(riddhi_run::compile(&kept).plan.is_some());
    }

    #[test]
    fn a_text_that_looks_told_is_a_text() {
        let nothing = app(&Told::new());
        for text in
            [TEXT, "", "/*told {}*/ x", "/*told {\"variable\":{\"A\":\"a\"}}*/ x", "/*told x", "/*told {\"a\":1}*/ "]
        {
            let kept = kept_text(text, &nothing);
            let read = Kept::read(&kept);
            assert!(read.told.is_empty(), "{text}");
            assert_eq!(read.text, text);
        }
    }

    #[test]
    fn how_kept_texts_differ() {
        let line = |kept: &str| format!("@app:compat('siddhi4') {kept}");
        let told = format!("/*told {{\"variable\":{{\"A\":\"a\"}}}}*/ {TEXT}");
        assert!(
            difference(&line(TEXT), TEXT).contains("--compat") && difference(TEXT, &line(TEXT)).contains("--compat")
        );
        assert!(difference(&told, TEXT).contains("env:") && difference(TEXT, &told).contains("env:"));
        assert!(difference(&line(TEXT), "define stream T (v int);").contains("text"));
        // What an app says itself is part of its text, wherever that ends.
        for own in ["@app:compat('siddhi4')", "@app:compat('siddhi4')\u{e9}", "@app:compat('siddhi4')\n"] {
            assert!(difference(own, TEXT).contains("text"));
        }
    }
}
