//! One panel: what it asks, and how the answer is drawn.
//!
//! It stands apart so that every panel has its title, description and unit, and that all panels
//! of a kind look alike.

use serde_json::{Map, Value, json};

use super::texts::Prose;

/// A panel without its place.
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

/// The variable that says where the data is.
pub fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// Thresholds from a base colour on.
pub fn steps(base: &str, further: &[(f64, &str)]) -> Value {
    let mut steps = vec![json!({"color": base, "value": null})];
    steps.extend(
        further
            .iter()
            .map(|(value, color)| json!({"color": color, "value": value})),
    );
    json!({"mode": "absolute", "steps": steps})
}

/// A mapping of values to words and colours.
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

/// The names that Grafana may give to a column: the only query's value is sometimes numbered.
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

    /// Lines over time, from zero up.
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

    /// Stacked bars over time, where the sum is of interest and values come and go.
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

    /// One figure, with its course behind it.
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

    /// Horizontal bars, the longest first.
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

    /// Rows and columns; Grafana's own first column, the time, is never shown.
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

    /// The buckets of a histogram over time.
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

    /// Its width, of 24, and its height.
    pub fn size(mut self, width: u64, height: u64) -> Self {
        self.width = width;
        self.height = height;
        self
    }

    /// Asks; series are named by the legend.
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

    /// Asks for the value of now only, where the past has none or is of no interest.
    pub fn now(mut self, expr: impl Into<String>, legend: &str) -> Self {
        self = self.query(expr, legend);
        if let Some(target) = self.targets.last_mut() {
            target["instant"] = true.into();
            target["range"] = false.into();
        }
        self.options["graphMode"] = "none".into();
        self
    }

    /// A property of every field.
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// An option of this kind of panel.
    pub fn option(mut self, name: &str, value: Value) -> Self {
        self.options[name] = value;
        self
    }

    /// Counts, which are whole however they were extrapolated.
    pub fn whole(self) -> Self {
        self.field("unit", "locale".into())
            .field("decimals", 0.into())
    }

    /// How far the axis reaches at least: a flat zero is no reason for a hundred.
    pub fn reaching(mut self, value: f64) -> Self {
        self.custom.insert("axisSoftMax".into(), value.into());
        self
    }

    /// What is shown where there is nothing to show.
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

    /// Properties of the column under this title.
    pub fn column(self, name: &str, properties: &[(&str, Value)]) -> Self {
        self.overriding(json!({"id": "byName", "options": name}), properties)
    }

    /// A fixed colour for the series whose names match.
    pub fn color(self, pattern: &str, color: &str) -> Self {
        let value = json!({"mode": "fixed", "fixedColor": color});
        self.overriding(
            json!({"id": "byRegexp", "options": pattern}),
            &[("color", value)],
        )
    }

    /// A column of sentences in place of the keys that the answer holds; to be called before the
    /// columns are named.
    ///
    /// The keys become the numbers of the sentences first: Grafana makes rows as high as a number's
    /// mapped text needs, but only as high as a string needs before it is mapped.
    pub fn prose(mut self, name: &str, title: &str, texts: &Prose) -> Self {
        let keys: Vec<&str> = texts.iter().map(|(key, _)| key.as_str()).collect();
        self.transformations.push(
            json!({"id": "convertFieldType", "options": {"fields": {}, "conversions": [
                {"targetField": name, "destinationType": "enum", "enumConfig": {"text": keys}},
                {"targetField": name, "destinationType": "number"},
            ]}}),
        );
        let sentences: Map<String, Value> = texts
            .iter()
            .enumerate()
            .map(|(index, (_, text))| (index.to_string(), json!({"text": text, "index": index})))
            .collect();
        // Grafana 13 has wrapText beside the cell's options, 11 and 12 have it among them; older
        // ones show what does not fit when pointed at.
        self.column(
            title,
            &[
                ("mappings", json!([{"type": "value", "options": sentences}])),
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

    /// Makes one table of all answers: these columns, in this order, under these titles. Time and
    /// the values are hidden unless named; `A` is the value of the first query, and so on.
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

    /// The panel at its place.
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
