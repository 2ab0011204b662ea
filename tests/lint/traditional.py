#!/usr/bin/env python3
"""Writes src/catalog/traditional.txt: what turns the simplified Chinese of the program's texts into traditional Chinese.

The table has only what occurs in these texts, as OpenCC's configuration s2twp (Taiwan, with its vocabulary) converts it. With
--check, nothing is written, and the exit code is 1 if the file is not up to date. It needs the package opencc
(tests/lint/requirements.txt).
"""

import pathlib
import re
import sys

import opencc

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "src" / "catalog" / "traditional.txt"

# Words that OpenCC takes for others, such as the code of a reply for that of a program.
OWN_WORDS = {
    "代码": "代碼",
    "回复": "回覆",
    "回复制": "回複製",
    "恢复": "恢復",
    "发送": "傳送",
    "端口": "連接埠",
    "网关": "閘道",
    "权限": "權限",
    "参数": "參數",
    "类型": "類型",
    "实例": "實例",
    "扩展": "擴充",
    "守护进程": "常駐程式",
    "导出器": "匯出器",
    "标识符": "識別碼",
    "台": "台",
}

# The longest phrase that is looked for by itself.
LONGEST = 8

HEADER = """\
# Simplified and traditional Chinese, by tests/lint/traditional.py with OpenCC (Apache-2.0), configuration s2twp. Do not edit.
# The longest entry that a text continues with applies.
"""


def main():
    converter = opencc.OpenCC("s2twp")
    own = re.compile("|".join(sorted(OWN_WORDS, key=len, reverse=True)))
    known = {}

    def convert(text):
        if text not in known:
            words = [OWN_WORDS[word] for word in own.findall(text)] + [""]
            parts = [converter.convert(part) for part in own.split(text)]
            known[text] = "".join(part + word for part, word in zip(parts, words))
        return known[text]

    runs = texts()
    table = {letter: convert(letter) for letter in sorted(set("".join(runs)))}
    for length in range(2, LONGEST + 1):
        found = {}
        for run in runs:
            for at in range(len(run) - length + 1):
                phrase = run[at : at + length]
                if phrase not in found and greedy(phrase, table) != convert(phrase):
                    found[phrase] = convert(phrase)
        table.update(found)
    # A phrase can begin in the middle of another one.
    for run in runs:
        if greedy(run, table) != convert(run):
            table[run] = convert(run)
    needed = prune(table, runs)
    unchanged = "".join(letter for letter, other in needed.items() if letter == other and len(letter) == 1)
    lines = [f"{simplified}\t{traditional}" for simplified, traditional in sorted(needed.items())
             if simplified != traditional or len(simplified) > 1]
    text = HEADER + f"{unchanged}\n" + "\n".join(lines) + "\n"
    if "--check" not in sys.argv[1:]:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        sys.exit("src/catalog/traditional.txt is not up to date: run tests/lint/traditional.py")


def texts():
    """All runs of Chinese characters in the program's source."""
    runs = set()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".rs", ".toml", ".txt", ".js") and path not in (TABLE, TABLE.with_suffix(".rs")):
            runs.update(re.findall("[\u3400-\u9fff]+", path.read_text(encoding="utf-8")))
    return sorted(runs)


def greedy(text, table):
    """Converts as the program does: the longest entry first, from left to right."""
    out, at = [], 0
    while at < len(text):
        for length in range(min(len(text) - at, 40), 0, -1):
            part = text[at : at + length]
            if part in table or length == 1:
                out.append(table.get(part, part))
                at += length
                break
    return "".join(out)


def prune(table, runs):
    """The entries that are used for some text."""
    used = set()
    for run in runs:
        at = 0
        while at < len(run):
            for length in range(min(len(run) - at, 40), 0, -1):
                part = run[at : at + length]
                if part in table:
                    used.add(part)
                    at += length
                    break
    letters = {letter for run in runs for letter in run}
    return {key: value for key, value in sorted(table.items()) if key in used or key in letters}


if __name__ == "__main__":
    main()
