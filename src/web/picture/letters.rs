//! Letters for pictures, as strokes of a pen: digits, Latin letters and punctuation. A picture needs no font for them.

use tiny_skia::{Path, PathBuilder};

/// The height of a capital letter, in units of the letters.
pub const CAPITAL: f32 = 6.0;

/// Between two letters, and of a space, in units.
const GAP: f32 = 1.8;
const SPACE: f32 = 2.6;

/// The strokes of a letter: one for each word, whose digits are points, x and y. Capital letters reach from y = 0 to 6,
/// the line of small letters is at 2.
fn strokes(letter: char) -> &'static str {
    match letter {
        'A' => "062046 1434",
        'B' => "06003041423303 3344453606",
        'C' => "4130100105163645",
        'D' => "060020424426 2606",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'G' => "41301001051636454323",
        'H' => "0006 4046 0343",
        'I' => "0006",
        'J' => "3035261605",
        'K' => "0006 4004 1346",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'O' | '0' => "103041453616050110",
        'P' => "06003041423303",
        'Q' => "103041453616050110 3446",
        'R' => "06003041423303 2346",
        'S' => "413010010213334445361605",
        'T' => "0040 2026",
        'U' => "000516364540",
        'V' => "002640",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "002340 2326",
        'Z' => "00400646",
        '1' => "112026 1636",
        '2' => "01103041420646",
        '3' => "01103041423313 334445361605",
        '4' => "36300444",
        '5' => "400002324345361605",
        '6' => "413010010516364544331304",
        '7' => "004016",
        '8' => "103041423313020110 1304051636454433",
        '9' => "423313020110304145361605",
        'a' => "3236 3322120305162635",
        'b' => "0006 0312223335261605",
        'c' => "3322120305162635",
        'd' => "3036 3322120305162635",
        'e' => "04343322120305162635",
        'f' => "201116 0222",
        'g' => "3237281807 3322120305162635",
        'h' => "0006 0312223336",
        'i' => "0206 0000",
        'j' => "121708 1010",
        'k' => "0006 3205 1436",
        'l' => "0006",
        'm' => "0206 03122326 23324346",
        'n' => "0206 0312223336",
        'o' => "122233352616050312",
        'p' => "0208 0312223335261605",
        'q' => "3238 3322120305162635",
        'r' => "0206 031222",
        's' => "33221203142435261605",
        't' => "101526 0222",
        'u' => "0205162635 3236",
        'v' => "021622",
        'w' => "0216233642",
        'x' => "0236 3206",
        'y' => "0225 3218",
        'z' => "02320636",
        '.' => "0606",
        ',' => "0607",
        ':' => "0303 0606",
        '-' | '–' => "0434",
        '+' => "2226 0444",
        '=' => "0333 0535",
        '/' => "3007",
        '%' => "4006 0010110100 3545463635",
        '(' => "10020517",
        ')' => "00121507",
        '_' => "0747",
        '<' => "320436",
        '>' => "023406",
        '\'' | '’' => "0001",
        ' ' => "",
        _ => "0050560600",
    }
}

/// The points of a stroke.
fn points(stroke: &str) -> impl Iterator<Item = (f32, f32)> + '_ {
    let digit = |byte: u8| f32::from(byte.wrapping_sub(b'0'));
    let pairs = stroke.as_bytes().chunks_exact(2);
    pairs.map(move |pair| (digit(pair[0]), digit(pair[1])))
}

/// How wide a letter is, in units.
fn width(letter: char) -> f32 {
    let all = strokes(letter).split(' ').flat_map(points);
    all.map(|it| it.0).fold(0.0, f32::max)
}

/// How wide a text is, in units.
pub fn text_width(text: &str) -> f32 {
    let widths = text.chars().map(advance);
    (widths.sum::<f32>() - GAP).max(0.0)
}

fn advance(letter: char) -> f32 {
    match letter {
        ' ' => SPACE + GAP / 2.0,
        letter => width(letter) + GAP,
    }
}

/// The strokes of a text whose first letter stands at `x` on the line at `y`; `unit` is the size of a unit.
pub fn path(text: &str, x: f32, y: f32, unit: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut left = x;
    let top = y - CAPITAL * unit;
    for letter in text.chars() {
        for stroke in strokes(letter).split(' ').filter(|it| !it.is_empty()) {
            let mut last = None;
            for (at, (dx, dy)) in points(stroke).enumerate() {
                let (px, py) = (left + dx * unit, top + dy * unit);
                match at {
                    0 => path.move_to(px, py),
                    // A dot is a very short line.
                    _ if last == Some((dx, dy)) => path.line_to(px, py + 0.1),
                    _ => path.line_to(px, py),
                }
                last = Some((dx, dy));
            }
        }
        left += advance(letter) * unit;
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_titles_has_strokes_of_pairs_of_digits() {
        let unknown = strokes('漢');
        let letters = (' '..='~').filter(|it| !"!\"#$&*;?@[\\]^`{|}~".contains(*it));
        for letter in letters {
            let text = strokes(letter);
            assert_ne!(text, unknown, "{letter}");
            for stroke in text.split(' ') {
                assert!(stroke.len() % 2 == 0, "{letter}");
                assert!(
                    points(stroke).all(|(x, y)| x <= 4.0 && y <= 8.0),
                    "{letter}"
                );
            }
        }
        assert!(text_width("421 replies") > text_width("421"));
        assert!(path("421", 0.0, 10.0, 2.0).is_some());
        assert!(path(" ", 0.0, 10.0, 2.0).is_none());
    }
}
