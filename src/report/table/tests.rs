//! The page as a whole: the order of its sections, what each says, and that every line fits.

use super::{Look, Show, write};
use crate::model::{Dataset, Finding, Gap, GapKind, Outcome, Severity, Tier};
use crate::report::escape;
use crate::report::model::{Reach, Report, Status};
use crate::report::testing::{
    candidate, denied, finding, judged, missing_list, nobody, person, report, role, tenant, waiver,
};

const MFA: &str = "activation-without-mfa";
const LONG: &str = "activation-too-long";

fn look(width: usize, show: Show) -> Look {
    Look { width, colour: false, show, explain_score: false, matrix: false }
}

fn text(report: &Report, look: &Look) -> String {
    let mut out = Vec::new();
    write(report, look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn wide(report: &Report, show: Show) -> String {
    text(report, &look(240, show))
}

fn failed(check: &'static str, name: &str, tier: Tier, exposure: f64) -> Finding {
    finding(check, Severity::Critical, role(name, tier, exposure), Outcome::fail("off", "on"))
}

/// A report in which every section has something to say.
fn full() -> Report {
    let mut waived = failed(LONG, "Teams Administrator", Tier::Elevated, 1.0);
    waived.waiver = Some(waiver());
    let mut report = report(vec![
        failed(MFA, "Global Administrator", Tier::Critical, 1.0),
        failed(MFA, "Exchange Administrator", Tier::High, 1.0),
        finding(
            MFA,
            Severity::Critical,
            role("Helpdesk", Tier::Standard, 1.0),
            Outcome::pass("on", "on"),
        ),
        waived,
        finding(
            LONG,
            Severity::High,
            tenant(),
            Outcome::partial(0.5, "600 min", "at most 480 min").note("once"),
        ),
        finding(LONG, Severity::High, person("alma@contoso.example"), Outcome::info("seen", "")),
        finding("z-check", Severity::Low, tenant(), Outcome::not_applicable("no groups")),
        finding(
            "z-check",
            Severity::Low,
            person("bo@contoso.example"),
            denied(Dataset::GroupMembers),
        ),
    ]);
    let block = &mut report.baselines[0];
    block.break_glass = vec![candidate("bg1@contoso.onmicrosoft.example")];
    block.posture_with_break_glass = Some(71.5);
    block.unmatched_rules = vec!["activation-too-long roles: Intune Administrator".to_owned()];
    report
}

#[test]
fn sections_come_in_order() {
    let look = Look { explain_score: true, ..look(80, Show::Failed) };
    let text = text(&full(), &look);
    let mut rest = text.as_str();
    for part in [
        "Tenant",
        "Read",
        "Baseline",
        "Configuration",
        "POSTURE",
        "Coverage",
        "GLOBAL ADMINISTRATOR",
        "FIX FIRST",
        "Findings: ",
        "FAILED OR MET IN PART",
        "HOW THE SCORE COMES ABOUT",
        "NOT READ",
        "NOT COVERED",
        "BREAK-GLASS CANDIDATES",
        "WAIVED",
        "RULES THAT MATCHED NOTHING",
    ] {
        let start =
            rest.find(part).unwrap_or_else(|| panic!("{part} is missing or too early in\n{text}"));
        rest = &rest[start + part.len()..];
    }
}

#[test]
fn the_head_says_whose_data_it_is() {
    let text = text(&full(), &look(120, Show::Summary));
    for line in [
        "Tenant         Contoso (7f3a0000-0000-4000-8000-000000000001), global cloud",
        "Read           2026-11-02 09:00 UTC by auditor@contoso.example, signed in with device-code, application",
        "With           RoleManagement.Read.Directory",
        "Baseline       recommended: Recommended PIM baseline (0123456789ab)",
        "Configuration  pimaudit.yaml (fedcba987654)",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("Judged as of"), "{text}");
}

#[test]
fn every_line_fits_and_ends_without_blanks_whatever_the_names() {
    let hostile = [
        "x".repeat(300),
        "山田太郎".repeat(75),
        "👩\u{200d}👧 and 🇩🇰 ".repeat(20),
        "red \u{1b}[31m\u{9b}2J\r\nnext\u{202e}evil \u{2066}\t|".repeat(10),
        "a b ".repeat(75),
        format!("a{}", "\u{301}".repeat(299)),
    ];
    let mut findings = Vec::new();
    for (place, name) in hostile.iter().enumerate() {
        let observed = format!("{name} is off");
        let outcome = if place % 2 == 0 {
            Outcome::fail(observed, name.clone()).note(name.clone())
        } else {
            Outcome::partial(0.5, observed, name.clone())
        };
        findings.push(finding(
            MFA,
            Severity::Critical,
            role(name, Tier::Critical, 1.0),
            outcome.clone(),
        ));
        findings.push(finding(LONG, Severity::High, person(name), outcome.clone()));
        let mut waived = finding("z-check", Severity::Low, person(name), outcome);
        waived.waiver = Some(waiver());
        findings.push(waived);
        let gap = Gap::of(Dataset::RolePolicies, GapKind::Failed, name.as_str());
        findings.push(finding(
            "z-check",
            Severity::Low,
            role(name, Tier::High, 1.0),
            Outcome::NotAssessed(gap),
        ));
    }
    let mut report = report(findings);
    let names: Vec<_> = hostile.iter().map(|name| name.as_str().into()).collect();
    let block = &mut report.baselines[0];
    block.break_glass = hostile.iter().map(|name| candidate(name)).collect();
    block.unmatched_rules = hostile.to_vec();
    block.global_administrators = Reach { people: 6, standing: names, ..nobody() };
    report.tenant_name = hostile[0].as_str().into();
    report.collected.by = Some(hostile[1].clone());
    for width in [60, 80, 120, 200] {
        for show in [Show::Summary, Show::Failed, Show::All, Show::NotAssessed] {
            let look = Look { explain_score: true, ..look(width, show) };
            for line in text(&report, &look).lines() {
                assert!(escape::width(line) <= width, "{} of {width}: {line}", escape::width(line));
                assert_eq!(line.trim_end(), line, "blanks at the end");
                assert_eq!(escape::terminal(line), line, "not harmless");
            }
        }
    }
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    for show in [Show::Summary, Show::All] {
        let plain = look(80, show);
        let coloured = text(&full(), &Look { colour: true, ..plain });
        let plain = text(&full(), &plain);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        assert!(coloured.contains("\u{1b}[1m\u{1b}[31mcritical\u{1b}[0m"), "{coloured}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}

#[test]
fn equal_failures_are_one_row_that_names_three() {
    let mut findings: Vec<Finding> = (10..41)
        .map(|number| failed(MFA, &format!("Role {number}"), Tier::Standard, 0.25))
        .collect();
    findings.push(failed(MFA, "Held Role", Tier::Standard, 1.0));
    findings.push(failed(MFA, "Global Administrator", Tier::Critical, 1.0));
    let text = wide(&report(findings), Show::Summary);
    let rows: Vec<&str> =
        text.lines().filter(|line| line.contains("Activation without MFA")).collect();
    assert_eq!(rows.len(), 2, "{text}");
    let row = |part: &str| {
        rows.iter().copied().find(|row| row.contains(part)).unwrap_or_else(|| panic!("{text}"))
    };
    assert!(row(" critical ").ends_with("  Global Administrator"), "{text}");
    let low = row(" low ");
    assert!(low.contains(" 32 roles: Activation without MFA "), "{text}");
    assert!(low.ends_with("Held Role, Role 10, Role 11, +29 more (31 held by nobody)"), "{text}");
}

#[test]
fn what_gives_most_points_back_comes_first_and_of_equals_the_worst() {
    let most_points = vec![
        finding("a-check", Severity::High, tenant(), Outcome::fail("a", "b")),
        finding("b-check", Severity::Low, tenant(), Outcome::fail("a", "b")),
        failed(MFA, "One", Tier::Critical, 1.0),
        failed(MFA, "Other", Tier::Critical, 0.7),
        failed(MFA, "Third", Tier::High, 1.0),
    ];
    // 10 x (1 - 0.4) = 6 x 1: the same points.
    let equal_points = vec![
        finding("a-check", Severity::High, tenant(), Outcome::fail("a", "b")),
        finding("z-check", Severity::Critical, tenant(), Outcome::fail_with_credit(0.4, "a", "b")),
    ];
    for (findings, expected) in [
        (most_points, &["critical", "high", "high", "low"][..]),
        (equal_points, &["critical", "high"][..]),
    ] {
        let text = wide(&report(findings), Show::Summary);
        let severities: Vec<&str> = text
            .lines()
            .skip_while(|line| *line != "FIX FIRST")
            .skip(3)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().nth(2))
            .collect();
        assert_eq!(severities, expected, "{text}");
    }
}

#[test]
fn after_twenty_rows_the_rest_is_counted() {
    let mut findings = Vec::new();
    for check in [MFA, LONG, "z-check"] {
        for tier in Tier::ALL {
            for name in ["One", "Two"] {
                findings.push(failed(check, &format!("{tier} {name}"), tier, 1.0));
                let partial = Outcome::partial(0.5, "half", "whole");
                let subject = role(&format!("{tier} {name} in part"), tier, 1.0);
                findings.push(finding(check, Severity::Critical, subject, partial));
            }
        }
    }
    let report = report(findings);
    let summary = wide(&report, Show::Summary);
    assert!(summary.lines().any(|line| line.trim_start().starts_with("20 ")), "{summary}");
    assert!(!summary.lines().any(|line| line.trim_start().starts_with("21 ")), "{summary}");
    assert!(summary.lines().any(|line| line == "8 more: --show failed"), "{summary}");
    assert!(!wide(&report, Show::Failed).contains("more: --show failed"));
}

#[test]
fn counts_cover_every_finding_once() {
    let text = wide(&full(), Show::Summary);
    let line =
        "Findings: 1 pass, 1 partial, 2 fail, 1 waived, 1 info, 1 not assessed, 1 not applicable.";
    assert!(text.lines().any(|it| it == line), "{text}");
}

#[test]
fn without_failures_it_says_so_and_no_more_than_is_known() {
    let passed = || finding(MFA, Severity::High, tenant(), Outcome::pass("on", "on"));
    let unread = || finding(LONG, Severity::Low, tenant(), denied(Dataset::RolePolicies));
    let mut waived = finding(LONG, Severity::Low, tenant(), Outcome::fail("off", "on"));
    waived.waiver = Some(waiver());
    for (findings, expected) in [
        (vec![passed()], "Nothing failed."),
        (vec![passed(), waived], "Nothing failed, apart from what is waived."),
        (vec![passed(), unread()], "Nothing failed of what could be judged."),
        (vec![unread()], "Nothing could be judged, so nothing is known to be wrong or right."),
    ] {
        let text = wide(&report(findings), Show::Summary);
        assert!(text.lines().any(|line| line == expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn a_report_without_a_judgement_says_not_graded_and_why_first() {
    let text = wide(
        &report(vec![finding(MFA, Severity::High, tenant(), denied(Dataset::RolePolicies))]),
        Show::Summary,
    );
    let place =
        |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing in\n{text}"));
    assert!(place("NOT GRADED") < place("NOT READ"));
    assert!(place("NOT READ") < place("GLOBAL ADMINISTRATOR"));
    assert!(text.contains("POSTURE between 0.0 and 100.0"), "{text}");
    assert!(!text.contains("GRADE F"), "{text}");
}

#[test]
fn the_cap_that_bites_stands_under_the_grade_and_the_others_beside() {
    let mut findings = vec![
        failed(MFA, "Global Administrator", Tier::Critical, 1.0),
        finding("a-check", Severity::High, tenant(), Outcome::fail("off", "on")),
    ];
    for number in 0..99 {
        let subject = role(&format!("Role {number}"), Tier::Critical, 1.0);
        findings.push(finding(MFA, Severity::Critical, subject.clone(), Outcome::pass("on", "on")));
        findings.push(finding("b-check", Severity::Critical, subject, Outcome::pass("on", "on")));
    }
    let report = report(findings);
    let score = &report.baselines[0].score;
    let text = wide(&report, Show::Summary);
    let (posture, drift) = (score.posture.unwrap(), score.drift.unwrap());
    let uncapped = score.grade_uncapped.unwrap();
    for line in [
        format!("POSTURE {posture:.1}   DRIFT {drift:.1}   GRADE F"),
        format!("{uncapped} without its cap: 1 critical failure."),
        "Other caps: at most B (1 high failure on a critical-tier subject or the tenant)."
            .to_owned(),
        "Coverage 100 %: everything that is scored was judged.".to_owned(),
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is missing in\n{text}");
    }
}

#[test]
fn what_was_not_read_says_what_to_grant() {
    let mut report = report(vec![
        finding(MFA, Severity::High, tenant(), Outcome::pass("on", "on")),
        finding(LONG, Severity::Low, person("bo@contoso.example"), denied(Dataset::GroupMembers)),
        finding(
            LONG,
            Severity::Low,
            missing_list(Dataset::GroupMembers),
            denied(Dataset::GroupMembers),
        ),
    ]);
    let text = wide(&report, Show::Summary);
    let row = text
        .lines()
        .find(|line| line.contains("permission denied"))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(row.contains("2 findings of 1 check: activation-too-long"), "{row}");
    assert!(row.contains("grant Directory.Read.All"), "{row}");

    let state = report
        .collected
        .datasets
        .iter_mut()
        .find(|it| it.dataset == Dataset::SubscribedSkus)
        .unwrap();
    state.status = Status::Missing;
    state.gap = Some(Gap::of(Dataset::SubscribedSkus, GapKind::Failed, "Graph answered 503"));
    let text = wide(&report, Show::Summary);
    assert!(text.contains("licences: failed (Graph answered 503)"), "{text}");
    assert!(text.contains("nothing of what is asked"), "{text}");
}

#[test]
fn the_reason_of_a_gap_is_never_cut_but_loses_its_request_ids() {
    let reason =
        format!("Graph answered 403 Forbidden (Denied: {}to the very end", "word ".repeat(70));
    let unread = |name: &str, id: &str| {
        let detail = format!("{reason}; request-id {id})");
        let gap = Gap::of(Dataset::RolePolicies, GapKind::PermissionDenied, detail);
        finding(LONG, Severity::Low, person(name), Outcome::NotAssessed(gap))
    };
    let report = report(vec![
        unread("alma@contoso.example", "0c0ffee0-0000-4000-8000-000000000001"),
        unread("bo@contoso.example", "0c0ffee0-0000-4000-8000-000000000002"),
    ]);
    let text = text(&report, &look(80, Show::Summary));
    let words = text.split_whitespace().filter(|word| *word == "word").count();
    assert_eq!(words, 70, "{text}");
    assert!(!text.contains("request-id") && !text.contains("0c0ffee0"), "{text}");
    assert!(!text.contains("more)"), "the two differ in their request ids alone\n{text}");
}

#[test]
fn what_was_not_asked_for_is_to_be_read_again() {
    let gap = Gap::new(GapKind::NotRequested, "Conditional Access is not read");
    let outcome = Outcome::NotAssessed(gap);
    let text = wide(&report(vec![finding(LONG, Severity::Low, tenant(), outcome)]), Show::Summary);
    assert!(text.contains("read again with all that this baseline needs"), "{text}");
}

#[test]
fn what_was_declined_is_one_line_without_advice() {
    let gap = Gap::of(Dataset::GroupMembers, GapKind::NotRequested, "declined");
    let mut report = report(vec![
        finding(MFA, Severity::High, tenant(), Outcome::pass("on", "on")),
        finding(
            LONG,
            Severity::Low,
            person("bo@contoso.example"),
            Outcome::NotAssessed(gap.clone()),
        ),
    ]);
    let state = report
        .collected
        .datasets
        .iter_mut()
        .find(|it| it.dataset == Dataset::GroupMembers)
        .unwrap();
    state.status = Status::Missing;
    state.gap = Some(gap);
    state.declined = true;
    let text = wide(&report, Show::Summary);
    let section: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "NOT READ")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(
        section,
        ["Not asked for: members of groups that hold or approve a role; not assessed for it: \
          1 finding of 1 check: activation-too-long."]
    );
}

#[test]
fn the_lines_to_declare_break_glass_accounts_can_be_copied() {
    let text = text(&full(), &look(80, Show::Summary));
    let lines = "  break_glass:\n    - bg1@contoso.onmicrosoft.example\n";
    assert!(text.contains(lines), "{text}");
    assert!(text.contains("Declared, posture would be 71.5 (declaring takes"), "{text}");
    assert!(text.contains("two emergency accounts are advised."), "{text}");

    let mut two = full();
    two.baselines[0].break_glass.push(candidate("bg2@contoso.onmicrosoft.example"));
    two.baselines[0].posture_with_break_glass = None;
    let text = wide(&two, Show::Summary);
    assert!(text.contains("bg2@contoso.onmicrosoft.example"), "{text}");
    assert!(!text.contains("two emergency accounts are advised."), "{text}");
    assert!(!text.contains("posture would be"), "{text}");
}

#[test]
fn waived_failures_are_listed_with_owner_and_date() {
    let text = wide(&full(), Show::Summary);
    let row = text
        .lines()
        .find(|line| line.contains("Moves in January"))
        .unwrap_or_else(|| panic!("{text}"));
    for part in
        ["Activation too long", "Teams Administrator", "soc@contoso.example", "2027-02-01", "CHG-7"]
    {
        assert!(row.contains(part), "{part} is missing in {row}");
    }
}

#[test]
fn failed_roles_that_nobody_holds_are_one_row_a_check() {
    let mut findings: Vec<Finding> = (0..74)
        .map(|number| failed(MFA, &format!("Role {number}"), Tier::Standard, 0.25))
        .collect();
    findings.push(failed(MFA, "Global Administrator", Tier::Critical, 1.0));
    findings.push(failed(LONG, "Only One", Tier::Standard, 0.25));
    let report = report(findings);
    let rows = |show| {
        let text = wide(&report, show);
        let start = text.find("outcome").unwrap_or_else(|| panic!("{text}"));
        text[start..].to_owned()
    };
    let failed = rows(Show::Failed);
    assert!(failed.contains("+ 74 roles nobody holds"), "{failed}");
    assert!(!failed.contains("Role 7 "), "{failed}");
    assert!(failed.contains("Only One"), "{failed}");
    assert!(failed.find("Global Administrator") < failed.find("+ 74 roles"), "{failed}");
    let all = rows(Show::All);
    assert!(all.contains("Role 7 ") && !all.contains("nobody holds"), "{all}");
}

#[test]
fn a_row_shows_both_sides_and_the_notes() {
    let text = wide(&full(), Show::All);
    let row = text
        .lines()
        .find(|line| line.contains("600 min (note: once)"))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(row.contains("partial") && row.contains("600 min (note: once)"), "{row}");
    assert!(row.contains("at most 480 min"), "{row}");
    assert!(
        text.lines().any(|line| line.contains("not-applicable") && line.contains("no groups")),
        "{text}"
    );
    assert!(text.lines().any(|line| line.starts_with("medium    waived")), "{text}");
}

#[test]
fn not_assessed_lists_only_what_could_not_be_judged() {
    let text = wide(&full(), Show::NotAssessed);
    let start = text.find("NOT ASSESSED").unwrap_or_else(|| panic!("{text}"));
    let end = text.find("NOT READ").unwrap_or_else(|| panic!("{text}"));
    let section = &text[start..end];
    assert!(section.contains("bo@contoso.example"), "{section}");
    assert!(section.contains("permission denied"), "{section}");
    assert!(!section.contains("Global Administrator"), "{section}");
}

#[test]
fn several_baselines_share_one_head() {
    let mut report = full();
    let mut other = judged(vec![failed(MFA, "Reader", Tier::Standard, 1.0)]);
    other.id = "own".to_owned();
    report.baselines.push(other);
    let text = wide(&report, Show::Summary);
    let count = |wanted: &str| text.lines().filter(|line| line.starts_with(wanted)).count();
    assert_eq!((count("Tenant"), count("Baseline "), count("NOT COVERED")), (1, 2, 1), "{text}");
    assert_eq!(
        (count("BASELINE RECOMMENDED"), count("BASELINE OWN"), count("FIX FIRST")),
        (1, 1, 2),
        "{text}"
    );
}

#[test]
fn the_costs_end_in_the_posture() {
    let report = full();
    let text = text(&report, &Look { explain_score: true, ..look(240, Show::Summary) });
    let posture = report.baselines[0].score.posture.unwrap();
    assert!(text.contains("that the checks cost"), "{text}");
    assert!(text.contains(&format!("posture {posture:.1}.")), "{text}");
}
