//! Building blocks of queries. They make sure that every query selects by `job` and `instance`, uses Grafana's
//! intervals, shows rates per minute, and does not divide by zero.

/// A selector for the chosen jobs and instances, with further matchers.
pub fn select(metric: &str, matchers: &str) -> String {
    let comma = if matchers.is_empty() { "" } else { "," };
    format!(r#"{metric}{{job=~"$job",instance=~"$instance"{comma}{matchers}}}"#)
}

/// Firing alerts of this project. Some, such as those about an exporter that is down, have no instance.
pub fn firing() -> String {
    alerts("ALERTS", r#",alertstate="firing""#)
}

/// Series of this project's alerts, with further matchers.
pub fn alerts(metric: &str, matchers: &str) -> String {
    format!(r#"{metric}{{alertname=~"Maillog.*",job=~"$job|",instance=~"$instance|"{matchers}}}"#)
}

/// Rate per second over `$__rate_interval`, as a part of shares and quantiles.
pub fn rate(metric: &str, matchers: &str) -> String {
    format!("rate({}[$__rate_interval])", select(metric, matchers))
}

/// Rate per minute, summed up by labels.
pub fn per_minute(labels: &str, metric: &str, matchers: &str) -> String {
    format!("60 * {}", sum_by(labels, &rate(metric, matchers)))
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

/// The series of the largest counts in the whole time range. The choice is made once for each query, so that the same
/// series are shown at all times.
pub fn most_counted(
    count: u32,
    labels: &str,
    series: &str,
    metric: &str,
    matchers: &str,
) -> String {
    let counts = sum_by(
        labels,
        &format!("increase({}[$__range] @ end())", select(metric, matchers)),
    );
    format!("{series}\nand on ({labels})\ntopk({count}, {counts} > 0)")
}

/// The series of a gauge that reach the largest values in the whole time range.
pub fn largest(count: u32, labels: &str, series: &str, gauge: &str) -> String {
    let maxima = format!(
        "max by ({labels}) (max_over_time({}[$__range] @ end()))",
        select(gauge, "")
    );
    format!("{series}\nand on ({labels})\ntopk({count}, {maxima})")
}

/// A share; no value where the whole is zero.
pub fn share(part: &str, whole: &str) -> String {
    format!("{part}\n/\n({whole} > 0)")
}

/// Deliveries to other servers, by provider.
pub const DELIVERIES: &str = "maillog_provider_deliveries_total";

/// Failed deliveries. Greylisting and conditions of the recipient's mailbox do not count: they are no failure of the
/// provider, nor of the connection to it.
pub const FAILING: &str = r#"status!="sent",cause!~"recipient|greylisting""#;

/// The failing share of deliveries by labels, of the series that match `within`. The counters of all causes exist as soon as
/// a provider has a delivery, so the share is 0 where all are delivered.
pub fn failing_share(labels: &str, within: &str) -> String {
    let comma = if within.is_empty() { "" } else { "," };
    let part = sum_by(
        labels,
        &rate(DELIVERIES, &format!("{FAILING}{comma}{within}")),
    );
    share(&part, &sum_by(labels, &rate(DELIVERIES, within)))
}

/// The rate of replies to us and of failed connections by labels: the counters `codes`, which match `within`. The logs of
/// some servers have no reply to a message that was accepted: there, the accepted deliveries count, which match `sent`.
pub fn reply_rate(labels: &str, codes: &str, within: &str, sent: &str) -> String {
    let of = |metric: &str, matchers: &str| sum_by(labels, &rate(metric, matchers));
    let replied = of(codes, &format!(r#"code=~"2..",{within}"#));
    let others = of(codes, &format!(r#"code!~"2..",{within}"#));
    let sent = of(DELIVERIES, &format!(r#"status="sent"{sent}"#));
    let accepted = format!("({replied} > {sent} or {sent} or {replied})");
    format!("({others} + {accepted} or {accepted} or {others})")
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
