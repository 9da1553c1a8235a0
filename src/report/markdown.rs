//! The report as GitHub-flavoured Markdown for pull requests and wikis: short, with folded details.
//!
//! GitHub takes 65,536 characters of a comment. What has no room is counted, never left out in
//! silence. The order of the sections stands here; each is a file beside.

mod failures;
mod page;
mod reach;
mod sources;
mod summary;

use super::model::{Judged, Report};
use page::Page;
use std::io::{self, Write};

/// Bytes of the report without what was read and by whom. No character takes less than a byte.
const LIMIT: usize = 50_000;
/// Bytes of the whole report, but for the few words that say what had no room.
const WHOLE: usize = 58_000;
/// Bytes that one baseline takes at least, whatever its names.
const LEAST: usize = 5_000;

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(LIMIT);
    summary::head(&mut page, report);
    let shown = report.baselines.len().min(LIMIT / LEAST);
    for (place, judged) in report.baselines.iter().take(shown).enumerate() {
        page.share(LIMIT, shown - place);
        baseline(&mut page, report, judged);
    }
    let without_room = report.baselines.len() - shown;
    if without_room > 0 {
        page.line(&format!("{without_room} more baselines have no room here."));
    }
    page.share(WHOLE, 1);
    sources::write(&mut page, report);
    out.write_all(page.text().as_bytes())?;
    out.flush()
}

fn baseline(page: &mut Page, report: &Report, judged: &Judged) {
    if report.baselines.len() > 1 {
        summary::block(page, judged);
    }
    summary::counts(page, judged);
    failures::fix_first(page, judged);
    reach::write(page, &judged.global_administrators);
    summary::unread(page, judged, &report.collected.datasets);
    summary::controls(page, report, judged);
    summary::waived(page, judged);
    summary::loose_ends(page, judged);
    // Last, as it takes all the room that there is.
    failures::by_check(page, report, judged);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Outcome, Severity};
    use crate::report::testing::{self, denied, finding, person};

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_comment_holds_it_whatever_the_report() {
        let checks = ["a-check", "activation-too-long", "activation-without-mfa", "b-check"];
        for name in ["alma@contoso.example", "山田太郎@#[]<>|", "@a @b @c @d @e @f @g"] {
            let mut findings = Vec::new();
            for check in checks {
                for number in 0..100 {
                    let text = format!("{name} {number} ").repeat(20);
                    let outcome = Outcome::fail(text.clone(), text.clone());
                    findings.push(finding(check, Severity::High, person(&text), outcome));
                }
            }
            let mut report = testing::report(findings);
            for copies in [1, 3, 40] {
                report.baselines = vec![report.baselines[0].clone(); copies];
                let text = written(&report);
                assert!(text.len() < 65_536, "{} bytes, {copies} baselines", text.len());
                assert!(text.contains(" more"), "something was left out in silence");
                let open = text.matches("<details>").count();
                assert_eq!(open, text.matches("</details>").count());
            }
        }
    }

    #[test]
    fn many_failures_leave_room_for_what_stands_before_them() {
        let mut findings = Vec::new();
        for check in ["a-check", "activation-too-long", "activation-without-mfa", "b-check"] {
            for number in 0..100 {
                let text = format!("alma@contoso.example {number} ").repeat(20);
                let outcome = Outcome::fail(text.clone(), text.clone());
                findings.push(finding(check, Severity::High, person(&text), outcome));
            }
        }
        let outcome = || Outcome::fail("off", "on");
        let mut waived = finding("c-check", Severity::Low, testing::tenant(), outcome());
        waived.waiver = Some(testing::waiver());
        let mut controlled = finding("d-check", Severity::Low, testing::tenant(), outcome());
        let mut origin = (*controlled.rule).clone();
        origin.controls = vec!["MS.AAD.7.1".to_owned()];
        controlled.rule = origin.into();
        findings.extend([waived, controlled]);
        let mut report = testing::report(findings);
        report.baselines[0].break_glass = vec![testing::candidate("bg1@contoso.example")];
        for copies in [1, 3, 10] {
            report.baselines = vec![report.baselines[0].clone(); copies];
            let text = written(&report);
            let failures = text.find("### Failed or met in part").unwrap();
            for expected in [
                "<summary>1 control</summary>",
                "<summary>1 waived</summary>",
                "declare them in `pimaudit.yaml`",
            ] {
                assert_eq!(text.matches(expected).count(), copies, "{expected} in\n{text}");
                assert!(text.find(expected).unwrap() < failures, "{expected} in\n{text}");
            }
            assert!(text.contains("findings more: see the"), "{text}");
        }
    }

    #[test]
    fn hostile_names_stay_names() {
        for name in [
            "<script>alert(1)</script>",
            "![x](https://evil.example/x.png)",
            "a | b | c",
            "@everyone #1 GH-2",
            "`code` **bold**",
            "first\n\n# heading\n</details>",
        ] {
            let outcome = Outcome::fail(name.to_owned(), name.to_owned());
            let text = written(&testing::report(vec![finding(
                "a-check",
                Severity::High,
                person(name),
                outcome,
            )]));
            for bad in ["| <script", "| ![x]", "\n# heading", " https://evil", "` **bold**"] {
                assert!(!text.contains(bad), "{bad} in\n{text}");
            }
            let rows: Vec<&str> =
                text.lines().filter(|line| line.starts_with("| medium | fail")).collect();
            assert_eq!(rows.len(), 1, "{text}");
            assert_eq!(rows[0].matches('|').count(), 6, "{text}");
        }
    }

    #[test]
    fn nothing_judged_is_no_clean_bill() {
        let unread = denied(Dataset::RolePolicies);
        let text = written(&testing::report(vec![finding(
            "a-check",
            Severity::High,
            person("alma"),
            unread,
        )]));
        assert!(text.contains("Nothing could be judged"), "{text}");
        assert!(text.contains("not graded"), "{text}");
        assert!(!text.contains("Nothing failed"), "{text}");
    }
}
