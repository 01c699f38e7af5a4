//! Running a program over the rows of a call.

use std::cell::RefCell;
use std::mem;

use riddhi_batch::{Arena, Column, Data, Kind, Sel};
use riddhi_plan::registry::{Arg, Failed, KernelCx, RowFailure};

use super::kernels::{arith, compare, logic};
use crate::table::{Finder, Found, Table};

use super::{Call, KINDS, Op, Program, Register, Rows, Slot, Work, by_value};

/// Arguments of a call that need no allocation.
const ARGS_INLINE: usize = 8;

/// Registers of programs, reused from call to call and from program to program.
#[derive(Debug)]
pub struct Scratch {
    /// By kind; a register is away while it is being written.
    pools: [Vec<Option<Box<Reg>>>; KINDS],
    failed: Failed,
    /// The app's tables, while a query that looks at some runs.
    tables: RefCell<Vec<Table>>,
    /// By the place of its look-up in memory: what it needs while it looks.
    finds: RefCell<Vec<(usize, Box<Found>)>>,
}

#[derive(Debug)]
struct Reg {
    column: Column,
    failed: Failed,
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch {
            pools: std::array::from_fn(|_| Vec::new()),
            failed: Failed::default(),
            tables: RefCell::default(),
            finds: RefCell::default(),
        }
    }
}

impl Scratch {
    /// Lends the app's tables to the expressions, or takes them back.
    #[inline]
    pub(crate) fn swap_tables(&mut self, tables: &mut Vec<Table>) {
        std::mem::swap(self.tables.get_mut(), tables);
    }

    /// No registers yet.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    #[inline]
    fn grow(&mut self, program: &Program) {
        for (kind, (pool, &needed)) in ALL_KINDS.iter().zip(self.pools.iter_mut().zip(&program.registers)) {
            while pool.len() < needed as usize {
                pool.push(Some(Box::new(Reg { column: Column::new(*kind), failed: Failed::default() })));
            }
        }
    }

    #[inline]
    fn reg(&self, r: Register) -> &Reg {
        self.pools[r.pool()][r.index as usize].as_deref().expect("an operation reads no register that it writes")
    }

    #[inline]
    fn take(&mut self, r: Register) -> Box<Reg> {
        let reg = self.pools[r.pool()][r.index as usize].take();
        let mut reg = reg.expect("an operation writes one register");
        reg.column.clear();
        reg.failed.clear();
        reg
    }

    #[inline]
    fn put(&mut self, r: Register, reg: Box<Reg>) {
        self.pools[r.pool()][r.index as usize] = Some(reg);
    }
}

/// In the order of the pools.
const ALL_KINDS: [Kind; KINDS] = [Kind::I32, Kind::I64, Kind::F32, Kind::F64, Kind::Bool, Kind::Str, Kind::Any];

/// See [`Program::eval`].
pub(super) fn eval(
    program: &Program,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    out: &mut Column,
    failed: &mut Failed,
) {
    if rows.n == 0 {
        return;
    }
    let start = out.len();
    prepare(program, rows, scratch);
    let (last, before) = match program.ops.split_last() {
        Some((last, before)) if program.result == Slot::Many(last.to) => (Some(last), before),
        _ => (None, &program.ops[..]),
    };
    for op in before {
        step(program, op, rows, arena, scratch);
    }
    match last {
        // A function is promised an empty column.
        Some(op) if start == 0 || !matches!(op.work, Work::Call(_)) => {
            let mut ours = mem::take(&mut scratch.failed);
            ours.clear();
            run(program, op, rows, arena, scratch, out, &mut ours);
            finish(&ours, rows.n, start, out, failed);
            scratch.failed = ours;
        }
        Some(op) => {
            step(program, op, rows, arena, scratch);
            let reg = scratch.reg(op.to);
            out.append(&reg.column, Sel::From(0), rows.n);
            finish(&reg.failed, rows.n, start, out, failed);
        }
        None => bare(program, rows, scratch, out),
    }
}

