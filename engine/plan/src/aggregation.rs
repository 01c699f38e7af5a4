//! Incremental aggregations: what is kept by bucket of time, and how it is read.
//!
//! A row of a duration's table, and of what is kept for buckets that are still open, has the columns: bucket, [bucket of the
//! attribute that gives the time], group keys, latest values, [time of the latest values], base values. The attributes that
//! readers see are expressions over such a row.

mod within;

use std::sync::Arc;

use riddhi_batch::{Schema, Type};
use riddhi_ql::Span;

use crate::civil;
use crate::expr::{Compare, Expr, Node};
use crate::table::{TableCondition, TablePlan, both};

pub use within::{range, time};

/// The function that gives the time of an event out of the attribute to aggregate by; no text can call it.
pub const BUCKET_TIME: &str = "aggregate by";

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

/// An aggregation.
#[derive(Clone, Debug)]
pub struct AggregationPlan {
    /// Its name.
    pub name: String,
    /// Durations, the shortest first.
    pub units: Vec<Unit>,
    /// The number of each duration's table.
    pub tables: Vec<usize>,
    /// Whether an attribute gives the time: the last one of the input.
    pub external: bool,
    /// Input attributes that make the group: the first ones.
    pub groups: usize,
    /// Input attributes of which the latest value is kept: those behind.
    pub latest: usize,
    /// What is kept beside.
    pub bases: Vec<BasePlan>,
    /// The columns of a duration's table.
    pub row: Schema,
    /// What readers see: the bucket, then the attributes selected.
    pub reading: Schema,
    /// What computes that, over a row.
    pub items: Vec<Expr>,
    /// When rows of tables are dropped.
    pub purge: Option<RetentionPlan>,
    /// By duration, if the tables are in a store: what it is asked.
    pub stored: Vec<StoredPlan>,
    /// Where it is defined.
    pub span: Span,
}

/// What the store of a duration's table is asked: conditions over an event with attributes of type long.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// The time that readers see is at or after the first attribute and before the second.
    pub within: TableCondition,
    /// The same of the bucket by which rows go on to the next duration.
    pub rolled: TableCondition,
    /// The time that readers see is before the attribute.
    pub old: TableCondition,
}

/// A base value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePlan {
    /// What it is.
    pub base: Base,
    /// The input attribute that it is of.
    pub arg: Option<u32>,
}

/// What is kept of the events of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Base {
    Sum,
    Count,
    Min,
    Max,
    Set,
}

/// How long rows of tables stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionPlan {
    /// Milliseconds between two looks.
    pub interval_ms: i64,
    /// By duration: milliseconds, or for ever.
    pub keep_ms: Vec<Option<i64>>,
}

/// Which buckets a join asks for: expressions over the event.
#[derive(Clone, Debug)]
pub struct BucketsPlan {
    /// Number of the aggregation.
    pub aggregation: usize,
    /// `within`: a text with wildcards, or the start of a range.
    pub start: Expr,
    /// The end of the range.
    pub end: Option<Expr>,
    /// `per`.
    pub per: Expr,
    /// What of the condition is over columns that the duration's table has, if that is not all of it: by this Siddhi looks rows
    /// of the table up before it puts them into a map, whose size shows in the order of what is found.
    pub picks: Option<TableCondition>,
    /// What is found, as a table with the indexes that the condition asks for.
    pub table: Arc<TablePlan>,
}

impl AggregationPlan {
    /// The columns that make the key of a row, the bucket aside: first and number.
    pub fn keys(&self) -> (usize, usize) {
        (1, usize::from(self.external) + self.groups)
    }

    /// The first column with a latest value.
    pub fn first_latest(&self) -> usize {
        let (first, keys) = self.keys();
        first + keys
    }

    /// The column with the time of the latest values.
    pub fn last_time(&self) -> Option<usize> {
        (self.external && self.latest > 0).then(|| self.first_latest() + self.latest)
    }

    /// The first column with a base value.
    pub fn first_base(&self) -> usize {
        self.first_latest() + self.latest + usize::from(self.last_time().is_some())
    }

    /// The column whose time readers see.
    pub fn time_column(&self) -> usize {
        usize::from(self.external)
    }

    /// What is asked of a store that has the table of a duration.
    pub(crate) fn ask_of(&self, number: usize, table: &mut TablePlan) -> StoredPlan {
        let range = |column: usize, table: &mut TablePlan| {
            let from = self.compared(column, Compare::GreaterOrEqual, 0);
            table.condition(number, both(from, self.compared(column, Compare::Less, 1)))
        };
        let within = range(self.time_column(), table);
        let rolled = if self.external { range(0, table) } else { within.clone() };
        let old = table.condition(number, self.compared(self.time_column(), Compare::Less, 0));
        StoredPlan { within, rolled, old }
    }

