//! A panel: its queries and how their results are shown. The constructors are in `panel_kinds.rs`; they require title,
//! description and unit.

use serde_json::{Map, Value, json};

use super::colors::{PLAIN, SUCCESS};
use super::links;
use super::texts::TextMapping;
use super::variables::PROMETHEUS;

/// The unit of rates.
pub const PER_MINUTE: &str = "suffix:/min";

/// A panel without its position.
pub struct Panel {
    kind: &'static str,
    title: &'static str,
    description: String,
    pub(super) width: u64,
    pub(super) height: u64,
    interval: Option<&'static str>,
    points: Option<u32>,
    targets: Vec<Value>,
    defaults: Map<String, Value>,
    pub(super) custom: Map<String, Value>,
    overrides: Vec<Value>,
    pub(super) options: Value,
    transformations: Vec<Value>,
}

/// The data source variable.
pub fn datasource() -> Value {
    json!({"type": "prometheus", "uid": format!("${{{PROMETHEUS}}}")})
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
        label if label.len() > 1 => vec![label.to_owned()],
        reference => vec![format!("Value #{reference}")],
    }
}

impl Panel {
    pub(super) fn new(
        kind: &'static str,
        title: &'static str,
        text: impl Into<String>,
        unit: &str,
    ) -> Self {
        let mut panel = Panel {
            kind,
            title,
            description: text.into(),
            width: 12,
            height: 9,
            interval: None,
            points: None,
            targets: Vec::new(),
            defaults: Map::new(),
            custom: Map::new(),
            overrides: Vec::new(),
            options: json!({}),
            transformations: Vec::new(),
        };
        panel.set("unit", unit.into());
        panel.set("mappings", json!([]));
        panel.set("thresholds", steps(PLAIN, &[]));
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
        let instant = self.kind == "table";
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
        self
    }

    /// The shortest interval of rates, for values that would be noisy over less.
    pub fn over(mut self, interval: &'static str) -> Self {
        self.interval = Some(interval);
        self
    }

    /// The largest number of points in time, for queries that take long.
    pub fn points(mut self, points: u32) -> Self {
        self.points = Some(points);
        self
    }

    /// Draws limits as dashed lines.
    pub fn limits(mut self, limits: &[(f64, &str)]) -> Self {
        self.custom
            .insert("thresholdsStyle".into(), json!({"mode": "dashed"}));
        self.field("thresholds", steps("transparent", limits))
    }

    /// Colours a figure by its value: good until the first limit.
    pub fn good_until(self, limits: &[(f64, &str)]) -> Self {
        self.field("thresholds", steps(SUCCESS, limits))
    }

    /// Sets the links of all values.
    pub fn links(self, links: Value) -> Self {
        self.field("links", links)
    }

    /// Shows the exemplars of the counters in the queries so far, each with a link to the log lines with its queue id.
    /// Where Grafana does not apply it to exemplars, the link of the data source is used.
    pub fn exemplars(mut self) -> Self {
        for target in &mut self.targets {
            target["exemplar"] = true.into();
        }
        self.overriding(
            json!({"id": "byName", "options": "queue_id"}),
            &[("links", links::of_queue_id("${__value.raw}"))],
        )
    }

    /// Draws series whose names match as thin dashed lines, for values to compare with.
    pub fn dashed(self, pattern: &str) -> Self {
        self.overriding(
            json!({"id": "byRegexp", "options": pattern}),
            &[
                ("custom.lineStyle", json!({"fill": "dash", "dash": [6, 6]})),
                ("custom.lineWidth", 1.into()),
                ("custom.fillOpacity", 0.into()),
            ],
        )
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

    pub(super) fn overriding(mut self, matcher: Value, properties: &[(&str, Value)]) -> Self {
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
        let mut panel = json!({
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
        });
        if let Some(interval) = self.interval {
            panel["interval"] = interval.into();
        }
        if let Some(points) = self.points {
            panel["maxDataPoints"] = points.into();
        }
        panel
    }
}
