//! `cbrt`, `atan2`, `exp` and `expm1` by the formulas of Sun's fdlibm, which Java's library prescribes for its roots, arcs and
//! hyperbolic functions, and whose last digits other libraries round better.

const TWO_54: f64 = 18_014_398_509_481_984.0;
/// 1 / ln 2.
const INV_LN2: f64 = std::f64::consts::LOG2_E;
/// ln 2 in two parts, the first with 32 zero bits at its end.
const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// `exp` overflows beyond this, and underflows below that.
const OVERFLOW: f64 = f64::from_bits(0x4086_2e42_fefa_39ef);
const UNDERFLOW: f64 = f64::from_bits(0xc087_4910_d52d_3051);

/// The upper half of the bits of a number.
fn high(x: f64) -> u32 {
    (x.to_bits() >> 32) as u32
}

/// The number with these upper bits and none below.
fn of_high(high: u32) -> f64 {
    f64::from_bits(u64::from(high) << 32)
}

/// The number with `by` added to its exponent.
fn scaled(x: f64, by: i32) -> f64 {
    f64::from_bits(x.to_bits().wrapping_add_signed(i64::from(by) << 52))
}

/// The cube root: a rough one of 5 bits, one of 23 by a rational function, one step of Newton's.
pub(super) fn cbrt(x: f64) -> f64 {
    /// 19 / 35, -864 / 1225, 99 / 70, 45 / 28, 5 / 14.
    const C: f64 = f64::from_bits(0x3fe1_5f15_f15f_15f1);
    const D: f64 = f64::from_bits(0xbfe6_91de_2532_c834);
    const E: f64 = f64::from_bits(0x3ff6_a0ea_0ea0_ea0f);
    const F: f64 = f64::from_bits(0x3ff9_b6db_6db6_db6e);
    const G: f64 = f64::from_bits(0x3fd6_db6d_b6db_6db7);
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let size = x.abs();
    let rough = match size < f64::MIN_POSITIVE {
        true => of_high(high(TWO_54 * size) / 3 + 696_219_795),
        false => of_high(high(size) / 3 + 715_094_163),
    };
    let r = rough * rough / size;
    let s = C + r * rough;
    let better = rough * (G + F / (s + E + D / s));
    // Cut to 20 bits, and larger than the root.
    let t = of_high(high(better) + 1);
    let r = size / (t * t);
    let r = (r - t) / (t + t + r);
    (t + t * r).copysign(x)
}

/// The angle of a point: `libm` has fdlibm's arcs, but another limit from which on an axis is the answer.
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    /// What pi is beyond its double.
    const PI_LO: f64 = f64::from_bits(0x3ca1_a626_3314_5c07);
    const PI: f64 = std::f64::consts::PI;
    if y == 0.0 || x == 0.0 || !x.is_finite() || !y.is_finite() {
        return libm::atan2(y, x);
    }
    // By how many powers of two y is larger.
    let k = (((high(y) & 0x7fff_ffff) as i32) - ((high(x) & 0x7fff_ffff) as i32)) >> 20;
    let z = match k {
        61.. => std::f64::consts::FRAC_PI_2 + 0.5 * PI_LO,
        ..-60 if x < 0.0 => 0.0,
        _ => libm::atan((y / x).abs()),
    };
    match (x < 0.0, y < 0.0) {
        (false, false) => z,
        (false, true) => -z,
        (true, false) => PI - (z - PI_LO),
        (true, true) => (z - PI_LO) - PI,
    }
}

/// With these coefficients, that of the lowest power first, by Horner's rule.
fn polynomial(coefficients: &[f64; 5], x: f64) -> f64 {
    let [rest @ .., last] = coefficients;
    rest.iter().rev().fold(*last, |sum, coefficient| coefficient + x * sum)
}

