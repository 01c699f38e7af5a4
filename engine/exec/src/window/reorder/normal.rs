//! The normal distribution, for a level of confidence. Asked once, when a query is bound.

/// The x beyond which lies so much of the distribution, for 0 < tail < 0.5.
pub(super) fn upper(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if beyond(middle) > tail { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// How much of the distribution lies beyond x, for x of at least 0.
fn beyond(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if x > 3.0 {
        // A continued fraction.
        let fraction = (1..=200).rev().fold(0.0, |below, k| k as f64 / (x + below));
        return density / (x + fraction);
    }
    // A series of what lies between 0 and x.
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term > sum * 1e-17 {
        n += 2.0;
        term *= x * x / n;
        sum += term;
    }
    0.5 - density * sum
}

#[cfg(test)]
mod tests {
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let known = [
            (0.025, 1.959963984540054),
            (0.05, 1.6448536269514722),
            (0.005, 2.5758293035489004),
            (0.0005, 3.2905267314919255),
        ];
        for (tail, x) in known {
            assert!((super::upper(tail) - x).abs() < 1e-12, "{tail}: {}", super::upper(tail));
        }
    }
}
