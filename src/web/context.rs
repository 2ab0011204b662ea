//! What every page is made from, and how it writes numbers, times and links in its language.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use maud::{Markup, html};

use super::language::PageLanguage;
use super::numbers;
use super::privacy::Privacy;
use crate::catalog::{Catalog, Language, Policy, Text};
use crate::metrics::View;

/// What pages show of the set-up.
#[derive(Clone)]
pub struct SiteSettings {
    /// The name of this machine.
    pub host: Arc<str>,
    /// The zone of all times.
    pub zone: TimeZone,
    /// The path of the metrics.
    pub telemetry_path: Arc<str>,
    /// What every path begins with, such as `/mail`; empty for none.
    pub route_prefix: Arc<str>,
    /// The alert rules.
    pub policy: Arc<Policy>,
    /// What is shown of domains and networks.
    pub privacy: Privacy,
    /// Whether OpenMetrics has the time of creation of each counter.
    pub created_series: bool,
    /// Whether messages can be traced.
    pub traces: bool,
}

impl SiteSettings {
    /// The settings of this machine; the metrics are at `telemetry_path`.
    pub fn new(telemetry_path: &str, policy: Policy, zone: TimeZone) -> Self {
        let host = rustix::system::uname();
        SiteSettings {
            host: host.nodename().to_string_lossy().into(),
            zone,
            telemetry_path: telemetry_path.into(),
            route_prefix: "".into(),
            policy: Arc::new(policy),
            privacy: Privacy::default(),
            created_series: true,
            traces: false,
        }
    }
}

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The counts of the moment.
    pub view: &'a View,
    /// The set-up.
    pub settings: &'a SiteSettings,
    /// The language, and whether links repeat it.
    pub language: PageLanguage,
    /// The wall clock in seconds since 1970.
    pub now: i64,
}

/// How far the lines may be behind the wall clock before figures are of their time, in seconds.
const BEHIND: i64 = 150;

impl<'a> Context<'a> {
    /// The text in the language of the page.
    pub fn t<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.language.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// The text of the catalog in the language of the page.
    pub fn text<'t>(&self, text: &'t Text) -> &'t str {
        self.language.language.of(text)
    }

    /// As [`Context::text`]; `None` if there is none.
    pub fn known_text<'t>(&self, text: &'t Text) -> Option<&'t str> {
        Some(self.text(text)).filter(|text| !text.is_empty())
    }

    /// Whether the page is Chinese.
    pub fn zh(&self) -> bool {
        self.language.language == Language::Zh
    }

    /// The address of another page, with the language of this one.
    pub fn href(&self, path: &str) -> String {
        self.language.href(&self.address(path))
    }

    /// The address of a path of this server.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.settings.route_prefix)
    }

    pub fn catalog(&self) -> &'static Catalog {
        self.view.counters.catalog
    }

    /// The time that the figures are of, in seconds since 1970: now, or the time of the newest line while older lines
    /// are read.
    pub fn as_of(&self) -> i64 {
        let read = self.view.history.time().unwrap_or(self.now);
        if read < self.now - BEHIND {
            read
        } else {
            self.now
        }
    }

    /// A share from 0 to 1 in percent.
    pub fn percent(&self, share: f64) -> String {
        numbers::percent(share, self.language.language)
    }

    /// A share, or a dash if it is not known.
    pub fn percent_or_dash(&self, share: Option<f64>) -> String {
        share.map_or_else(|| "–".to_owned(), |share| self.percent(share))
    }

    /// A rate per minute with its unit, in a sentence.
    pub fn per_minute(&self, rate: f64) -> String {
        let rate = numbers::rate(rate);
        match self.language.language {
            Language::En => format!("{rate}/min"),
            Language::Zh => format!("{rate} 次/分钟"),
        }
    }

    /// A rate per minute, or a dash if it is not known.
    pub fn rate_or_dash(&self, rate: Option<f64>) -> String {
        rate.map_or_else(|| "–".to_owned(), numbers::rate)
    }

    /// A time in seconds since 1970 as the clock shows it, with the day if it is another one than that of the figures.
    pub fn time(&self, seconds: i64) -> Markup {
        let Some(time) = self.zoned(seconds) else {
            return html! { "–" };
        };
        let machine = time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        html! { time datetime=(machine) { (self.clock(seconds)) } }
    }

    /// The text of [`Context::time`].
    pub fn clock(&self, seconds: i64) -> String {
        let Some(time) = self.zoned(seconds) else {
            return "–".to_owned();
        };
        let clock = time.strftime("%H:%M").to_string();
        let today = self.zoned(self.as_of()).map(|today| today.date());
        if today == Some(time.date()) {
            return clock;
        }
        let days = (self.as_of() - seconds) / 86_400;
        if (0..6).contains(&days) {
            format!("{} {clock}", self.weekday(&time))
        } else {
            format!("{} {clock}", time.strftime("%m-%d"))
        }
    }

    fn weekday(&self, time: &ZonedDateTime) -> &'static str {
        const NAMES: [[&str; 2]; 7] = [
            ["Mon", "周一"],
            ["Tue", "周二"],
            ["Wed", "周三"],
            ["Thu", "周四"],
            ["Fri", "周五"],
            ["Sat", "周六"],
            ["Sun", "周日"],
        ];
        let day = time.weekday().to_monday_zero_offset();
        NAMES[usize::from(day.unsigned_abs()) % 7][usize::from(self.zh())]
    }

    /// A time in the zone of the server.
    pub fn zoned(&self, seconds: i64) -> Option<ZonedDateTime> {
        let time = Timestamp::from_second(seconds).ok()?;
        Some(ZonedDateTime::new(time, self.settings.zone.clone()))
    }

    /// A span of seconds in its largest unit.
    pub fn duration(&self, seconds: i64) -> String {
        numbers::duration(seconds, self.language.language)
    }

    /// The name of a provider for people.
    pub fn provider_title(&self, name: &'a str) -> &'a str {
        let catalog: &'static Catalog = self.view.counters.catalog;
        let mut known = catalog.providers().iter();
        let title = known
            .find(|it| it.name == name)
            .and_then(|it| it.title.as_ref());
        title.map_or(name, |title| self.language.language.of(title))
    }

    /// The title of a provider within a Chinese sentence: with spaces around Latin letters, and none around Chinese ones. In
    /// English, the title.
    pub fn provider_in_sentence(&self, name: &'a str) -> Cow<'a, str> {
        let title = self.provider_title(name);
        if !self.zh() {
            return title.into();
        }
        let space = |letter: Option<char>| {
            if letter.is_some_and(|it| it.is_ascii()) {
                " "
            } else {
                ""
            }
        };
        let (before, after) = (
            space(title.chars().next()),
            space(title.chars().next_back()),
        );
        format!("{before}{title}{after}").into()
    }
}
