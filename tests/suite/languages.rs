//! The Chinese documentation is in step with the English one: the same headings by level, the same code blocks except
//! for their comments, and the words of the glossary.

use std::path::Path;

/// The pages in both languages: English, Chinese.
const PAGES: [(&str, &str); 7] = [
    ("README.md", "README.zh-CN.md"),
    ("docs/alerting.md", "docs/zh/alerting.md"),
    ("docs/configuration.md", "docs/zh/configuration.md"),
    ("docs/dashboards.md", "docs/zh/dashboards.md"),
    ("docs/install.md", "docs/zh/install.md"),
    ("docs/kubernetes.md", "docs/zh/kubernetes.md"),
    ("docs/troubleshooting.md", "docs/zh/troubleshooting.md"),
];

const GLOSSARY: &str = "docs/zh/glossary.md";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a translation must not change.
#[derive(Debug, Default, PartialEq)]
struct Structure {
    /// Levels of the headings, from top to bottom, each with the heading.
    headings: Vec<(usize, String)>,
    /// Code blocks with the language after their fence, without comments.
    code: Vec<String>,
    /// Rows of each table, including the header.
    tables: Vec<usize>,
    /// Everything else.
    prose: String,
}

impl Structure {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut block: Option<String> = None;
        let mut in_table = false;
        for line in text.lines() {
            let trimmed = line.trim_start();
            if let Some(language) = trimmed.strip_prefix("```") {
                match block.take() {
                    Some(code) => found.code.push(code),
                    None => block = Some(format!("{language}\n")),
                }
                continue;
            }
            if let Some(code) = &mut block {
                code.push_str(without_comment(line));
                code.push('\n');
                continue;
            }
            let is_row = trimmed.starts_with('|');
            match found.tables.last_mut() {
                Some(rows) if is_row && in_table => *rows += 1,
                _ if is_row => found.tables.push(1),
                _ => {}
            }
            in_table = is_row;
            let level = line.chars().take_while(|&it| it == '#').count();
            if level > 0 {
                found
                    .headings
                    .push((level, line[level..].trim().to_owned()));
            } else {
                found.prose.push_str(line);
                found.prose.push('\n');
            }
        }
        assert_eq!(block, None, "a code block is not closed");
        found
    }

    fn levels(&self) -> Vec<usize> {
        self.headings.iter().map(|(level, _)| *level).collect()
    }
}

/// A line of code up to its comment, which begins with `#` after a blank or at the beginning.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| line[..at].chars().last().is_none_or(char::is_whitespace));
    line[..comment.unwrap_or(line.len())].trim_end()
}

/// The first difference between the page and its translation.
fn difference(english: &str, chinese: &str) -> Option<String> {
    let (english, chinese) = (Structure::of(english), Structure::of(chinese));
    if english.levels() != chinese.levels() {
        let at = english
            .levels()
            .iter()
            .zip(chinese.levels())
            .position(|(a, b)| *a != b)
            .unwrap_or(english.headings.len().min(chinese.headings.len()));
        return Some(format!(
            "headings: {:?} and {:?}",
            english.headings.get(at),
            chinese.headings.get(at)
        ));
    }
    if let Some((a, b)) = english.code.iter().zip(&chinese.code).find(|(a, b)| a != b) {
        return Some(format!("code blocks:\n{a}\nand\n{b}"));
    }
    if english.code.len() != chinese.code.len() {
        let counts = (english.code.len(), chinese.code.len());
        return Some(format!("numbers of code blocks: {counts:?}"));
    }
    (english.tables != chinese.tables).then(|| {
        format!(
            "rows of tables: {:?} and {:?}",
            english.tables, chinese.tables
        )
    })
}

fn is_han(it: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&it)
}

/// The text without code in backticks.
fn without_code_spans(prose: &str) -> String {
    prose.replace("``", "").split('`').step_by(2).collect()
}

#[test]
fn chinese_pages_have_the_structure_of_the_english_ones() {
    let problems: Vec<String> = PAGES
        .into_iter()
        .filter_map(|(english, chinese)| {
            let found = difference(&read(english), &read(chinese))?;
            Some(format!("{english} and {chinese}: {found}"))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn differences_of_structure_are_found() {
    let english = "# A\n\n```sh\nrun it   # once\n```\n\n| a |\n|---|\n| b |\n\n## B\n";
    let same = "# 甲\n\n```sh\nrun it   # 一次\n```\n\n| 甲 |\n|---|\n| 乙 |\n\n## 乙\n";
    assert_eq!(difference(english, same), None);
    for (from, to) in [
        ("## 乙", "### 乙"),
        ("## 乙", ""),
        ("run it", "run that"),
        ("```sh", "```yaml"),
        ("| 乙 |\n", ""),
        ("## 乙", "```\n```\n## 乙"),
    ] {
        let other = same.replace(from, to);
        assert!(difference(english, &other).is_some(), "{from} {to}");
    }
}

#[test]
fn pages_link_to_their_translation() {
    for (english, chinese) in PAGES {
        let (_, chinese_name) = chinese.rsplit_once("docs/").unwrap_or(("", chinese));
        assert!(
            read(english).contains(&format!("]({chinese_name})")),
            "{english}"
        );
        let (_, english_name) = english.rsplit_once('/').unwrap_or(("", english));
        let back = match chinese.starts_with("docs/") {
            true => format!("](../{english_name})"),
            false => format!("]({english_name})"),
        };
        assert!(read(chinese).contains(&back), "{chinese}");
    }
}

#[test]
fn chinese_pages_have_full_width_punctuation() {
    let mut problems = Vec::new();
    for page in PAGES
        .map(|(_, chinese)| chinese)
        .into_iter()
        .chain([GLOSSARY])
    {
        for line in without_code_spans(&Structure::of(&read(page)).prose).lines() {
            let characters: Vec<char> = line.chars().collect();
            let half_width = characters
                .windows(2)
                .any(|pair| is_han(pair[0]) && ",;:?!.(".contains(pair[1]));
            if half_width {
                problems.push(format!("{page}: {line}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn chinese_pages_use_the_words_of_the_glossary() {
    let glossary = read(GLOSSARY);
    let avoided: Vec<&str> = glossary
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| 英文"))
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('、'))
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    assert!(avoided.len() > 20, "{avoided:?}");
    for (_, page) in PAGES {
        let prose = without_code_spans(&Structure::of(&read(page)).prose);
        for word in &avoided {
            assert!(!prose.contains(word), "{page}: {word}");
        }
    }
}
