//! The rows of the reference table in the catalog equal those in `document.txt`.

use crate::catalog::Catalog;

/// The document is a table whose cells were broken into lines and interleaved. Every sentence of the catalog
/// consumes its characters from these lines, one run at a time. What is left over must be exactly the title, the
/// date and the numbers of the rows.
#[test]
fn document_rows_match_the_document_verbatim() {
    let document = include_str!("../document.txt");
    let bare = |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut lines: Vec<Vec<char>> = document.lines().map(bare).collect();
    let mut fields = Vec::new();
    for code in Catalog::embedded().codes() {
        for row in &code.document {
            let parts = [
                Some(&row.message),
                Some(&row.meaning),
                row.explanation.as_ref(),
                row.remedy.as_ref(),
            ];
            fields.extend(parts.into_iter().flatten().map(|text| bare(text)));
        }
    }
    for field in &fields {
        let mut rest = &field[..];
        while !rest.is_empty() {
            let (line, at, length) = longest_run(&lines, rest);
            assert!(
                length >= 2 || length == rest.len() || (length == 1 && lines[line].len() == 1),
                "not in the document: {}",
                rest.iter().collect::<String>()
            );
            // The consumed run becomes a gap, so that nothing matches across it.
            lines[line].splice(at..at + length, ['\0']);
            rest = &rest[length..];
        }
    }
    let left: Vec<String> = lines
        .iter()
        .map(|line| line.iter().filter(|c| **c != '\0').collect::<String>())
        .filter(|line| !line.is_empty())
        .collect();
    let expected = [
        "2024年5月28日发(作者:)",
        "SMTP错误码/建议解决方法",
        "错误总表",
        "101",
        "111",
        "211",
        "220",
        "221",
        "214",
        "250",
        "251",
        "252",
        "354",
        "421",
        "422",
        "420",
        "421",
    ];
    assert_eq!(left, expected);
}

/// The longest prefix of `wanted` in any line: (line, position, length).
fn longest_run(lines: &[Vec<char>], wanted: &[char]) -> (usize, usize, usize) {
    let mut best = (0, 0, 0);
    for (number, line) in lines.iter().enumerate() {
        for at in 0..line.len() {
            let pairs = line[at..].iter().zip(wanted);
            let length = pairs.take_while(|(a, b)| a == b).count();
            if length > best.2 {
                best = (number, at, length);
            }
        }
    }
    best
}
