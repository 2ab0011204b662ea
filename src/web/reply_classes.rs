//! The classes of replies as charts draw them.

use super::chart::Layer;
use super::context::Context;
use super::past::{ACCEPTED, FAILED_CONNECTIONS, PERMANENT, TEMPORARY};

/// All classes, from the bottom: trouble has a common base.
pub fn layers(context: &Context<'_>) -> [Layer; 4] {
    [
        layer(context, FAILED_CONNECTIONS),
        layer(context, PERMANENT),
        layer(context, TEMPORARY),
        layer(context, ACCEPTED),
    ]
}

fn layer(context: &Context<'_>, class: usize) -> Layer {
    let name = match class {
        FAILED_CONNECTIONS => context.t("failed connections", "连接失败"),
        PERMANENT => context.t("5xx permanent", "5xx 永久失败"),
        TEMPORARY => context.t("4xx temporary", "4xx 临时失败"),
        _ => context.t("2xx accepted", "2xx 已接收"),
    };
    Layer {
        group: class,
        class: colour(class),
        name: name.to_owned(),
    }
}

/// The class of the style sheet.
pub fn colour(class: usize) -> &'static str {
    match class {
        FAILED_CONNECTIONS => "f1",
        PERMANENT => "f5",
        TEMPORARY => "f4",
        _ => "f2",
    }
}
