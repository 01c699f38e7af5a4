//! Annotations of apps, streams and queries: what they must not repeat, and what they may say.

use riddhi_ql::ast::{Annotation, AnnotationElement};
use riddhi_ql::{Diagnostics, Ident, Span};

use crate::diagnose::{annotations as wrong, notes, warnings};
use crate::registry::Compat;

/// Whether the annotation has that name; case counts nothing.
pub(crate) fn is(annotation: &Annotation, name: &str) -> bool {
    annotation.name.name.eq_ignore_ascii_case(name)
}

/// The annotation of that name, which may stand once.
pub(crate) fn single<'a>(list: &'a [Annotation], name: &str, out: &mut Diagnostics) -> Option<&'a Annotation> {
    let mut all = list.iter().filter(|a| is(a, name));
    let first = all.next()?;
    for again in all {
        out.push(wrong::twice(&again.name.name, again.name.span, first.name.span));
    }
    Some(first)
}

/// The same for an annotation of the app, `@app:name`.
fn single_of_app<'a>(list: &'a [Annotation], name: &str, out: &mut Diagnostics) -> Option<&'a Annotation> {
    let mut all = list.iter().filter(|a| is(a, name));
    let first = all.next()?;
    for again in all {
        out.push(wrong::twice(&format!("app:{}", again.name), again.name.span, first.name.span));
    }
    Some(first)
}

/// The element of that key; the empty key is that of a value alone. It may stand once.
pub(crate) fn element<'a>(
    annotation: &'a Annotation,
    key: &str,
    out: &mut Diagnostics,
) -> Option<&'a AnnotationElement> {
    let of = |e: &&AnnotationElement| e.key.as_ref().map_or("", |k| k.name.as_str()).eq_ignore_ascii_case(key);
    let mut all = annotation.elements.iter().filter(of);
    let first = all.next()?;
    for again in all {
        out.push(wrong::element_twice(key, again.span, first.span));
    }
    Some(first)
}

/// What the app's annotations say.
#[derive(Debug, Default)]
pub(crate) struct AppSettings {
    pub name: String,
    pub playback: bool,
    /// Which line of Siddhi it is to answer as.
    pub compat: Option<Compat>,
    pub idle: Option<(i64, i64)>,
}

pub(crate) fn app(list: &[Annotation], out: &mut Diagnostics) -> AppSettings {
    let mut settings = AppSettings::default();
    if let Some(name) = single_of_app(list, "name", out).and_then(|a| element(a, "", out)) {
        settings.name = name.value.value.clone();
    }
    if let Some(playback) = single_of_app(list, "playback", out) {
        settings.playback = true;
        settings.idle = idle(playback, out);
    }
    if let Some(found) = single_of_app(list, "compat", out) {
        settings.compat = compat(found, out);
    }
    if let Some(found) = single_of_app(list, "async", out) {
        out.push(wrong::app_async(found.span));
    }
    if let Some(found) = single_of_app(list, "statistics", out) {
        statistics(found, out);
    }
    for name in ["description", "enforceOrder", "transportChannelCreationEnabled"] {
        single_of_app(list, name, out);
    }
    settings
}

/// `@app:compat('siddhi4')`.
fn compat(found: &Annotation, out: &mut Diagnostics) -> Option<Compat> {
    let of = element(found, "", out);
    let (name, at) = of.map_or(("", found.span), |e| (e.value.value.as_str(), e.value.span));
    let known = Compat::named(name);
    if known.is_none() {
        out.push(wrong::compat(name, at));
    }
    known
}

/// `@app:statistics`, on unless it says otherwise. Who reports, and what of it, is the host's business.
fn statistics(found: &Annotation, out: &mut Diagnostics) {
    if let Some(interval) = element(found, "interval", out) {
        positive("interval", &interval.value.value, interval.value.span, out);
    }
    let switch = element(found, "enable", out).or(element(found, "", out));
    if switch.is_none_or(|e| e.value.value.eq_ignore_ascii_case("true")) {
        out.push(notes::no_statistics(found.span));
    }
}