/// Appends a bare attribute or constant.
fn bare(program: &Program, rows: &Rows<'_>, scratch: &Scratch, out: &mut Column) {
    if let Slot::Input(i) = program.result {
        let input = program.inputs[i as usize];
        let source = if input.computed { &rows.computed } else { &rows.input };
        return out.append(&source.cols[input.column as usize], source.sel, rows.n);
    }
    let arg = operand(program, rows, scratch, program.result);
    for _ in 0..rows.n {
        out.append(arg.column, Sel::From(arg.first), 1);
    }
}

/// Nulls the failed rows in `out` and notes them for the caller.
fn finish(ours: &Failed, n: usize, start: usize, out: &mut Column, failed: &mut Failed) {
    if ours.is_empty() {
        return;
    }
    out.nulls.resize(start + n, 0);
    out.nulls[start..].iter_mut().zip(&ours.rows).for_each(|(null, &f)| *null |= f);
    failed.merge(ours, n);
}

/// See [`Program::select`].
pub(super) fn select(
    program: &Program,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &mut Scratch,
    hits: &mut Vec<u32>,
    failed: &mut Failed,
) {
    if rows.n == 0 {
        return;
    }
    prepare(program, rows, scratch);
    for op in &program.ops {
        step(program, op, rows, arena, scratch);
    }
    let n = rows.n;
    let mut ours = mem::take(&mut scratch.failed);
    ours.clear();
    inherit(scratch, &[program.result], &mut ours, n);
    let arg = operand(program, rows, scratch, program.result);
    let start = hits.len();
    match &arg.column.data {
        Data::Bool(v) if arg.constant => {
            if v[arg.first] != 0 && !arg.is_null(0) {
                hits.extend(0..n as u32);
            }
        }
        Data::Bool(v) if arg.column.nulls.is_empty() && ours.is_empty() => compact(&v[arg.first..arg.first + n], hits),
        Data::Bool(v) => {
            let is_hit = |&i: &u32| {
                let i = i as usize;
                v[arg.at(i)] != 0 && !arg.is_null(i) && !ours.is(i)
            };
            hits.extend((0..n as u32).filter(is_hit));
        }
        _ => {
            for i in (0..n).filter(|&i| !ours.is(i)).collect::<Vec<_>>() {
                match by_value::truth(&arg.column.value(arg.at(i), arena)) {
                    Ok(true) => hits.push(i as u32),
                    Ok(false) => {}
                    Err(why) => ours.mark(i, n, why),
                }
            }
        }
    }
    debug_assert!(hits[start..].is_sorted());
    failed.merge(&ours, n);
    scratch.failed = ours;
}

/// Rows that are looked at together when a mask becomes row numbers.
const LANES: usize = 8;

/// For each byte, the places of its ones, in order. 8 KiB; with places of a byte each it would be 2, but widening them costs
/// more than all the rest (0.47 ns a row instead of 0.18; a loop without a table 0.35 to 0.55).
static PLACES: [[u32; LANES]; 256] = {
    let mut table = [[0; LANES]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut k) = (0, 0);
        while bit < LANES {
            if byte >> bit & 1 == 1 {
                table[byte][k] = bit as u32;
                k += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Appends the places of the ones among bytes that are 0 or 1. Free of branches, since half of the rows passing is common:
/// eight bytes make an index of a table of places, which is written whole and of which only the ones are kept.
fn compact(mask: &[u8], hits: &mut Vec<u32>) {
    let start = hits.len();
    hits.resize(start + mask.len() + LANES, 0);
    let to = &mut hits[start..];
    let mut k = 0;
    let (chunks, rest) = mask.as_chunks::<LANES>();
    for (chunk, bytes) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*bytes);
        // Products carry nothing over, as every byte is 0 or 1: bit i of the top byte is byte i; and their sum.
        let bits = word.wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let ones = word.wrapping_mul(0x0101_0101_0101_0101) >> 56;
        let base = (chunk * LANES) as u32;
        if let Some(to) = to[k..].first_chunk_mut::<LANES>() {
            *to = PLACES[bits as usize].map(|place| base + place);
        }
        k += ones as usize;
    }
    let base = chunks.len() * LANES;
    for (i, &m) in rest.iter().enumerate() {
        to[k] = (base + i) as u32;
        k += m as usize;
    }
    hits.truncate(start + k);
}

/// Makes registers and gathers inputs whose rows are not contiguous.
fn prepare(program: &Program, rows: &Rows<'_>, scratch: &mut Scratch) {
    scratch.grow(program);
    if program.ops.is_empty() && matches!(program.result, Slot::Const(_)) {
        return;
    }
    for input in &program.inputs {
        let source = if input.computed { &rows.computed } else { &rows.input };
        if let Sel::Rows(_) = source.sel {
            let mut reg = scratch.take(input.gathered);
            reg.column.append(&source.cols[input.column as usize], source.sel, rows.n);
            scratch.put(input.gathered, reg);
        }
    }
}

#[inline]
fn operand<'a>(program: &'a Program, rows: &Rows<'a>, scratch: &'a Scratch, slot: Slot) -> Arg<'a> {
    match slot {
        Slot::Input(i) => {
            let input = program.inputs[i as usize];
            let source = if input.computed { &rows.computed } else { &rows.input };
            match source.sel {
                Sel::From(first) => {
                    Arg { column: &source.cols[input.column as usize], first, constant: false, failed: &[] }
                }
                Sel::Rows(_) => {
                    Arg { column: &scratch.reg(input.gathered).column, first: 0, constant: false, failed: &[] }
                }
            }
        }
        Slot::Const(i) => Arg { column: &program.consts[i as usize].column, first: 0, constant: true, failed: &[] },
        Slot::Many(r) => {
            let reg = scratch.reg(r);
            Arg { column: &reg.column, first: 0, constant: false, failed: &reg.failed.rows }
        }
        Slot::One(r) => Arg { column: &scratch.reg(r).column, first: 0, constant: true, failed: &[] },
    }
}

