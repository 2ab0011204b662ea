//! Views of `top` as texts, in tests/top. After an intended change, `UPDATE_GOLDEN=1 cargo test --lib cli::top` writes
//! them again. Review the diff before it is committed.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::app::{App, Pane};
use super::draw::draw;
use super::feed::Problem;
use super::theme::Theme;
use crate::catalog::Language;
use crate::metrics::{Alerting, View};
use crate::web::test_support::{NOW, active, busy_incident, settings, view_of, with_alerting};
use crate::web::{StatusDocument, status_of};

fn app(language: Language) -> App {
    App {
        status: None,
        problem: None,
        origin: "http://mx1.example.com:9925".to_owned(),
        is_remote: true,
        now: NOW,
        zone: TimeZone::UTC,
        language,
        theme: Theme { colours: true },
        focus: Pane::Alerts,
        selected: [0; 4],
        popup: None,
    }
}

/// Ten hours of mail, and Google refuses it in the last twelve minutes: two alerts fire, one is pending.
fn firing(language: Language) -> StatusDocument {
    let mut silenced = active("MaillogProviderFailing", "critical", true);
    silenced.inhibited_by = Some("MaillogSmtp421Spike".to_owned());
    let mut view = busy_incident("/var/log/mail/mx1.example.com/mail.log");
    view.sources[1].lag_bytes = 70_000;
    let alerting = Alerting {
        active: vec![
            active("MaillogSmtp421Spike", "critical", true),
            active("MaillogSmtp421Elevated", "warning", false),
            silenced,
        ],
        ..Alerting::default()
    };
    status_of(&with_alerting(view, alerting), &settings(), language, NOW)
}

/// A server without trouble.
fn quiet() -> StatusDocument {
    let view = View {
        alerting: Some(Arc::new(Alerting::default())),
        ..incident_before()
    };
    status_of(&view, &settings(), Language::En, NOW)
}

/// An hour of mail that is accepted.
fn incident_before() -> View {
    let sent = "dsn=2.0.0, status=sent (250 2.0.0 OK)";
    let lines = (0..120u32).flat_map(|number| {
        let ago = i64::from(120 - number) * 30 - 15;
        crate::web::test_support::delivery(number, ago, "a@example.com", "mx.example.org", sent)
    });
    view_of(&lines.collect::<Vec<_>>())
}

