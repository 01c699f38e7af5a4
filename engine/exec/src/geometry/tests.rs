//! What is in what, and how far, on geometries small enough to be seen at a glance.

use super::*;

fn geometry(text: &str) -> Geometry {
    read(text).expect("is a geometry")
}

fn polygon(corners: &str) -> Geometry {
    geometry(&format!("{{'type':'Polygon','coordinates':{corners}}}"))
}

const HOLED: &str = "[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[3,1],[3,3],[1,3],[1,1]]]";
const SQUARE: &str = "[[[0,0],[1,0],[1,1],[0,1],[0,0]]]";

#[test]
fn points_in_areas() {
    let holed = polygon(HOLED);
    for (x, y, is_in, touches) in [
        (0.5, 0.5, true, true),
        (2.0, 2.0, false, false),
        (1.0, 2.0, false, true),
        (0.0, 0.0, false, true),
        (4.0, 2.0, false, true),
        (5.0, 0.5, false, false),
        (-1.0, 1.0, false, false),
        (3.5, 3.0, true, true),
        (f64::NAN, 1.0, false, false),
    ] {
        let point = Point { x, y };
        assert_eq!(within(point.view(), holed.view()).unwrap(), is_in, "{x} {y}");
        assert_eq!(intersects(point.view(), holed.view()).unwrap(), touches, "{x} {y}");
        assert_eq!(intersects(holed.view(), point.view()).unwrap(), touches, "{x} {y}");
    }
}

#[test]
fn geometries_in_geometries() {
    let line = |points: &str| geometry(&format!("{{'type':'LineString','coordinates':{points}}}"));
    let square = polygon(SQUARE);
    for (a, b, is_in, touches) in [
        (polygon(SQUARE), &square, true, true),
        (polygon("[[[0.2,0.2],[0.8,0.2],[0.8,0.8],[0.2,0.2]]]"), &square, true, true),
        (polygon("[[[0.5,0.5],[2,0.5],[2,2],[0.5,0.5]]]"), &square, false, true),
        (polygon("[[[1,1],[2,1],[2,2],[1,1]]]"), &square, false, true),
        (polygon("[[[3,3],[4,3],[4,4],[3,3]]]"), &square, false, false),
        (square.clone(), &polygon(HOLED), true, true),
        // Around the hole, and over it.
        (polygon("[[[0.5,0.5],[3.5,0.5],[3.5,3.5],[0.5,3.5],[0.5,0.5]]]"), &polygon(HOLED), false, true),
        (polygon("[[[1.5,1.5],[2,1.5],[2,2],[1.5,1.5]]]"), &polygon(HOLED), false, false),
        (line("[[0,0],[1,1]]"), &square, true, true),
        (line("[[0,0],[1,0]]"), &square, false, true),
        (line("[[0.5,0.5],[2,2]]"), &square, false, true),
        (line("[[0.5,2],[2,0.5]]"), &square, false, false),
        (line("[[0,0],[4,4]]"), &polygon(HOLED), false, true),
        (line("[[1,1],[2,2]]"), &line("[[0,0],[3,3]]"), true, true),
        (line("[[1,1],[2,2]]"), &line("[[0,0],[1.5,1.5],[3,3]]"), true, true),
        (line("[[0,3],[3,0]]"), &line("[[0,0],[3,3]]"), false, true),
        (geometry("{'type':'Point','coordinates':[1,1]}"), &line("[[0,0],[3,3]]"), true, true),
        (geometry("{'type':'Point','coordinates':[0,0]}"), &line("[[0,0],[3,3]]"), false, true),
        (geometry("{'type':'MultiPoint','coordinates':[[0,0],[0.5,0.5]]}"), &square, true, true),
        (geometry("{'type':'MultiPoint','coordinates':[[0,0],[1,1]]}"), &square, false, true),
        (square.clone(), &geometry("{'radius':110575,'coordinates':[0.5,0.5]}"), true, true),
        (
            polygon("[[[0.5,0.5],[0.5,-0.5],[-0.5,-0.5],[-0.5,0.5],[0.5,0.5]]]"),
            &geometry("{'radius':110575,'coordinates':[0,0]}"),
            true,
            true,
        ),
    ] {
        assert_eq!(within(a.view(), b.view()).unwrap(), is_in, "{a:?} {b:?}");
        assert_eq!(intersects(a.view(), b.view()).unwrap(), touches, "{a:?} {b:?}");
        assert_eq!(intersects(b.view(), a.view()).unwrap(), touches, "{a:?} {b:?}");
        assert!(!is_in || touches);
        assert_eq!(within_distance(a.view(), b.view(), 0.0).unwrap(), touches, "{a:?} {b:?}");
        let (one, other) = nearest(a.view(), b.view()).unwrap().expect("both have points");
        assert_eq!(one == other, touches, "{a:?} {b:?} {one:?} {other:?}");
    }
}

