use super::*;

fn found(java: &str, text: &str) -> Option<String> {
    let pattern = Pattern::new(java).unwrap_or_else(|e| panic!("{java}: {e}"));
    pattern.captures(text).unwrap().map(|f| text[f.all()].to_owned())
}

fn finds(java: &str, text: &str, what: &str) {
    assert_eq!(found(java, text).as_deref(), Some(what), "{java} in {text:?}");
}

fn misses(java: &str, text: &str) {
    assert_eq!(found(java, text), None, "{java} in {text:?}");
}

#[test]
fn classes_are_those_of_ascii() {
    finds(r"\d+", "٣45", "45");
    finds(r"\w+", "éa_1", "a_1");
    misses(r"\s", "\u{a0}");
    finds(r"\S", "\u{a0}", "\u{a0}");
    finds(r"[\d-x]+", "a-1x", "-1x");
    finds(r"[a-z&&[^b]]+", "bacb", "ac");
    finds(r"[]a]+", "x]a", "]a");
    finds(r"[\p{Upper}é]+", "aBéC", "BéC");
    finds(r"\p{L}+", "1éa", "éa");
    finds(r"\p{IsAlphabetic}\P{L}", "é1", "é1");
}

#[test]
fn the_end_may_stand_before_the_end_of_a_line() {
    finds("a$", "a\n", "a");
    finds("a$", "a\r\n", "a");
    misses("a$", "a\n\n");
    misses(r"a\z", "a\n");
    misses("a.b", "a\nb");
    finds("(?s)a.b", "a\nb", "a\nb");
    finds("(?m)^b$", "a\nb\nc", "b");
}

#[test]
fn case_is_of_ascii_unless_asked() {
    finds("(?i)STRASSE", "strasse", "strasse");
    misses("(?i)É", "é");
    finds("(?iu)É", "é", "é");
    finds("(?i)[x-z]+", "XyZ", "XyZ");
    finds("a(?i)b|c", "aB", "aB");
    misses("((?i)a)b", "AB");
}

#[test]
fn what_looks_around_or_back_is_found_too() {
    finds(r"(.)\1", "abba", "bb");
    finds(r"(?<=a)b", "ab", "b");
    finds(r"(?<n>a)\k<n>", "aa", "aa");
    misses(r"a++a", "aaa");
    misses(r"(?>a*)a", "aaa");
    finds(r"\Qa.b\E+", "a.bb", "a.bb");
    finds(r"(a)(b)(c)\11", "abca1", "abca1");
}

#[test]
fn what_is_wrong_is_said() {
    for java in
        ["(", ")", "[", "*a", "a**", "{2}", "a{,3}", "a{3,2}", r"\", r"\y", "[b-a]", "(?<1>a)", r"\p{Nope}", "(?q)"]
    {
        assert!(Pattern::new(java).is_err(), "{java}");
    }
    assert!(Pattern::new(&"(".repeat(50_000)).is_err());
    assert!(Pattern::new(&"(".repeat(5_000)).is_err());
}

#[test]
fn too_much_backtracking_fails() {
    let pattern = Pattern::new(r"(a*)*\1b").unwrap();
    assert!(pattern.find_at(&"a".repeat(5_000), 0).is_err());
}

#[test]
fn tables_tell_what_the_engines_tell() {
    use riddhi_batch::{Arena, Str};
    let patterns = [
        "[0-9]+",
        "[02468]$",
        "a",
        "a*",
        "a*?",
        "",
        "(a)(b)?",
        r"\bS",
        r"\b",
        r"\B",
        "^s",
        "(?i)s",
        ".",
        "[^a]",
        r"\w+",
        "(x|a)+?",
        r"\s*",
        "a$",
        "^$",
        "$",
        "(?m)^b",
        "(?m)b$",
        r"\Aab\z",
        "ab|abc",
        "abc|ab",
        "a{2,3}",
        "a.c",
        "(?s)a.c",
        "b|",
        "|b",
        r"\p{L}+",
        "ü",
        "(ab)*",
        r"\Z",
        r"[a-c&&[^b]]",
        "a+$",
        "x?$",
        r"\d{2}",
        "(a|b)*c",
        r"^a|b$",
    ];
    let texts = [
        "",
        "a",
        "b",
        "ab",
        "abc",
        "abcab",
        "aaa",
        "aaaab",
        "S1",
        "xS1 S2s",
        "12",
        "a1b22c333",
        " a  b ",
        "a\nb",
        "b\n",
        "a\nc",
        "ab\r\n",
        "ccc",
        "bac",
        "x",
        "baac",
        "key0000123",
        "\u{0}",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ü",
    ];
    let (mut arena, mut told) = (Arena::new(), 0);
    for java in patterns {
        let pattern = Pattern::new(java).unwrap();
        for text in texts {
            let word = Str::new(text.as_bytes(), &mut arena);
            let what = format!("{java:?} in {text:?}");
            let holds = |quick: Option<Quick<'_>>| quick.and_then(|q| q.holds(word, &arena));
            if let Some(found) = holds(pattern.quick_find()) {
                assert_eq!(found, pattern.find_at(text, 0).unwrap(), "{what}");
                let (mut places, mut wanted) = (Vec::new(), Vec::new());
                let mut note = |place| {
                    places.push(place);
                    true
                };
                pattern.quick_find().unwrap().every(word, &arena, &mut note).unwrap();
                let all = pattern.every(text, |found| {
                    wanted.push(found.all());
                    Ok(true)
                });
                assert!(all.is_ok() && places == wanted, "{what}: {places:?}, {wanted:?}");
                told += 1;
            }
            if let Some(all) = holds(pattern.quick_full()) {
                assert_eq!(all, pattern.matches(text).unwrap(), "{what}");
            }
            if let Some(begins) = holds(pattern.quick_front()) {
                assert_eq!(begins, pattern.looking_at(text).unwrap(), "{what}");
            }
        }
    }
    assert!(told > 600, "{told}");
}
