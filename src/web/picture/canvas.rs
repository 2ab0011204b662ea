//! Drawing on a picture: rectangles, lines and texts in the colours of the pages in daylight.

use tiny_skia::{
    Color, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

use super::letters;

/// A colour: red, green, blue and opacity.
pub type Rgba = [u8; 4];

/// A picture in the making.
pub struct Canvas {
    pixels: Pixmap,
}

/// The places that a text is aligned to.
#[derive(Clone, Copy)]
pub enum Align {
    Left,
    Middle,
    Right,
}

impl Canvas {
    /// A white picture.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let mut pixels = Pixmap::new(width, height)?;
        pixels.fill(Color::WHITE);
        Some(Canvas { pixels })
    }

    /// Fills the rectangle from `left` and `top` to `right` and `bottom`.
    pub fn rectangle(&mut self, [left, top, right, bottom]: [f32; 4], colour: Rgba) {
        if let Some(rectangle) = Rect::from_ltrb(left, top, right, bottom) {
            let none = Transform::identity();
            self.pixels.fill_rect(rectangle, &paint(colour), none, None);
        }
    }

    /// Draws a line through points, with gaps where there is none; dashed if `dash` is given.
    pub fn line(
        &mut self,
        points: impl Iterator<Item = Option<(f32, f32)>>,
        width: f32,
        dash: Option<f32>,
        colour: Rgba,
    ) {
        let mut path = PathBuilder::new();
        let mut is_gap = true;
        for point in points {
            match point {
                Some((x, y)) if is_gap => path.move_to(x, y),
                Some((x, y)) => path.line_to(x, y),
                None => {}
            }
            is_gap = point.is_none();
        }
        let stroke = Stroke {
            width,
            dash: dash.and_then(|length| StrokeDash::new(vec![length, length], 0.0)),
            ..Stroke::default()
        };
        if let Some(path) = path.finish() {
            let none = Transform::identity();
            self.pixels
                .stroke_path(&path, &paint(colour), &stroke, none, None);
        }
    }

    /// Writes a text whose letters stand on the line at `y`; a capital letter is `height` high.
    pub fn text(&mut self, text: &str, [x, y, height]: [f32; 3], align: Align, colour: Rgba) {
        let unit = height / letters::CAPITAL;
        let width = letters::text_width(text) * unit;
        let left = match align {
            Align::Left => x,
            Align::Middle => x - width / 2.0,
            Align::Right => x - width,
        };
        let stroke = Stroke {
            width: height * 0.14,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        if let Some(path) = letters::path(text, left, y, unit) {
            let none = Transform::identity();
            self.pixels
                .stroke_path(&path, &paint(colour), &stroke, none, None);
        }
    }

    /// The picture as PNG.
    pub fn png(&self) -> Option<Vec<u8>> {
        self.pixels.encode_png().ok()
    }
}

fn paint(colour: Rgba) -> Paint<'static> {
    let [red, green, blue, opacity] = colour;
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, opacity);
    paint.anti_alias = true;
    paint
}
