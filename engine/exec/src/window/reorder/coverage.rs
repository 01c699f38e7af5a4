//! How much of the events a slack must catch for an aggregate to be right, and how much it catches.

/// Milliseconds that count.
const WINDOW: i64 = 10_000_000_000;

/// The least part of the events that must be caught: for so large an error of the mean of `data` and that critical value.
pub(super) fn wanted(error: f64, critical: f64, data: &[f64]) -> f64 {
    let n = data.len() as f64;
    let mean = data.iter().sum::<f64>() / n;
    let variance = data.iter().map(|x| (mean - x).powi(2)).sum::<f64>() / n;
    let ratio = ((mean.powi(2) + variance.powi(2)) / (n * mean.powi(2))).sqrt();
    let spread = critical.powi(2) * ratio.powi(2);
    let a = 1.0 + spread;
    // The lesser solution of a quadratic equation, if it has any.
    let least = |b: f64, c: f64| {
        let root = b.powi(2) - 4.0 * a * c;
        (root, if root >= 0.0 { (-b - root.sqrt()) / (2.0 * a) } else { 0.0 })
    };
    let below = least(2.0 * error - 2.0 - spread, (1.0 - error).powi(2));
    let above = least(-(2.0 + 2.0 * error + spread), (1.0 + error).powi(2));
    match (below, above) {
        ((root, least), (other, _)) if root >= 0.0 && other < 0.0 => least,
        ((other, _), (root, least)) if root >= 0.0 && other < 0.0 => least,
        ((one, _), (two, _)) if one < 0.0 && two < 0.0 => 0.0,
        ((_, one), (_, two)) => one.min(two),
    }
}

/// The part of the events in the window before `time` and the slack that came before the first one behind it.
pub(super) fn caught(time: i64, slack: i64, stamps: impl Iterator<Item = i64>) -> f64 {
    let high = time.saturating_sub(slack);
    let low = high.saturating_sub(WINDOW);
    let (mut begun, mut over) = (false, false);
    let (mut caught, mut all) = (0u64, 0u64);
    for stamp in stamps {
        begun |= low <= stamp;
        over |= high <= stamp;
        if begun && low <= stamp && stamp <= high {
            caught += !over as u64;
            all += 1;
        }
    }
    if all == 0 { 1.0 } else { caught as f64 / all as f64 }
}
