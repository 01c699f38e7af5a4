//! Running a program over the rows of a call.

use std::mem;

use riddhi_batch::{Arena, Column, Data, Kind, Sel};
use riddhi_plan::registry::{Arg, Failed, KernelCx};

use super::kernels::{arith, compare, logic};
use super::{Call, KINDS, Op, Program, Register, Rows, Slot, Work, by_value};

/// Arguments of a call that need no allocation.
const ARGS_INLINE: usize = 8;

/// Registers of programs, reused from call to call and from program to program.
#[derive(Debug)]
pub struct Scratch {
    pools: [Vec<Reg>; KINDS],
    failed: Failed,
}

#[derive(Debug)]
struct Reg {
    column: Column,
    failed: Failed,
}

impl Reg {
    /// What stands in the pool while the register itself is being written.
    fn away() -> Reg {
        Reg { column: Column { data: Data::I32(Vec::new()), nulls: Vec::new() }, failed: Failed::default() }
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch { pools: std::array::from_fn(|_| Vec::new()), failed: Failed::default() }
    }
}

impl Scratch {
    /// No registers yet.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    #[inline]
    fn grow(&mut self, program: &Program) {
        for (kind, (pool, &needed)) in ALL_KINDS.iter().zip(self.pools.iter_mut().zip(&program.registers)) {
            while pool.len() < needed as usize {
                pool.push(Reg { column: Column::new(*kind), failed: Failed::default() });
            }
        }
    }

    #[inline]
    fn reg(&self, r: Register) -> &Reg {
        &self.pools[r.pool()][r.index as usize]
    }

    #[inline]
    fn take(&mut self, r: Register) -> Reg {
        let mut reg = mem::replace(&mut self.pools[r.pool()][r.index as usize], Reg::away());
        reg.column.clear();
        reg.failed.clear();
        reg
    }

    #[inline]
    fn put(&mut self, r: Register, reg: Reg) {
        self.pools[r.pool()][r.index as usize] = reg;
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
    merge(failed, ours, n);
}

fn merge(to: &mut Failed, from: &Failed, n: usize) {
    if from.is_empty() {
        return;
    }
    to.rows.resize(n, 0);
    to.rows.iter_mut().zip(&from.rows).for_each(|(to, &f)| *to |= f);
    if to.reason.is_none() {
        to.reason.clone_from(&from.reason);
    }
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
    merge(failed, &ours, n);
    scratch.failed = ours;
}

/// Appends the places of the ones.
fn compact(mask: &[u8], hits: &mut Vec<u32>) {
    let start = hits.len();
    hits.resize(start + mask.len(), 0);
    let to = &mut hits[start..];
    let mut k = 0;
    for (i, &m) in mask.iter().enumerate() {
        to[k] = i as u32;
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
            merge(failed, &scratch.reg(*r).failed, n);
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
        Work::Call(call) => run_call(program, call, rows, arena, scratch, out, failed),
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
    if !failed.rows.contains(&1) {
        return failed.clear();
    }
    for slot in slots {
        if let Slot::Many(r) = slot
            && failed.reason.is_none()
        {
            failed.reason.clone_from(&scratch.reg(*r).failed.reason);
        }
    }
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
    match call.args.len() {
        0 => call.kernel.eval(&mut cx, &[], n, out, failed),
        count @ 1..=ARGS_INLINE => {
            let args: [Arg<'_>; ARGS_INLINE] = std::array::from_fn(|i| arg(&call.args[i.min(count - 1)]));
            call.kernel.eval(&mut cx, &args[..count], n, out, failed);
        }
        _ => {
            let args: Vec<Arg<'_>> = call.args.iter().map(arg).collect();
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
