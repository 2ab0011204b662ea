//! Logs without lines: at night and on weekends as always, or because the mail server stopped.

use crate::site::{Answer, HOUR, MINUTE, Site, USUAL};
use crate::verdict::{DAY, T, replay};

/// Mail on five days of the week, from 7 to 19 o'clock.
fn office(time: i64) -> f64 {
    let (day, hour) = (time % (7 * DAY) / DAY, time % DAY / HOUR);
    if day < 5 && (7..19).contains(&hour) {
        60.0
    } else {
        0.0
    }
}

#[test]
fn silence_at_night_and_on_weekends_is_usual_and_that_of_a_tuesday_is_not() {
    let mut site = Site::new(USUAL, T);
    // Tuesday of the third week: nothing from 10 to 14 o'clock.
    let stop = 15 * DAY + 10 * HOUR;
    let hourly = |time: i64| match (stop..stop + 4 * HOUR).contains(&time) {
        true => 0.0,
        false => office(time),
    };
    site.run(7 * HOUR, 19 * DAY, hourly, |_| Answer::Sent);
    let alerts = replay(&site.log());
    // The first Saturday is compared with the day before: nothing else is known.
    let first = 5 * DAY / MINUTE..6 * DAY / MINUTE;
    let later: Vec<_> = alerts
        .iter()
        .filter(|it| !first.contains(&it.fired))
        .collect();
    assert!(alerts.len() <= 2 && later.len() == 1, "{alerts:#?}");
    let alert = later[0];
    assert_eq!(alert.name, "SourceSilent", "{alert:?}");
    let after = alert.fired - stop / MINUTE;
    assert!((60..=100).contains(&after), "{alert:?}");
    let resolved = alert.resolved.expect("resolved") - stop / MINUTE;
    assert!((240..=260).contains(&resolved), "{alert:?}");
}
