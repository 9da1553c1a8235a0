//! The baselines that are part of the program.
//!
//! What each of them must say stands in the tests, against its source.

use super::faults::{Fault, Faults, nearest};
use super::{Baseline, load as load_text};

/// Name and text of each, the default first.
static FILES: [(&str, &str); 10] = [
    ("recommended", include_str!("../../baselines/recommended.yaml")),
    ("microsoft-secops", include_str!("../../baselines/microsoft-secops.yaml")),
    ("roles-table", include_str!("../../baselines/roles-table.yaml")),
    ("investigators", include_str!("../../baselines/investigators.yaml")),
    ("defender-office365", include_str!("../../baselines/defender-office365.yaml")),
    ("scuba-aad", include_str!("../../baselines/scuba-aad.yaml")),
    ("cis-m365", include_str!("../../baselines/cis-m365.yaml")),
    ("zero-trust-assessment", include_str!("../../baselines/zero-trust-assessment.yaml")),
    ("entra-best-practices", include_str!("../../baselines/entra-best-practices.yaml")),
    ("stig-entra", include_str!("../../baselines/stig-entra.yaml")),
];
pub(super) const ORIGIN: &str = "built-in";

/// Whether this is written as a file rather than as the name of a built-in baseline.
pub fn is_file_name(name: &str) -> bool {
    name.contains(['/', '\\']) || name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Names of the built-in baselines, the default first.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The text of a built-in baseline, as it may be copied and changed.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Loads a built-in baseline. The only fault is a name that is none of theirs; a test loads them all.
pub fn load(name: &str) -> Result<Baseline, Faults> {
    let Some(found) = text(name) else {
        let hint = nearest(name, names()).map_or_else(
            || format!("known are {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean {near}?"),
        );
        let message = "unknown baseline".to_owned();
        let fault = Fault { line: 0, column: 0, message, hint: Some(hint) };
        return Err(Faults { file: name.to_owned(), faults: vec![fault] });
    };
    let resolve = |base: &str| text(base).map(|text| (text.to_owned(), format!("{base}.yaml")));
    let baseline = load_text(found, &format!("{name}.yaml"), &resolve)?;
    Ok(Baseline { origin: ORIGIN.to_owned(), ..baseline })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{Groups, Itself, Rule, Selector, StandsFor, bind};
    use crate::checks::{Among, Expect, Who};
    use crate::model::{
        GroupAccess, IsoDuration, Label, RoleId, Severity, TableRow, Tier, Unlisted, roles,
    };
    use std::collections::{BTreeMap, BTreeSet};

    const THREE: [&str; 3] =
        ["Global Administrator", "Privileged Role Administrator", "Security Administrator"];
    const INVESTIGATORS: [&str; 9] = [
        "Teams Communications Support Engineer",
        "Password Administrator",
        "Privileged Role Administrator",
        "Directory Readers",
        "Cloud Device Administrator",
        "Microsoft Entra Joined Device Local Administrator",
        "Security Reader",
        "User Administrator",
        "Exchange Administrator",
    ];
    const ELIGIBLE_BY_THE_TABLE: [&str; 10] = [
        "Global Administrator",
        "Application Administrator",
        "Intune Administrator",
        "User Administrator",
        "Security Administrator",
        "Compliance Administrator",
        "Authentication Administrator",
        "Exchange Administrator",
        "Teams Administrator",
        "SharePoint Administrator",
    ];

    fn role(name: &str) -> RoleId {
        RoleId::new(&roles::by_name(name).unwrap().template_id)
    }

    fn ids<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<RoleId> {
        names.into_iter().map(role).collect()
    }

    fn rule_for(baseline: &Baseline, check: &str, name: Option<&str>) -> Option<Rule> {
        let role = name.map(role);
        let known = name.and_then(roles::by_name);
        let label = |it: bool| if it { Label::Privileged } else { Label::Plain };
        let facts = known.map(|known| (known.tier, label(known.is_privileged)));
        let held: Vec<StandsFor<'_>> = role
            .iter()
            .zip(facts)
            .map(|(role, (tier, label))| StandsFor { role, tier, label, own: true })
            .collect();
        let plan = bind(baseline);
        let bound = plan.checks.iter().find(|bound| bound.check.id == check)?;
        bound.rule_for(&held, Itself::Other).cloned()
    }

    /// Every rule in one line: check, roles, severity, info.
    fn rules(name: &str) -> Vec<String> {
        let baseline = load(name).unwrap();
        let mut rules: Vec<String> = baseline
            .rules
            .iter()
            .map(|rule| {
                let info = if rule.info { " info" } else { "" };
                format!("{} on {}: {}{info}", rule.check.id, rule.on, rule.severity)
            })
            .collect();
        rules.sort();
        rules
    }

    fn at_most(baseline: &Baseline, check: &str, role: &str) -> Option<(Option<String>, String)> {
        match rule_for(baseline, check, Some(role))?.expect {
            Expect::AtMost { at_most, ideal, .. } => {
                Some((ideal.map(IsoDuration::to_iso), at_most.to_iso()))
            }
            Expect::Required
            | Expect::Variant(_)
            | Expect::Count { .. }
            | Expect::Share { .. }
            | Expect::Roles(_)
            | Expect::OnePolicy(_)
            | Expect::Table(_) => None,
        }
    }

    fn table(baseline: &Baseline) -> BTreeMap<RoleId, TableRow> {
        baseline.table.clone().unwrap().rows
    }

    #[test]
    fn every_built_in_baseline_loads_under_its_own_name() {
        for name in names() {
            let baseline = load(name).unwrap_or_else(|faults| panic!("\n{faults}"));
            assert_eq!(baseline.id, name);
            assert_eq!(baseline.origin, "built-in");
            assert!(baseline.title.len() > 10, "{name}: {}", baseline.title);
        }
        assert_eq!(names().next(), Some("recommended"));
    }

    #[test]
    fn every_rule_says_where_it_comes_from_and_why() {
        for name in names() {
            let baseline = load(name).unwrap();
            for rule in &baseline.rules {
                let place = format!("{name} line {}", rule.line);
                assert!(rule.origin.because.len() > 20, "{place}: {}", rule.origin.because);
                assert!(rule.origin.because.ends_with('.'), "{place}: {}", rule.origin.because);
                assert!(!rule.origin.title.is_empty(), "{place}");
            }
            let used: BTreeSet<&str> =
                baseline.rules.iter().map(|rule| rule.origin.source.as_str()).collect();
            let given: BTreeSet<&str> = baseline.sources.keys().map(String::as_str).collect();
            assert_eq!(used, given, "{name}: sources nobody uses");
        }
    }

    #[test]
    fn waivers_are_judged_under_every_baseline() {
        for name in names() {
            let rule = rule_for(&load(name).unwrap(), "invalid-waiver", None).unwrap();
            assert_eq!((rule.severity, rule.info), (Severity::Low, false), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        assert_eq!(
            load("recomended").unwrap_err().to_string(),
            "recomended: unknown baseline\n  hint: did you mean recommended?"
        );
        assert_eq!(text("recomended"), None);
    }

    #[test]
    fn the_example_of_the_guide_loads() {
        let guide = include_str!("../../docs/baselines.md");
        let example = guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
        let resolve = |base: &str| text(base).map(|text| (text.to_owned(), base.to_owned()));
        let baseline = load_text(example.unwrap(), "contoso.yaml", &resolve)
            .unwrap_or_else(|faults| panic!("\n{faults}"));
        let recommended = load("recommended").unwrap();
        // One check is left out, two rules are added.
        assert_eq!(baseline.rules.len(), recommended.rules.len() + 1);
        assert_ne!(baseline.digest, recommended.digest);
    }

    #[test]
    fn recommended_has_every_check_with_the_severity_of_the_catalogue() {
        assert_eq!(
            rules("recommended"),
            [
                "activation-beyond-policy on all: high",
                "activation-too-long on all: high",
                "activation-without-approval on roles guarded: high",
                "activation-without-justification on all: high",
                "activation-without-mfa on all: critical",
                "active-alert on alert invalid-license: low",
                "active-alert on alert no-mfa-on-role-activation: low",
                "active-alert on alert redundant-assignment: low",
                "active-alert on alert roles-assigned-outside-pim: high",
                "active-alert on alert sequential-activation-renewals: low",
                "active-alert on alert stale-sign-in: medium",
                "active-alert on alert too-many-global-administrators: low",
                "active-assignment-too-long on all: medium",
                "admins-without-strong-authentication on all: high",
                "alert-switched-off on all: high",
                "approval-lockout on all: critical",
                "approval-without-reason on all: low",
                "assigned-outside-pim on all: high",
                "daily-account-as-admin on all: low",
                "defunct-principal on all: medium",
                "global-administrator-count on all: high",
                "global-administrator-share on all: medium",
                "guest-privileged-account on all: high",
                "invalid-waiver on all: low",
                "missing-break-glass on all: high",
                "missing-licence on all: low",
                "muted-notification on all: medium",
                "nested-group-path on all: medium",
                "no-phishing-resistant-method on all: medium",
                "permanent-active-allowed on all: high",
                "permanent-active-assignment on all: critical",
                "pim-bypassing-application on all: high",
                "privileged-workload-identity on all: critical",
                "redundant-grant on all: low",
                "roles-table-mismatch on all: high",
                "single-level-approval on roles guarded: medium info",
                "stale-privileged-account on all: medium",
                "standing-group-member on all: critical",
                "standing-group-owner on all: high",
                "synced-privileged-account on all: critical",
                "tenant-wide-scope on roles helpdesk: low",
                "too-many-privileged-assignments on all: low info",
                "unannounced-activation on roles watched: high",
                "unannounced-assignment on roles watched: high",
                "unenforced-authentication-context on all: critical",
                "unexpiring-eligibility on all: low",
                "unguarded-active-assignment on all: medium",
                "unmanaged-role-group on all: high",
                "unprotected-access-group on all: medium",
                "unprotected-approver-group on all: high",
                "unreviewed-access on all: high",
                "unusable-approvers on all: high",
                "weak-access-review on all: low",
                "weak-break-glass on all: high",
                "weakest-path on tier critical: critical",
                "weakest-path on tier high: critical",
            ]
        );
    }

    #[test]
    fn recommended_says_what_was_settled() {
        let baseline = load("recommended").unwrap();
        for name in ["Global Administrator", "Security Reader", "Teams Reader"] {
            let limit = |check| at_most(&baseline, check, name);
            assert_eq!(limit("activation-too-long"), Some((None, "PT8H".into())), "{name}");
            assert_eq!(limit("permanent-active-allowed"), Some((None, "P183D".into())), "{name}");
            let ends = Some((Some("P183D".into()), "P366D".into()));
            assert_eq!(limit("active-assignment-too-long"), ends, "{name}");
        }
        for (name, expected) in
            THREE.map(|name| (name, true)).into_iter().chain([("User Administrator", false)])
        {
            let found = rule_for(&baseline, "activation-without-approval", Some(name));
            assert_eq!(found.is_some(), expected, "{name}");
        }
        let expected_of = |check| rule_for(&baseline, check, None).unwrap().expect;
        assert_eq!(
            expected_of("global-administrator-count"),
            Expect::Count { pass: (2, 4), partial: Some((5, 8)), who: Who::Enabled }
        );
        assert_eq!(
            expected_of("global-administrator-share"),
            Expect::Share {
                pass_below: 0.3,
                partial_below: 0.5,
                among: Among::Strong,
                count: None
            }
        );
        assert_eq!(
            expected_of("too-many-privileged-assignments"),
            Expect::Count { pass: (0, 9), partial: Some((10, 20)), who: Who::Enabled }
        );
    }

    #[test]
    fn recommended_watches_the_eight_of_scuba_and_the_critical_tier() {
        let expected: BTreeSet<RoleId> = roles::built_in()
            .iter()
            .filter(|role| role.scuba_highly_privileged || role.tier == Tier::Critical)
            .map(|role| RoleId::new(&role.template_id))
            .collect();
        let baseline = load("recommended").unwrap();
        for check in ["unannounced-assignment", "unannounced-activation"] {
            let rule = baseline.rules.iter().find(|rule| rule.check.id == check).unwrap();
            let Selector::Set { roles, .. } = &rule.on else { panic!("{rule:?}") };
            assert_eq!(roles, &expected, "{check}");
        }
    }

    #[test]
    fn recommended_takes_the_roles_table_with_three_changes() {
        let baseline = load("recommended").unwrap();
        let mut expected: BTreeMap<RoleId, TableRow> =
            ids(ELIGIBLE_BY_THE_TABLE).into_iter().map(|id| (id, TableRow::Eligible)).collect();
        expected.insert(role("Privileged Role Administrator"), TableRow::Eligible);
        expected.insert(role("Global Reader"), TableRow::Tolerated);
        expected.insert(role("Billing Administrator"), TableRow::Active);
        assert_eq!(table(&baseline), expected);
        assert_eq!(baseline.table.unwrap().unlisted, Unlisted::Partial);
    }

    #[test]
    fn microsoft_secops_asks_its_settings_of_three_roles_and_watches_the_alerts() {
        assert_eq!(
            rules("microsoft-secops"),
            [
                "activation-too-long on roles guarded: high",
                "activation-without-approval on roles guarded: high",
                "activation-without-justification on roles guarded: high",
                "activation-without-mfa on roles guarded: high",
                "active-alert on alert invalid-license: low",
                "active-alert on alert no-mfa-on-role-activation: low",
                "active-alert on alert redundant-assignment: low",
                "active-alert on alert roles-assigned-outside-pim: high",
                "active-alert on alert sequential-activation-renewals: low",
                "active-alert on alert stale-sign-in: medium",
                "active-alert on alert too-many-global-administrators: low",
                "alert-switched-off on all: high",
                "assigned-outside-pim on all: high",
                "invalid-waiver on all: low",
                "missing-licence on all: low",
                "single-level-approval on roles guarded: medium",
                "unenforced-authentication-context on roles guarded: high info",
            ]
        );
        let baseline = load("microsoft-secops").unwrap();
        for rule in &baseline.rules {
            match &rule.on {
                Selector::All | Selector::Alert(_) => {}
                Selector::Set { roles, .. } => assert_eq!(roles, &ids(THREE), "{}", rule.check.id),
                Selector::Holders
                | Selector::Tier(_)
                | Selector::Privileged
                | Selector::Role(_)
                | Selector::Groups
                | Selector::Sensitive => {
                    panic!("{}: {}", rule.check.id, rule.on)
                }
            }
        }
        let limit = at_most(&baseline, "activation-too-long", "Global Administrator");
        assert_eq!(limit, Some((None, "PT8H".into())));
        // The guide gives one risk to all three roles, and mentions no groups.
        for rule in baseline.rules.iter().filter(|rule| matches!(rule.on, Selector::Set { .. })) {
            assert_eq!((rule.by_tier, rule.groups), (false, Groups::None), "{}", rule.check.id);
        }
        for (check, variant) in [
            ("active-alert", "without-exception"),
            ("alert-switched-off", "all-on"),
            ("assigned-outside-pim", "without-exception"),
            ("missing-licence", "any-licence"),
        ] {
            let mut rules = baseline.rules.iter().filter(|rule| rule.check.id == check);
            assert!(rules.all(|rule| rule.expect.is_variant(variant)), "{check}");
        }
    }

    #[test]
    fn stig_keeps_the_category_of_each_rule() {
        let baseline = load("stig-entra").unwrap();
        for rule in baseline.rules.iter().filter(|rule| rule.origin.source == "stig") {
            let found = (rule.severity_for(Some(Tier::Standard)), rule.origin.level.as_deref());
            assert_eq!(found, (Severity::Medium, Some("CAT II")), "{}", rule.check.id);
        }
    }

    #[test]
    fn scuba_judges_the_share_whatever_the_number_is() {
        let baseline = load("scuba-aad").unwrap();
        let rule = rule_for(&baseline, "global-administrator-share", None).unwrap();
        let Expect::Share { count, among: Among::Users(others), .. } = &rule.expect else {
            panic!("{rule:?}")
        };
        assert_eq!((*count, others.len()), (None, 7));
    }

    #[test]
    fn scuba_judges_a_group_with_both_roles_by_7_8_and_by_7_9() {
        let baseline = load("scuba-aad").unwrap();
        let plan = bind(&baseline);
        let [global, other] = ["Global Administrator", "User Administrator"].map(role);
        let has =
            |role| StandsFor { role, tier: Tier::Critical, label: Label::Privileged, own: true };
        let member = Itself::Group(GroupAccess::Member);
        for (held, expected) in [
            (vec![has(&global)], ["MS.AAD.7.8v1"].as_slice()),
            (vec![has(&other)], &["MS.AAD.7.9v1"]),
            (vec![has(&global), has(&other)], &["MS.AAD.7.9v1", "MS.AAD.7.8v1"]),
        ] {
            let notices = ["shared-activation-mailbox", "unannounced-activation"];
            let bound = plan.checks.iter().filter(|bound| notices.contains(&bound.check.id));
            let found: Vec<&str> = bound
                .filter_map(|bound| bound.rule_for(&held, member))
                .flat_map(|rule| &rule.origin.controls)
                .map(String::as_str)
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_microsofts_page_only_names_as_a_possibility_is_not_scored() {
        let baseline = load("entra-best-practices").unwrap();
        let infos: BTreeSet<&str> =
            baseline.rules.iter().filter(|it| it.info).map(|it| it.check.id).collect();
        let expected = [
            "activation-without-approval",
            "activation-without-mfa",
            "redundant-grant",
            "standing-group-member",
            "standing-group-owner",
            "unannounced-activation",
            "unannounced-assignment",
            "unmanaged-role-group",
        ];
        assert_eq!(infos, BTreeSet::from(expected));
        let rule = |check| rule_for(&baseline, check, Some("Teams Administrator")).unwrap();
        assert_eq!(rule("synced-privileged-account").on, Selector::Holders);
        assert!(rule("permanent-active-assignment").expect.is_variant("every-role"));
        assert!(rule("admins-without-mfa").expect.is_variant("either-method"));
        assert!(rule("unusable-approvers").expect.is_variant("two-named"));
    }

    #[test]
    fn roles_table_says_what_its_source_says() {
        assert_eq!(
            rules("roles-table"),
            [
                "activation-too-long on all: high",
                "activation-too-long on role Global Administrator: high",
                "activation-without-justification on all: high",
                "admins-without-mfa on all: high",
                "daily-account-as-admin on role Global Administrator: low",
                "invalid-waiver on all: low",
                "missing-licence on all: low",
                "muted-notification on all: medium",
                "permanent-active-allowed on all: high info",
                "role-definition-changed on all: medium",
                "roles-table-mismatch on all: high",
                "tenant-wide-scope on all: low info",
                "unmanaged-role-group on all: high info",
                "unreviewed-access on all: high",
            ]
        );
        let baseline = load("roles-table").unwrap();
        for (name, limit) in [
            ("Global Administrator", "PT1H"),
            ("Privileged Role Administrator", "PT10H"),
            ("Security Administrator", "PT10H"),
            ("Security Reader", "PT10H"),
        ] {
            let found = at_most(&baseline, "activation-too-long", name);
            assert_eq!(found, Some((None, limit.to_owned())), "{name}");
        }
        let mut expected: BTreeMap<RoleId, TableRow> =
            ids(ELIGIBLE_BY_THE_TABLE).into_iter().map(|id| (id, TableRow::Eligible)).collect();
        expected.extend(
            ids(["Global Reader", "Billing Administrator"])
                .into_iter()
                .map(|id| (id, TableRow::Active)),
        );
        assert_eq!(table(&baseline), expected);
        assert_eq!(baseline.table.clone().unwrap().unlisted, Unlisted::Ignored);
        let global = Some("Global Administrator");
        let dedicated = rule_for(&baseline, "daily-account-as-admin", global).unwrap();
        assert!(dedicated.expect.is_variant("dedicated"));
    }

    #[test]
    fn investigators_hold_nine_roles_eligibly() {
        assert_eq!(
            rules("investigators"),
            [
                "activation-without-approval on roles investigators: high info",
                "activation-without-mfa on roles investigators: critical info",
                "active-assignment-too-long on roles investigators: medium info",
                "alert-switched-off on all: high info",
                "invalid-waiver on all: low",
                "permanent-active-allowed on roles investigators: high info",
                "roles-table-mismatch on all: high",
                "roles-table-mismatch on role Privileged Role Administrator: high",
                "unexpiring-eligibility on roles investigators: low info",
                "unreviewed-access on roles investigators: high info",
            ]
        );
        let baseline = load("investigators").unwrap();
        let expected: BTreeMap<RoleId, TableRow> =
            ids(INVESTIGATORS).into_iter().map(|id| (id, TableRow::Eligible)).collect();
        assert_eq!(table(&baseline), expected);
        for rule in &baseline.rules {
            if let Selector::Set { roles, .. } = &rule.on {
                assert_eq!(roles, &ids(INVESTIGATORS), "{}", rule.check.id);
            }
        }
        let name = Some("Privileged Role Administrator");
        let noted = rule_for(&baseline, "roles-table-mismatch", name).unwrap();
        assert!(noted.origin.because.contains("Security Reader"), "{}", noted.origin.because);
        assert_eq!(baseline.table.unwrap().unlisted, Unlisted::Ignored);
    }

    #[test]
    fn defender_office365_speaks_of_the_security_reader_and_of_standing_access() {
        assert_eq!(
            rules("defender-office365"),
            [
                "activation-too-long on role Security Reader: high",
                "activation-without-justification on sensitive: high",
                "activation-without-mfa on role Security Reader: critical",
                "activation-without-mfa on sensitive: critical",
                "activation-without-ticket on sensitive: low",
                "invalid-waiver on all: low",
                "permanent-active-assignment on all: critical",
                "roles-table-mismatch on all: high",
                "standing-group-member on all: critical",
                "standing-group-member on sensitive: critical",
                "standing-group-owner on all: high",
                "unmanaged-role-group on all: high",
                "unprotected-access-group on all: medium",
            ]
        );
        let baseline = load("defender-office365").unwrap();
        let limit = at_most(&baseline, "activation-too-long", "Security Reader");
        assert_eq!(limit, Some((None, "PT8H".into())));
        let reader = BTreeMap::from([(role("Security Reader"), TableRow::Eligible)]);
        assert_eq!(table(&baseline), reader);
    }
}
