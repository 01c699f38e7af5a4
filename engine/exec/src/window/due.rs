//! The timers that a window asks for.

use riddhi_batch::{LoadError, Reader, Writer};

/// Due times that a window asks for: first asked, first fired, and none before the step that asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    new: Vec<i64>,
    last: Option<i64>,
}

impl Asked {
    /// Asks for a timer at `due`; `now` is the clock.
    pub fn ask(&mut self, due: i64, now: i64) {
        let due = due.max(now).max(self.last.unwrap_or(i64::MIN));
        self.last = Some(due);
        self.new.push(due);
    }

    /// The same, unless one for that time is pending already.
    pub fn ask_once(&mut self, due: i64, now: i64) {
        if self.last.is_none_or(|last| due > last || now >= last) {
            self.ask(due, now);
        }
    }

    pub fn save(&self, out: &mut Writer) {
        out.put_i64(self.last.unwrap_or(i64::MIN));
    }

    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.last = Some(from.get_i64()?).filter(|&last| last != i64::MIN);
        Ok(())
    }

    pub fn take(&mut self, due: &mut Vec<i64>) {
        due.append(&mut self.new);
    }
}

/// Due times of a window whose rows are due a while after their timestamps: only a row with a greater timestamp than all before asks
/// for a timer.
#[derive(Clone, Debug)]
pub(super) struct Rising {
    greatest: i64,
    asked: Asked,
}

impl Rising {
    /// Before any row.
    pub fn new() -> Rising {
        Rising { greatest: i64::MIN, asked: Asked::default() }
    }

    /// A row of that timestamp is due `span` after it; `now` is the clock.
    #[inline]
    pub fn ask(&mut self, ts: i64, span: i64, now: i64) {
        if ts > self.greatest {
            self.greatest = ts;
            self.asked.ask(ts.saturating_add(span), now);
        }
    }

    /// A row of that timestamp came, of which nobody sees when it is due.
    #[inline]
    pub fn see(&mut self, ts: i64) {
        self.greatest = self.greatest.max(ts);
    }

    pub fn save(&self, out: &mut Writer) {
        out.put_i64(self.greatest);
        self.asked.save(out);
    }

    pub fn load(&mut self, from: &mut Reader<'_>) -> Result<(), LoadError> {
        self.greatest = from.get_i64()?;
        self.asked.load(from)
    }

    pub fn take(&mut self, due: &mut Vec<i64>) {
        self.asked.take(due);
    }
}
