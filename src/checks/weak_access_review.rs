//! `weak-access-review`: whether the reviews of a privileged access are held so that they can help.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, review_call};
use crate::facts::Facts;
use crate::facts::reviews::{Held, is_of};
use crate::model::{
    Access, Cover, Dataset, DefaultDecision, Evidence, Gap, IsoDuration, Outcome, Review, roles,
};

const EXPECTED: &str = "at most 14 days, reviewers other than the reviewed, a reason for every approval, \
    mails and reminders, decisions applied, and for roles none where nobody decides";
const DELETE: &str =
    "DELETE /v1.0/identityGovernance/accessReviews/definitions/<id of the weak review>";
/// Longest review that is not put off to the last week; the benchmark's bound.
const LONGEST_DAYS: u32 = 14;
/// Of so many parts, one may be left undecided; pimaudit's own bound, a fifth.
const UNDECIDED_PARTS: u64 = 5;

/// The check.
pub static CHECK: Check = Check {
    id: "weak-access-review",
    title: "Access review that cannot help",
    what: "Judges every running, recurring review of a privileged role or of a group that leads to one by \
        seven settings, six for a group, and the weakest review decides. A review without reviewers \
        fails, as everybody then reviews themselves. At best met in part: a review of Global Administrator \
        that denies where nobody decides, and one whose last round left more than a fifth undecided.",
    why: "A review that nobody is asked to do, or whose answer changes nothing, is a list with a date on \
        it. One that takes away whatever nobody decides can take away the break-glass accounts.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Access reviews > (the review) > Settings; for a group: ID Governance > Access reviews \
            > (the review) > Settings. The Graph calls make a new review with all settings; delete the \
            weak one after it",
        graph: &[
            "POST /v1.0/identityGovernance/accessReviews/definitions \
            {\"displayName\":\"Quarterly review of a role\",\
            \"descriptionForAdmins\":\"Who still needs this role\",\
            \"descriptionForReviewers\":\"Approve only who still needs this role\",\
            \"scope\":{\"@odata.type\":\"#microsoft.graph.accessReviewQueryScope\",\
            \"query\":\"/roleManagement/directory/roleDefinitions/{role}\",\
            \"queryType\":\"MicrosoftGraph\"},\
            \"reviewers\":[{\"query\":\"/groups/<id of the reviewer group>/transitiveMembers\",\
            \"queryType\":\"MicrosoftGraph\"}],\
            \"settings\":{\"mailNotificationsEnabled\":true,\"reminderNotificationsEnabled\":true,\
            \"justificationRequiredOnApproval\":true,\"defaultDecisionEnabled\":false,\
            \"defaultDecision\":\"None\",\"instanceDurationInDays\":14,\
            \"autoApplyDecisionsEnabled\":true,\"recommendationsEnabled\":true,\
            \"recurrence\":{\"pattern\":{\"type\":\"absoluteMonthly\",\"interval\":3},\
            \"range\":{\"type\":\"noEnd\",\"startDate\":\"<date of the first review>\"}}}}",
            "POST /v1.0/identityGovernance/accessReviews/definitions \
            {\"displayName\":\"Quarterly review of a group that holds roles\",\
            \"descriptionForAdmins\":\"Who still needs this group\",\
            \"descriptionForReviewers\":\"Approve only who still needs this group\",\
            \"scope\":{\"@odata.type\":\"#microsoft.graph.accessReviewQueryScope\",\
            \"query\":\"/groups/{group}/transitiveMembers\",\"queryType\":\"MicrosoftGraph\"},\
            \"reviewers\":[{\"query\":\"/groups/<id of the reviewer group>/transitiveMembers\",\
            \"queryType\":\"MicrosoftGraph\"}],\
            \"settings\":{\"mailNotificationsEnabled\":true,\"reminderNotificationsEnabled\":true,\
            \"justificationRequiredOnApproval\":true,\"defaultDecisionEnabled\":false,\
            \"defaultDecision\":\"None\",\"instanceDurationInDays\":14,\
            \"autoApplyDecisionsEnabled\":true,\"recommendationsEnabled\":true,\
            \"recurrence\":{\"pattern\":{\"type\":\"absoluteMonthly\",\"interval\":3},\
            \"range\":{\"type\":\"noEnd\",\"startDate\":\"<date of the first review>\"}}}}",
            DELETE,
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.3",
        "PIM training unit: a reason for everybody who stays",
        "PIM concept and setup: access reviews",
    ],
    subjects: Subjects::ReviewedAccesses,
    needs: &[
        Dataset::AccessReviews,
        Dataset::AccessReviewInstances,
        Dataset::AccessReviewDecisions,
    ],
    variants: &[Variant {
        name: BEST_REVIEW,
        meaning: "of the reviews held at least every month that look at holders and at those who are \
            eligible the settings of the best decide, whatever came of the last round; it must not end, \
            and look at groups too; managers are reviewers also without a fallback; where there are only \
            other reviews, it fails",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// One setting of a review, and whether it is as it should be.
struct Item {
    /// What is asked for, in words.
    asked: &'static str,
    /// The property.
    field: &'static str,
    /// Its value.
    value: String,
    /// Whether it is so.
    met: Result<bool, Gap>,
}

/// What came of one review.
struct Quality<'a> {
    review: &'a Review,
    items: Vec<Item>,
    met: usize,
    /// Without reviewers, or with nothing that is as it should be.
    fails: bool,
    /// Decisions in all and those nobody took, where these are too many.
    undecided: Option<(u32, u32)>,
    notes: Vec<String>,
}

impl Quality<'_> {
    /// Too many undecided cost as much as one setting, where all are met.
    fn credit(&self) -> f64 {
        let asked = self.items.len();
        let met = if self.undecided.is_some() { self.met.min(asked - 1) } else { self.met };
        if self.fails { 0.0 } else { met as f64 / asked as f64 }
    }

    fn in_words(&self) -> String {
        if !self.review.has_reviewers {
            return "no reviewers: everybody reviews themselves".to_owned();
        }
        let asked = self.items.len();
        let unmet = self.items.iter().filter(|item| item.met == Ok(false)).map(|item| item.asked);
        let unmet: Vec<&str> = unmet.collect();
        let mut words = format!("{} of {asked} settings", self.met);
        if !unmet.is_empty() {
            words = format!("{words}, not: {}", unmet.join(", "));
        }
        match self.undecided {
            Some((all, open)) => format!("{words}, {open} of {all} left undecided"),
            None => words,
        }
    }
}

/// CIS 5.3.3: one review that is as it should be in everything.
const BEST_REVIEW: &str = "best-review";
const EXPECTED_BEST: &str = "one review at least every month of holders and of those who are eligible, \
    groups too, without an end, of at most 14 days, with reviewers other than the reviewed, a reason for \
    every approval, mails and reminders, decisions applied, and for roles none where nobody decides";
/// The longest month.
const MONTH: IsoDuration = IsoDuration::from_seconds(31 * 86_400);

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    // A review whose state is odd stands there all the same, and is judged.
    let reviews: Vec<&Review> = facts
        .review_of(access)?
        .into_iter()
        .filter(|it| looks_at(it, access) && !matches!(facts.held(it), Ok(Held::Not(_))))
        .collect();
    let found = if expect.is_variant(BEST_REVIEW) && !reviews.is_empty() {
        let judged = match best(facts, &reviews, access)? {
            Some(found) => outcome(found, reviews.len(), ("best", EXPECTED_BEST)),
            None => none_is_whole(&reviews, access),
        };
        Some(judged.calls(vec![review_call(access, MONTH), DELETE.to_owned()]))
    } else {
        weakest(&reviews, access)?.map(|found| outcome(found, reviews.len(), ("weakest", EXPECTED)))
    };
    Ok(found.unwrap_or_else(|| {
        Outcome::not_applicable("no running, recurring review; unreviewed-access judges that")
    }))
}

