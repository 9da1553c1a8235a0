//! The differences as one HTML page that needs nothing beside it, and no script.
//!
//! Everything is in it: long lists are folded, never cut.

mod block;
mod facts;

use super::{DiffReport, Reading};
use crate::report::escape;
use crate::report::html::{STILL, environment, policy_of_style, put};
use crate::report::words;
use serde::Serialize;
use std::io::{self, BufWriter, Write};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;
/// The look of the report, and of differences.
const STYLE: &str = concat!(include_str!("../html/style.css"), include_str!("html/style.css"));
/// The parts of the page, in their order. The ending in `.html` makes every value escaped.
const PAGE: (&str, &str) = ("page.html", include_str!("html/page.html"));
const BLOCK: (&str, &str) = ("block.html", include_str!("html/block.html"));
const FACTS: (&str, &str) = ("facts.html", include_str!("html/facts.html"));
/// Columns of the name of the tenant in the heading.
const NAME: usize = 120;
/// Rows up to which a list is open from the start.
const OPEN: usize = 25;
/// Rows up to which a list is printed.
const PRINTED: usize = 500;

/// Writes the differences as a page. The same ones give the same bytes.
///
/// # Errors
/// Those of `out`.
pub fn write(diff: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let environment = environment(&[STILL, PAGE, BLOCK, FACTS]).map_err(io::Error::other)?;
    let part = |name| environment.get_template(name).map_err(io::Error::other);
    put(&part(PAGE.0)?, &Cover::of(diff), &mut out)?;
    let section = part(BLOCK.0)?;
    for (place, compared) in diff.baselines.iter().enumerate() {
        put(&section, &block::Block::of(compared, place), &mut out)?;
    }
    put(&part(FACTS.0)?, &facts::Facts::of(diff), &mut out)?;
    out.flush()
}

/// The head of the page.
#[derive(Serialize)]
struct Cover<'a> {
    policy: String,
    style: &'static str,
    version: &'static str,
    tenant: &'a str,
    /// What the tenant is called, cut to its room.
    name: String,
    /// The same uncut; empty where nothing was cut.
    full_name: &'a str,
    old: Read<'a>,
    new: Read<'a>,
    configuration: Option<File<'a>>,
    log: String,
    /// About changes that a log does not have which should; empty without any.
    warning: String,
    /// What is said where nothing changed.
    nothing: &'static str,
    links: Vec<Link<'a>>,
}

/// How one of the two was read.
#[derive(Serialize)]
struct Read<'a> {
    at: String,
    by: Option<&'a str>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    digest: &'a str,
}

/// The way to a section.
#[derive(Serialize)]
struct Link<'a> {
    anchor: String,
    name: &'a str,
}

impl<'a> Cover<'a> {
    fn of(diff: &'a DiffReport) -> Self {
        let whole: &str =
            if diff.tenant_name.is_empty() { &diff.tenant } else { &diff.tenant_name };
        let name = escape::name(whole, NAME);
        let is_cut = name != escape::terminal(whole);
        let baselines = diff.baselines.iter().enumerate();
        let mut links: Vec<Link<'_>> =
            baselines.map(|(place, it)| Link { anchor: anchor(place), name: &it.id }).collect();
        for (anchor, name, is_there) in [
            ("changes", "Changes", !diff.changes.is_empty()),
            ("activations", "Activations", !diff.activations.is_empty()),
            ("unread", "Not read", !diff.unreadable.is_empty()),
        ] {
            if is_there {
                links.push(Link { anchor: anchor.to_owned(), name });
            }
        }
        Self {
            policy: policy_of_style(STYLE),
            style: STYLE,
            version: diff.version,
            tenant: &diff.tenant,
            name,
            full_name: if is_cut { whole } else { "" },
            old: Read::of(&diff.old),
            new: Read::of(&diff.new),
            configuration: diff
                .configuration
                .as_ref()
                .map(|it| File { name: &it.file, digest: words::digest(&it.digest) }),
            log: diff.log.in_words(),
            warning: diff.warning().unwrap_or_default(),
            nothing: diff.nothing().unwrap_or_default(),
            links,
        }
    }
}

