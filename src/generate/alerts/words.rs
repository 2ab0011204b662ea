//! Annotations: the texts of an alert with its figures as Prometheus templates.

use serde::Serialize;
use serde_saphyr::LitString;

use super::expression::{self, LEADING_WINDOW};
use super::figures::{FigureFormat, Figures};
use crate::alert::texts::{self, OTHER_PROVIDER, Piece, Texts, names_cause, sentences, what_to_do};
use crate::catalog::{Alert, Catalog, Policy, Text, Watch};

/// Formats a count with a comma after every three digits, up to nine digits, in two passes.
const GROUPED: &str = "printf \"%.0f\" | reReplaceAll \"^(\\\\d+)(\\\\d{3})$\" \"$1,$2\" \
     | reReplaceAll \"^(\\\\d+)(\\\\d{3}),\" \"$1,$2,\"";

/// What the chart replaces by the base of links.
const BASE_PLACEHOLDER: &str = "@runbook_base@";

/// The address of the exporter, as it says itself; of one that fails on several instances, that of the first.
pub(in crate::generate) fn own_base() -> String {
    let target = expression::ONE_TARGET;
    let fleet = "maillog_web_info and on (instance, job) \
                 ALERTS{alertname=\"MaillogProviderFailing\",alertstate=\"firing\"}";
    let of_first = "{{ $web := . | first }}{{ $url := $web | label \"external_url\" }}\
                    {{ if $url }}{{ $url }}{{ else }}{{ $web | label \"scheme\" }}://\
                    {{ $web | label \"instance\" }}{{ $web | label \"route_prefix\" }}{{ end }}";
    format!(
        "{{{{ with $labels.instance }}}}\
         {{{{ with printf `maillog_web_info{{{target}}}` $labels.instance $labels.job | query }}}}{of_first}\
         {{{{ else }}}}http://{{{{ $labels.instance }}}}{{{{ end }}}}\
         {{{{ else }}}}{{{{ with query `{fleet}` }}}}{of_first}{{{{ end }}}}{{{{ end }}}}"
    )
}

#[derive(Serialize)]
pub(super) struct Annotations {
    summary: LitString,
    description: LitString,
    meaning: LitString,
    meaning_en: String,
    remediation: LitString,
    remediation_en: String,
    remediation_source: &'static str,
    runbook_url: LitString,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<LitString>,
}

pub(super) fn annotations(
    alert: &Alert,
    policy: &Policy,
    catalog: &Catalog,
    texts: Texts,
    figures: &Figures,
) -> Annotations {
    let templates = Templates {
        alert,
        policy,
        catalog,
        figures,
    };
    let what_to_do = what_to_do(&texts, policy.language);
    let link = templates.link(&texts.path);
    let picture = policy.has_picture(alert).then(|| format!("{link}.png"));
    Annotations {
        summary: LitString(templates.text(&alert.summary)),
        description: LitString(templates.text(&alert.description) + &what_to_do),
        meaning: LitString(texts.meaning),
        meaning_en: texts.meaning_en,
        remediation: LitString(texts.remediation),
        remediation_en: texts.remediation_en,
        remediation_source: texts.remediation_source,
        runbook_url: LitString(link),
        image_url: picture.map(LitString),
    }
}

/// Turns placeholders into templates.
struct Templates<'a> {
    alert: &'a Alert,
    policy: &'a Policy,
    catalog: &'a Catalog,
    figures: &'a Figures,
}

