//! Elements of an XML text: names, texts and what lies in them. Attributes, comments and instructions are passed over; a document type is
//! refused.

/// Elements in each other, at most.
const DEEP: usize = 32;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// With the name space in braces before it, if it has one.
    pub name: String,
    /// All text in it, without that of the elements in it.
    pub text: String,
    pub children: Vec<Element>,
}

/// The outermost element; the place of what is wrong, else.
pub(super) fn parse(text: &str) -> Result<Element, usize> {
    let mut reader = Reader { text, at: 0, spaces: Vec::new() };
    reader.between()?;
    let element = reader.element(0)?;
    reader.between()?;
    if reader.at == text.len() { Ok(element) } else { Err(reader.at) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Prefixes with their name spaces, the innermost last.
    spaces: Vec<(&'a str, String)>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        self.at += if there { what.len() } else { 0 };
        there
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Up to behind that mark.
    fn up_to(&mut self, mark: &str) -> Result<&'a str, usize> {
        let rest = self.rest();
        let end = rest.find(mark).ok_or(self.text.len())?;
        self.at += end + mark.len();
        Ok(&rest[..end])
    }

    /// Blanks, comments and instructions.
    fn between(&mut self) -> Result<(), usize> {
        loop {
            self.blanks();
            if self.take("<?") {
                self.up_to("?>")?;
            } else if self.take("<!--") {
                self.up_to("-->")?;
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Result<&'a str, usize> {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '>' | '/' | '=' | '<' | '"' | '\'' | '&');
        let name = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '!' | '?')) {
            return Err(self.at);
        }
        self.at += name.len();
        Ok(name)
    }

    fn element(&mut self, depth: usize) -> Result<Element, usize> {
        if depth == DEEP || !self.take("<") {
            return Err(self.at);
        }
        let (outer, tag) = (self.spaces.len(), self.name()?);
        let mut element = Element::default();
        loop {
            self.blanks();
            if self.take("/>") || self.take(">") {
                break;
            }
            let name = self.name()?;
            self.blanks();
            if !self.take("=") {
                return Err(self.at);
            }
            self.blanks();
            let quote = if self.take("\"") { "\"" } else { "'" };
            if quote == "'" && !self.take("'") {
                return Err(self.at);
            }
            let value = self.up_to(quote)?;
            if let Some(prefix) = name.strip_prefix("xmlns") {
                self.spaces.push((prefix.trim_start_matches(':'), value.to_owned()));
            }
        }
        let empty = self.text[..self.at].ends_with("/>");
        let (prefix, local) = tag.split_once(':').unwrap_or(("", tag));
        let space = self.spaces.iter().rev().find(|(p, _)| *p == prefix).map_or("", |(_, space)| space);
        element.name = if space.is_empty() { local.to_owned() } else { format!("{{{space}}}{local}") };
        if !empty {
            self.inside(&mut element, depth)?;
            if self.name()? != tag {
                return Err(self.at);
            }
            self.blanks();
            if !self.take(">") {
                return Err(self.at);
            }
        }
        self.spaces.truncate(outer);
        Ok(element)
    }

    /// What lies in an element, up to behind the mark that begins its end.
    fn inside(&mut self, element: &mut Element, depth: usize) -> Result<(), usize> {
        loop {
            let rest = self.rest();
            let end = rest.find(['<', '&']).ok_or(self.text.len())?;
            element.text.push_str(&rest[..end]);
            self.at += end;
            if self.take("</") {
                return Ok(());
            } else if self.take("<!--") {
                self.up_to("-->")?;
            } else if self.take("<![CDATA[") {
                element.text.push_str(self.up_to("]]>")?);
            } else if self.take("<?") {
                self.up_to("?>")?;
            } else if self.take("&") {
                let at = self.at;
                element.text.push(character(self.up_to(";")?).ok_or(at)?);
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }
}

/// What stands for a character between `&` and `;`.
fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(element: &Element) -> String {
        let inside: Vec<String> = element.children.iter().map(names).collect();
        format!("{}[{}]{}", element.name, element.text, inside.concat())
    }

    #[test]
    fn elements_are_read_with_their_texts() {
        let read = |text: &str| parse(text).map(|e| names(&e));
        let text = "<?xml version='1.0'?><!-- x --><r a=\"1\">\n<b>x &lt;&#65;</b><c/><d><![CDATA[<&]]></d></r> ";
        assert_eq!(read(text), Ok("r[\n]b[x <A]c[]d[<&]".to_owned()));
        assert_eq!(read("<p:r xmlns:p='u' xmlns='v'><b/></p:r>"), Ok("{u}r[]{v}b[]".to_owned()));
        for wrong in
            ["", "x", "<r>", "<r></s>", "<r", "<r>&x;</r>", "<r/><s/>", "<!DOCTYPE r><r/>", "<r a/>", "<1/>", "<r>&"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse(&"<a>".repeat(100_000)).is_err());
    }
}
