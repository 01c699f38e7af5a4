//! Whether a quantity stays where it is: the slope of medians over time, with its standard error.

/// A line through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// Units an hour.
    pub per_hour: f64,
    /// Standard error of it.
    pub error: f64,
    /// Points it was drawn through.
    pub points: usize,
}

/// From samples (seconds, value): the median of each stretch of `seconds` is a point, since neighbouring samples tell much the
/// same. None if there are fewer than three.
pub fn slope(samples: &[(f64, f64)], seconds: f64) -> Option<Slope> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for stretch in samples.chunk_by(|a, b| (a.0 / seconds).floor() == (b.0 / seconds).floor()) {
        points.push((
            ((stretch[0].0 / seconds).floor() + 0.5) * seconds / 3600.0,
            crate::measure::median(stretch.iter().map(|s| s.1)),
        ));
    }
    let n = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let per_hour = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let rest: f64 = points.iter().map(|p| (p.1 - y - per_hour * (p.0 - x)).powi(2)).sum();
    Some(Slope { per_hour, error: (rest / (n - 2.0) / spread).sqrt(), points: points.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_a_level_one_none() {
        let rising: Vec<(f64, f64)> = (0..600).map(|s| (s as f64, 1000.0 + s as f64)).collect();
        let found = slope(&rising, 60.0).unwrap();
        assert!((found.per_hour - 3600.0).abs() < 1e-6 && found.error < 1e-6 && found.points == 10, "{found:?}");
        let level: Vec<(f64, f64)> = (0..600).map(|s| (s as f64, 1000.0 + (s / 60 % 2) as f64)).collect();
        let found = slope(&level, 60.0).unwrap();
        assert!(found.per_hour.abs() < 2.0 * found.error, "{found:?}");
        assert_eq!(slope(&level[..100], 60.0), None);
    }
}
