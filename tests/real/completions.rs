//! The completion scripts in real shells: commands, flags, values, files.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::exporter::PROGRAM;
use crate::sandbox::finish;

/// What each shell offers for a command line that ends where the cursor is: some of it, and what must not be offered.
const CASES: [(&str, &[&str], &[&str]); 14] = [
    (
        "",
        &["serve", "report", "explain", "completions", "help"],
        &["--lang"],
    ),
    ("re", &["report", "replay"], &["explain"]),
    (
        "--web.l",
        &["--web.listen-address"],
        &["--web.telemetry-path"],
    ),
    (
        "--config.file=m.yml --web.en",
        &["--web.enable-lifecycle"],
        &["serve"],
    ),
    (
        "--log.level ",
        &["debug", "info", "warn", "error"],
        &["mail.log"],
    ),
    (
        "mail.log --read-from ",
        &["beginning", "end"],
        &["mail.log"],
    ),
    ("serve --log.f", &["--log.format"], &["--log.level"]),
    ("report --fo", &["--format"], &["--detail"]),
    ("report --format ", &["text", "json", "html"], &["mail.log"]),
    (
        "report --log-format ex",
        &["exim", "exchange"],
        &["postfix"],
    ),
    ("explain --mta s", &["sendmail"], &["postfix"]),
    ("completions ", &["bash", "fish", "zsh"], &["mail.log"]),
    ("help ba", &["backfill"], &["report"]),
    ("report ma", &["mail.log"], &["man"]),
];

/// Cases in which the value follows the flag after `=`.
const ATTACHED: [(&str, &[&str], &[&str]); 2] = [
    ("--log.level=", &["debug", "error"], &["mail.log"]),
    ("report --format=h", &["html"], &["json"]),
];

/// Sets the variables of a completion function as bash does for a command line, of which `=` is a word, and prints what is
/// offered; files, as bash offers them where there is nothing else.
const BASH: &str = r#"
source ./script
line="maillog_exporter $1"
words=${line//=/ = }
read -ra COMP_WORDS <<<"$words"
[[ $line == *[\ =] ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
cur=${COMP_WORDS[COMP_CWORD]}
files=yes
compopt() { [[ " $* " == *" +o default "* ]] && files=no; return 0; }
complete -p maillog_exporter >/dev/null
_maillog_exporter maillog_exporter "$cur" "${COMP_WORDS[COMP_CWORD-1]}"
if ((${#COMPREPLY[@]} == 0)) && [[ $files = yes ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
fi
printf '%s\n' "${COMPREPLY[@]}"
"#;

const FISH: &str = r#"
source ./script
complete -C "maillog_exporter $argv[1]" | string replace -r '\t.*' ''
"#;

/// Completes in an interactive zsh. What the completion functions add is printed instead of shown.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty shell zsh -f -i
say() { zpty -w shell "$1" }
say 'PS1= PS2= RPS1='
say 'unsetopt zle_bracketed_paste 2>/dev/null; stty -echo'
say 'autoload -Uz compinit && compinit -u -D && source ./script'
say 'compadd() {
    if [[ " ${@[1,(i)-(|-)]} " != *" -"[OAD]" "* ]]; then
        local -a found
        builtin compadd -O found "$@"
        print -rl -- "${found[@]/#/OFFERED:}"
    fi
    builtin compadd "$@"
}'
# The marks are written in two parts, because the terminal may still echo these lines.
say 'finished() { print -r -- ALL_""OFFERED; exit }; zle -N finished'
say 'bindkey "^X" finished; bindkey "^I" complete-word; print -r -- REA""DY'
zpty -r shell text '*READY'$'\r'$'\n''*' || exit 1
zpty -w -n shell "maillog_exporter $1"$'\t'$'\x18'
zpty -r shell text '*ALL_OFFERED*' || exit 1
print -r -- "$text" | tr -d '\r' | sed -n 's/.*OFFERED:\([^ ]*\).*/\1/p'
"#;

/// Each shell offers what it should.
pub fn in_real_shells(folder: &Path) -> Result<()> {
    for (shell, script) in [("bash", BASH), ("fish", FISH), ("zsh", ZSH)] {
        let place = folder.join(shell);
        fs::create_dir(&place)?;
        fs::write(place.join("mail.log"), "")?;
        fs::write(place.join("harness"), script)?;
        let made = Command::new(PROGRAM)
            .args(["completions", shell])
            .output()?;
        fs::write(place.join("script"), made.stdout)?;
        for (line, expected, others) in CASES.iter().chain(&ATTACHED) {
            let output = Command::new(shell)
                .args(["harness", line])
                .env("HOME", &place)
                .env("TERM", "dumb")
                .current_dir(&place)
                .output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = String::from_utf8_lossy(&output.stderr);
            // Some shells offer the flag with its value.
            let offered: Vec<&str> = text
                .lines()
                .map(|it| it.rsplit_once('=').map_or(it, |(_, value)| value))
                .collect();
            let missing = expected.iter().filter(|it| !offered.contains(it));
            let wrong = others.iter().filter(|it| offered.contains(it));
            if missing.chain(wrong).count() > 0 || !errors.is_empty() {
                return Err(format!(
                    "{shell} offers {offered:?} for {line:?}, expected {expected:?}, not {others:?}; errors: {errors}"
                )
                .into());
            }
        }
    }
    // The scripts are valid for the shells also where nothing is completed.
    finish(
        Command::new("bash")
            .args(["-n", "script"])
            .current_dir(folder.join("bash")),
    )?;
    finish(
        Command::new("fish")
            .args(["-n", "script"])
            .current_dir(folder.join("fish")),
    )?;
    finish(
        Command::new("zsh")
            .args(["-n", "script"])
            .current_dir(folder.join("zsh")),
    )
    .map(drop)
}
