//! The look of each type of panel.

use serde_json::{Value, json};

use super::panel::{PER_MINUTE, Panel};

/// The value that a figure or a bar shows.
fn last_value() -> Value {
    json!({"calcs": ["lastNotNull"], "fields": "", "values": false})
}

/// The values after the name of a series in a legend: the last one, by which it is sorted, and the largest.
fn legend() -> Value {
    json!({
        "calcs": ["lastNotNull", "max"],
        "displayMode": "table",
        "placement": "right",
        "showLegend": true,
        "sortBy": "Last *",
        "sortDesc": true,
    })
}

impl Panel {
    /// Time series as lines, with a minimum of zero. Missing values are gaps.
    pub fn lines(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("timeseries", title, text, unit);
        panel.options = json!({
            "legend": legend(),
            "tooltip": {"mode": "multi", "sort": "desc"},
        });
        panel = panel.palette().field("min", 0.into());
        for (name, value) in [
            ("drawStyle", json!("line")),
            ("lineWidth", json!(2)),
            ("fillOpacity", json!(8)),
            ("showPoints", json!("never")),
            ("spanNulls", json!(false)),
            ("stacking", json!({"mode": "none", "group": "A"})),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel
    }

    /// Time series on top of each other, for values whose sum matters.
    pub fn stack(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::lines(title, text, unit);
        for (name, value) in [
            ("lineWidth", json!(1)),
            ("fillOpacity", json!(70)),
            ("stacking", json!({"mode": "normal", "group": "A"})),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel
    }

    /// A single value. A sparkline would be drawn behind it, across the figures.
    pub fn stat(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("stat", title, text, unit);
        panel.options = json!({
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": last_value(),
            "showPercentChange": false,
            "text": {"titleSize": 14, "valueSize": 32},
            "textMode": "value",
            "wideLayout": true,
        });
        panel
            .field("color", json!({"mode": "thresholds"}))
            .size(4, 4)
    }

    /// A table without the time column.
    pub fn table(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("table", title, text, unit);
        panel.options = json!({
            "cellHeight": "sm",
            "showHeader": true,
        });
        for (name, value) in [
            ("align", json!("auto")),
            ("cellOptions", json!({"type": "auto"})),
            ("inspect", json!(false)),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel.field("color", json!({"mode": "thresholds"}))
    }

    /// Histogram buckets over time.
    pub fn heatmap(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("heatmap", title, text, PER_MINUTE);
        panel.options = json!({
            "calculate": false,
            "cellGap": 1,
            "cellValues": {"unit": PER_MINUTE},
            "color": {
                "exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": false,
                "scale": "exponential", "scheme": "Blues", "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": true},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": true, "yHistogram": true},
            "yAxis": {"axisPlacement": "left", "reverse": false, "unit": unit},
        });
        panel
    }
}