#[test]
fn nearest_points() {
    let square = polygon("[[[0,0],[0,2],[1,2],[1,0],[0,0]]]");
    let place = |x: f64, y: f64| Point { x, y };
    for (point, near) in [
        (place(0.5, 0.5), place(0.5, 0.5)),
        (place(2.0, 2.0), place(1.0, 2.0)),
        (place(-0.5, 1.5), place(0.0, 1.5)),
        (place(-1.0, -1.0), place(0.0, 0.0)),
    ] {
        assert_eq!(nearest(point.view(), square.view()).unwrap(), Some((point, near)));
        assert_eq!(nearest(square.view(), point.view()).unwrap(), Some((near, point)));
    }
    let circle = geometry("{'radius':110575,'coordinates':[1.5,1.5]}");
    let east = place(2.5000035190937595, 1.5);
    let large = polygon("[[[0,0],[0,4],[3,4],[3,0],[0,0]]]");
    assert_eq!(nearest(circle.view(), large.view()).unwrap(), Some((east, east)));
    assert!(within_distance(place(3.0, 5.0).view(), large.view(), 1.0).unwrap());
    assert!(!within_distance(place(3.0, 5.0).view(), large.view(), 0.999).unwrap());
}

/// Around the origin, with as many corners.
fn round(corners: usize, radius: f64) -> Geometry {
    let corner = |k: usize| {
        let angle = std::f64::consts::TAU * (k % corners) as f64 / corners as f64;
        format!("[{},{}]", radius * angle.cos(), radius * angle.sin())
    };
    let all: Vec<String> = (0..=corners).map(corner).collect();
    polygon(&format!("[[{}]]", all.join(",")))
}

/// A segment that meets another's edge at each of its corners is cut into as many pieces, each of which is looked for among all edges.
#[test]
fn what_takes_too_long_is_refused() {
    let (large, small, place) = (round(10_000, 2.0), round(1_000, 1.0), Point { x: 0.25, y: 0.25 });
    assert!(within(place.view(), large.view()).unwrap());
    assert!(within(small.view(), large.view()).unwrap());
    assert!(!within(large.view(), small.view()).unwrap(), "it is larger: nothing is compared");
    let other = round(10_000, 1.0);
    let comb: Vec<String> = (0..10_000).map(|k| format!("[{},{}]", k % 5_000, (k % 2) * 2 - 1)).collect();
    let comb = geometry(&format!("{{'type':'LineString','coordinates':[{}]}}", comb.join(",")));
    let straight = geometry("{'type':'LineString','coordinates':[[0,0],[4999,0]]}");
    let told = [
        within(other.view(), large.view()).map(|_| ()),
        intersects(other.view(), large.view()).map(|_| ()),
        within_distance(other.view(), large.view(), 0.1).map(|_| ()),
        nearest(other.view(), large.view()).map(|_| ()),
        within(straight.view(), comb.view()).map(|_| ()),
    ];
    for (at, told) in told.into_iter().enumerate() {
        assert!(told.expect_err(&at.to_string()).what.contains("too many positions"), "{at}");
    }
}

#[test]
fn turns_are_told_where_short_digits_are_not_enough() {
    let (a, b) = (Point { x: 0.1, y: 0.1 }, Point { x: 0.7, y: 0.7 });
    assert_eq!(turn(a, b, Point { x: 0.3, y: 0.3 }), 0);
    assert_eq!(turn(a, b, Point { x: 0.3, y: 0.3f64.next_up() }), 1);
    assert_eq!(turn(a, b, Point { x: 0.3f64.next_up(), y: 0.3 }), -1);
}

#[test]
fn what_is_no_geometry_is_told() {
    for (text, why) in [
        ("{", "no JSON"),
        ("[]", "no object"),
        ("{'type':'Point'}", "no coordinates"),
        ("{'type':'Sphere','coordinates':[1,2]}", "type"),
        ("{'type':'Point','coordinates':[1]}", "two coordinates"),
        ("{'type':'Point','coordinates':['a',2]}", "no number"),
        ("{'type':'Point','coordinates':[1e999,2]}", "no number"),
        ("{'type':'LineString','coordinates':[[1,2]]}", "two positions"),
        ("{'type':'Polygon','coordinates':[[[0,0],[1,1],[2,2],[3,3]]]}", "its last is not its first"),
        ("{'type':'Polygon','coordinates':[]}", "no ring"),
        ("{'type':'Polygon','coordinates':[[0,0],[1,1]]}", "another depth"),
        ("{'radius':0,'coordinates':[0,0]}", "more than 0"),
        ("{'radius':'x','coordinates':[0,0]}", "radius"),
    ] {
        let told = read(text).expect_err(text).what;
        assert!(told.contains(why), "{text}: {told}");
    }
    let long = format!("{{'type':'MultiPoint','coordinates':[{}[0,0]]}}", "[0,0],".repeat(1 << 16));
    let told = read(&long).expect_err("too long").what;
    assert!(told.contains("65536") && told.len() < 200, "{told}");
}