/// The number as `k` times ln 2 and the rest, in two parts.
fn reduced(x: f64, size: u32) -> (i32, f64, f64) {
    let negative = x < 0.0;
    // Below 1.5 ln 2.
    if size < 0x3ff0_a2b2 {
        return if negative { (-1, x + LN2_HI, -LN2_LO) } else { (1, x - LN2_HI, LN2_LO) };
    }
    let k = (INV_LN2 * x + if negative { -0.5 } else { 0.5 }) as i32;
    (k, x - f64::from(k) * LN2_HI, f64::from(k) * LN2_LO)
}

pub(super) fn exp(x: f64) -> f64 {
    const P: [f64; 5] = [
        f64::from_bits(0x3fc5_5555_5555_553e),
        f64::from_bits(0xbf66_c16c_16be_bd93),
        f64::from_bits(0x3f11_566a_af25_de2c),
        f64::from_bits(0xbebb_bd41_c5d2_6bf1),
        f64::from_bits(0x3e66_3769_72be_a4d0),
    ];
    if x.is_nan() {
        return x;
    }
    if x > OVERFLOW {
        return f64::INFINITY;
    }
    if x < UNDERFLOW {
        return 0.0;
    }
    let size = high(x) & 0x7fff_ffff;
    // Beyond half of ln 2; below 2^-28 nothing but 1 + x counts.
    let (k, hi, lo) = match size {
        0x3fd6_2e43.. => reduced(x, size),
        ..0x3e30_0000 => return 1.0 + x,
        _ => (0, x, 0.0),
    };
    let x = hi - lo;
    let t = x * x;
    let c = x - t * polynomial(&P, t);
    if k == 0 {
        return 1.0 - ((x * c) / (c - 2.0) - x);
    }
    let y = 1.0 - ((lo - (x * c) / (2.0 - c)) - hi);
    match k {
        // What comes out is subnormal.
        ..-1021 => scaled(y, k + 1000) * 2f64.powi(-1000),
        _ => scaled(y, k),
    }
}

pub(super) fn exp_m1(x: f64) -> f64 {
    const Q: [f64; 5] = [
        f64::from_bits(0xbfa1_1111_1111_10f4),
        f64::from_bits(0x3f5a_01a0_19fe_5585),
        f64::from_bits(0xbf14_ce19_9eaa_dbb7),
        f64::from_bits(0x3ed0_cfca_86e6_5239),
        f64::from_bits(0xbe8a_fdb7_6e09_c32d),
    ];
    if x.is_nan() {
        return x;
    }
    if x > OVERFLOW {
        return f64::INFINITY;
    }
    let size = high(x) & 0x7fff_ffff;
    // 56 times ln 2.
    if size >= 0x4043_687a && x < 0.0 {
        return -1.0;
    }
    let (k, hi, lo) = match size {
        0x3fd6_2e43.. => reduced(x, size),
        ..0x3c90_0000 => return x,
        _ => (0, x, 0.0),
    };
    let x = hi - lo;
    let c = if k == 0 { 0.0 } else { (hi - x) - lo };
    let half = 0.5 * x;
    let square = x * half;
    let r = 1.0 + square * polynomial(&Q, square);
    let t = 3.0 - r * half;
    let e = square * ((r - t) / (6.0 - x * t));
    if k == 0 {
        return x - (x * e - square);
    }
    let e = (x * (e - c) - c) - square;
    match k {
        -1 => 0.5 * (x - e) - 0.5,
        1 if x < -0.25 => -2.0 * (e - (x + 0.5)),
        1 => 1.0 + 2.0 * (x - e),
        ..-1 | 57.. => scaled(1.0 - (e - x), k) - 1.0,
        2..20 => {
            let t = of_high(0x3ff0_0000 - (0x0020_0000 >> k));
            scaled(t - (e - x), k)
        }
        _ => {
            let t = of_high(((0x3ff - k) << 20) as u32);
            scaled(x - (e + t) + 1.0, k)
        }
    }
}
