//! Each option of each source, sink and mapper: every value that it cannot have is told, with its place.

mod support;

use riddhi_connect::Connectors;
use riddhi_plan::connector::Direction;
use riddhi_plan::registry::{OptionSpec, OptionType};
use riddhi_ql::Diagnostic;
use support::told;

/// The codes that an app gets, and what each mark covers.
fn marks(app: &str) -> Vec<(String, String)> {
    let mark = |d: Diagnostic| {
        (d.code.0.to_owned(), app[d.primary.span.start as usize..d.primary.span.end as usize].to_owned())
    };
    told(app).into_iter().map(mark).collect()
}

/// Values of a type that are wrong.
fn wrong(ty: OptionType) -> Vec<String> {
    match ty {
        OptionType::Text => Vec::new(),
        OptionType::Bool => ["", "maybe", "1"].map(str::to_owned).into(),
        OptionType::Number(min, max) => {
            let mut all: Vec<String> = ["", "x", "-1", "1.5", "99999999999999999999"].map(str::to_owned).into();
            all.extend(min.checked_sub(1).map(|n| n.to_string()));
            all.extend(max.checked_add(1).map(|n| n.to_string()));
            all
        }
        OptionType::OneOf(_) => ["", "nonsense"].map(str::to_owned).into(),
    }
}

/// What must be given beside it.
fn beside(options: &[OptionSpec], name: &str) -> String {
    let required = options.iter().filter(|o| o.required && o.name != name);
    required.map(|o| format!("{}='x', ", o.name)).collect()
}

