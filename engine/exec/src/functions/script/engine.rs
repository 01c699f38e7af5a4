//! QuickJS within its limits. A thread has an engine for each script that it runs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use riddhi_batch::Value;
use riddhi_plan::registry::{RowCx, RowFailure, ScriptError};
use rquickjs::context::EvalOptions;
use rquickjs::function::Function;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Runtime};

use super::Script;
use super::value::{from_script, to_script};

/// Bytes that a script may have in use.
const MEMORY: usize = 32 << 20;
/// Bytes of stack.
const STACK: usize = 256 << 10;
/// How often a call may be asked whether it goes on: about ten thousand steps lie between.
const TURNS: u32 = 2_000;
/// Characters of an error that are shown.
const SHOWN: usize = 200;
/// How a script is called in stack traces.
pub(super) const SCRIPT: &str = "script";
/// How a text is called there that a script evaluates.
pub(super) const TEXT: &str = "<input>";
/// How the prelude is called there.
const PRELUDE: &str = "prelude";

/// An engine with one script.
struct Loaded {
    context: Context,
    turns: Rc<Cell<u32>>,
    script: Weak<Script>,
    /// Calls so far.
    calls: u64,
}

thread_local! {
    static LOADED: RefCell<HashMap<u64, Loaded>> = RefCell::new(HashMap::new());
}

/// What went wrong, and where.
struct Wrong {
    what: String,
    /// In which line of the script, or of the text that it evaluates.
    line: Option<u32>,
    /// Whether a limit stopped it.
    stopped: bool,
}

/// Reads a script without running it.
pub(super) fn check(script: &Script) -> Result<(), ScriptError> {
    load(script, Weak::new()).map(|_| ()).map_err(|wrong| ScriptError { what: wrong.what, line: wrong.line })
}

/// Calls a script.
pub(super) fn call(script: &Arc<Script>, args: &[Value], cx: &RowCx) -> Result<Value, RowFailure> {
    let result = LOADED.with_borrow_mut(|all| {
        loop {
            let loaded = match all.get_mut(&script.number) {
                Some(loaded) => loaded,
                None => {
                    all.retain(|_, loaded| loaded.script.strong_count() > 0);
                    let loaded = load(script, Arc::downgrade(script))?;
                    all.entry(script.number).or_insert(loaded)
                }
            };
            let first = loaded.calls == 0;
            loaded.calls += 1;
            let result = run(loaded, script.file, args, cx);
            // How much memory and how many steps are left depends a little on the calls before: at a limit, what counts is
            // what an engine says that had none.
            let at_limit = loaded.turns.get() <= 1 || result.as_ref().is_err_and(|wrong| wrong.stopped);
            if at_limit || loaded.context.runtime().is_job_pending() {
                all.remove(&script.number);
            }
            if first || !at_limit {
                return result;
            }
        }
    });
    result.map_err(|wrong| {
        let place = wrong.line.map_or(String::new(), |line| format!(" in line {line} of its script"));
        RowFailure::new(format!("{}: {}{place}", script.name, wrong.what))
    })
}

fn load(script: &Script, weak: Weak<Script>) -> Result<Loaded, Wrong> {
    let failed = |_| Wrong { what: "the script engine cannot be started".to_owned(), line: None, stopped: false };
    let runtime = Runtime::new().map_err(failed)?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let turns = Rc::new(Cell::new(TURNS));
    let left = turns.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || match left.get() {
        0 => true,
        n => {
            left.set(n - 1);
            false
        }
    })));
    let context = Context::full(&runtime).map_err(failed)?;
    context.with(|ctx| {
        let function = eval(&ctx, script.file, &script.source)?;
        let prelude = eval(&ctx, PRELUDE, include_str!("prelude.js"))?;
        let made: rquickjs::Result<()> = prelude.call((ctx.globals(), function));
        made.catch(&ctx).map_err(|error| wrong(error, script.file, &turns))
    })?;
    Ok(Loaded { context, turns, script: weak, calls: 0 })
}

fn eval<'js>(ctx: &Ctx<'js>, file: &str, source: &str) -> Result<Function<'js>, Wrong> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    let function = ctx.eval_with_options::<Function<'js>, _>(source, options);
    function.catch(ctx).map_err(|error| wrong(error, file, &Cell::new(1)))
}

fn run(loaded: &Loaded, file: &str, args: &[Value], cx: &RowCx) -> Result<Value, Wrong> {
    loaded.turns.set(TURNS);
    loaded.context.with(|ctx| {
        let of =
            |result: rquickjs::Result<Value>| result.catch(&ctx).map_err(|error| wrong(error, file, &loaded.turns));
        let seed = (cx.seed ^ cx.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15)) as i32;
        of((|| {
            let call: Function<'_> = ctx.globals().get("riddhi:call")?;
            let data = rquickjs::Array::new(ctx.clone())?;
            for (i, arg) in args.iter().enumerate() {
                data.set(i, to_script(&ctx, arg)?)?;
            }
            let result: rquickjs::Value<'_> = call.call((data, cx.now as f64, seed))?;
            from_script(&result)
        })())
    })
}

/// What an error says, and in which line of `file`. `turns` tells whether the script ran out of steps.
fn wrong(error: CaughtError<'_>, file: &str, turns: &Cell<u32>) -> Wrong {
    let (message, stack) = match &error {
        CaughtError::Exception(e) => (e.message().unwrap_or_default(), e.stack().unwrap_or_default()),
        CaughtError::Value(value) => {
            let text = value.as_string().and_then(|s| s.to_string().ok());
            (text.unwrap_or_else(|| "it threw a value".to_owned()), String::new())
        }
        CaughtError::Error(e) => (e.to_string(), String::new()),
    };
    let (what, stopped) = if turns.get() == 0 {
        ("stopped after its most steps, it may loop".to_owned(), true)
    } else if message.contains("out of memory") {
        (format!("stopped, it needs more than {} MiB of memory", MEMORY >> 20), true)
    } else if message.contains("call stack size exceeded") {
        ("stopped, it calls itself too often".to_owned(), true)
    } else {
        (message.chars().take(SHOWN).collect(), false)
    };
    Wrong { what, line: line_in(&stack, file), stopped }
}

/// The line of the innermost frame that is the file's: `at f (script:3:5)`.
fn line_in(stack: &str, file: &str) -> Option<u32> {
    let at = stack.match_indices(file).find_map(|(at, _)| stack[at + file.len()..].strip_prefix(':'))?;
    let digits: String = at.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
