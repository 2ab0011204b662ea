//! Links of the documentation: relative links must lead to a file and a heading that exist.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README and the other pages at the top, everything in `docs/` and `docs/zh/`, and the README of the chart.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("helm/maillog-exporter/README.md")];
    for folder in ["", "docs", "docs/zh"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The text outside code blocks, in which `[…](…)` is a link.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Targets of links and images.
fn links(text: &str) -> Vec<String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// A page's anchors: those of its headings, as GitHub makes them (lower case, blanks as hyphens, no
/// punctuation), and explicit ones (`<a id="422">`).
fn anchors(text: &str) -> Vec<String> {
    let text = prose(text);
    let explicit = text
        .split("<a id=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(id, _)| id.to_owned());
    let headings = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .chars()
                .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'))
                .flat_map(char::to_lowercase)
                .map(|it| if it == ' ' { '-' } else { it })
                .collect()
        });
    explicit.chain(headings).collect()
}

/// Why a link of a page does not resolve.
fn problem(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_path_buf(),
        file => page.parent()?.join(file),
    };
    if !target.exists() {
        return Some(format!("{}: {link}: no such file", page.display()));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&target).expect("a page");
    let found = anchors(&text).iter().any(|it| it == anchor);
    (!found).then(|| format!("{}: {link}: no such heading", page.display()))
}

#[test]
fn relative_links_resolve() {
    let mut count = 0;
    let mut problems = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            count += 1;
            problems.extend(problem(&page, &link));
        }
    }
    assert!(count > 50, "only {count} links found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let page = root().join("README.md");
    assert!(problem(&page, "docs/missing.md").is_some());
    assert!(problem(&page, "docs/state.md#missing").is_some());
    assert!(problem(&page, "docs/state.md#durability").is_none());
    assert!(problem(&page, "#licence").is_none());
    assert!(problem(&page, "https://example.com/missing.md").is_none());
}

#[test]
fn pages_named_in_text_exist() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for word in text.split(|it: char| !(it.is_ascii_alphanumeric() || "/._-".contains(it))) {
            if word.starts_with("docs/") && word.ends_with(".md") {
                assert!(root().join(word).exists(), "{}: {word}", page.display());
            }
        }
    }
}