#[test]
fn values_that_an_option_cannot_have_are_told_with_their_place() {
    let all = Connectors::built_in();
    let mut checked = 0;
    for direction in [Direction::Source, Direction::Sink] {
        let word = direction.text();
        for spec in all.connectors(direction) {
            for option in &spec.options {
                for value in wrong(option.ty) {
                    let others = beside(&spec.options, option.name);
                    let given = format!("{}='{value}'", option.name);
                    let app = format!(
                        "@{word}(type='{}', {others}{given}, @map(type='csv')) define stream S (n int);",
                        spec.name
                    );
                    let marks = marks(&app);
                    let expected = ("R0903".to_owned(), format!("'{value}'"));
                    assert!(marks.contains(&expected), "{app}: {marks:?}");
                    checked += 1;
                }
            }
        }
        for spec in all.mappers(direction) {
            for option in &spec.options {
                for value in wrong(option.ty) {
                    let given = format!("{}='{value}'", option.name);
                    let app = format!(
                        "@{word}(type='inMemory', topic='t', @map(type='{}', {given})) define stream S (n int);",
                        spec.name
                    );
                    let marks = marks(&app);
                    assert!(marks.contains(&("R0903".to_owned(), format!("'{value}'"))), "{app}: {marks:?}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 100, "only {checked} values were tried");
}

#[test]
fn what_must_be_given_is_asked_for() {
    let all = Connectors::built_in();
    for direction in [Direction::Source, Direction::Sink] {
        for spec in all.connectors(direction) {
            for option in spec.options.iter().filter(|o| o.required) {
                let app =
                    format!("@{}(type='{}', @map(type='csv')) define stream S (n int);", direction.text(), spec.name);
                let told = told(&app);
                let named = |d: &Diagnostic| d.code.0 == "R0902" && d.message.contains(option.name);
                assert!(told.iter().any(named), "{app}: {told:?}");
            }
        }
    }
}

#[test]
fn options_that_do_not_go_together_are_told() {
    let csv = "@map(type='csv')";
    for (annotation, code) in [
        (format!("@source(type='file', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', dir.uri='b', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='sftp://h/f', {csv})"), "U0023"),
        (format!("@source(type='file', file.uri='a', mode='binary.full', {csv})"), "U0023"),
        (format!("@source(type='file', file.uri='a', mode='regex', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', mode='regex', begin.regex='(', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', mode='regex', end.regex='x*', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', begin.regex='x', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', mode='text.full', tailing='true', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', action.after.process='delete', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', tailing='false', action.after.process='move', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', header.present='true', {csv})"), "R0904"),
        (format!("@source(type='file', dir.uri='a', file.name.pattern='(', {csv})"), "R0904"),
        (format!("@source(type='file', file.uri='a', cron.expression='* * * * * ?', {csv})"), "U0023"),
        ("@source(type='file', file.uri='a')".to_owned(), "R0915"),
        ("@source(type='file', file.uri='a', @map(type='csv', delimiter=',,'))".to_owned(), "R0904"),
        ("@source(type='file', file.uri='a', @map(type='json', @attributes(n='$..x')))".to_owned(), "R0904"),
        ("@source(type='file', file.uri='a', @map(type='text', @attributes(n='A[1]')))".to_owned(), "R0904"),
        (
            "@source(type='file', file.uri='a', @map(type='text', regex.A='(', @attributes(n='A[1]')))".to_owned(),
            "R0904",
        ),
        (
            "@source(type='file', file.uri='a', @map(type='text', regex.A='(x)', @attributes(n='A[2]')))".to_owned(),
            "R0904",
        ),
        ("@source(type='file', file.uri='a', @map(type='json', @attributes(n='trp:pth')))".to_owned(), "R0916"),
        ("@source(type='file', file.uri='a', @map(type='xml'))".to_owned(), "U0022"),
        ("@sink(type='file', file.uri='a')".to_owned(), "R0915"),
        (format!("@sink(type='file', file.uri='a', rotation.keep='3', {csv})"), "R0904"),
        (format!("@sink(type='file', file.uri='a', rotation.size='3', append='false', {csv})"), "R0904"),
        (format!("@sink(type='file', file.uri='{{{{m}}}}', {csv})"), "R0906"),
        (format!("@sink(type='file', file.uri='a', on.error='stream', {csv})"), "U0023"),
        ("@sink(type='log', @map(type='text', mustache.enabled='true'))".to_owned(), "U0023"),
        ("@sink(type='log', @map(type='json', enclosing.element='$.a[0]'))".to_owned(), "R0904"),
        ("@sink(type='log', @map(type='csv', @payload(n='1')))".to_owned(), "R0910"),
        ("@sink(type='log', priority='LOUD')".to_owned(), "R0903"),
        ("@sink(type='log', prefix='{{n}}')".to_owned(), "R0905"),
    ] {
        let app = format!("{annotation} define stream S (n int);");
        let told = told(&app);
        assert!(told.iter().any(|d| d.code.0 == code), "{app}: expected {code}, told {told:?}");
    }
}

#[test]
fn what_is_right_is_not_told() {
    for annotation in [
        "@source(type='file', file.uri='a', @map(type='json'))",
        "@Source(type='FILE', dir.uri='file:/a', mode='TEXT.FULL', @Map(type='text', event.grouping.enabled='TRUE'))",
        "@source(type='file', file.uri='a', @map(type='text', regex.A='(x)', @attributes('A')))",
        "@source(type='file', file.uri='a', mode='Regex', begin.regex='<', end.regex='>', tailing='false', @map(type='text'))",
        "@source(type='stdin', @map(type='csv', @attributes(n='3')))",
        "@source(type='inMemory', topic='t')",
        "@sink(type='log')",
        "@sink(type='inMemory', topic='{{n}}', on.error='WAIT', @map(type='json', @payload(\"\"\"{\"n\":{{n}}}\"\"\")))",
        "@sink(type='file', file.uri='{{n}}.csv', @map(type='csv', header='true', @payload(n='0')))",
        "@sink(type='stdout')",
    ] {
        let app = format!("{annotation} define stream S (n int); from S select n insert into Out;");
        assert_eq!(marks(&app), [], "{app}");
    }
}
