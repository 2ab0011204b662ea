//! Charts as PNG, for messages to people who are paged: the chart of a page in daylight colours, with English words.

mod cache;
mod canvas;
mod letters;

pub use cache::PictureCache;

use super::chart::{Chart, Scale};
use super::context::Context;
use super::numbers;
use super::past::{SLOT, SLOTS};
use canvas::{Align, Canvas, Rgba};

/// Width and height, in pixels.
const WIDTH: f32 = 800.0;
const HEIGHT: f32 = 400.0;

/// The area of the bars.
const LEFT: f32 = 64.0;
const RIGHT: f32 = 780.0;
const TOP: f32 = 78.0;
const BOTTOM: f32 = 330.0;

const INK: Rgba = [21, 24, 29, 255];
const DIM: Rgba = [86, 92, 102, 255];
const GRID: Rgba = [226, 228, 232, 255];
const GHOST: Rgba = [118, 124, 134, 255];
const CRITICAL: Rgba = [160, 23, 34, 255];
const ZONE: Rgba = [160, 23, 34, 26];

/// The colour of a class of the style sheet, in daylight.
fn colour(class: &str) -> Rgba {
    match class {
        "f1" => [86, 90, 160, 255],
        "f2" => [74, 150, 139, 255],
        "f5" => [156, 18, 70, 255],
        _ => [168, 95, 0, 255],
    }
}

/// The picture of a chart.
pub fn png(context: &Context<'_>, chart: &Chart<'_>) -> Option<Vec<u8>> {
    let mut picture = Picture {
        context,
        chart,
        scale: chart.scale(),
        end: context.as_of(),
        canvas: Canvas::new(WIDTH as u32, HEIGHT as u32)?,
    };
    picture.heading();
    picture.grid();
    picture.zones();
    picture.bars();
    picture.lines();
    picture.axis();
    picture.legend();
    picture.canvas.png()
}

struct Picture<'p, 'a> {
    context: &'p Context<'a>,
    chart: &'p Chart<'p>,
    scale: Scale,
    /// The end of the chart, in seconds since 1970.
    end: i64,
    canvas: Canvas,
}

impl Picture<'_, '_> {
    /// The beginning of the chart, in seconds since 1970.
    fn start(&self) -> i64 {
        (self.end.div_euclid(60) + 1) * 60 - SLOTS as i64 * SLOT * 60
    }

    /// Where a slot begins.
    fn x(slot: f32) -> f32 {
        LEFT + slot * (RIGHT - LEFT) / SLOTS as f32
    }

