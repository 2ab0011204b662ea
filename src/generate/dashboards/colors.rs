//! The colours of the dashboards: one for each class of reply codes, and a fixed one for each provider.

use serde_json::{Value, json};

use super::panel::Panel;
use crate::catalog::Catalog;

/// Success, and everything that is as it should be.
pub const SUCCESS: &str = "#3c8478";

/// Temporary failures: 4xx, deferred.
pub const TEMPORARY: &str = "#eda33b";

/// Permanent failures: 5xx, bounced.
pub const PERMANENT: &str = "#e25c84";

/// Failed connections: 101 and 111.
pub const CONNECTION: &str = "#a2a6ea";

/// Values for comparison, and what has no class.
pub const NEUTRAL: &str = "#8d95a1";

/// Figures that are neither good nor bad.
pub const PLAIN: &str = "#5b8ff9";

/// Expired in the queue: a permanent failure, told apart from bounces.
const EXPIRED: &str = "#9a3558";

/// The palette of series without a meaning of their own. It has no green, red or class colour.
const PALETTE: [&str; 12] = [
    "#8d95a1", "#5b8ff9", "#33b5d6", "#b07de0", "#d3b12f", "#7fc4e8", "#c58f5c", "#d879d2",
    "#4a6fc4", "#e3d17a", "#7259b8", "#b8c0cc",
];

/// Reply codes that are often seen side by side, each in a shade of its class; 421 and 550 have the class colour itself.
const CODES: [(&str, &str); 14] = [
    ("/^[23]/", SUCCESS),
    ("/^1/", CONNECTION),
    ("/^4/", "#d9bd93"),
    ("/^5/", "#c9a0ae"),
    ("111", "#7378c9"),
    ("421", TEMPORARY),
    ("422", "#f7d08a"),
    ("450", "#b5700f"),
    ("451", "#f0b968"),
    ("452", "#8a5a17"),
    ("550", PERMANENT),
    ("552", "#f3a9bf"),
    ("553", "#a03a5c"),
    ("554", "#ee86a5"),
];

fn fixed(color: &str) -> Value {
    json!({"mode": "fixed", "fixedColor": color})
}

impl Panel {
    /// Sets the colour of all series that no other rule covers.
    pub fn base_color(self, color: &str) -> Self {
        self.field("color", fixed(color))
    }

    /// Sets the colour of series with this name, or of names that match a `/pattern/`.
    pub fn color(self, name: &str, color: &str) -> Self {
        let id = if name.starts_with('/') {
            "byRegexp"
        } else {
            "byName"
        };
        self.overriding(
            json!({"id": id, "options": name}),
            &[("color", fixed(color))],
        )
    }

    /// Colours of series named 2xx, 4xx, 5xx and `failed connections`, with or without words in front.
    pub fn class_colors(self) -> Self {
        self.base_color(NEUTRAL)
            .color("/2xx$/", SUCCESS)
            .color("/4xx$/", TEMPORARY)
            .color("/5xx$/", PERMANENT)
            .color("/failed connections$/", CONNECTION)
    }

    /// Colours of series named by reply code.
    pub fn code_colors(self) -> Self {
        CODES
            .iter()
            .fold(self.base_color(NEUTRAL), |panel, (name, color)| {
                panel.color(name, color)
            })
    }

    /// Colours of series whose names end with the status of a delivery.
    pub fn status_colors(self) -> Self {
        self.base_color(NEUTRAL)
            .color("/sent$/", SUCCESS)
            .color("/deferred$/", TEMPORARY)
            .color("/bounced$/", PERMANENT)
            .color("/expired$/", EXPIRED)
    }

    /// Colours of series named by provider, in the order of the catalog. Providers of the configuration have the
    /// colour of `other`.
    pub fn provider_colors(self) -> Self {
        let catalog = Catalog::embedded();
        let names: Vec<&str> = catalog
            .providers()
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        let mut panel = self.base_color(PALETTE[0]);
        for (index, color) in PALETTE.iter().enumerate() {
            let group: Vec<&str> = names
                .iter()
                .skip(index)
                .step_by(PALETTE.len())
                .copied()
                .collect();
            panel = panel.color(&format!("/^({})( usual)?$/", group.join("|")), color);
        }
        panel
    }

    /// Colours of series with these names, in this order.
    pub fn named_colors(self, names: &[&str]) -> Self {
        names
            .iter()
            .zip(PALETTE.iter().skip(1))
            .fold(self.base_color(NEUTRAL), |panel, (name, color)| {
                panel.color(name, color)
            })
    }

    /// Colours from the palette by the order of the series, for names that are not known in advance.
    pub fn palette(self) -> Self {
        self.field("color", json!({"mode": "palette-classic-by-name"}))
    }
}