    /// Compares a column that is a time with an attribute.
    fn compared(&self, column: usize, op: Compare, attribute: u32) -> Expr {
        let long = |node: Node| Box::new(Expr { ty: Type::Long, kind: Type::Long.kind(), node, span: self.span });
        let node = Node::Compare(op, long(Node::Column(column as u32)), long(Node::Attr(attribute)));
        Expr { ty: Type::Bool, kind: Type::Bool.kind(), node, span: self.span }
    }

    /// Which of the durations `per` names.
    pub fn duration(&self, per: &str) -> Result<usize, String> {
        let unit = Unit::of(per).ok_or_else(|| format!("`{per}` is no duration"))?;
        let at = self.units.iter().position(|u| *u == unit);
        at.ok_or_else(|| format!("aggregation `{}` has no {}", self.name, unit.table().to_lowercase()))
    }
}

impl BasePlan {
    /// The type of the column, given that of the argument.
    pub fn ty(base: Base, arg: Option<Type>) -> Type {
        match (base, arg) {
            (Base::Count, _) => Type::Long,
            (Base::Sum, Some(Type::Int | Type::Long)) => Type::Long,
            (Base::Sum, _) => Type::Double,
            (Base::Set, _) => Type::Object,
            (Base::Min | Base::Max, arg) => arg.unwrap_or(Type::Double),
        }
    }
}

impl Unit {
    /// All, the shortest first.
    pub const ALL: [Unit; 6] = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Month, Unit::Year];

    /// What `per` calls it.
    pub fn of(word: &str) -> Option<Unit> {
        Some(match word.to_ascii_lowercase().as_str() {
            "sec" | "second" | "seconds" => Unit::Second,
            "min" | "minute" | "minutes" => Unit::Minute,
            "h" | "hour" | "hours" => Unit::Hour,
            "day" | "days" => Unit::Day,
            "month" | "months" => Unit::Month,
            "year" | "years" => Unit::Year,
            _ => return None,
        })
    }

    /// What its table's name ends with.
    pub fn table(self) -> &'static str {
        match self {
            Unit::Second => "SECONDS",
            Unit::Minute => "MINUTES",
            Unit::Hour => "HOURS",
            Unit::Day => "DAYS",
            Unit::Month => "MONTHS",
            Unit::Year => "YEARS",
        }
    }

    /// The start of the bucket of that time.
    #[inline]
    pub fn start(self, time: i64) -> i64 {
        match self {
            Unit::Second => floor(time, SECOND),
            Unit::Minute => floor(time, MINUTE),
            Unit::Hour => floor(time, HOUR),
            Unit::Day => floor(time, DAY),
            Unit::Month => {
                let (year, month, _) = civil::date(time.div_euclid(DAY));
                civil::day(year, month, 1).saturating_mul(DAY)
            }
            Unit::Year => civil::day(civil::date(time.div_euclid(DAY)).0, 1, 1).saturating_mul(DAY),
        }
    }

    /// The start of the bucket behind that of that time.
    pub fn next(self, time: i64) -> i64 {
        let start = self.start(time);
        match self {
            Unit::Second => start.saturating_add(SECOND),
            Unit::Minute => start.saturating_add(MINUTE),
            Unit::Hour => start.saturating_add(HOUR),
            Unit::Day => start.saturating_add(DAY),
            // A day of the next month, of the next year.
            Unit::Month => self.start(start.saturating_add(31 * DAY)),
            Unit::Year => self.start(start.saturating_add(366 * DAY)),
        }
    }
}

fn floor(time: i64, of: i64) -> i64 {
    time.saturating_sub(time.rem_euclid(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_begin_and_end_where_the_calendar_says() {
        let start = |unit: Unit, text: &str| unit.start(time(text).expect("a time"));
        for (unit, begins, ends) in [
            (Unit::Second, "2020-02-29 23:59:59", "2020-03-01 00:00:00"),
            (Unit::Minute, "2020-02-29 23:59:00", "2020-03-01 00:00:00"),
            (Unit::Hour, "2020-02-29 23:00:00", "2020-03-01 00:00:00"),
            (Unit::Day, "2020-02-29 00:00:00", "2020-03-01 00:00:00"),
            (Unit::Month, "2020-02-01 00:00:00", "2020-03-01 00:00:00"),
            (Unit::Year, "2020-01-01 00:00:00", "2021-01-01 00:00:00"),
        ] {
            let at = time("2020-02-29 23:59:59").expect("a time") + 999;
            assert_eq!(Some(unit.start(at)), time(begins), "{unit:?}");
            assert_eq!(Some(unit.next(at)), time(ends), "{unit:?}");
            assert_eq!(start(unit, begins), unit.start(at), "{unit:?}");
        }
        assert_eq!(Some(Unit::Month.start(-1)), time("1969-12-01 00:00:00"));
    }

    #[test]
    fn no_time_is_too_far() {
        for unit in Unit::ALL {
            for time in [i64::MIN, -1, 0, i64::MAX] {
                assert!(unit.start(time) <= time);
                assert!(unit.next(time) >= unit.start(time));
            }
        }
    }
}
