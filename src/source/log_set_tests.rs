//! Tests of the indices of followed logs.

use super::*;
use crate::source::followed_log::EvictedFile;
use crate::source::input::Framing;
use crate::source::position::FileState;

fn set_of(paths: &[&str]) -> LogSet {
    let mut logs = LogSet::default();
    for path in paths {
        logs.push(FollowedLog::new(path.into(), false));
    }
    logs
}

fn find(logs: &LogSet, path: &str) -> Option<usize> {
    logs.find(Path::new(path))
}

/// The logs that are due, which are not due any more.
fn take_due(logs: &mut LogSet) -> Vec<usize> {
    std::iter::from_fn(|| logs.take_due()).collect()
}

fn file_of(text: &str) -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.into_temp_path();
    std::fs::write(&path, text).expect("written");
    path
}

fn open(path: &Path) -> TailFile {
    TailFile::open(path, Framing::Plain).expect("opened")
}

#[test]
fn a_log_is_found_by_its_path_and_its_present_target() {
    let mut logs = set_of(&["/logs/a", "/logs/b"]);
    logs.set_target(0, Some("/data/one".into()));
    assert_eq!(find(&logs, "/data/one"), Some(0));
    logs.set_target(0, Some("/data/two".into()));
    assert_eq!(find(&logs, "/data/one"), None);
    assert_eq!(find(&logs, "/data/two"), Some(0));
    // A link may lead to the path of another log.
    logs.set_target(0, Some("/logs/b".into()));
    assert_eq!(find(&logs, "/data/two"), None);
    for target in [None, Some("/logs/b"), None] {
        assert_eq!(find(&logs, "/logs/b"), Some(1));
        logs.set_target(1, target.map(PathBuf::from));
    }
    logs.set_target(0, None);
    assert_eq!(find(&logs, "/logs/b"), Some(1));
    assert_eq!(find(&logs, "/logs/a"), Some(0));
}

#[test]
fn logs_are_found_and_due_after_others_were_removed() {
    let mut logs = set_of(&["/logs/a", "/logs/b", "/logs/c"]);
    logs.set_target(2, Some("/data/c".into()));
    assert!(!logs.retain(|_| true));
    assert!(logs.retain(|log| log.path != Path::new("/logs/a")));
    let paths = ["/logs/a", "/logs/b", "/logs/c", "/data/c"];
    let found = paths.map(|path| find(&logs, path));
    assert_eq!(found, [None, Some(0), Some(1), Some(1)]);
    assert_eq!(take_due(&mut logs), [0, 1]);
}

#[test]
fn a_renamed_file_is_looked_for_by_every_log_that_led_to_it() {
    let mut logs = set_of(&["/logs/a", "/logs/b", "/logs/c"]);
    logs.set_target(0, Some("/data/x".into()));
    logs.set_target(1, Some("/data/x".into()));
    assert_eq!(take_due(&mut logs), [0, 1, 2]);
    for (from, to, due) in [
        ("/data/x", "/data/x.1", &[0, 1][..]),
        ("/data/x.1", "/data/x.2", &[0, 1]),
        ("/data/x.1", "/data/x.3", &[]),
        ("/logs/c", "/logs/c.1", &[2]),
        ("/logs/d", "/logs/d.1", &[]),
    ] {
        logs.note_rename(Path::new(from), Path::new(to));
        assert_eq!(take_due(&mut logs), due, "{from}");
    }
}

#[test]
fn a_file_of_two_logs_is_held_until_both_have_closed_it() {
    let path = file_of("one\n");
    let mut logs = set_of(&["/logs/a", "/logs/b"]);
    let identity = open(&path).identity();
    assert!(!logs.holds(identity));
    for at in 0..2 {
        logs.get_mut(at).live = Some(open(&path));
        logs.note_files(at);
    }
    logs.get_mut(1).live = None;
    assert!(logs.holds(identity));
    logs.get_mut(0).live = None;
    assert!(!logs.holds(identity));
}

#[test]
fn files_that_are_gone_do_not_stay_in_the_index_for_ever() {
    let path = file_of("one\n");
    let position = open(&path).position(&path, FileState::Live);
    let mut logs = set_of(&["/logs/a"]);
    for inode in 0..6000 {
        let mut position = position.clone();
        position.identity.inode = inode;
        let identity = position.identity;
        logs.get_mut(0).evicted = Some(EvictedFile {
            position,
            read_as: None,
            lag: 0,
        });
        logs.note_files(0);
        assert!(logs.holds(identity));
        assert!(logs.by_file.len() < 2000);
    }
}

#[test]
fn what_was_not_read_of_open_evicted_and_rotated_files_is_the_lag() {
    let path = file_of("one\n");
    let mut logs = set_of(&["/logs/a", "/logs/b", "/logs/c"]);
    assert_eq!(logs.lag(), 0);
    logs.get_mut(0).live = Some(open(&path));
    logs.get_mut(0).evict();
    logs.get_mut(1).live = Some(open(&path));
    logs.get_mut(1).rotated = vec![open(&path), open(&path)];
    assert_eq!(logs.lag(), 16);
}

