//! Character classes and escapes of characters.

use super::translate::Reader;

/// Classes inside classes.
const DEPTH: usize = 30;

/// What an escape stands for.
pub(super) enum Item {
    Char(char),
    /// The inside of a class.
    Set(String),
}

const HORIZONTAL: &str = r" \t\x{A0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}";

/// What stands behind `[`.
pub(super) fn class(reader: &mut Reader<'_>) -> Result<String, String> {
    let text = inside(reader, 0)?;
    Ok(if reader.flags.any_case() { format!("(?i:{text})") } else { text })
}

fn inside(reader: &mut Reader<'_>, depth: usize) -> Result<String, String> {
    if depth > DEPTH {
        return Err(format!("more than {DEPTH} classes inside each other"));
    }
    let mut text = String::from(if reader.eat('^') { "[^" } else { "[" });
    let mut empty = true;
    loop {
        let Some(c) = reader.next() else { return Err("a `[` without a `]`".to_owned()) };
        match c {
            ']' if !empty => {
                text.push(']');
                return Ok(text);
            }
            '[' => text.push_str(&inside(reader, depth + 1)?),
            '&' if reader.peek() == Some('&') => {
                while reader.eat('&') {}
                if reader.peek() == Some(']') {
                    return Err("nothing behind `&&`".to_owned());
                }
                text.push_str("&&");
            }
            _ => match if c == '\\' { escape(reader)? } else { Item::Char(c) } {
                Item::Set(set) => text.push_str(&set),
                Item::Char(from) => range(reader, from, &mut text)?,
            },
        }
        empty = false;
    }
}

/// One character, or the range that begins with it.
fn range(reader: &mut Reader<'_>, from: char, text: &mut String) -> Result<(), String> {
    if reader.peek() != Some('-') {
        span(reader, from, from, text);
        return Ok(());
    }
    reader.next();
    let to = match reader.peek() {
        None => return Err("a `[` without a `]`".to_owned()),
        // A minus at the end, or before a class, is one.
        Some(']' | '[') => {
            span(reader, from, from, text);
            span(reader, '-', '-', text);
            return Ok(());
        }
        Some('\\') => {
            reader.next();
            match escape(reader)? {
                Item::Char(c) => c,
                Item::Set(_) => return Err("a range that ends with a class".to_owned()),
            }
        }
        Some(c) => {
            reader.next();
            c
        }
    };
    if to < from {
        return Err("a range that runs backwards".to_owned());
    }
    span(reader, from, to, text);
    Ok(())
}

/// Writes the characters of a range, and their other case if case counts nothing.
fn span(reader: &Reader<'_>, from: char, to: char, text: &mut String) {
    write(from, to, text);
    if !reader.flags.ascii_case() {
        return;
    }
    for (low, high, other) in [('a', 'z', 'A'), ('A', 'Z', 'a')] {
        let (first, last) = (from.max(low), to.min(high));
        if first <= last {
            let shift = |c: char| char::from(c as u8 - low as u8 + other as u8);
            write(shift(first), shift(last), text);
        }
    }
}

fn write(from: char, to: char, text: &mut String) {
    one(from, text);
    if to > from {
        text.push('-');
        one(to, text);
    }
}

fn one(c: char, text: &mut String) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() || c == '_' {
        text.push(c);
    } else {
        text.push_str(&format!("\\x{:02x}", c as u32));
    }
}

