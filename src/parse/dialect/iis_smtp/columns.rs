//! The IIS format, with fixed columns: `192.0.2.1, client.example.net, 11/23/26, 10:00:00, SMTPSVC1, MAIL, 192.0.2.9,
//! 90, 42, 0, 250, 0, MAIL FROM, -, FROM:<a@example.net>,`.

use jiff::civil::DateTime;

use super::record::Values;
use crate::parse::scan::number;

/// The number of columns; the last holds the arguments, which may contain commas.
const COLUMNS: usize = 15;

/// The first column and its comma end within so many bytes.
const MAX_ADDRESS: usize = 64;

/// The columns that are read: address, user, date, time, service, status, command, arguments.
fn split(line: &[u8]) -> Option<[&[u8]; 8]> {
    // The first column is an address; lines of the other formats have no comma so early.
    memchr::memchr(b',', line.get(..MAX_ADDRESS).unwrap_or(line))?;
    let mut columns: [&[u8]; COLUMNS] = [b""; COLUMNS];
    let mut count = 0;
    for value in line.splitn(COLUMNS, |&byte| byte == b',') {
        columns[count] = value.trim_ascii();
        count += 1;
    }
    let [
        address,
        user,
        date,
        time,
        service,
        _,
        _,
        _,
        _,
        _,
        status,
        _,
        method,
        _,
        query,
    ] = columns;
    // A record that ends with its status may be cut off in it.
    let is_record = count > 11 && service.starts_with(b"SMTPSVC");
    let query = query.strip_suffix(b",").unwrap_or(query);
    is_record.then_some([address, user, date, time, service, status, method, query])
}

/// Whether only the SMTP service writes such a line.
pub(super) fn is_record(line: &[u8]) -> bool {
    split(line).is_some()
}

/// The date and time, which are in local time.
pub(super) fn date(line: &[u8]) -> Option<DateTime> {
    let [_, _, date, time, ..] = split(line)?;
    let (month, rest) = number(date)?;
    let (day, rest) = number(rest.strip_prefix(b"/")?)?;
    let (year, _) = number(rest.strip_prefix(b"/")?)?;
    let (hour, rest) = number(time)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?)?;
    let (second, _) = number(rest.strip_prefix(b":")?)?;
    let year = match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    };
    let small = |it: u64| i8::try_from(it).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    )
    .ok()
}

/// Reads a record.
pub(super) fn read(line: &[u8]) -> Option<Values<'_>> {
    let [address, user, _, _, _, status, method, query] = split(line)?;
    let plain = |it: &'static [u8], value| if value == b"-" { it } else { value };
    Some(Values {
        address,
        user: plain(b"", user),
        method: plain(b"", method),
        query: plain(b"", query),
        status,
    })
}