/// `idle.time` and `increment`, both or neither.
fn idle(playback: &Annotation, out: &mut Diagnostics) -> Option<(i64, i64)> {
    let key = |e: &AnnotationElement| e.key.as_ref().map_or(String::new(), |k| k.name.to_ascii_lowercase());
    for unknown in playback.elements.iter().filter(|e| !["idle.time", "increment"].contains(&key(e).as_str())) {
        out.push(wrong::playback_element(unknown.key.as_ref().map_or("", |k| &k.name), unknown.span));
    }
    let times = (element(playback, "idle.time", out), element(playback, "increment", out));
    let mut time = |e: &AnnotationElement| {
        let ms = riddhi_ql::parse_time(&e.value.value).ok().map(|t| t.ms);
        if ms.is_none() {
            out.push(wrong::no_time(&e.value.value, e.value.span));
        }
        ms
    };
    match times {
        (Some(idle), Some(increment)) => {
            let (idle, increment) = (time(idle), time(increment));
            Some((idle?, increment?))
        }
        (Some(idle), None) => {
            time(idle);
            out.push(wrong::playback_half("increment", playback.span));
            None
        }
        (None, Some(increment)) => {
            time(increment);
            out.push(wrong::playback_half("idle.time", playback.span));
            None
        }
        (None, None) => None,
    }
}

/// Annotations of definitions.
const OF_DEFINITIONS: &[&str] = &["source", "sink", "async", "OnError", "store", "PrimaryKey", "Index", "purge"];
/// Annotations of queries and partitions.
const OF_QUERIES: &[&str] = &["info", "purge"];

/// Names that are probably mistyped; others are the user's own.
fn typos(list: &[Annotation], known: &[&'static str], out: &mut Diagnostics) {
    let typo = |a: &Annotation| warnings::annotation_typo(&a.name.name, a.name.span, known);
    list.iter().filter_map(typo).for_each(|d| out.push(d));
}

/// `@info(name='...')` of a query or partition.
pub(crate) fn info_name(list: &[Annotation], out: &mut Diagnostics) -> Option<Ident> {
    typos(list, OF_QUERIES, out);
    let name = single(list, "info", out).and_then(|a| element(a, "name", out))?;
    Some(Ident::new(name.value.value.clone(), name.value.span))
}

/// Annotations of a stream. Gives whether it has a fault stream.
pub(crate) fn stream(list: &[Annotation], out: &mut Diagnostics) -> bool {
    typos(list, OF_DEFINITIONS, out);
    if let Some(found) = single(list, "async", out) {
        asynchronous(found, out);
    }
    single(list, "OnError", out).is_some_and(|found| on_error(found, out))
}

fn on_error(found: &Annotation, out: &mut Diagnostics) -> bool {
    let Some(action) = element(found, "action", out) else {
        out.push(wrong::on_error(None, found.span));
        return false;
    };
    match action.value.value.to_ascii_lowercase().as_str() {
        "log" => false,
        "stream" => true,
        "store" => {
            out.push(notes::no_error_store(action.value.span));
            false
        }
        _ => {
            out.push(wrong::on_error(Some(&action.value.value), action.value.span));
            false
        }
    }
}

fn asynchronous(found: &Annotation, out: &mut Diagnostics) {
    out.push(notes::async_chunks(found.span));
    for key in ["workers", "batch.size.max"] {
        if let Some(e) = element(found, key, out) {
            positive(key, &e.value.value, e.value.span, out);
        }
    }
    match element(found, "buffer.size", out) {
        None => out.push(notes::async_size(found.span)),
        Some(e) => {
            let size = positive("buffer.size", &e.value.value, e.value.span, out);
            if size.is_some_and(|n| n.count_ones() != 1) {
                out.push(wrong::power_of_two(&e.value.value, e.value.span));
            }
        }
    }
}

fn positive(key: &str, value: &str, span: Span, out: &mut Diagnostics) -> Option<i32> {
    let number = value.parse::<i32>().ok().filter(|n| *n > 0);
    if number.is_none() {
        out.push(wrong::number(key, value, span));
    }
    number
}

/// Whether two lists say the same, wherever they stand.
pub(crate) fn same(a: &[Annotation], b: &[Annotation]) -> bool {
    let element = |e: &AnnotationElement| (e.key.as_ref().map(|k| k.name.clone()), e.value.value.clone());
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            is(a, &b.name.name)
                && a.elements.iter().map(element).eq(b.elements.iter().map(element))
                && same(&a.annotations, &b.annotations)
        })
}
