//! Lines that are no events: controls and on-demand queries.

use super::scan::{Scan, Scanned, Text};
use crate::input::fault::{Fault, Kind};
use crate::input::{Control, Item};

/// The controls by name.
const CONTROLS: [&str; 7] =
    ["persist", "restore", "restorerev", "clearrevisions", "snapshot", "restoresnapshot", "restart"];

/// Everything that may stand on such a line.
#[derive(Default)]
struct Parts<'a> {
    control: Option<Text<'a>>,
    query: Option<Text<'a>>,
    app: Option<Text<'a>>,
    n: Option<(usize, i64)>,
}

/// Reads a line whose `{` has been taken.
#[cold]
pub(super) fn read(mut scan: Scan<'_>) -> Scanned<Item> {
    let mut parts = Parts::default();
    loop {
        parts.member(&mut scan)?;
        if !scan.another(b'}')? {
            break;
        }
    }
    scan.end()?;
    parts.item(scan.at())
}

impl<'a> Parts<'a> {
    fn member(&mut self, scan: &mut Scan<'a>) -> Scanned<()> {
        let key = scan.string("a key in double quotes")?;
        scan.expect(b':', "after the key")?;
        let twice = match key.raw {
            b"control" => self.control.replace(scan.string("the name of a control")?).is_some(),
            b"query" => self.query.replace(scan.string("the text of a query")?).is_some(),
            b"app" => self.app.replace(scan.string("the path of an app")?).is_some(),
            b"n" => self.n.replace(revision(scan)?).is_some(),
            _ => {
                let name = key.owned();
                let fault = Fault::new(Kind::UnknownKey, key.at, key.end() - key.at, format!("unknown key '{name}'"));
                return Err(fault.suggest(
                    &name,
                    ["control", "query", "n", "app"].into_iter(),
                    "keys that may stand here",
                ));
            }
        };
        if twice {
            let message = format!("the key '{}' is given twice", key.owned());
            return Err(Fault::new(Kind::UnknownKey, key.at, key.end() - key.at, message));
        }
        Ok(())
    }

    fn item(self, end: usize) -> Scanned<Item> {
        match (self.control, self.query) {
            (Some(name), None) => {
                let control = self.known(name)?;
                self.nothing_else(name, &control)?;
                Ok(Item::Control(control))
            }
            (None, Some(text)) => match self.app.map(|a| a.at).or(self.n.map(|n| n.0)) {
                None => Ok(Item::Query(text.owned())),
                Some(at) => Err(Fault::new(Kind::UnknownKey, at, 1, "nothing else may stand beside a query")),
            },
            (Some(_), Some(query)) => {
                Err(Fault::new(Kind::UnknownKey, query.at, 1, "a line is either a control or a query"))
            }
            (None, None) => Err(Fault::new(Kind::Missing, end, 1, "expected a 'control' on this line")),
        }
    }

    fn known(&self, name: Text<'_>) -> Scanned<Control> {
        Ok(match name.raw {
            b"persist" => Control::Persist,
            b"restore" => Control::Restore,
            b"clearrevisions" => Control::ClearRevisions,
            b"snapshot" => Control::Snapshot,
            b"restoresnapshot" => Control::RestoreSnapshot,
            b"restart" => Control::Restart(self.app.map(|a| a.owned())),
            b"restorerev" => match self.n {
                Some((_, n)) => Control::RestoreRevision(n as usize),
                None => {
                    let fault =
                        Fault::new(Kind::Missing, name.at, name.end() - name.at, "'restorerev' needs a revision");
                    return Err(fault.help("number the 'persist' lines from 0 and give one as \"n\""));
                }
            },
            _ => {
                let text = name.owned();
                let fault =
                    Fault::new(Kind::UnknownKey, name.at, name.end() - name.at, format!("unknown control '{text}'"));
                return Err(fault.suggest(&text, CONTROLS.into_iter(), "controls"));
            }
        })
    }

    fn nothing_else(&self, name: Text<'_>, control: &Control) -> Scanned<()> {
        let app = self.app.filter(|_| !matches!(control, Control::Restart(_))).map(|a| a.at);
        let n = self.n.filter(|_| !matches!(control, Control::RestoreRevision(_))).map(|n| n.0);
        match app.or(n) {
            None => Ok(()),
            Some(at) => Err(Fault::new(Kind::UnknownKey, at, 1, format!("'{}' does not take this", name.owned()))),
        }
    }
}

fn revision(scan: &mut Scan<'_>) -> Scanned<(usize, i64)> {
    scan.peek();
    let at = scan.at();
    match scan.from(at).number()? {
        Some(n) if n.whole && !n.negative && n.long().is_some() => {
            *scan = scan.from(at + n.raw.len());
            Ok((at, n.long().unwrap_or(0)))
        }
        _ => Err(scan.unexpected("the number of a revision")),
    }
}
