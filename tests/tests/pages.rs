//! docs/functions: everything that an app can call by name has a section there, which says what the registry takes and has
//! an example that answers as it is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use riddhi_case::compare::check;
use riddhi_case::drive::Way;
use riddhi_case::form::{Case, no_files, of_markdown, parse};
use riddhi_tests::data::folder;
use riddhi_tests::pages::{headings, index, named, with_signatures};

type Named = BTreeMap<(String, String), Vec<String>>;

fn in_registry() -> &'static Named {
    static NAMED: OnceLock<Named> = OnceLock::new();
    NAMED.get_or_init(|| named(&riddhi_run::registry()))
}

fn pages() -> BTreeMap<String, String> {
    let files = fs::read_dir(place("")).expect("the folder is there").flatten().map(|f| f.path());
    let pages = files.filter(|f| f.extension().is_some_and(|e| e == "md") && !f.ends_with("README.md"));
    let read = |f: PathBuf| {
        let name = f.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, fs::read_to_string(&f).expect("the page can be read"))
    };
    pages.map(read).collect()
}

fn place(name: &str) -> PathBuf {
    folder().join("../docs/functions").join(name)
}

#[test]
fn every_name_has_a_section_and_every_section_a_name() {
    let (named, pages) = (in_registry(), pages());
    assert!(named.len() > 150, "only {}", named.len());
    let mut wrong = Vec::new();
    for (page, heading) in named.keys() {
        if !pages.get(page).is_some_and(|p| headings(p).contains(heading)) {
            wrong.push(format!(
                "docs/functions/{page}.md has no section `## {heading}`: write one, with what it does, what null does and \
                 an example (```case {}), then run `make pages`",
                heading.trim_start_matches('#')
            ));
        }
    }
    for (page, text) in &pages {
        let unknown = headings(text).into_iter().filter(|h| !named.contains_key(&(page.clone(), h.clone())));
        wrong.extend(unknown.map(|h| format!("docs/functions/{page}.md: nothing is called `{h}`")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_say_what_the_registry_takes() {
    let (named, pages) = (in_registry(), pages());
    let mut written = BTreeMap::new();
    for (page, text) in &pages {
        let lines = |heading: &str| named.get(&(page.clone(), heading.to_owned())).cloned().unwrap_or_default();
        written.insert(format!("{page}.md"), with_signatures(text, &lines));
    }
    written.insert("README.md".to_owned(), index(&pages));
    let write = std::env::var_os("RIDDHI_WRITE_PAGES").is_some();
    for (name, text) in written {
        if write {
            fs::write(place(&name), &text).expect("the page can be written");
        }
        let there = fs::read_to_string(place(&name)).unwrap_or_default();
        let differs = there.lines().zip(text.lines()).find(|(a, b)| a != b);
        assert!(there == text, "docs/functions/{name} is not as the registry says; run `make pages`: {differs:?}");
    }
}

#[test]
fn every_section_has_an_example_and_examples_answer_as_written() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        let cases = parse(&page, &of_markdown(&text), &no_files).unwrap_or_else(|e| panic!("{page}: {e}"));
        for heading in headings(&text) {
            let name = heading.trim_start_matches('#');
            match cases.iter().find(|c| c.name == name) {
                None => wrong.push(format!("{page}: `{heading}` has no example, ```case {name}")),
                Some(case) if !case.apps.iter().any(|app| app.contains(name)) => {
                    wrong.push(format!("{page}: the example of `{heading}` does not call it"));
                }
                Some(_) => {}
            }
        }
        let failed = |case: &Case| Some(format!("{page}: {}\n{}", case.name, check(case, &Way::frames_of(64)).err()?));
        wrong.extend(cases.iter().filter_map(failed));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
