//! Building blocks of queries. They make sure that every query selects by `job` and `instance`, uses Grafana's
//! intervals, and does not divide by zero.

/// A selector for the chosen jobs and instances, with further matchers.
pub fn select(metric: &str, matchers: &str) -> String {
    let comma = if matchers.is_empty() { "" } else { "," };
    format!(r#"{metric}{{job=~"$job",instance=~"$instance"{comma}{matchers}}}"#)
}

/// Rate per second over `$__rate_interval`.
pub fn rate(metric: &str, matchers: &str) -> String {
    format!("rate({}[$__rate_interval])", select(metric, matchers))
}

/// Increase over the selected time range.
pub fn increase(metric: &str, matchers: &str) -> String {
    format!("increase({}[$__range])", select(metric, matchers))
}

/// A sum by labels, or the total sum.
pub fn sum_by(labels: &str, inner: &str) -> String {
    if labels.is_empty() {
        return format!("sum({inner})");
    }
    format!("sum by ({labels}) ({inner})")
}

/// A share; no value where the whole is zero.
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

/// The mean of a histogram; no value without observations.
pub fn mean(metric: &str) -> String {
    share(
        &format!("sum({})", rate(&format!("{metric}_sum"), "")),
        &format!("sum({})", rate(&format!("{metric}_count"), "")),
    )
}

/// Adds a label with a fixed value.
pub fn label(inner: &str, name: &str, value: &str) -> String {
    format!(r#"label_replace({inner}, "{name}", "{value}", "", "")"#)
}

/// Copies a label.
pub fn copy(inner: &str, from: &str, to: &str) -> String {
    format!(r#"label_replace({inner}, "{to}", "$1", "{from}", "(.*)")"#)
}