#[test]
fn the_file_that_has_not_grown_for_the_longest_time_makes_room_unless_it_is_to_be_read() {
    let path = file_of("one\n");
    let names: Vec<String> = (0..MAX_OPEN).map(|at| format!("/logs/{at}")).collect();
    let mut logs = set_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    take_due(&mut logs);
    for at in 0..MAX_OPEN {
        logs.get_mut(at).live = Some(open(&path));
        logs.note_files(at);
    }
    logs.mark_due(0);
    assert!(!logs.has_room());
    logs.make_room();
    let is_closed = |log: &FollowedLog| log.live.is_none() && log.evicted.is_some();
    let closed: Vec<usize> = (0..MAX_OPEN)
        .filter(|at| is_closed(logs.get(*at)))
        .collect();
    assert_eq!(closed, [1]);
}

#[test]
fn a_target_of_two_logs_leads_to_the_second_one_when_the_first_one_has_left_it() {
    let mut logs = set_of(&["/logs/a", "/logs/b"]);
    logs.set_target(0, Some("/data/x".into()));
    logs.set_target(1, Some("/data/x".into()));
    assert_eq!(take_due(&mut logs), [0, 1]);
    logs.set_target(0, Some("/data/y".into()));
    assert_eq!(find(&logs, "/data/x"), Some(1));
    logs.note_rename(Path::new("/data/x"), Path::new("/data/x.1"));
    assert_eq!(take_due(&mut logs), [1]);
    logs.set_target(1, None);
    assert_eq!(find(&logs, "/data/x"), None);
}

#[test]
fn all_logs_are_checked_equally_often_without_events() {
    LogSet::default().mark_next_due();
    for count in [1, MAX_PER_TICK, MAX_PER_TICK + 3, 2 * MAX_PER_TICK] {
        let names: Vec<String> = (0..count).map(|at| format!("/logs/{at}")).collect();
        let mut logs = set_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        take_due(&mut logs);
        let mut checks = vec![0; count];
        for _ in 0..count {
            logs.mark_next_due();
            take_due(&mut logs)
                .into_iter()
                .for_each(|at| checks[at] += 1);
        }
        assert_eq!(checks, vec![count.min(MAX_PER_TICK); count]);
    }
}

#[test]
fn logs_with_rotated_files_are_checked_until_these_are_closed() {
    let path = file_of("one\n");
    let mut logs = set_of(&["/logs/a", "/logs/b", "/logs/c"]);
    take_due(&mut logs);
    for at in [2, 1] {
        logs.get_mut(at).rotated.push(open(&path));
        logs.note_files(at);
    }
    for due in [&[1, 2][..], &[2], &[]] {
        logs.mark_rotated_due();
        assert_eq!(take_due(&mut logs), due);
        if let Some(at) = due.first() {
            logs.get_mut(*at).rotated.clear();
        }
    }
}

#[test]
fn a_path_to_the_file_of_another_one_is_a_duplicate() {
    let path = file_of("one\n");
    let identity = open(&path).identity();
    let mut logs = set_of(&["/logs/a", "/logs/b"]);
    assert!(!logs.has_duplicate_of(identity));
    logs.get_mut(1).duplicate_of = Some(identity);
    assert!(logs.has_duplicate_of(identity));
}

#[test]
fn a_file_is_closed_for_other_sources_only_if_it_is_the_only_open_one() {
    let path = file_of("one\n");
    let mut logs = set_of(&["/logs/a", "/logs/b"]);
    logs.evict_if_only(0);
    for at in 0..2 {
        logs.get_mut(at).live = Some(open(&path));
        logs.note_files(at);
    }
    logs.evict_if_only(0);
    assert!(logs.iter().all(|log| log.live.is_some()));
    logs.evict(1);
    logs.evict_if_only(1);
    assert!(logs.get(0).live.is_some());
    logs.evict_if_only(0);
    assert!(
        logs.iter()
            .all(|log| log.live.is_none() && log.evicted.is_some())
    );
}

#[test]
fn files_that_have_not_grown_for_a_while_are_closed_until_the_rest_may_stay_open() {
    let path = file_of("one\n");
    let names = ["/logs/a", "/logs/b", "/logs/c", "/logs/d", "/logs/e"];
    // How many files may be open, whether descriptors are short, and the logs whose files stay open.
    for (most, are_short, expected) in [
        (5, true, &[0, 1, 2, 3, 4][..]),
        (4, false, &[0, 1, 2, 4]),
        (0, false, &[0, 1, 4]),
        (3, true, &[0, 1, 4]),
        (2, true, &[0, 4]),
        // One is still to be read.
        (0, true, &[4]),
    ] {
        let mut logs = set_of(&names);
        take_due(&mut logs);
        for at in 0..names.len() {
            let mut file = open(&path);
            // The third and the fourth one are cold.
            let idle = [1, 2, 15, 30, 45][at];
            file.set_idle_time(Duration::from_secs(idle));
            logs.get_mut(at).live = Some(file);
            logs.note_files(at);
        }
        logs.mark_due(4);
        logs.evict_cold_while(|logs| logs.open.len() > most, || are_short);
        let is_open = |at: &usize| logs.get(*at).live.is_some();
        let open: Vec<usize> = (0..names.len()).filter(is_open).collect();
        assert_eq!(open, expected, "{most} {are_short}");
    }
}
