//! Handlers before the window: filters and stream functions, and the aggregates in them, which take each row in before it is
//! looked at.

use riddhi_batch::{Arena, Column, Flow, Kind, Sel};
use riddhi_plan::registry::{Failed, StreamCx, StreamRows, Volatility};

use super::faults::report_rows;
use super::rows::Selected;
use super::running::take_in;
use super::{AggregateCode, Aggregates, Code, Cx, Step, StreamCode, Work, compute, exact_column, first_step, report};
use crate::expr::{Program, Rows, Scratch, Source};

impl Work {
    /// Runs the handlers before the window, up to the first stream function that adds attributes.
    pub(super) fn run_before(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
    ) {
        let mut handler = 0;
        for step in &code.before[..code.narrow] {
            if selected.n == 0 {
                return;
            }
            let own = self.take_in(code, cx, input, range, selected, step, &mut handler);
            match step {
                Step::Filter { condition, .. } => self.filter(code, cx, input, range, selected, condition, own),
                Step::Stream(function) => {
                    self.stream_function(code, cx, input, range, selected, function, own, &mut []);
                }
            }
        }
    }

    /// Keeps the selected rows for which the condition holds; `own` are its aggregates, if it has any.
    pub(super) fn filter(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
        condition: &Program,
        own: Option<usize>,
    ) {
        self.volatile_inputs(cx, input, range, selected, condition.volatility());
        let b = &mut self.buffers;
        b.hits.clear();
        b.failed.clear();
        let rows =
            selected.rows_of(input, results(&self.state.handlers, own), (&b.ts, &b.now), (self.serial, code.seed));
        condition.select(&rows, cx.arena, &mut b.scratch, &mut b.hits, &mut b.failed);
        if !b.failed.is_empty() {
            report_rows(code, cx, &b.failed, input, selected);
        }
        if code.asks_random {
            self.serial += selected.n as u64;
        }
        selected.keep(&b.hits);
    }

    /// Fills `ts` and `now` of the buffers for the selected rows, if a program of that volatility needs them.
    fn volatile_inputs(
        &mut self,
        cx: &Cx<'_>,
        input: &Flow,
        (from, to): (usize, usize),
        selected: &mut Selected,
        volatility: Volatility,
    ) {
        let asks_now = volatility >= Volatility::Clock;
        if asks_now {
            selected.cut(&input.chunks, from, to);
        }
        self.note_times(cx, input, selected, (volatility >= Volatility::RowTime, asks_now));
    }

    /// Lets the aggregates of a handler, if it has any, take in the selected rows. Returns which they are among all of the
    /// query's handlers, of which `next` is the number.
    #[inline]
    pub(super) fn take_in(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
        step: &Step,
        next: &mut usize,
    ) -> Option<usize> {
        let codes = step.aggregates();
        if codes.is_empty() {
            return None;
        }
        let own = *next;
        *next += 1;
        self.aggregate_rows(code, cx, input, range, selected, codes, own);
        Some(own)
    }

    fn aggregate_rows(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
        codes: &[AggregateCode],
        own: usize,
    ) {
        self.volatile_inputs(cx, input, range, selected, Volatility::Random);
        let (b, results) = (&mut self.buffers, Source::NONE);
        let rows = selected.rows_of(input, results, (&b.ts, &b.now), (self.serial, code.seed));
        let own = &mut self.state.handlers[own];
        for failed in take_in(own, codes, &rows, cx.arena, &mut b.scratch, &mut b.hits) {
            report(code, cx, &failed, first_step(input, selected, &failed));
        }
    }

    /// Shows the selected rows to a stream function, which appends a value for each of them to the columns of `added`. Rows
    /// whose arguments cannot be computed are dropped after that.
    pub(super) fn stream_function(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
        function: &StreamCode,
        own: Option<usize>,
        added: &mut [Column],
    ) {
        let args = self.stream_args(code, cx, input, range, selected, function, own);
        let b = &mut self.buffers;
        let attributes = &code.schema.attributes[..function.sees];
        let mut scx = StreamCx { arena: cx.arena, log: cx.log, attributes, app: &code.app };
        let (columns, sel, n) = (&input.rows, selected.sel(), selected.n);
        function.kernel.run(&mut scx, &StreamRows { columns, sel, n, args: &args, expired: &[] }, added);
        if !b.failed.is_empty() {
            report_rows(code, cx, &b.failed, input, selected);
            b.hits.clear();
            b.hits.extend((0..selected.n as u32).filter(|&i| !b.failed.is(i as usize)));
            selected.keep(&b.hits);
        }
    }

    /// A stream function's arguments for the selected rows. Those for which one cannot be computed are marked in the buffers.
    pub(super) fn stream_args(
        &mut self,
        code: &Code,
        cx: &mut Cx<'_>,
        input: &Flow,
        range: (usize, usize),
        selected: &mut Selected,
        function: &StreamCode,
        own: Option<usize>,
    ) -> Vec<Column> {
        self.volatile_inputs(cx, input, range, selected, Volatility::Random);
        let b = &mut self.buffers;
        let rows =
            selected.rows_of(input, results(&self.state.handlers, own), (&b.ts, &b.now), (self.serial, code.seed));
        b.failed.clear();
        let args = stream_arguments(function, &rows, cx.arena, &mut b.scratch, &mut b.failed);
        self.serial += if code.asks_random { selected.n as u64 } else { 0 };
        args
    }
}

/// What the aggregates of a handler gave for the rows it looks at.
fn results(handlers: &[Aggregates], own: Option<usize>) -> Source<'_> {
    own.map_or(Source::NONE, |own| Source { cols: &handlers[own].results, sel: Sel::From(0) })
}

/// Computes a stream function's arguments, all of their declared types.
pub(crate) fn stream_arguments(
    function: &StreamCode,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    failed: &mut Failed,
) -> Vec<Column> {
    let argument = |(program, kind): &(Program, Kind)| {
        let mut column = Column::new(program.kind());
        compute(program, rows, arena, scratch, &mut column, failed);
        exact_column(column, *kind, arena, failed)
    };
    function.args.iter().map(argument).collect()
}
