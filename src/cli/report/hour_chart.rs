//! A bar chart of the hours of the day, as inline SVG.

use maud::{Markup, html};

use crate::report::Hour;

/// The size in units of the drawing.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 120;

/// The place of one hour.
const STEP: u64 = WIDTH / 24;

/// Deliveries of each hour, with failures on top in another colour.
pub(super) fn chart(hours: &[Hour], title: &str) -> Markup {
    let failed = |hour: &Hour| hour.traffic.deferred + hour.traffic.bounced;
    let all = |hour: &Hour| hour.traffic.delivered + failed(hour);
    let most = hours.iter().map(all).max().unwrap_or_default().max(1);
    let height = |count: u64| count * HEIGHT / most;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + 20) } width="100%" role="img" aria-label=(title) {
            title { (title) }
            @for hour in hours {
                @let x = u64::from(hour.hour) * STEP;
                @let good = height(hour.traffic.delivered);
                @let bad = height(failed(hour));
                rect.bar x=(x + 3) y=(HEIGHT - good) width=(STEP - 6) height=(good) {}
                rect.bad x=(x + 3) y=(HEIGHT - good - bad) width=(STEP - 6) height=(bad) {}
                @if hour.hour % 3 == 0 {
                    text x=(x + 3) y=(HEIGHT + 17) { (format!("{:02}", hour.hour)) }
                }
            }
        }
    }
}
