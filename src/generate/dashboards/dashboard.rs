//! A dashboard: variables, links and the layout of its panels.

use serde_json::{Value, json};

use super::annotations;
use super::panel::Panel;
use super::variables;

/// Number of columns of Grafana's grid.
const COLUMNS: u64 = 24;

/// The tag that links the dashboards.
const TAG: &str = "maillog";

/// A dashboard, filled row by row from the upper left.
pub struct Dashboard {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    variables: Vec<Value>,
    panels: Vec<Value>,
    x: u64,
    y: u64,
    line: u64,
}

impl Dashboard {
    /// An empty dashboard with the common variables.
    pub fn new(name: &'static str, title: &'static str, description: &'static str) -> Self {
        Dashboard {
            name,
            title,
            description,
            variables: variables::selection(),
            panels: Vec::new(),
            x: 0,
            y: 0,
            line: 0,
        }
    }

    /// Adds a variable.
    pub fn variable(mut self, variable: Value) -> Self {
        self.variables.push(variable);
        self
    }

    /// Starts a row with a title.
    pub fn row(mut self, title: &str) -> Self {
        self.end_line();
        self.panels.push(json!({
            "id": self.panels.len() + 1,
            "type": "row",
            "title": title,
            "collapsed": false,
            "gridPos": {"x": 0, "y": self.y, "w": COLUMNS, "h": 1},
            "panels": [],
        }));
        self.y += 1;
        self
    }

    /// Adds a panel, beside the last one if it fits.
    pub fn panel(mut self, panel: Panel) -> Self {
        if self.x + panel.width > COLUMNS {
            self.end_line();
        }
        let (width, height) = (panel.width, panel.height);
        let id = self.panels.len() + 1;
        self.panels.push(panel.json(id, self.x, self.y));
        self.x += width;
        self.line = self.line.max(height);
        self
    }

    fn end_line(&mut self) {
        self.y += self.line;
        self.x = 0;
        self.line = 0;
    }

    /// The name of the file and its content.
    pub(super) fn finish(mut self) -> (&'static str, String) {
        self.variables.extend(variables::link_targets());
        let value = json!({
            "id": null,
            "uid": format!("maillog-{}", self.name),
            "title": self.title,
            "description": self.description,
            "tags": [TAG, "mail"],
            "schemaVersion": 38,
            "version": 1,
            "editable": false,
            "graphTooltip": 1,
            "fiscalYearStartMonth": 0,
            "liveNow": false,
            "refresh": "1m",
            "time": {"from": "now-6h", "to": "now"},
            "timepicker": {},
            "timezone": "",
            "weekStart": "",
            "annotations": annotations::all(),
            "links": [{
                "title": "Mail",
                "type": "dashboards",
                "tags": [TAG],
                "asDropdown": false,
                "includeVars": true,
                "keepTime": true,
                "targetBlank": false,
                "icon": "dashboard",
                "tooltip": "The other dashboards of the exporter",
                "url": "",
            }],
            "templating": {"list": self.variables},
            "panels": self.panels,
        });
        (self.name, format!("{value:#}\n"))
    }
}
