//! How long a message that was deferred has been in the queue.

use crate::parse::{Event, Mta, StageDelays, Stamp};

/// From this age on a message has waited, in microseconds: an hour, in which a mail server tries it several times.
const WAITED: u64 = 3_600 * 1_000_000;

/// The same of the time before the queue manager took it for this attempt, which is what it waited after others: that in
/// the queue manager is the time in which a large mailing is sent.
const WAITED_BEFORE: u64 = 1_800 * 1_000_000;

/// A message is returned before this age, in seconds. An id that tells another time is none of Exim's.
const OLDEST: i64 = 30 * 86_400;

/// Whether the message of this delivery, which was deferred at `time`, has waited for long. Where nothing tells its age,
/// it has not.
pub(super) fn has_waited(event: &Event<'_>, time: Option<Stamp>) -> bool {
    if let StageDelays::All([before, ..]) = event.delays.stages
        && before >= WAITED_BEFORE
    {
        return true;
    }
    let age = event.delays.total.or_else(|| age_in_exim(event, time));
    age.is_some_and(|age| age >= WAITED)
}

/// The age of a message in Exim's queue by its id, whose first six digits are the time at which it arrived.
fn age_in_exim(event: &Event<'_>, time: Option<Stamp>) -> Option<u64> {
    if event.mta() != Mta::Exim {
        return None;
    }
    let (digits, rest) = event.queue_id.split_first_chunk::<6>()?;
    if rest.first() != Some(&b'-') {
        return None;
    }
    let arrived = digits
        .iter()
        .try_fold(0, |value: i64, digit| Some(value * 62 + base_62(*digit)?))?;
    let age = time?.seconds - arrived;
    (0..OLDEST).contains(&age).then(|| age as u64 * 1_000_000)
}

/// The value of a digit of Exim's numbers.
fn base_62(digit: u8) -> Option<i64> {
    let value = match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'Z' => digit - b'A' + 10,
        b'a'..=b'z' => digit - b'a' + 36,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Agent, Direction, Outcome, Service};

    fn event(mta: Mta) -> Event<'static> {
        let agent = Agent::all().find(|it| it.mta() == mta).expect("an agent");
        Event::new(Service::of(agent), Direction::Outbound, Outcome::Deferred)
    }

    #[test]
    fn a_message_has_waited_if_its_delay_says_so() {
        let mut event = event(Mta::Postfix);
        assert!(!has_waited(&event, None));
        for (seconds, waited) in [(10, false), (3_599, false), (3_600, true), (400_000, true)] {
            event.delays.total = Some(seconds * 1_000_000);
            assert_eq!(has_waited(&event, None), waited, "{seconds}");
        }
        event.delays.total = Some(3_000_000_000);
        for (before, waited) in [(0, false), (1_799, false), (1_800, true)] {
            event.delays.stages = StageDelays::All([before * 1_000_000, 0, 0, 0]);
            assert_eq!(has_waited(&event, None), waited, "{before}");
        }
    }

    #[test]
    fn the_id_of_a_message_tells_its_age_in_exim() {
        // 1vSZ4S
        let arrived = 1_765_191_984;
        for (id, after, waited) in [
            (&b"1vSZ4S-0000A1-01"[..], 8_000, true),
            (b"1vSZ4S-000000000A1-01Ab", 8_000, true),
            (b"1vSZ4S-0000A1-01", 3_500, false),
            // No ids of Exim's own, or of another time.
            (b"1vSZ4S-0000A1-01", -60, false),
            (b"1vSZ4S-0000A1-01", 31 * 86_400, false),
            (b"1vSZ4S_0000A1-01", 8_000, false),
            (b"1vSZ-0000A1-01", 8_000, false),
            (b"", 8_000, false),
        ] {
            let mut event = event(Mta::Exim);
            event.queue_id = id;
            let time = Stamp {
                seconds: arrived + after,
                nanos: 0,
            };
            assert_eq!(has_waited(&event, Some(time)), waited, "{id:?} {after}");
            assert!(!has_waited(&event, None));
            let mut other = self::event(Mta::Postfix);
            other.queue_id = id;
            assert!(!has_waited(&other, Some(time)));
        }
    }
}
