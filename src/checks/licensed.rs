//! The licences without which a test of the Zero Trust Assessment is skipped.

use crate::facts::Facts;
use crate::model::licence::P2_PLAN;
use crate::model::{Gap, Outcome};

/// Service plan of Microsoft Entra ID P1, which P2 brings along.
pub(super) const P1_PLAN: &str = "41781fb2-bc02-4b7c-bd55-b576c07bb09d";
/// Service plan of Microsoft Intune, `INTUNE_A`.
pub(super) const INTUNE_PLAN: &str = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5";

/// A licence of the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Licence {
    /// Microsoft Entra ID P1.
    EntraP1,
    /// Microsoft Entra ID P2.
    EntraP2,
    /// Microsoft Intune.
    Intune,
}

impl Licence {
    const fn plan(self) -> &'static str {
        match self {
            Self::EntraP1 => P1_PLAN,
            Self::EntraP2 => P2_PLAN,
            Self::Intune => INTUNE_PLAN,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::EntraP1 => "Microsoft Entra ID P1",
            Self::EntraP2 => "Microsoft Entra ID P2",
            Self::Intune => "Microsoft Intune",
        }
    }
}

/// What 51016 takes.
pub(super) const INTUNE_WITH_PIM: [Licence; 2] = [Licence::Intune, Licence::EntraP2];

/// What is said of a tenant without one of these: that the question does not arise, as the tests skip
/// it. As they do, it looks for the service plan in every product that was not deleted, provisioned or not,
/// and not at how many units of it are left.
pub(super) fn skipped(facts: &Facts, licences: &[Licence]) -> Result<Option<Outcome>, Gap> {
    let skus = facts.licences()?;
    let has = |licence: &Licence| {
        let left = skus.iter().filter(|sku| !sku.deleted);
        let mut plans = left.flat_map(|sku| sku.plans.iter().chain(&sku.other_plans));
        plans.any(|it| it.eq_ignore_ascii_case(licence.plan()))
    };
    let missing = licences.iter().find(|licence| !has(licence));
    Ok(missing.map(|licence| Outcome::NotApplicable {
        why: format!("without {} the test is skipped", licence.name()).into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::facts::tenant_subject;
    use crate::model::{Collected, Dataset, GapKind, Sku};

    /// True where it is skipped.
    fn found(case: &Case, licences: &[Licence]) -> Result<bool, GapKind> {
        let (world, subject) = (case.world(), tenant_subject());
        let facts = world.facts(&subject, &[Dataset::SubscribedSkus]);
        match skipped(&facts, licences) {
            Ok(None) => Ok(false),
            Ok(Some(outcome)) => {
                assert_eq!(outcome.name(), "not-applicable");
                Ok(true)
            }
            Err(gap) => Err(gap.kind),
        }
    }

    #[test]
    fn every_licence_must_be_there_in_whatever_product() {
        let sku = |plan: &str, usable: bool| Sku {
            name: "SKU".into(),
            id: plan.into(),
            usable,
            units: 0,
            plans: vec![plan.into()],
            other_plans: Vec::new(),
            deleted: false,
        };
        let pending = |plan: &str, deleted| Sku {
            plans: Vec::new(),
            other_plans: vec![plan.into()],
            deleted,
            ..sku(plan, true)
        };
        let upper = INTUNE_PLAN.to_ascii_uppercase();
        for (skus, p1, intune) in [
            (vec![], false, false),
            (vec![sku(P1_PLAN, true)], true, false),
            (vec![sku(INTUNE_PLAN, true)], false, false),
            (vec![sku(P2_PLAN, true)], false, false),
            (vec![sku(&upper, true), sku(P2_PLAN, false)], false, true),
            (vec![sku(INTUNE_PLAN, true), sku(P2_PLAN, true), sku(P1_PLAN, true)], true, true),
            // Not provisioned yet, which the tests do not look at.
            (vec![pending(INTUNE_PLAN, false), sku(P2_PLAN, true)], false, true),
            (vec![pending(INTUNE_PLAN, true), sku(P2_PLAN, true)], false, false),
        ] {
            let mut case = Case::new();
            let plans: Vec<_> = skus.iter().map(|sku| sku.id.clone()).collect();
            case.tenant.licences = Collected::Complete(skus);
            for (licences, has) in [(&[Licence::EntraP1][..], p1), (&INTUNE_WITH_PIM, intune)] {
                assert_eq!(found(&case, licences), Ok(!has), "{plans:?}: {licences:?}");
            }
        }
    }

    #[test]
    fn licences_that_were_not_read_are_no_licences_that_are_missing() {
        let mut case = Case::new();
        case.missing(Dataset::SubscribedSkus);
        assert_eq!(found(&case, &INTUNE_WITH_PIM), Err(GapKind::PermissionDenied));
    }
}