/// Marks the rows that failed in an operand.
fn inherit(scratch: &Scratch, slots: &[Slot], failed: &mut Failed, n: usize) {
    for slot in slots {
        if let Slot::Many(r) = slot {
            failed.merge(&scratch.reg(*r).failed, n);
        }
    }
}

/// Runs an operation into its register.
fn step(program: &Program, op: &Op, rows: &Rows<'_>, arena: &mut Arena, scratch: &mut Scratch) {
    let mut reg = scratch.take(op.to);
    run(program, op, rows, arena, scratch, &mut reg.column, &mut reg.failed);
    scratch.put(op.to, reg);
}

/// Appends the results of an operation to `out` and marks failed rows in `failed`, which is empty.
fn run(
    program: &Program,
    op: &Op,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &Scratch,
    out: &mut Column,
    failed: &mut Failed,
) {
    let n = rows.n;
    let arg = |slot: Slot| operand(program, rows, scratch, slot);
    match &op.work {
        Work::Place(number) => {
            let constant = &program.consts[*number as usize];
            out.append_from(&constant.column, Sel::From(0), 1, &constant.arena, arena);
        }
        Work::Convert(a) => {
            inherit(scratch, &[*a], failed, n);
            arith::convert(&arg(*a), n, out);
        }
        Work::Arith(op, a, b) => {
            inherit(scratch, &[*a, *b], failed, n);
            arith::arith(*op, &arg(*a), &arg(*b), n, out);
        }
        Work::ArithByValue(op, ty, a, b) => {
            inherit(scratch, &[*a, *b], failed, n);
            arith::arith_by_value(*op, *ty, &arg(*a), &arg(*b), n, arena, out, failed);
        }
        Work::Compare(op, a, b) => {
            inherit(scratch, &[*a, *b], failed, n);
            let own = if let Slot::Const(i) = b { Some(&program.consts[*i as usize].arena) } else { None };
            bools(out, |to| compare::compare(*op, &arg(*a), &arg(*b), n, arena, own, to));
        }
        Work::CompareByValue(op, types, a, b) => {
            inherit(scratch, &[*a, *b], failed, n);
            bools(out, |to| compare::compare_by_value(*op, *types, &arg(*a), &arg(*b), n, arena, to, failed));
        }
        Work::And(a, b) | Work::Or(a, b) => {
            let and = matches!(op.work, Work::And(..));
            let (x, y) = (arg(*a), arg(*b));
            if !x.failed.is_empty() || !y.failed.is_empty() {
                logic::connect_failures(and, &x, &y, n, &mut failed.rows);
                settle_failures(scratch, &[*a, *b], failed);
            }
            bools(out, |to| logic::connect(and, &x, &y, n, to));
        }
        Work::Not(a) => {
            inherit(scratch, &[*a], failed, n);
            bools(out, |to| logic::not(&arg(*a), n, to));
        }
        Work::IsNull(a) => {
            inherit(scratch, &[*a], failed, n);
            bools(out, |to| logic::is_null(&arg(*a), n, to));
        }
        Work::Truth(a) => {
            inherit(scratch, &[*a], failed, n);
            bools(out, |to| logic::truth_by_value(&arg(*a), n, arena, to, failed));
        }
        Work::In(finder) => is_in(finder, rows, arena, scratch, out, failed),
        Work::Call(call) => run_call(program, call, rows, arena, scratch, out, failed),
    }
}

