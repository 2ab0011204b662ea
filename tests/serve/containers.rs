//! Log files of container runtimes.

use crate::daemon::*;
use std::fs;

const TIME: &str = "2026-11-23T10:00:00.123456789Z";

#[test]
fn cri_and_docker_logs_are_counted_with_partial_lines_and_rotation() {
    let folder = Folder::new();
    for (live, rotated, docker) in [
        ("0.log", "0.log.20260101-120000", false),
        ("abc-json.log", "abc-json.log.1", true),
    ] {
        let frame = |text: &str, last: bool| match (docker, last) {
            (true, true) => {
                format!("{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"{TIME}\"}}\n")
            }
            (true, false) => {
                format!("{{\"log\":\"{text}\",\"stream\":\"stdout\",\"time\":\"{TIME}\"}}\n")
            }
            (false, true) => format!("{TIME} stdout F {text}\n"),
            (false, false) => format!("{TIME} stdout P {text}\n"),
        };
        let mut log = folder.create(live, "");
        let link = folder.path(&format!("link-{live}"));
        std::os::unix::fs::symlink(folder.path(live), &link).expect("a link");
        let config = folder.path("maillog.yml");
        let text = format!("sources: [{{containers: [\"{}\"]}}]\n", link.display());
        fs::write(&config, text).expect("written");
        let daemon = Daemon::start(&[&format!("--config.file={}", config.display())]);
        for _ in 0..100 {
            write(&mut log, &frame("first ", false));
            write(&mut log, &frame("second", true));
        }
        daemon.until_source("the first file", |source| lines(source) == 100);
        fs::rename(folder.path(live), folder.path(rotated)).expect("renamed");
        let mut new = folder.create(live, "");
        write(&mut log, &frame("late ", false));
        write(&mut new, &frame("early", true));
        write(&mut log, &frame("end", true));
        let source = daemon.until_source("both files", |source| lines(source) >= 102);
        assert_eq!((lines(&source), rotations(&source, "renamed")), (102, 1));
        assert_eq!(number(&source, "lag_bytes"), 0);
    }
}
