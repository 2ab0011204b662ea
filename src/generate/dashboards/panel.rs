//! A panel: its queries and how their results are shown. The constructors require title, description and unit, and give
//! all panels of one type the same look.

use serde_json::{Map, Value, json};

use super::texts::TextMapping;

/// A panel without its position.
pub struct Panel {
    kind: &'static str,
    title: &'static str,
    description: String,
    pub(super) width: u64,
    pub(super) height: u64,
    targets: Vec<Value>,
    defaults: Map<String, Value>,
    custom: Map<String, Value>,
    overrides: Vec<Value>,
    options: Value,
    transformations: Vec<Value>,
}

/// The data source variable.
pub fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// Thresholds, starting with a base colour.
pub fn steps(base: &str, further: &[(f64, &str)]) -> Value {
    let mut steps = vec![json!({"color": base, "value": null})];
    steps.extend(
        further
            .iter()
            .map(|(value, color)| json!({"color": color, "value": value})),
    );
    json!({"mode": "absolute", "steps": steps})
}

/// A mapping of values to text and colours.
pub fn words(pairs: &[(&str, &str, &str)]) -> Value {
    let options: Map<String, Value> = pairs
        .iter()
        .enumerate()
        .map(|(index, (value, text, color))| {
            let result = json!({"text": text, "color": color, "index": index});
            ((*value).to_owned(), result)
        })
        .collect();
    json!([{"type": "value", "options": options}])
}

/// The field names that Grafana may use for a column: with a single query its value may be numbered or not.
fn fields(name: &str) -> Vec<String> {
    match name {
        "A" => vec!["Value".to_owned(), "Value #A".to_owned()],
        "B" | "C" | "D" | "E" | "F" => vec![format!("Value #{name}")],
        label => vec![label.to_owned()],
    }
}

fn reduce() -> Value {
    json!({"calcs": ["lastNotNull"], "fields": "", "values": false})
}