impl Templates<'_> {
    fn text(&self, text: &Text) -> String {
        texts::pieces(self.policy.language.of(text))
            .map(|piece| match piece {
                Piece::Literal(text) => text.to_owned(),
                Piece::Figure(name) => self.figure(name),
            })
            .collect()
    }

    /// The template of a placeholder.
    fn figure(&self, name: &str) -> String {
        let Templates { alert, figures, .. } = self;
        let words = sentences(self.policy.language);
        let is_measured = alert.is_about_mail();
        match name {
            "count" if is_measured => {
                let value = format!("{{{{ . | first | value | {GROUPED} }}}}");
                self.query(&expression::figure(alert, "events"), &value, words.unknown)
            }
            "count" => format!("{{{{ $value | {GROUPED} }}}}"),
            "value" => "{{ $value | humanize1024 }}B".to_owned(),
            "window" => alert.window.unwrap_or_default().with_symbol(),
            "share" if is_measured => self.percentage(&expression::figure(alert, "share")),
            "share" if alert.watch == Watch::Unmatched => self.unmatched_share(),
            "share" => format!("{{{{ {} | humanizePercentage }}}}", figures.share),
            "usual" if alert.watch == Watch::Surge => {
                let value = format!("{{{{ . | first | value | {GROUPED} }}}}");
                self.query(
                    &expression::figure(alert, "usual_events"),
                    &value,
                    words.unknown,
                )
            }
            "usual" if alert.watch == Watch::QueueSize => {
                let target = expression::ONE_TARGET;
                let value = format!("{{{{ . | first | value | {GROUPED} }}}}");
                let usual = format!("maillog_queue_usual_messages{{{target},queue=%[3]q}}");
                self.query(&usual, &value, words.unknown)
            }
            "usual" => self.percentage(&expression::figure(alert, "usual_share")),
            // No label holds a domain: the page of the alert names it.
            "sender" => words.sender.to_owned(),
            "who" => self.leader("{{ $provider }}", words.others),
            "leader" => {
                let sentence = format!("{}{{{{ $provider }}}}{}", words.leader, words.end);
                self.leader(&sentence, "")
            }
            "enhanced" => {
                let code = " {{ . | first | label \"enhanced\" }}";
                self.query(&expression::enhanced(alert), code, "")
            }
            "why" => self.why(words.why),
            "cause" => self.cause(&format!("{}{{}}{}", words.cause, words.end)),
            // A missing target has no instance label.
            "instance" => {
                "{{ with $labels.instance }}{{ . }}{{ else }}any instance{{ end }}".to_owned()
            }
            // All other names are labels.
            label => format!("{{{{ $labels.{label} }}}}"),
        }
    }

    fn percentage(&self, query: &str) -> String {
        let unknown = sentences(self.policy.language).unknown;
        self.query(
            query,
            "{{ . | first | value | humanizePercentage }}",
            unknown,
        )
    }

    fn unmatched_share(&self) -> String {
        let window = self.alert.window.unwrap_or_default();
        let lines = |result: &str| {
            let target = expression::ONE_TARGET;
            format!(
                "sum (increase(maillog_lines_total{{{result}{target},source=%[3]q}}[{window}]))"
            )
        };
        self.percentage(&format!(
            "{} / {}",
            lines("result=\"unmatched\","),
            lines("")
        ))
    }

    fn leader(&self, known: &str, unknown: &str) -> String {
        let sentence = format!(
            "{{{{ $provider := . | first | label \"provider\" }}}}\
             {{{{ if eq $provider \"{OTHER_PROVIDER}\" }}}}{unknown}\
             {{{{ else }}}}{known}{{{{ end }}}}"
        );
        self.query(&expression::leader(self.alert), &sentence, unknown)
    }

    /// The most frequent reply code and condition, after `before`.
    fn why(&self, before: &str) -> String {
        let signal = self.policy.signal_of(self.alert);
        let cause = "{{ . | first | label \"condition\" }}";
        let only = self.query(&self.cause_query(), &format!("{before}{cause}"), "");
        let Some(code) = signal.and_then(|it| expression::code(self.alert, it.digits())) else {
            return only;
        };
        let found = "{{ . | first | label \"code\" }}";
        let also = self.query(&self.cause_query(), &format!(" {cause}"), "");
        self.query(&code, &format!("{before}{found}{also}"), &only)
    }

    /// The most frequent condition, in place of `{}`.
    fn cause(&self, text: &str) -> String {
        let label = "{{ . | first | label \"condition\" }}";
        self.query(&self.cause_query(), &text.replace("{}", label), "")
    }

    fn cause_query(&self) -> String {
        let signal = self.policy.signal_of(self.alert);
        let except = signal.map(|it| &*it.deferred_except).unwrap_or_default();
        let conditions = self.catalog.conditions().iter();
        let conditions = conditions.filter(|it| except.iter().any(|no| no == it.cause.as_str()));
        let names: Vec<&str> = conditions.map(|it| it.name.as_str()).collect();
        expression::cause(self.alert, &names)
    }

    /// The address of the page that shows what was measured.
    fn link(&self, usual: &str) -> String {
        let base = match (&self.policy.runbook_url, self.figures.format) {
            (Some(base), _) => base.clone(),
            // The values of the chart may have a base.
            (None, FigureFormat::Placeholders) => BASE_PLACEHOLDER.to_owned(),
            (None, FigureFormat::Numbers) => own_base(),
        };
        format!("{base}{}", self.path(usual))
    }

    fn path(&self, usual: &str) -> String {
        let alert = self.alert;
        if alert.page.is_none() && (alert.by_provider || alert.watch == Watch::Fleet) {
            return "/providers/{{ $labels.provider }}".to_owned();
        }
        if alert.page.is_none() && names_cause(alert) {
            let found = "/codes/{{ . | first | label \"condition\" }}";
            return self.query(&self.cause_query(), found, usual);
        }
        match (&*alert.conditions, alert.codes.is_empty()) {
            ([condition], false) => {
                let query = expression::is_condition(alert);
                self.query(&query, &format!("/codes/{condition}"), usual)
            }
            _ => usual.to_owned(),
        }
    }

    /// A template that runs a query for the target of the alert and shows its result with `found`, or `missing` if
    /// there is no result.
    fn query(&self, query: &str, found: &str, missing: &str) -> String {
        let third = match (self.alert.by_provider, self.alert.watch) {
            (true, _) => " $labels.provider",
            (false, Watch::Unmatched) => " $labels.source",
            (false, Watch::QueueSize) => " $labels.queue",
            _ => "",
        };
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        debug_assert!(!query.contains('`') && !LEADING_WINDOW.is_empty());
        // Arguments that a query does not use would be appended to it.
        let third = if query.contains("%[3]q") { third } else { "" };
        format!(
            "{{{{ with printf `{query}` $labels.instance $labels.job{third} | query }}}}{found}\
             {{{{ else }}}}{missing}{{{{ end }}}}"
        )
    }
}