fn weakest<'a>(reviews: &[&'a Review], access: &Access) -> Result<Option<Quality<'a>>, Gap> {
    let mut unknown = None;
    let mut weakest: Option<Quality> = None;
    for review in reviews {
        match quality(review, access, true) {
            Ok(found) if weakest.as_ref().is_none_or(|it| found.credit() < it.credit()) => {
                weakest = Some(found);
            }
            Ok(_) => {}
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    match unknown {
        // One that fails is proof enough.
        Some(gap) if !weakest.as_ref().is_some_and(|it| it.fails) => Err(gap),
        Some(_) | None => Ok(weakest),
    }
}

/// The best of the reviews that are held every month and look at both sides: what one of them lacks
/// another cannot mend.
fn best<'a>(
    facts: &Facts,
    reviews: &[&'a Review],
    access: &Access,
) -> Result<Option<Quality<'a>>, Gap> {
    let mut unknown = None;
    let mut best: Option<Quality> = None;
    for review in reviews.iter().filter(|it| looks_at_both(it, access)) {
        let found = match facts.held(review) {
            Ok(Held::Every(interval)) if interval <= MONTH => quality(review, access, false),
            Ok(Held::Every(_) | Held::Not(_)) => continue,
            Err(gap) => Err(gap),
        };
        match found {
            Ok(found) if best.as_ref().is_none_or(|it| found.credit() > it.credit()) => {
                best = Some(found);
            }
            Ok(_) => {}
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    match unknown {
        // One that is as it should be is proof enough.
        Some(gap) if !best.as_ref().is_some_and(|it| it.credit() >= 1.0) => Err(gap),
        Some(_) | None => Ok(best),
    }
}

/// There are reviews, and none of them is held often enough and looks at everybody.
fn none_is_whole(reviews: &[&Review], access: &Access) -> Outcome {
    let observed = "no one review is held every month and looks at both";
    reviews.iter().fold(Outcome::fail(observed, EXPECTED_BEST), |outcome, review| {
        let whom = if looks_at_both(review, access) { "both" } else { "not both" };
        let field = "scope.resourceScopes";
        outcome.evidence(Evidence::new(Dataset::AccessReviews, &review.id, field, whom))
    })
}

/// The review looks at those who hold it and at those who are eligible. Of a group, whoever is in it is
/// both.
fn looks_at_both(review: &Review, access: &Access) -> bool {
    let of = |side: fn(&Cover) -> bool| {
        let mut covers = review.covers.iter();
        covers.any(|it| is_of(&it.access, access) && !it.guests_only && side(it))
    };
    match access {
        Access::DirectoryRole(_) => of(|cover| cover.active) && of(|cover| cover.eligible),
        Access::Group(..) => of(|_| true),
    }
}

/// The review is of this access, and not of its guests alone.
fn looks_at(review: &Review, access: &Access) -> bool {
    review.covers.iter().any(|cover| is_of(&cover.access, access) && !cover.guests_only)
}

/// Whether groups that hold the access are looked at beside people.
fn groups_in_scope(review: &Review, access: &Access) -> Item {
    let covers = review.covers.iter().filter(|it| is_of(&it.access, access) && !it.guests_only);
    let known: Vec<Option<bool>> = covers.map(|it| it.groups).collect();
    let (value, met) = if known.contains(&Some(true)) {
        ("with groups", Ok(true))
    } else if known.contains(&None) {
        let detail =
            format!("the principals in the scope of review {} are not understood", review.id);
        ("not understood", Err(Gap::unreadable(Dataset::AccessReviews, detail)))
    } else {
        ("without groups", Ok(false))
    };
    Item {
        asked: "groups in its scope",
        field: "scope.principalScopes",
        value: value.to_owned(),
        met,
    }
}

fn outcome(found: Quality<'_>, reviews: usize, (which, expected): (&str, &'static str)) -> Outcome {
    let observed = found.in_words();
    let credit = found.credit();
    let outcome = if found.fails {
        Outcome::fail(observed, expected)
    } else if credit < 1.0 {
        Outcome::partial(credit, observed, expected)
    } else {
        Outcome::pass(observed, expected)
    };
    let outcome = outcome.measure("settings met", found.met as f64).maybe_note(
        (reviews > 1)
            .then(|| format!("the {which} of {reviews} reviews decides: {}", found.review.name)),
    );
    let outcome = found.items.into_iter().fold(outcome, |outcome, item| {
        let row = &found.review.id;
        outcome.evidence(Evidence::new(Dataset::AccessReviews, row, item.field, item.value))
    });
    found.notes.into_iter().fold(outcome, Outcome::note)
}

fn quality<'a>(
    review: &'a Review,
    access: &Access,
    with_last_round: bool,
) -> Result<Quality<'a>, Gap> {
    let mut items = items(review, access, !with_last_round);
    if !with_last_round {
        let end = review.recurrence.as_ref().and_then(|it| it.end);
        items.push(Item {
            asked: "no end",
            field: "settings.recurrence.range",
            value: end.map_or_else(|| "noEnd".to_owned(), |end| end.to_string()),
            met: Ok(end.is_none()),
        });
        items.push(groups_in_scope(review, access));
    }
    let met = items.iter().filter(|item| item.met == Ok(true)).count();
    let gap = items.iter().find_map(|item| item.met.as_ref().err()).cloned();
    let fails = !review.has_reviewers || (met == 0 && gap.is_none());
    let mut found = Quality { review, items, met, fails, undecided: None, notes: Vec::new() };
    if found.fails {
        return Ok(found);
    }
    if let Some(gap) = gap {
        return Err(gap);
    }
    let global = access.role().is_some_and(|role| role.is(roles::GLOBAL_ADMINISTRATOR));
    if global && review.default_decision == DefaultDecision::Deny {
        found.notes.push("where nobody decides it may take away break-glass accounts".to_owned());
    }
    if !with_last_round {
        return Ok(found);
    }
    match last_round(review) {
        Ok(Some((all, open))) if u64::from(open) * UNDECIDED_PARTS > u64::from(all) => {
            found.undecided = Some((all, open));
        }
        Ok(Some(_)) => {}
        Ok(None) => found.notes.push("no round of it has ended yet".to_owned()),
        // It could only take the last bit of a whole pass.
        Err(gap) if found.met == found.items.len() => return Err(gap),
        Err(gap) => found.notes.push(format!("its last round is not known: {gap}")),
    }
    Ok(found)
}