impl Panel {
    fn new(kind: &'static str, title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel {
            kind,
            title,
            description: text.into(),
            width: 12,
            height: 8,
            targets: Vec::new(),
            defaults: Map::new(),
            custom: Map::new(),
            overrides: Vec::new(),
            options: json!({}),
            transformations: Vec::new(),
        };
        panel.set("unit", unit.into());
        panel.set("mappings", json!([]));
        panel.set("thresholds", steps("green", &[]));
        panel
    }

    /// Time series as lines, with a minimum of zero.
    pub fn lines(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("timeseries", title, text, unit);
        panel.options = json!({
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true},
            "tooltip": {"mode": "multi", "sort": "desc"},
        });
        panel.set("color", json!({"mode": "palette-classic"}));
        panel.set("min", 0.into());
        for (name, value) in [
            ("drawStyle", json!("line")),
            ("lineWidth", json!(2)),
            ("fillOpacity", json!(10)),
            ("showPoints", json!("never")),
            ("spanNulls", json!(false)),
            ("stacking", json!({"mode": "none", "group": "A"})),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel
    }

    /// Time series as stacked bars, for values that come and go and whose sum matters.
    pub fn stack(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::lines(title, text, unit);
        for (name, value) in [
            ("drawStyle", json!("bars")),
            ("lineWidth", json!(0)),
            ("fillOpacity", json!(80)),
            ("stacking", json!({"mode": "normal", "group": "A"})),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel
    }

    /// A single value with a sparkline.
    pub fn stat(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("stat", title, text, unit);
        panel.options = json!({
            "colorMode": "value",
            "graphMode": "area",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": reduce(),
            "showPercentChange": false,
            "textMode": "auto",
            "wideLayout": true,
        });
        panel.set("color", json!({"mode": "thresholds"}));
        panel.size(4, 5)
    }

    /// Horizontal bars, sorted in descending order.
    pub fn ranking(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("bargauge", title, text, unit);
        panel.options = json!({
            "displayMode": "gradient",
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": false},
            "maxVizHeight": 48,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "auto",
            "orientation": "horizontal",
            "reduceOptions": reduce(),
            "showUnfilled": true,
            "sizing": "manual",
            "text": {"titleSize": 14, "valueSize": 14},
            "valueMode": "color",
        });
        panel.set("color", json!({"mode": "continuous-BlPu"}));
        panel.set("min", 0.into());
        panel
    }

    /// A table without the time column.
    pub fn table(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("table", title, text, unit);
        panel.options = json!({
            "cellHeight": "sm",
            "showHeader": true,
        });
        panel.set("color", json!({"mode": "thresholds"}));
        for (name, value) in [
            ("align", json!("auto")),
            ("cellOptions", json!({"type": "auto"})),
            ("inspect", json!(false)),
        ] {
            panel.custom.insert(name.into(), value);
        }
        panel
    }

    /// Histogram buckets over time.
    pub fn heatmap(title: &'static str, text: impl Into<String>, unit: &str) -> Self {
        let mut panel = Panel::new("heatmap", title, text, "cps");
        panel.options = json!({
            "calculate": false,
            "cellGap": 1,
            "cellValues": {"unit": "cps"},
            "color": {
                "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": false,
                "scale": "exponential", "scheme": "Oranges", "steps": 64,
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

    fn set(&mut self, name: &str, value: Value) {
        self.defaults.insert(name.into(), value);
    }

    /// Sets width (of 24 columns) and height.
    pub fn size(mut self, width: u64, height: u64) -> Self {
        self.width = width;
        self.height = height;
        self
    }

    /// Adds a query with a legend format.
    pub fn query(mut self, expr: impl Into<String>, legend: &str) -> Self {
        let instant = matches!(self.kind, "table" | "bargauge");
        let format = match self.kind {
            "table" => "table",
            "heatmap" => "heatmap",
            _ => "time_series",
        };
        let reference = char::from(b'A' + u8::try_from(self.targets.len()).unwrap_or(25).min(25));
        self.targets.push(json!({
            "datasource": datasource(),
            "editorMode": "code",
            "expr": expr.into(),
            "format": format,
            "instant": instant,
            "legendFormat": legend,
            "range": !instant,
            "refId": reference.to_string(),
        }));
        self
    }

    /// Adds an instant query, for values without a meaningful past.
    pub fn now(mut self, expr: impl Into<String>, legend: &str) -> Self {
        self = self.query(expr, legend);
        if let Some(target) = self.targets.last_mut() {
            target["instant"] = true.into();
            target["range"] = false.into();
        }
        self.options["graphMode"] = "none".into();
        self
    }

    /// Sets a property of all fields.
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// Sets an option of the panel type.
    pub fn option(mut self, name: &str, value: Value) -> Self {
        self.options[name] = value;
        self
    }

    /// Shows values as whole numbers, since counts are extrapolated.
    pub fn whole(self) -> Self {
        self.field("unit", "locale".into())
            .field("decimals", 0.into())
    }

    /// Sets a soft maximum of the axis, for values that are mostly zero.
    pub fn reaching(mut self, value: f64) -> Self {
        self.custom.insert("axisSoftMax".into(), value.into());
        self
    }

    /// Sets the text shown without data.
    pub fn empty(self, text: &str) -> Self {
        self.field("noValue", text.into())
    }

    fn overriding(mut self, matcher: Value, properties: &[(&str, Value)]) -> Self {
        let properties: Vec<Value> = properties
            .iter()
            .map(|(id, value)| json!({"id": id, "value": value}))
            .collect();
        self.overrides
            .push(json!({"matcher": matcher, "properties": properties}));
        self
    }

    /// Sets properties of the column with this title.
    pub fn column(self, name: &str, properties: &[(&str, Value)]) -> Self {
        self.overriding(json!({"id": "byName", "options": name}), properties)
    }

    /// Sets the colour of series whose names match.
    pub fn color(self, pattern: &str, color: &str) -> Self {
        let value = json!({"mode": "fixed", "fixedColor": color});
        self.overriding(
            json!({"id": "byRegexp", "options": pattern}),
            &[("color", value)],
        )
    }

    /// Replaces the keys in a column by texts; to be called before the columns are named.
    ///
    /// The keys are converted to numbers first: Grafana sizes a row by the mapped text of a number, but by the
    /// unmapped value of a string.
    pub fn map_texts(mut self, name: &str, title: &str, texts: &TextMapping) -> Self {
        let keys: Vec<&str> = texts.iter().map(|(key, _)| key.as_str()).collect();
        self.transformations.push(
            json!({"id": "convertFieldType", "options": {"fields": {}, "conversions": [
                {"targetField": name, "destinationType": "enum", "enumConfig": {"text": keys}},
                {"targetField": name, "destinationType": "number"},
            ]}}),
        );
        let mapped: Map<String, Value> = texts
            .iter()
            .enumerate()
            .map(|(index, (_, text))| (index.to_string(), json!({"text": text, "index": index})))
            .collect();
        // wrapText is a sibling of cellOptions in Grafana 13 and a part of it in 11 and 12. Older versions show
        // long text on hover.
        self.column(
            title,
            &[
                ("mappings", json!([{"type": "value", "options": mapped}])),
                ("noValue", "".into()),
                ("custom.align", "left".into()),
                ("custom.wrapText", true.into()),
                (
                    "custom.cellOptions",
                    json!({"type": "auto", "wrapText": true}),
                ),
                ("custom.inspect", true.into()),
            ],
        )
    }

    /// Merges all results into one table with these columns and titles, in this order. Time and values are hidden
    /// unless listed; `A` is the value of the first query, and so on.
    pub fn columns(mut self, columns: &[(&str, &str)]) -> Self {
        let mut order = Map::new();
        let mut titles = Map::new();
        for (index, (name, title)) in columns.iter().enumerate() {
            for name in fields(name) {
                order.insert(name.clone(), index.into());
                titles.insert(name, (*title).into());
            }
        }
        let mut hidden = Map::new();
        for name in ["Time".to_owned()].into_iter().chain(fields("A")) {
            if !titles.contains_key(&name) {
                hidden.insert(name, true.into());
            }
        }
        self.transformations
            .push(json!({"id": "merge", "options": {}}));
        self.transformations
            .push(json!({"id": "organize", "options": {
                "excludeByName": hidden, "indexByName": order, "renameByName": titles,
            }}));
        self
    }

    /// The JSON of the panel at a position.
    pub(super) fn json(self, id: usize, x: u64, y: u64) -> Value {
        let mut defaults = self.defaults;
        if !self.custom.is_empty() {
            defaults.insert("custom".into(), self.custom.into());
        }
        json!({
            "id": id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "datasource": datasource(),
            "targets": self.targets,
            "fieldConfig": {"defaults": defaults, "overrides": self.overrides},
            "options": self.options,
            "transformations": self.transformations,
        })
    }
}
