//! Printing what comes out of an app.
//!
//! Invariants: rows are formatted into one buffer that is reused and written in whole lines; printing a row allocates
//! nothing. A reader that has gone away (a closed pipe) is an orderly end, not an error.
//! Not here: which rows there are, and their order.

pub mod csv;
pub mod json;
pub mod plain;
pub mod sink;
pub mod table;

use riddhi_batch::{Arena, Attribute, Columns};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned, for people; numbers are rounded.
    Table,
    /// One JSON object a line, exact.
    Jsonl,
    /// CSV, exact; a header before the first row of each stream.
    Csv,
}

impl Format {
    /// Its name, as it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }

    /// The one of a name.
    pub fn of_word(word: &str) -> Option<Format> {
        [Format::Table, Format::Jsonl, Format::Csv].into_iter().find(|format| format.word() == word)
    }
}

/// What rows belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A stream.
    Stream,
    /// A query seen before its output clause.
    Query,
    /// What an on-demand query found; its name is its number.
    Result,
}

impl What {
    /// How rows name it.
    pub fn text(self) -> &'static str {
        match self {
            What::Stream => "stream",
            What::Query => "query",
            What::Result => "result",
        }
    }
}

/// Something whose rows are printed.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the stream or query, number of the result.
    pub name: String,
    /// What it is.
    pub what: What,
    /// Whether its rows are printed at all.
    pub shown: bool,
    /// What its rows hold.
    pub attributes: Vec<Attribute>,
}

/// Rows of one target.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The rows.
    pub columns: &'a Columns,
    /// Their long strings.
    pub arena: &'a Arena,
    /// The first one meant.
    pub first: usize,
    /// How many.
    pub n: usize,
    /// Empty if all are current, else a byte for each row of `columns`: 1 is expired.
    pub kinds: &'a [u8],
}

impl Rows<'_> {
    /// Whether row `i` left a window rather than arrived.
    #[inline]
    pub fn is_expired(&self, i: usize) -> bool {
        !self.kinds.is_empty() && self.kinds[i] == 1
    }
}

/// A printer in one of the formats.
pub enum Printer {
    /// JSON lines.
    Jsonl(json::JsonPrinter),
    /// CSV.
    Csv(csv::CsvPrinter),
    /// For people.
    Table(table::TablePrinter),
}

impl Printer {
    /// A printer for rows of these targets.
    pub fn new(format: Format, targets: &[Target]) -> Printer {
        match format {
            Format::Jsonl => Printer::Jsonl(json::JsonPrinter::new(targets)),
            Format::Csv => Printer::Csv(csv::CsvPrinter::new(targets)),
            Format::Table => Printer::Table(table::TablePrinter::new(targets)),
        }
    }

    /// Appends the rows of target `target` as lines.
    pub fn print(&mut self, target: usize, rows: Rows<'_>, out: &mut Vec<u8>) {
        match self {
            Printer::Jsonl(printer) => printer.print(target, rows, out),
            Printer::Csv(printer) => printer.print(target, rows, out),
            Printer::Table(printer) => printer.print(target, rows, out),
        }
    }
}
