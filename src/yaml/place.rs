//! Which field of a file stands at a place.
//!
//! It stands apart because no reader of YAML tells it for what is wrong: it is guessed from the text,
//! by its indentation.

/// A step on the way from the beginning of the file to a line of it.
enum Step<'a> {
    Key(usize, &'a str),
    Item(usize, usize),
}

impl Step<'_> {
    fn indent(&self) -> usize {
        match self {
            Step::Key(indent, _) | Step::Item(indent, _) => *indent,
        }
    }
}

/// The field at a line and column (counted from 1), from the indentation of block-style YAML and,
/// within a line, from the key before the column.
pub(super) fn field_at(text: &str, line: u64, column: u64) -> String {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let count = usize::try_from(line).unwrap_or(usize::MAX);
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    for line in text.lines().take(count) {
        let mut rest = line.trim_start();
        if rest.is_empty() || rest.starts_with(['#', '%']) || rest == "---" {
            continue;
        }
        let mut indent = line.len() - rest.len();
        while let Some(inner) = rest.strip_prefix("- ").or((rest == "-").then_some("")) {
            let mut index = 0;
            while let Some(last) = steps.last() {
                match last {
                    Step::Item(at, before) if *at == indent => index = before + 1,
                    last if last.indent() > indent => {}
                    // A list may stand as far left as the key it belongs to.
                    _ => break,
                }
                steps.pop();
            }
            steps.push(Step::Item(indent, index));
            let trimmed = inner.trim_start();
            indent += rest.len() - trimmed.len();
            rest = trimmed;
        }
        if let Some((key, value)) = rest.split_once(':')
            && (value.is_empty() || value.starts_with(' '))
            && !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        {
            while steps.last().is_some_and(|step| step.indent() >= indent) {
                steps.pop();
            }
            steps.push(Step::Key(indent, key));
        }
    }
    // In `log: {level: info}` the indentation only knows of `log`.
    let line = text.lines().nth(count.saturating_sub(1));
    let before = line.and_then(|line| line.get(..column.saturating_sub(1)));
    if let Some(key) = before.and_then(|text| text.trim_end().strip_suffix(':'))
        && let Some((_, key)) = key.rsplit_once(['{', ',', ' '])
        && !steps
            .iter()
            .any(|step| matches!(step, Step::Key(_, known) if *known == key))
    {
        steps.push(Step::Key(usize::MAX, key));
    }
    let mut field = String::new();
    for step in &steps {
        match step {
            Step::Key(_, key) if field.is_empty() => field += key,
            Step::Key(_, key) => field += &format!(".{key}"),
            Step::Item(_, index) => field += &format!("[{index}]"),
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_found_by_indentation() {
        let text = "\
web:
  listen_addresses:
    - :9925
    - 127.0.0.1:0
log:
  level: info
sources:
- name: one
  files: [a]
- name: two
  files:
  - b
  # not: this
  - c
  read_from: end
";
        let fields: Vec<String> = (1..=15).map(|line| field_at(text, line, 1)).collect();
        assert_eq!(
            fields,
            [
                "web",
                "web.listen_addresses",
                "web.listen_addresses[0]",
                "web.listen_addresses[1]",
                "log",
                "log.level",
                "sources",
                "sources[0].name",
                "sources[0].files",
                "sources[1].name",
                "sources[1].files",
                "sources[1].files[0]",
                "sources[1].files[0]",
                "sources[1].files[1]",
                "sources[1].read_from",
            ]
        );
    }

    #[test]
    fn the_field_is_found_in_flow_style_too() {
        assert_eq!(
            field_at("log: {level: info, format: x}", 1, 28),
            "log.format"
        );
        assert_eq!(
            field_at("log: {level: info, format: x}", 1, 14),
            "log.level"
        );
        assert_eq!(field_at("log:\n  level: info", 2, 10), "log.level");
    }
}
