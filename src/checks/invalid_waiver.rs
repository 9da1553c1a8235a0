//! `invalid-waiver`: waivers that hold no longer, never did, or accept nothing.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{Gap, Outcome};

/// The check.
pub static CHECK: Check = Check {
    id: "invalid-waiver",
    title: "Waiver that does not hold",
    what: "Judges the waivers of the organisation file. One that is expired, runs for more than 365 days, \
        has no reason, owner or expiry, names an unknown check or one that cannot be waived, or matches \
        no finding has no effect, and fails here by name.",
    why: "A waiver nobody looks after turns an accepted risk into a forgotten one. One that matches \
        nothing hides a typing error, or a risk that is long gone.",
    fix: Fix {
        portal: "No setting of the tenant: correct the waiver in the organisation file, or delete it",
        graph: &[],
    },
    references: &["NIST SP 800-53 RA-7"],
    subjects: Subjects::Tenant,
    needs: &[],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: false,
    judge,
};

const EXPECTED: &str = "every waiver is valid and matches a finding";

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let waivers = facts.organisation().waivers.len();
    let faults = facts.waiver_faults();
    let outcome = match (faults.len(), waivers) {
        (0, 0) => Outcome::pass("no waivers", EXPECTED),
        (0, 1) => Outcome::pass("1 waiver, valid", EXPECTED),
        (0, _) => Outcome::pass(format!("{waivers} waivers, all valid"), EXPECTED),
        (faults, _) => {
            Outcome::fail(counted(faults, "waiver is invalid", "waivers are invalid"), EXPECTED)
        }
    };
    let outcome = outcome.measure("faults", faults.len() as f64);
    Ok(faults.iter().fold(outcome, |outcome, fault| outcome.note(fault.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::Waiver;

    fn with(waivers: usize, faults: &[&str]) -> Case {
        let mut case = Case::new();
        let waiver = Waiver {
            check: "muted-notification".to_owned(),
            subject: "tenant".to_owned(),
            reason: None,
            owner: None,
            expires: None,
            ticket: None,
            approved_by: None,
            line: 12,
        };
        case.organisation.waivers = vec![waiver; waivers];
        case.waiver_faults = faults.iter().map(|&fault| fault.to_owned()).collect();
        case
    }

    #[test]
    fn every_fault_is_named_and_none_passes() {
        let cases: [(usize, &[&str], &str, &str); 5] = [
            (1, &["a (line 12): it has no reason"], "fail", "1 waiver is invalid"),
            (3, &["a: it expired", "b: it has no owner"], "fail", "2 waivers are invalid"),
            (2, &[], "pass", "2 waivers, all valid"),
            (1, &[], "pass", "1 waiver, valid"),
            (0, &[], "pass", "no waivers"),
        ];
        for (waivers, faults, expected, observed) in cases {
            let case = with(waivers, faults);
            let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{observed}");
            let details = outcome.details().unwrap();
            assert_eq!(details.observed, observed);
            assert_eq!(details.notes, faults);
            assert_eq!(details.measures, [("faults", faults.len() as f64)]);
        }
    }

    #[test]
    fn nobody_can_waive_it_and_nothing_can_keep_it_from_being_judged() {
        let check = &CHECK;
        assert!(!check.waivable);
        assert!(check.needs.is_empty() && check.subjects.listed_by().is_empty());
    }
}