impl<'a> Read<'a> {
    fn of(reading: &'a Reading) -> Self {
        Self { at: words::minute(reading.at), by: reading.by.as_deref() }
    }
}

fn anchor(place: usize) -> String {
    format!("b{}", place + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, empty, full, log_line, moved, who};
    use super::super::{ChangeLine, WhoLine};
    use super::*;

    fn page(diff: &DiffReport) -> String {
        let mut out = Vec::new();
        write(diff, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_page_is_whole_and_says_what_the_differences_are() {
        let text = page(&full("ana@contoso.example"));
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", &text[..200]);
        assert!(text.ends_with("</footer>\n</body>\n</html>\n"), "{}", &text[text.len() - 200..]);
        for tag in ["section", "svg", "details", "table", "div", "ul", "tr", "td", "dl"] {
            let (opened, closed) = (format!("<{tag}"), format!("</{tag}>"));
            assert_eq!(text.matches(&opened).count(), text.matches(&closed).count(), "{tag}");
        }
        for said in [
            "<title>Contoso: what changed</title>",
            "2026-11-02 09:00 UTC",
            "2026-11-03 09:00 UTC",
            "auditor@contoso.example",
            "posture 70.6 C? | coverage 100 %",
            "posture 71.5 F | coverage 100 %",
            "activation-without-mfa",
            "Regressions: 1",
            "Fixes: 1",
            "New subjects: 1",
            "Vanished subjects: 1",
            "Could not be judged now: 1",
            "Can be judged now, or is gone: 1",
            "Settings of roles and groups: 1",
            "8 h",
            "10 h",
            "Expiration_EndUser_Assignment.maximumDuration",
            "1 started, 0 ended",
            "permission denied: Graph answered 403",
            "the actions of role definitions",
            "read from 2026-10-20 00:00 UTC on, so it covers the time between the two",
            "by ana@contoso.example, 2026-11-02 20:00 UTC, ticket INC-1, correlation c-1: patch",
            "Update role setting in PIM",
        ] {
            assert!(text.contains(said), "{said} is missing");
        }
        assert!(!text.contains("Nothing changed"));
    }

    #[test]
    fn the_number_to_alarm_on_stands_apart_from_the_rest() {
        let text = page(&full("ana"));
        for said in [
            "<b>+0.9</b>",
            "<dt class=\"loss\">-4.8</dt><dd>of what was judged in both",
            "<dt>+5.7</dt><dd>of what was read, came, went or was waived</dd>",
        ] {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
        let mut diff = full("ana");
        diff.baselines[0].new.posture = None;
        diff.baselines[0].new.grade = None;
        diff.baselines[0].split.difference = None;
        diff.baselines[0].split.scope = None;
        let text = page(&diff);
        assert!(!text.contains("<b>+0.9</b>") && !text.contains("<dt>+5.7</dt>"));
        assert!(text.contains("Not graded"));
    }

    #[test]
    fn nothing_is_said_to_be_nothing_of_what_was_read() {
        let mut diff = empty();
        let text = page(&diff);
        assert!(text.contains("<p class=\"nothing\">Nothing changed.</p>"), "{text}");
        assert!(!text.contains("<section id=\"changes\"") && !text.contains("<table"), "{text}");
        diff.unreadable = full("ana").unreadable;
        assert!(page(&diff).contains("Nothing changed in what was read in both."));
    }

    #[test]
    fn who_made_a_change_stands_beside_it() {
        let mut diff = full("ana");
        let mut by = who("by");
        by.lines = vec![log_line("ana"), log_line("ben")];
        diff.changes[0].who = Some(by);
        let text = page(&diff);
        assert!(text.contains("by ana or ben, 2026-11-02 20:00 UTC (one of "), "{text}");
        assert!(text.contains("<summary>2 lines"), "{text}");
        assert!(text.contains("by ben, 2026-11-02 20:00 UTC"), "{text}");
        assert!(!text.contains("<p class=\"warning\">"));
        diff.changes[0].who = Some(who("nobody"));
        let text = page(&diff);
        assert!(text.contains("<p class=\"warning\">1 change has no line in the audit log"));
        assert!(text.contains("<b class=\"loss\">no line in the log, which covers the time"));
        // The head says it of all of them where nothing was read.
        diff.log = empty().log;
        diff.changes[0].who = Some(who("not-covered"));
        let text = page(&diff);
        assert!(text.contains("not read, so it is not known who") && !text.contains("By whom"));
    }

    #[test]
    fn nothing_runs_and_one_style_applies() {
        let text = page(&full("ana"));
        let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let (head, body) = text.split_once("<body>").unwrap();
        let policy = policy_of_style(style);
        assert!(head.contains(&format!("content=\"{policy}\"")), "{}", &head[..600]);
        for inline in [" style=", " onclick=", " onload=", "javascript:", "<img", "<script"] {
            assert!(!body.contains(inline), "{inline}");
        }
        for load in ["@import", "url(", "src=", "http:", "https:"] {
            assert!(!text.contains(load), "{load}");
        }
    }

    #[test]
    fn what_a_stranger_wrote_stays_text() {
        let long = "A".repeat(10_000);
        for name in [
            "<script>alert(1)</script>",
            "\"><img onerror=alert(1) src=x>",
            "</title></svg><script>alert(1)</script>",
            "{{ 7 * 7 }}{% raw %}",
            "abc\u{202e}fdp.exe",
            "bell\u{7}\u{1b}[31m",
            long.as_str(),
        ] {
            let mut diff = full(name);
            diff.tenant_name = name.into();
            diff.new.by = Some(name.to_owned());
            let mut line = change(name, Some(name), Some(name));
            line.holder = Some(name.to_owned());
            line.what = name.to_owned();
            line.field = name.to_owned();
            let mut said = log_line(name);
            said.activity = name.to_owned();
            said.justification = Some(name.to_owned());
            let lines = vec![said.clone(), said];
            line.who = Some(WhoLine { lines, why: None, ..who("by") });
            diff.changes.push(line);
            diff.activations[0].name = name.to_owned();
            diff.unreadable[0].what = name.to_owned();
            diff.unreadable[0].subjects = vec![name.to_owned()];
            let baseline = &mut diff.baselines[0];
            baseline.title = name.to_owned();
            baseline.split.checks[0].kind = name.to_owned();
            if let Some(word) = &mut baseline.regressions[0].after {
                word.observed = name.to_owned();
            }
            let text = page(&diff);
            assert!(!text.contains("<script") && !text.contains("<img"), "{name:.40}");
            assert_eq!(text.matches("</title>").count(), 1, "{name:.40}");
            assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count());
            assert!(!text.contains(['\u{202e}', '\u{7}', '\u{1b}']), "{name:.40}");
            assert!(!text.contains(">49<"), "a name was taken for a template");
        }
    }

    #[test]
    fn long_lists_are_whole_folded_and_left_out_of_print_with_a_word() {
        let mut diff = full("ana");
        let line = || moved("ana", Some("pass"), Some("fail"));
        diff.baselines[0].regressions = (0..3_000).map(|_| line()).collect();
        diff.changes = (0..100).map(|_| change("R", Some("8 h"), Some("10 h"))).collect();
        let text = page(&diff);
        assert!(text.contains("<details class=\"more\"><summary>Regressions: 3000</summary>"));
        assert!(text.contains("These 3000 are not printed."));
        assert_eq!(text.matches("seen fail</span>").count(), 3_000 + 3);
        assert!(
            text.contains("<details class=\"more pr\"><summary>Settings of roles and groups: 100<")
        );
        assert!(text.contains("<details class=\"more pr\" open><summary>Fixes: 1</summary>"));
    }

    #[test]
    fn every_change_is_a_row_whoever_made_it() {
        let mut diff = full("ana");
        diff.changes = ["by", "nobody", "not-covered", "not-logged", "by-itself"]
            .into_iter()
            .map(|status| ChangeLine { who: Some(who(status)), ..change("R", None, Some("x")) })
            .collect();
        let text = page(&diff);
        assert_eq!(text.matches("<tr><th scope=\"row\">R</th>").count(), 5, "{text}");
        for said in ["who is not known: because", "who is not in the log", "ended by its own end"] {
            assert!(text.contains(said), "{said}");
        }
    }

    #[test]
    fn the_same_differences_give_the_same_bytes() {
        assert!(page(&full("ana")) == page(&full("ana")));
    }
}
