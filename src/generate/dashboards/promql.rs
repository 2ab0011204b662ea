//! The words that queries are built of.
//!
//! They stand apart so that no query can forget the variables `job` and `instance`, choose an
//! interval of its own, or divide by zero.

/// A selector: the metric of the chosen jobs and instances, with further matchers.
pub fn select(metric: &str, matchers: &str) -> String {
    let comma = if matchers.is_empty() { "" } else { "," };
    format!(r#"{metric}{{job=~"$job",instance=~"$instance"{comma}{matchers}}}"#)
}

/// Per second, over the interval that Grafana finds right for the zoom and the scrapes.
pub fn rate(metric: &str, matchers: &str) -> String {
    format!("rate({}[$__rate_interval])", select(metric, matchers))
}

/// How many, over all of the time that is shown.
pub fn increase(metric: &str, matchers: &str) -> String {
    format!("increase({}[$__range])", select(metric, matchers))
}

/// A sum by labels, or one sum of everything.
pub fn sum_by(labels: &str, inner: &str) -> String {
    if labels.is_empty() {
        return format!("sum({inner})");
    }
    format!("sum by ({labels}) ({inner})")
}

/// A share; there is none where the whole is zero.
pub fn share(part: &str, whole: &str) -> String {
    format!("{part}\n/\n({whole} > 0)")
}

/// A quantile of a histogram, by labels.
pub fn quantile(q: f64, labels: &str, metric: &str, matchers: &str) -> String {
    let by = if labels.is_empty() {
        "le".to_owned()
    } else {
        format!("{labels}, le")
    };
    let buckets = sum_by(&by, &rate(&format!("{metric}_bucket"), matchers));
    format!("histogram_quantile({q}, {buckets})")
}

/// A mean from a histogram; there is none where nothing was observed.
pub fn mean(metric: &str) -> String {
    share(
        &format!("sum({})", rate(&format!("{metric}_sum"), "")),
        &format!("sum({})", rate(&format!("{metric}_count"), "")),
    )
}

/// The same samples with one more label, of a fixed value.
pub fn label(inner: &str, name: &str, value: &str) -> String {
    format!(r#"label_replace({inner}, "{name}", "{value}", "", "")"#)
}

/// The same samples with the value of a label in another one too.
pub fn copy(inner: &str, from: &str, to: &str) -> String {
    format!(r#"label_replace({inner}, "{to}", "$1", "{from}", "(.*)")"#)
}
