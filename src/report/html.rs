//! The report as one HTML page that needs nothing beside it: no network, no font, no other file.
//!
//! What is shown is plain data, one file a part of the page; what it looks like stands in the
//! templates beside. Each finding is rendered and written by itself.

mod block;
mod cover;
mod finding;
mod heat_map;
mod ways;

use super::escape;
use super::model::Report;
use super::open::points;
use aws_lc_rs::digest;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Template, UndefinedBehavior, escape_formatter};
use serde::Serialize;
use std::io::{self, BufWriter, Write};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
/// The parts of the page, in their order. The ending in `.html` makes every value escaped.
const PAGE: (&str, &str) = ("page.html", include_str!("html/page.html"));
const BLOCK: (&str, &str) = ("block.html", include_str!("html/block.html"));
const FINDING: (&str, &str) = ("finding.html", include_str!("html/finding.html"));
const FOOT: (&str, &str) = ("foot.html", include_str!("html/foot.html"));
/// Ends the list of findings, its section and the block of the baseline, which `BLOCK` opens.
const END_OF_BLOCK: &[u8] = b"</div>\n</section>\n</section>\n";

/// Writes the report as a page. The same report gives the same bytes.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let environment = environment(&[PAGE, BLOCK, FINDING, FOOT]).map_err(io::Error::other)?;
    let part = |name| environment.get_template(name).map_err(io::Error::other);
    let points: Vec<Vec<f64>> = report.baselines.iter().map(points).collect();
    let blocks: Vec<block::Block<'_>> = report
        .baselines
        .iter()
        .zip(&points)
        .enumerate()
        .map(|(place, (judged, points))| block::Block::of(report, judged, points, place))
        .collect();
    let cover = cover::Cover::of(report, &blocks, policy(), STYLE);
    put(&part(PAGE.0)?, &cover, &mut out)?;
    let row = part(FINDING.0)?;
    for ((judged, points), block) in report.baselines.iter().zip(&points).zip(&blocks) {
        put(&part(BLOCK.0)?, block, &mut out)?;
        let mut print = finding::Print::of(judged, report.baselines.len());
        for place in finding::worst_first(judged, points) {
            let found = &judged.findings[place];
            let row_of = finding::Row::of(found, points[place], print.next(found));
            put(&row, &row_of, &mut out)?;
        }
        out.write_all(END_OF_BLOCK)?;
    }
    put(&part(FOOT.0)?, &cover::Foot::of(report, SCRIPT), &mut out)?;
    out.flush()
}

