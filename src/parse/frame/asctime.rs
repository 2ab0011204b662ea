//! The time stamp of C's `asctime`, as OpenWrt's logread writes it: `Mon Nov 23 10:00:00 2026 `.

use crate::parse::frame::timestamp::Clock;
use crate::parse::kinds::Stamp;

/// Parses the stamp at the start of a line: the time, and the rest after it and a space.
pub(in crate::parse) fn stamp<'a>(clock: &mut Clock, line: &'a [u8]) -> Option<(Stamp, &'a [u8])> {
    let (weekday, rest) = line.split_first_chunk()?;
    let is_weekday = matches!(
        weekday,
        b"Mon " | b"Tue " | b"Wed " | b"Thu " | b"Fri " | b"Sat " | b"Sun "
    );
    let (date, rest) = rest.split_first_chunk::<15>().filter(|_| is_weekday)?;
    let (&[b' ', y1, y2, y3, y4, b' '], rest) = rest.split_first_chunk()? else {
        return None;
    };
    // In the order that syslog daemons write.
    let mut written = [b' '; 21];
    written[..4].copy_from_slice(&[y1, y2, y3, y4]);
    written[5..20].copy_from_slice(date);
    let (time, end) = clock.named(&written)?;
    end.is_empty().then_some((time, rest))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn year_is_after_the_time() {
        let mut clock = Clock::new(TimeZone::UTC, Timestamp::UNIX_EPOCH);
        let mut seconds = |line: &str| {
            stamp(&mut clock, line.as_bytes())
                .map(|(time, rest)| (time.seconds, String::from_utf8_lossy(rest).into_owned()))
        };
        assert_eq!(
            seconds("Mon Nov 23 10:00:01 2026 mail.info x"),
            Some((1_795_428_001, "mail.info x".to_owned()))
        );
        assert_eq!(
            seconds("Tue Nov  3 10:00:01 2026 x"),
            Some((1_793_700_001, "x".to_owned()))
        );
        for wrong in [
            "",
            "Mon Nov 23 10:00:01 2026",
            "Mon Nov 23 10:00:01 mail x",
            "Xyz Nov 23 10:00:01 2026 x",
            "Mon Nox 23 10:00:01 2026 x",
            "Mon Nov 23 10:00:61 20x6 x",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