/// Whether a table has a row for each of the events.
fn is_in(
    finder: &Finder,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &Scratch,
    out: &mut Column,
    failed: &mut Failed,
) {
    let mut tables = scratch.tables.borrow_mut();
    let Some(table) = tables.get_mut(finder.table()) else {
        (0..rows.n).for_each(|i| failed.mark(i, rows.n, RowFailure::new("there are no tables here")));
        return bools(out, |to| to.resize(to.len() + rows.n, 0));
    };
    let place = std::ptr::from_ref(finder) as usize;
    let mut finds = scratch.finds.borrow_mut();
    let known = finds.iter().position(|(key, _)| *key == place);
    let known = known.unwrap_or_else(|| {
        finds.push((place, Box::new(finder.found())));
        finds.len() - 1
    });
    let found = &mut finds[known].1;
    finder.exists(table, rows, arena, found);
    bools(out, |to| to.extend(found.ends.iter().map(|&end| end as u8)));
    if !found.failed.is_empty() {
        failed.clone_from(&found.failed);
    }
}

/// Appends bools that are never null.
fn bools(out: &mut Column, f: impl FnOnce(&mut Vec<u8>)) {
    let Data::Bool(to) = &mut out.data else { panic!("result is not of the kind it was compiled for") };
    f(to);
    if !out.nulls.is_empty() {
        out.nulls.resize(to.len(), 0);
    }
}

/// Gives failures that were decided row by row a reason, or none if no row is left.
fn settle_failures(scratch: &Scratch, slots: &[Slot], failed: &mut Failed) {
    failed.settle(slots.iter().filter_map(|slot| match slot {
        Slot::Many(r) => Some(&scratch.reg(*r).failed),
        _ => None,
    }));
}

fn run_call(
    program: &Program,
    call: &Call,
    rows: &Rows<'_>,
    arena: &mut Arena,
    scratch: &Scratch,
    out: &mut Column,
    failed: &mut Failed,
) {
    let n = rows.n;
    if !call.lazy {
        inherit(scratch, &call.args, failed, n);
    }
    let mut cx = KernelCx { arena, ts: rows.ts, now: rows.now, serial: rows.serial, seed: rows.seed ^ call.site };
    let arg = |slot: &Slot| operand(program, rows, scratch, *slot);
    match &call.args[..] {
        [] => call.kernel.eval(&mut cx, &[], n, out, failed),
        [a] => call.kernel.eval(&mut cx, &[arg(a)], n, out, failed),
        [a, b] => call.kernel.eval(&mut cx, &[arg(a), arg(b)], n, out, failed),
        [a, b, c] => call.kernel.eval(&mut cx, &[arg(a), arg(b), arg(c)], n, out, failed),
        [first, rest @ ..] if rest.len() < ARGS_INLINE => {
            let mut args = [arg(first); ARGS_INLINE];
            for (to, slot) in args[1..].iter_mut().zip(rest) {
                *to = arg(slot);
            }
            call.kernel.eval(&mut cx, &args[..=rest.len()], n, out, failed);
        }
        slots => {
            let args: Vec<Arg<'_>> = slots.iter().map(arg).collect();
            call.kernel.eval(&mut cx, &args, n, out, failed);
        }
    }
    if call.lazy && !failed.is_empty() {
        settle_failures(scratch, &call.args, failed);
    }
    if call.settle {
        logic::settle(out, arena, failed);
    }
}