/// Renders one part of a page.
pub(super) fn put(
    part: &Template<'_, '_>,
    context: &impl Serialize,
    out: &mut impl Write,
) -> io::Result<()> {
    let text = part.render(Value::from(Serde(context))).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

/// Templates, with every text made harmless: escaped for HTML, and without what steers.
pub(super) fn environment(
    parts: &[(&'static str, &'static str)],
) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?,
    );
    // Escaping alone leaves marks that turn the writing direction; and the library's own escapes every
    // slash, which makes a page of calls and requests a fifth larger.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            out.write_str(&escape::html(text)).map_err(minijinja::Error::from)
        }
        Some(_) | None => escape_formatter(out, state, value),
    });
    for &(name, source) in parts {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Nothing is loaded, and nothing runs but the one style and the one script of the page.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// What every page without script begins with.
pub(super) const STILL: (&str, &str) = ("still.html", include_str!("html/still.html"));

/// The policy of a page without script: nothing is loaded, nothing runs, and one style applies.
pub(super) fn policy_of_style(style: &str) -> String {
    format!("default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'", hash(style))
}

fn hash(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Evidence, Finding, Outcome, Severity, Tier};
    use crate::report::model::ReachWay;
    use crate::report::testing::{self, denied, finding, person, role};

    fn page(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn findings() -> Vec<Finding> {
        let check = "activation-without-mfa";
        let high = |subject, outcome| finding(check, Severity::High, subject, outcome);
        let ga = || role("Global Administrator", Tier::Critical, 1.0);
        let evidence = Evidence::new(Dataset::RolePolicies, "row-1", "enabledRules", "[]");
        let failed = Outcome::fail("no MFA", "MFA at every activation").evidence(evidence);
        let mut waived = high(person("alma"), Outcome::fail("no MFA", "MFA"));
        waived.waiver = Some(testing::waiver());
        vec![
            high(ga(), failed),
            high(role("Reader", Tier::Standard, 1.0), Outcome::pass("MFA", "MFA")),
            high(role("Helpdesk", Tier::High, 1.0), denied(Dataset::RolePolicies)),
            waived,
            finding("b-check", Severity::Low, ga(), Outcome::not_applicable("nobody holds it")),
            finding("c-check", Severity::Low, ga(), Outcome::partial(0.5, "half", "whole")),
        ]
    }

    #[test]
    fn the_page_is_whole_and_says_what_the_report_says() {
        let text = page(&testing::report(findings()));
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", &text[..200]);
        assert!(text.ends_with("</script>\n</body>\n</html>\n"), "{}", &text[text.len() - 200..]);
        for said in [
            "Contoso",
            "auditor@contoso.example",
            "RoleManagement.Read.Directory",
            "Global Administrator",
            "MFA at every activation",
            "Moves in January",
            "nobody holds it",
            "permission denied",
            "Azure resource roles; Intune roles",
        ] {
            assert!(text.contains(said), "{said} is missing");
        }
        assert_eq!(text.matches("<details class=\"f").count(), 6);
        assert_eq!(text.matches("<section").count(), text.matches("</section>").count());
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = testing::report(findings());
        assert!(page(&report) == page(&report));
    }

    #[test]
    fn nothing_is_inline_but_the_hashed_style_and_script() {
        let text = page(&testing::report(findings()));
        let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let script = text.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        let (head, body) = text.split_once("<body>").unwrap();
        for inline in [style, script] {
            let hash = hash(inline);
            assert!(head.contains(&hash), "{hash} is missing in {}", &head[..600]);
        }
        let markup = body.split_once("<script>").unwrap().0;
        for inline in [" style=", " onclick=", " onload=", " onerror=", "javascript:", "<img"] {
            assert!(!markup.contains(inline), "{inline}");
        }
        assert_eq!(text.matches("<script").count(), 1);
    }

    #[test]
    fn what_a_stranger_wrote_stays_text() {
        let long = "A".repeat(10_000);
        for name in [
            "<script>alert(1)</script>",
            "\"><img onerror=alert(1) src=x>",
            "'; alert(1); '",
            "</title></svg><script>alert(1)</script>",
            "{{ 7 * 7 }}{% raw %}",
            "abc\u{202e}fdp.exe",
            "bell\u{7}\u{1b}[31m",
            long.as_str(),
        ] {
            let subject = || role(name, Tier::Critical, 1.0);
            let text = || name.to_owned();
            let evidence = Evidence::new(Dataset::RolePolicies, name, text(), text());
            let outcome = Outcome::fail(text(), text()).note(text()).evidence(evidence);
            let mut report = testing::report(vec![
                finding("a-check", Severity::High, subject(), outcome),
                finding("b-check", Severity::High, person(name), Outcome::pass("a", "b")),
            ]);
            report.tenant_name = name.into();
            report.collected.by = Some(name.to_owned());
            let judged = &mut report.baselines[0];
            judged.break_glass = vec![testing::candidate(name)];
            judged.global_administrators.ways = vec![ReachWay {
                principal: name.into(),
                kind: "user",
                state: "eligible",
                strength: Some("MFA"),
                rank: 2,
                gate: "MFA".to_owned(),
                through: vec![name.to_owned()],
                words: name.to_owned(),
                break_glass: false,
                disabled: false,
                closed: None,
            }];
            let text = page(&report);
            assert_eq!(text.matches("<script").count(), 1, "{name:.40}");
            assert!(!text.contains("<img"), "{name:.40}");
            assert_eq!(text.matches("</title>").count(), text.matches("<title").count());
            assert!(!text.contains(['\u{202e}', '\u{7}', '\u{1b}']), "{name:.40}");
            assert!(!text.contains(">49<"), "a name was taken for a template");
        }
    }

    #[test]
    fn a_tenant_that_cannot_be_graded_says_so_and_shows_no_letter() {
        let unread = denied(Dataset::RolePolicies);
        let text = page(&testing::report(vec![finding(
            "a-check",
            Severity::High,
            testing::tenant(),
            unread,
        )]));
        assert!(text.contains("Not graded"));
        assert!(!text.contains("<span class=\"sr\">Grade </span>"));
        assert!(text.contains("Nothing could be judged"));
    }

    #[test]
    fn several_baselines_have_a_block_and_anchors_each() {
        let mut report = testing::report(findings());
        let mut second = testing::judged(findings());
        second.id = "second".to_owned();
        report.baselines.push(second);
        let text = page(&report);
        for anchor in ["id=\"b1\"", "id=\"b2\"", "href=\"#b2\"", "id=\"b2-findings\""] {
            assert!(text.contains(anchor), "{anchor}");
        }
        assert_eq!(text.matches("</section>").count(), text.matches("<section").count());
    }
}