/// The screen as text.
fn screen(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let rows = (0..height).map(|y| {
        let mut row = String::new();
        let mut skip = 0;
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            // The second column of a wide character is not part of the text.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = super::text::width(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
}

/// Compares a screen with the file of its name.
fn expect(name: &str, shown: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/top/{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, shown).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        shown, expected,
        "{name}: run UPDATE_GOLDEN=1 cargo test --lib cli::top"
    );
}

fn press(app: &mut App, codes: &[KeyCode]) -> bool {
    let mut goes_on = true;
    for code in codes {
        goes_on = app.key(KeyEvent::new(*code, KeyModifiers::NONE));
    }
    goes_on
}

#[test]
fn views_of_a_firing_alert() {
    let mut app = app(Language::En);
    app.update(Ok(firing(Language::En)));
    expect("firing-80x24", &screen(&app, 80, 24));
    expect("firing-45x30", &screen(&app, 45, 30));
    expect("firing-160x45", &screen(&app, 160, 45));
    let mut chinese = super::tests::app(Language::Zh);
    chinese.update(Ok(firing(Language::Zh)));
    expect("firing-zh-80x24", &screen(&chinese, 80, 24));
}

#[test]
fn views_without_an_alert_and_without_data() {
    let mut app = app(Language::En);
    expect("waiting-80x24", &screen(&app, 80, 24));
    app.update(Ok(quiet()));
    expect("quiet-80x24", &screen(&app, 80, 24));
    let nothing = view_of(&[]);
    let nothing = View::new(nothing.counters, nothing.providers);
    app.update(Ok(status_of(&nothing, &settings(), Language::En, NOW)));
    let shown = screen(&app, 80, 24);
    expect("nothing-80x24", &shown);
    assert!(shown.contains("Delivered –"), "{shown}");
}

#[test]
fn an_unreachable_daemon_is_said_and_its_last_figures_stay() {
    let mut app = app(Language::En);
    let refused = Problem::Unreachable("Connection refused".to_owned());
    app.update(Err(refused.clone()));
    expect("unreachable-80x24", &screen(&app, 80, 24));
    app.update(Ok(quiet()));
    app.update(Err(refused));
    let shown = screen(&app, 80, 24);
    assert!(shown.contains("✕ Daemon unreachable"), "{shown}");
    assert!(
        shown.contains("Below are the figures of 22:13:20"),
        "{shown}"
    );
    assert!(shown.contains("Delivered "), "{shown}");
    for (problem, text) in [
        (Problem::Unauthorized, "--password-file"),
        (Problem::NotAnExporter, "is the address right"),
        (Problem::Refused("503: x".to_owned()), "503: x"),
        (Problem::Blocked, "Reading is blocked"),
    ] {
        app.update(Err(problem));
        assert!(screen(&app, 80, 24).contains(text), "{text}");
    }
}

#[test]
fn keys_select_rows_and_show_what_to_do() {
    let mut app = app(Language::En);
    app.update(Ok(firing(Language::En)));
    assert!(press(&mut app, &[KeyCode::Enter]));
    expect("details-80x24", &screen(&app, 80, 24));
    press(
        &mut app,
        &[KeyCode::Esc, KeyCode::Tab, KeyCode::Down, KeyCode::Down],
    );
    assert_eq!((app.focus, app.selected[1]), (Pane::Codes, 0));
    press(&mut app, &[KeyCode::Tab, KeyCode::Down, KeyCode::Down]);
    assert_eq!((app.focus, app.selected[2]), (Pane::Providers, 2));
    press(&mut app, &[KeyCode::Left]);
    press(&mut app, &[KeyCode::Char('?')]);
    expect("help-45x30", &screen(&app, 45, 30));
    press(
        &mut app,
        &[KeyCode::Char('?'), KeyCode::BackTab, KeyCode::BackTab],
    );
    assert_eq!((app.focus, app.popup), (Pane::Sources, None));
    assert!(!press(&mut app, &[KeyCode::Char('q')]));
    // Fewer rows than before: the selection stays on one that exists.
    press(&mut app, &[KeyCode::Char('4'), KeyCode::End]);
    app.update(Ok(quiet()));
    assert_eq!(app.selected[Pane::Sources.index()], 0);
}

#[test]
fn nothing_from_a_log_controls_the_terminal_and_no_size_panics() {
    let mut status = firing(Language::En);
    let hostile = "x\u{1b}[2J\u{9b}31m\u{7}\u{202e}y\r\n";
    status.host = hostile.to_owned();
    status.state.title = hostile.to_owned();
    status.state.lines = vec![hostile.to_owned()];
    status.firing[0].summary = hostile.to_owned();
    status.firing[0].alert = hostile.to_owned();
    status.codes[0].name = hostile.to_owned();
    status.providers[0].name = hostile.to_owned();
    status.sources[0].name = hostile.to_owned();
    let mut app = app(Language::Zh);
    app.update(Ok(status));
    app.problem = Some(Problem::Refused(hostile.to_owned()));
    for pane in Pane::ALL {
        app.focus = pane;
        for opened in [false, true] {
            app.popup = opened.then_some(super::app::Popup::Details(3));
            for (width, height) in [(1, 1), (3, 2), (20, 7), (45, 12), (80, 24), (300, 90)] {
                let shown = screen(&app, width, height);
                let controls = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                assert!(!shown.contains(controls), "{shown:?}");
            }
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    let mut app = app(Language::En);
    app.theme = Theme { colours: false };
    app.update(Ok(firing(Language::En)));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
    terminal.draw(|frame| draw(frame, &app)).expect("drawn");
    for cell in terminal.backend().buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
    }
}

#[test]
fn a_status_survives_its_way_through_json_and_an_older_one_can_be_read() {
    let status = firing(Language::En);
    let json = serde_json::to_string(&status).expect("JSON");
    let back: StatusDocument = serde_json::from_str(&json).expect("a status");
    assert_eq!(back.providers, status.providers);
    let older = r#"{"as_of": 5, "firing": [{"alert": "MaillogX", "severity": "critical", "provider": null, "since": 4}]}"#;
    let mut app = app(Language::En);
    app.update(Ok(serde_json::from_str(older).expect("a status")));
    let shown = screen(&app, 80, 24);
    assert!(shown.contains("An older daemon"), "{shown}");
    assert!(shown.contains("▲ critical  X"), "{shown}");
}