    /// Where a time is.
    fn x_of(&self, time: i64) -> f32 {
        let share = (time - self.start()) as f32 / (self.end + 1 - self.start()) as f32;
        LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    /// Where a value is.
    fn y(&self, value: f64) -> f32 {
        TOP + self.scale.inner(value) as f32 / 100.0 * (BOTTOM - TOP)
    }

    fn heading(&mut self) {
        let host = &self.context.settings.host;
        let date = self.context.zoned(self.end);
        let date = date.map(|it| it.strftime("%Y-%m-%d %H:%M %Z").to_string());
        let right = format!("{host}  {}", date.unwrap_or_default());
        self.canvas
            .text(&right, [RIGHT, 26.0, 9.0], Align::Right, DIM);
        self.canvas
            .text(&self.chart.title, [16.0, 50.0, 12.0], Align::Left, INK);
        let fired = self.chart.fired.last();
        let state = match fired {
            Some((from, None)) => Some((
                format!("FIRING since {}", self.context.clock(*from)),
                CRITICAL,
            )),
            Some((from, Some(to))) => {
                let (from, to) = (self.context.clock(*from), self.context.clock(*to));
                Some((format!("fired {from} - {to}"), DIM))
            }
            None => None,
        };
        if let Some((state, colour)) = state {
            self.canvas
                .text(&state, [16.0, 26.0, 10.0], Align::Left, colour);
        }
    }

    fn grid(&mut self) {
        let lines: Vec<f64> = self.scale.lines().collect();
        for value in lines {
            let y = self.y(value);
            let line = [Some((LEFT, y)), Some((RIGHT, y))];
            self.canvas.line(line.into_iter(), 1.0, None, GRID);
            let label = numbers::rate(value);
            self.canvas
                .text(&label, [LEFT - 8.0, y + 4.0, 9.0], Align::Right, DIM);
        }
        self.canvas
            .text("0", [LEFT - 8.0, BOTTOM + 4.0, 9.0], Align::Right, DIM);
    }

    /// The shaded bands while alerts fired.
    fn zones(&mut self) {
        let start = self.start();
        let shown = self.chart.fired.iter();
        for (from, to) in shown.filter(|(_, to)| to.is_none_or(|to| to > start)) {
            let (left, right) = (self.x_of(*from), self.x_of(to.unwrap_or(self.end + 1)));
            let right = right.max(left + 2.0);
            self.canvas.rectangle([left, TOP, right, BOTTOM], ZONE);
            let edge = [Some((left, TOP)), Some((left, BOTTOM))];
            self.canvas.line(edge.into_iter(), 1.0, None, CRITICAL);
        }
    }

    fn bars(&mut self) {
        let mut base = [0.0; SLOTS];
        for layer in self.chart.layers {
            for (slot, base) in base.iter_mut().enumerate() {
                let rate = self.chart.rates.at(slot, layer.group).unwrap_or(0.0);
                if rate > 0.0 {
                    let (low, high) = (self.y(*base), self.y(*base + rate));
                    // A count is seen, however small.
                    let high = if *base == 0.0 {
                        high.min(low - 2.0)
                    } else {
                        high
                    };
                    let (left, right) = (Self::x(slot as f32 + 0.08), Self::x(slot as f32 + 0.92));
                    self.canvas
                        .rectangle([left, high, right, low], colour(layer.class));
                    *base += rate;
                }
            }
        }
    }

    /// The week ago and the threshold.
    fn lines(&mut self) {
        let middle = |slot: usize| Self::x(slot as f32 + 0.5);
        let place = |values: &[Option<f64>]| -> Vec<Option<(f32, f32)>> {
            let values = values.iter().enumerate();
            values
                .map(|(slot, value)| value.map(|value| (middle(slot), self.y(value))))
                .collect()
        };
        let week_ago = self.chart.week_ago.as_deref().map(place);
        let threshold = self.chart.threshold.as_deref().map(place);
        if let Some(points) = week_ago {
            self.canvas.line(points.into_iter(), 1.5, None, GHOST);
        }
        if let Some(points) = threshold {
            self.canvas
                .line(points.into_iter(), 1.5, Some(5.0), CRITICAL);
        }
    }

    /// The hours below the chart.
    fn axis(&mut self) {
        let line = [Some((LEFT, BOTTOM)), Some((RIGHT, BOTTOM))];
        self.canvas.line(line.into_iter(), 1.0, None, DIM);
        let zoned = self.context.zoned(self.end);
        let offset = zoned.map_or(0, |time| i64::from(time.offset().seconds()));
        let first = ((self.start() + offset).div_euclid(3_600) + 1) * 3_600 - offset;
        for hour in (first..=self.end).step_by(3_600) {
            let x = self.x_of(hour);
            let mark = [Some((x, BOTTOM)), Some((x, BOTTOM + 5.0))];
            self.canvas.line(mark.into_iter(), 1.0, None, DIM);
            let label = self.context.zoned(hour);
            let label = label.map(|it| it.strftime("%H:%M").to_string());
            if x < RIGHT - 16.0 {
                let place = [x, BOTTOM + 19.0, 9.0];
                self.canvas
                    .text(&label.unwrap_or_default(), place, Align::Middle, DIM);
            }
        }
    }

    /// The names of what is drawn, with the rates now.
    fn legend(&mut self) {
        let y = HEIGHT - 20.0;
        let mut x = LEFT;
        let mut entries: Vec<(String, Rgba, bool)> = Vec::new();
        for layer in self.chart.layers.iter().rev() {
            let now = self.chart.rates.at(SLOTS - 1, layer.group);
            let name = match now.map(numbers::rate) {
                Some(now) if self.chart.layers.len() > 1 => format!("{} {now}", layer.name),
                Some(now) => format!("now {now}/min"),
                None => layer.name.clone(),
            };
            entries.push((name, colour(layer.class), true));
        }
        let threshold = self.chart.threshold.as_deref();
        let threshold = threshold.and_then(|it| it.last().copied().flatten());
        if let Some(threshold) = threshold.map(numbers::rate) {
            entries.push((format!("alert from {threshold}/min"), CRITICAL, false));
        }
        if self.chart.week_ago.is_some() {
            entries.push(("a week ago".to_owned(), GHOST, false));
        }
        for (name, colour, is_bar) in entries {
            match is_bar {
                true => self.canvas.rectangle([x, y - 9.0, x + 14.0, y], colour),
                false => self
                    .canvas
                    .rectangle([x, y - 6.0, x + 14.0, y - 4.0], colour),
            }
            self.canvas
                .text(&name, [x + 20.0, y, 9.0], Align::Left, INK);
            x += 44.0 + letters::text_width(&name) * 9.0 / letters::CAPITAL;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Language;
    use crate::web::test_support::{context, incident, settings};
    use crate::web::{alert_pages, provider_pages, runbook};

    #[test]
    fn each_page_with_a_chart_has_a_small_picture() {
        let (view, settings) = (incident(), settings());
        let context = context(&view, &settings, Language::En);
        for picture in [
            runbook::picture(&context, "421"),
            runbook::picture(&context, "rate_limited"),
            provider_pages::picture(&context, "google"),
            alert_pages::picture(&context, "MaillogSmtp421Spike"),
        ] {
            let png = picture.expect("a picture");
            assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
            // The header IHDR: width and height (RFC 2083 section 4.1.1).
            assert_eq!(png[16..24], [0, 0, 3, 32, 0, 0, 1, 144]);
            assert!(png.len() < 60 << 10, "{} bytes", png.len());
        }
        for picture in [
            runbook::picture(&context, "999"),
            runbook::picture(&context, "4.7.28"),
            provider_pages::picture(&context, "nobody"),
            alert_pages::picture(&context, "MaillogSourceDown"),
        ] {
            assert!(picture.is_none());
        }
    }
}