/// What stands behind a backslash and means the same in a class and outside.
pub(super) fn escape(reader: &mut Reader<'_>) -> Result<Item, String> {
    let Some(c) = reader.next() else { return Err("a `\\` at the end".to_owned()) };
    let set = |text: &str| Ok(Item::Set(text.to_owned()));
    match c {
        'd' => set("0-9"),
        'D' => set("[^0-9]"),
        'w' => set("a-zA-Z0-9_"),
        'W' => set("[^a-zA-Z0-9_]"),
        's' => set(r"\t\n\x0B\x0C\r\x20"),
        'S' => set(r"[^\t\n\x0B\x0C\r\x20]"),
        'h' => set(HORIZONTAL),
        'H' => Ok(Item::Set(format!("[^{HORIZONTAL}]"))),
        'v' => set(VERTICAL),
        'V' => Ok(Item::Set(format!("[^{VERTICAL}]"))),
        'p' | 'P' => property(reader, c == 'P').map(Item::Set),
        't' => Ok(Item::Char('\t')),
        'n' => Ok(Item::Char('\n')),
        'r' => Ok(Item::Char('\r')),
        'f' => Ok(Item::Char('\u{c}')),
        'a' => Ok(Item::Char('\u{7}')),
        'e' => Ok(Item::Char('\u{1b}')),
        'c' => match reader.next() {
            Some(c) => number(c as u32 ^ 64),
            None => Err("`\\c` without a character".to_owned()),
        },
        'x' if reader.eat('{') => {
            let mut digits = String::new();
            loop {
                match reader.next() {
                    Some('}') => break,
                    Some(c) => digits.push(c),
                    None => return Err("`\\x{` without a `}`".to_owned()),
                }
            }
            number(u32::from_str_radix(&digits, 16).map_err(|_| "`\\x` without hexadecimal digits".to_owned())?)
        }
        'x' => hexadecimal(reader, 2),
        'u' => hexadecimal(reader, 4),
        '0' => octal(reader),
        c if c.is_ascii_alphanumeric() => Err(format!("`\\{c}` is unknown or not built")),
        c => Ok(Item::Char(c)),
    }
}

fn number(code: u32) -> Result<Item, String> {
    char::from_u32(code).map(Item::Char).ok_or_else(|| "a number that is no character".to_owned())
}

fn hexadecimal(reader: &mut Reader<'_>, digits: usize) -> Result<Item, String> {
    let mut code = 0;
    for _ in 0..digits {
        let digit = reader.next().and_then(|c| c.to_digit(16)).ok_or("an escape without its hexadecimal digits")?;
        code = code * 16 + digit;
    }
    number(code)
}

/// One to three digits, at most 0377.
fn octal(reader: &mut Reader<'_>) -> Result<Item, String> {
    let (mut code, mut digits) = (0, 0);
    while let Some(digit) = reader.peek().and_then(|c| c.to_digit(8)) {
        if digits == 3 || code * 8 + digit > 0o377 {
            break;
        }
        code = code * 8 + digit;
        digits += 1;
        reader.next();
    }
    if digits == 0 { Err("`\\0` without octal digits".to_owned()) } else { number(code) }
}

/// The name behind `\p`.
fn property(reader: &mut Reader<'_>, not: bool) -> Result<String, String> {
    let mut name = String::new();
    if reader.eat('{') {
        loop {
            match reader.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '=' | ' ' | '-') => name.push(c),
                _ => return Err("`\\p{` without a right name".to_owned()),
            }
        }
    } else {
        name.extend(reader.next());
    }
    let ascii = match name.as_str() {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
        "Graph" => r"\x21-\x7E",
        "Print" => r"\x20-\x7E",
        "Blank" => r"\x20\t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\t\n\x0B\x0C\r\x20",
        _ => "",
    };
    if !ascii.is_empty() {
        return Ok(if not { format!("[^{ascii}]") } else { ascii.to_owned() });
    }
    let known = match name.as_str() {
        "javaLowerCase" => "Lowercase",
        "javaUpperCase" => "Uppercase",
        "javaAlphabetic" => "Alphabetic",
        "javaLetter" => "L",
        "javaDigit" => "Nd",
        "javaWhitespace" => "White_Space",
        _ if name.starts_with("In") || name.starts_with("java") || name.starts_with("bl") => {
            return Err(format!("the property `{name}` is not built"));
        }
        _ => name.rsplit('=').next().map_or("", |value| value.strip_prefix("Is").unwrap_or(value)),
    };
    Ok(format!("\\{}{{{known}}}", if not { 'P' } else { 'p' }))
}