/// Decisions in all and those nobody took in the last round that ended, where one has.
fn last_round(review: &Review) -> Result<Option<(u32, u32)>, Gap> {
    match review.last_ended.as_ref().map_err(Clone::clone)? {
        Some(ended) => ended.decisions.clone().map(Some),
        None => Ok(None),
    }
}

/// A manager is another than the reviewed; whether one is enough without a fallback differs.
fn items(review: &Review, access: &Access, managers: bool) -> Vec<Item> {
    let flag = |asked, field, on: bool| Item { asked, field, value: on.to_string(), met: Ok(on) };
    let unread = |detail: String| Gap::unreadable(Dataset::AccessReviews, detail);
    let mut items = vec![
        Item {
            asked: "at most 14 days",
            field: "settings.instanceDurationInDays",
            value: review.days.map_or_else(|| "null".to_owned(), |days| days.to_string()),
            met: match review.days {
                // A review of several stages says 0 here, and has its days at each stage.
                None | Some(0) => Err(unread(format!("{} says no duration", review.name))),
                Some(days) => Ok(days <= LONGEST_DAYS),
            },
        },
        Item {
            asked: "reviewers other than the reviewed",
            field: "reviewers",
            value: match (review.has_reviewers, review.self_review) {
                (false, _) => "[]".to_owned(),
                (true, true) if managers => "managers, without a fallback".to_owned(),
                (true, true) => "the reviewed".to_owned(),
                (true, false) => "named".to_owned(),
            },
            met: Ok(review.has_reviewers && (managers || !review.self_review)),
        },
        flag(
            "a reason for approvals",
            "settings.justificationRequiredOnApproval",
            review.reason_required,
        ),
        flag("mails", "settings.mailNotificationsEnabled", review.mails),
        flag("reminders", "settings.reminderNotificationsEnabled", review.reminders),
        flag("decisions applied", "settings.autoApplyDecisionsEnabled", review.applies),
    ];
    // Of a group, whatever happens where nobody decides is accepted.
    if access.role().is_some() {
        let (value, met) = match &review.default_decision {
            DefaultDecision::None => ("None", Ok(true)),
            DefaultDecision::Deny => ("Deny", Ok(false)),
            DefaultDecision::Approve => ("Approve", Ok(false)),
            DefaultDecision::Recommendation => ("Recommendation", Ok(false)),
            DefaultDecision::Other(word) => {
                (&**word, Err(unread(format!("defaultDecision {word:?} is unknown"))))
            }
        };
        items.push(Item {
            asked: "no decision where nobody decides",
            field: "settings.defaultDecision",
            value: value.to_owned(),
            met,
        });
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{
        Cover, EndedInstance, GapKind, GroupAccess, Interval, PrincipalId, Recurrence, RoleId,
    };

    fn role(id: &str) -> Access {
        Access::DirectoryRole(RoleId::new(id))
    }

    fn team() -> Access {
        Access::Group(PrincipalId::new("team"), GroupAccess::Member)
    }

    fn ended(decisions: Result<(u32, u32), Gap>) -> Result<Option<EndedInstance>, Gap> {
        Ok(Some(EndedInstance { ended: "2026-10-14T00:00:00Z".parse().unwrap(), decisions }))
    }

    fn unread() -> Gap {
        Gap::of(Dataset::AccessReviewDecisions, GapKind::Failed, "503")
    }

    /// One more review of this access, with everything as it should be, changed.
    fn add(case: &mut Case, access: &Access, change: impl FnOnce(&mut Review)) {
        let review = case.review(access.clone());
        review.status = "InProgress".into();
        review.covers = vec![Cover {
            access: access.clone(),
            active: true,
            eligible: true,
            guests_only: false,
            groups: Some(true),
        }];
        review.recurrence = Some(Recurrence {
            every: Interval::Months(3),
            start: Some("2026-01-01".parse().unwrap()),
            end: None,
        });
        review.days = Some(14);
        review.has_reviewers = true;
        review.self_review = false;
        review.reason_required = true;
        review.mails = true;
        review.reminders = true;
        review.applies = true;
        review.default_decision = DefaultDecision::None;
        review.last_ended = ended(Ok((10, 2)));
        change(review);
    }

    fn judged(access: &Access, change: impl FnOnce(&mut Review)) -> Result<Outcome, Gap> {
        let mut case = Case::new();
        add(&mut case, access, change);
        case.judge_access(&CHECK, access.clone(), &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn has_note(outcome: &Outcome, words: &str) -> bool {
        outcome.details().unwrap().notes.iter().any(|note| note.contains(words))
    }

    #[test]
    fn unread_reviews_are_not_assessed_and_no_review_is_not_applicable() {
        let access = role(GLOBAL_ADMINISTRATOR);
        let mut case = Case::new();
        let outcome = case.judge_access(&CHECK, access.clone(), &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "not-applicable");
        case.missing(Dataset::AccessReviews);
        let gap = case.judge_access(&CHECK, access, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }

    #[test]
    fn only_reviews_that_run_and_recur_are_judged() {
        type Change = fn(&mut Review);
        let cases: [(&str, Change, &str); 6] = [
            ("once", |it| it.recurrence = None, "not-applicable"),
            ("over", |it| it.status = "Completed".into(), "not-applicable"),
            ("guests", |it| it.covers[0].guests_only = true, "not-applicable"),
            (
                "another role",
                |it| it.covers[0].access = role(SECURITY_ADMINISTRATOR),
                "not-applicable",
            ),
            // It is there; whether it runs is another check's question.
            ("odd state", |it| it.status = "Paused".into(), "pass"),
            ("as it should be", |_| {}, "pass"),
        ];
        for (name, change, expected) in cases {
            let outcome = judged(&role(GLOBAL_ADMINISTRATOR), change).unwrap();
            assert_eq!(outcome.name(), expected, "{name}");
        }
    }

    #[test]
    fn each_setting_costs_a_seventh() {
        type Change = fn(&mut Review);
        let cases: [(&str, Change); 9] = [
            ("at most 14 days", |it| it.days = Some(15)),
            ("reviewers other than the reviewed", |it| it.self_review = true),
            ("a reason for approvals", |it| it.reason_required = false),
            ("mails", |it| it.mails = false),
            ("reminders", |it| it.reminders = false),
            ("decisions applied", |it| it.applies = false),
            ("no decision where nobody decides", |it| it.default_decision = DefaultDecision::Deny),
            ("no decision where nobody decides", |it| {
                it.default_decision = DefaultDecision::Approve;
            }),
            ("no decision where nobody decides", |it| {
                it.default_decision = DefaultDecision::Recommendation;
            }),
        ];
        for (asked, change) in cases {
            let outcome = judged(&role(SECURITY_ADMINISTRATOR), change).unwrap();
            assert_eq!(outcome.name(), "partial", "{asked}");
            assert_eq!(credit_of(&outcome), 6.0 / 7.0, "{asked}");
            let details = outcome.details().unwrap();
            assert_eq!(details.observed, format!("6 of 7 settings, not: {asked}"));
            assert_eq!(details.evidence.len(), 7);
        }
        let outcome = judged(&role(SECURITY_ADMINISTRATOR), |it| it.days = Some(1)).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("pass", 1.0));
    }

    #[test]
    fn a_group_is_asked_six_and_may_deny_where_nobody_decides() {
        for decision in [DefaultDecision::None, DefaultDecision::Deny, DefaultDecision::Approve] {
            let outcome = judged(&team(), |it| it.default_decision = decision.clone()).unwrap();
            assert_eq!(outcome.name(), "pass", "{decision:?}");
            assert_eq!(outcome.details().unwrap().observed, "6 of 6 settings");
        }
        let outcome = judged(&team(), |it| it.mails = false).unwrap();
        assert_eq!(credit_of(&outcome), 5.0 / 6.0);
    }

    #[test]
    fn without_reviewers_or_with_nothing_right_it_fails() {
        let nobody = |it: &mut Review| {
            it.has_reviewers = false;
            it.self_review = true;
        };
        let outcome = judged(&role(GLOBAL_ADMINISTRATOR), nobody).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0));
        // It fails whatever could not be read beside it.
        let outcome = judged(&role(GLOBAL_ADMINISTRATOR), |it| {
            nobody(it);
            it.days = None;
            it.last_ended = Err(unread());
        });
        assert_eq!(outcome.unwrap().name(), "fail");
        let nothing = |it: &mut Review| {
            it.days = Some(30);
            it.self_review = true;
            it.reason_required = false;
            it.mails = false;
            it.reminders = false;
            it.applies = false;
            it.default_decision = DefaultDecision::Approve;
        };
        for access in [role(GLOBAL_ADMINISTRATOR), team()] {
            let outcome = judged(&access, nothing).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0), "{access:?}");
        }
    }

    #[test]
    fn a_setting_that_cannot_be_understood_is_not_assessed() {
        type Change = fn(&mut Review);
        let cases: [(&str, Change); 3] = [
            ("no days", |it| it.days = None),
            ("several stages", |it| it.days = Some(0)),
            ("new word", |it| it.default_decision = DefaultDecision::Other("Ask".into())),
        ];
        for (name, change) in cases {
            let gap = judged(&role(GLOBAL_ADMINISTRATOR), change).unwrap_err();
            assert_eq!(gap.kind, GapKind::Unreadable, "{name}");
        }
    }

    #[test]
    fn denying_where_nobody_decides_is_dangerous_for_global_administrator_alone() {
        for (id, expected) in [(GLOBAL_ADMINISTRATOR, true), (SECURITY_ADMINISTRATOR, false)] {
            let deny = |it: &mut Review| it.default_decision = DefaultDecision::Deny;
            let outcome = judged(&role(id), deny).unwrap();
            assert_eq!(outcome.name(), "partial", "{id}");
            assert_eq!(has_note(&outcome, "break-glass"), expected, "{id}");
        }
    }

    #[test]
    fn more_than_a_fifth_undecided_is_no_whole_pass() {
        for (decisions, met_all, expected) in [
            (Ok((10, 2)), true, Ok(1.0)),
            (Ok((10, 3)), true, Ok(6.0 / 7.0)),
            (Ok((0, 0)), true, Ok(1.0)),
            (Ok((1, 1)), true, Ok(6.0 / 7.0)),
            // It costs nothing more where something else is missing already.
            (Ok((10, 3)), false, Ok(6.0 / 7.0)),
            (Err(unread()), true, Err(GapKind::Failed)),
            (Err(unread()), false, Ok(6.0 / 7.0)),
        ] {
            let outcome = judged(&role(SECURITY_ADMINISTRATOR), |it| {
                it.mails = met_all;
                it.last_ended = ended(decisions.clone());
            });
            let credit = outcome.as_ref().map(credit_of).map_err(|gap| gap.kind);
            assert_eq!(credit, expected, "{decisions:?} {met_all}");
        }
        let outcome = judged(&role(SECURITY_ADMINISTRATOR), |it| it.last_ended = Err(unread()));
        assert_eq!(outcome.unwrap_err().kind, GapKind::Failed);
        let outcome = judged(&role(SECURITY_ADMINISTRATOR), |it| it.last_ended = Ok(None));
        let outcome = outcome.unwrap();
        assert_eq!(outcome.name(), "pass");
        assert!(has_note(&outcome, "no round of it has ended yet"));
    }

    #[test]
    fn the_weakest_of_several_reviews_decides_or_the_best() {
        type Change = fn(&mut Review);
        let good: Change = |_| {};
        let weak: Change = |it| it.mails = false;
        let bad: Change = |it| it.has_reviewers = false;
        let odd: Change = |it| it.days = None;
        let ends: Change = |it| {
            if let Some(recurrence) = &mut it.recurrence {
                recurrence.end = Some("2099-01-01".parse().unwrap());
            }
        };
        let of_active: Change = |it| it.covers[0].eligible = false;
        let weak_of_eligible: Change = |it| {
            it.covers[0].active = false;
            it.mails = false;
        };
        let of_both: Change = |it| {
            it.covers[0].eligible = false;
            let of_eligible = Cover { active: false, eligible: true, ..it.covers[0].clone() };
            it.covers.push(of_eligible);
        };
        let managers: Change = |it| it.self_review = true;
        let quarterly: Change = |it| every(it, Interval::Months(3));
        let unheard_of: Change = |it| every(it, Interval::Other("daily".into()));
        let unreadable = Err(GapKind::Unreadable);
        for (changes, weakest, best) in [
            ([good, weak], Ok("partial"), Ok("pass")),
            ([weak, good], Ok("partial"), Ok("pass")),
            ([weak, bad], Ok("fail"), Ok("partial")),
            ([good, odd], unreadable, Ok("pass")),
            ([odd, bad], Ok("fail"), unreadable),
            ([ends, weak], Ok("partial"), Ok("partial")),
            ([ends, good], Ok("pass"), Ok("pass")),
            // One for those who hold it, another for those who are eligible: none is whole.
            ([of_active, weak_of_eligible], Ok("partial"), Ok("fail")),
            ([of_both, weak], Ok("partial"), Ok("pass")),
            // What the monthly one lacks the quarterly one cannot mend.
            ([weak, quarterly], Ok("partial"), Ok("partial")),
            ([quarterly, quarterly], Ok("pass"), Ok("fail")),
            // The manager is somebody else.
            ([managers, bad], Ok("fail"), Ok("pass")),
            ([managers, good], Ok("partial"), Ok("pass")),
            ([quarterly, good], Ok("pass"), Ok("pass")),
            // How often one is held is not known.
            ([unheard_of, weak], Ok("partial"), unreadable),
            ([unheard_of, good], Ok("pass"), Ok("pass")),
        ] {
            let access = role(GLOBAL_ADMINISTRATOR);
            let mut case = Case::new();
            for change in changes {
                add(&mut case, &access, |it| {
                    every(it, Interval::Months(1));
                    change(it);
                });
            }
            for (expect, which, expected) in [
                (Expect::Required, "weakest", weakest),
                (Expect::Variant(BEST_REVIEW), "best", best),
            ] {
                let outcome = case.judge_access(&CHECK, access.clone(), &expect);
                let name = outcome.as_ref().map(Outcome::name).map_err(|gap| gap.kind);
                assert_eq!(name, expected, "{which}");
                if let Ok(outcome) = outcome
                    && !outcome.details().unwrap().observed.starts_with("no one review")
                {
                    let note = format!("the {which} of 2 reviews");
                    assert!(has_note(&outcome, &note), "{outcome:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_review_the_best_is_not_applicable_and_once_a_month_is_enough() {
        let best = Expect::Variant(BEST_REVIEW);
        let access = role(GLOBAL_ADMINISTRATOR);
        let outcome = Case::new().judge_access(&CHECK, access.clone(), &best).unwrap();
        assert_eq!(outcome.name(), "not-applicable");
        for (interval, expected) in [
            (Interval::Weeks(1), "pass"),
            (Interval::Weeks(4), "pass"),
            (Interval::Weeks(5), "fail"),
            (Interval::Months(1), "pass"),
            (Interval::Months(2), "fail"),
        ] {
            let mut case = Case::new();
            add(&mut case, &access, |it| every(it, interval.clone()));
            let outcome = case.judge_access(&CHECK, access.clone(), &best).unwrap();
            assert_eq!(outcome.name(), expected, "{interval:?}");
            let details = outcome.details().unwrap();
            assert_eq!(details.expected, EXPECTED_BEST, "{interval:?}");
            let calls = details.calls.as_deref().unwrap();
            let monthly = r#""pattern":{"type":"absoluteMonthly","interval":1}"#;
            assert!(calls[0].contains(monthly), "{}", calls[0]);
            assert_eq!(calls[1..], [DELETE], "{interval:?}");
        }
    }

    fn every(review: &mut Review, interval: Interval) {
        if let Some(recurrence) = &mut review.recurrence {
            recurrence.every = interval;
        }
    }
}
