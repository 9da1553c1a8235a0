//! What reports say of people: when they last signed in, and what they can prove who they are with.

use super::{Text, collected, collection, time, typed};
use crate::model::{Collected, Dataset, Gap, PrincipalId, Registration, SignIns};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    sign_in_activity: Option<Activity<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Activity<'a> {
    #[serde(borrow)]
    last_successful_sign_in_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    last_sign_in_date_time: Option<Text<'a>>,
    #[serde(borrow)]
    last_non_interactive_sign_in_date_time: Option<Text<'a>>,
}

/// The last sign-ins of each user that was asked for; one without any never signed in.
pub(super) fn sign_ins(snapshot: &Snapshot<'_>) -> Collected<HashMap<PrincipalId, SignIns>> {
    let found = match collection(snapshot, Dataset::SignInActivity) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<UserRow<'_>>(found);
    let mut strange = rows.strange;
    let mut people = HashMap::with_capacity(rows.rows.len());
    for row in &rows.rows {
        match row.sign_in_activity.as_ref().map(activity).transpose() {
            Ok(sign_ins) => {
                people.insert(PrincipalId::new(&row.id), sign_ins.unwrap_or_default());
            }
            Err(cause) => {
                strange.get_or_insert_with(|| {
                    let detail = format!("signInActivity of {}: {cause}", row.id);
                    Gap::unreadable(Dataset::SignInActivity, detail)
                });
            }
        }
    }
    collected(people, [found.gap.clone(), strange])
}

fn activity(row: &Activity<'_>) -> Result<SignIns, String> {
    Ok(SignIns {
        successful: time(row.last_successful_sign_in_date_time.as_deref())?,
        interactive: time(row.last_sign_in_date_time.as_deref())?,
        non_interactive: time(row.last_non_interactive_sign_in_date_time.as_deref())?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    is_mfa_registered: Option<bool>,
    #[serde(borrow, default)]
    methods_registered: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    last_updated_date_time: Option<Text<'a>>,
}

/// The registration report by user. It lags, and leaves out some people.
pub(super) fn registrations(
    snapshot: &Snapshot<'_>,
) -> Collected<HashMap<PrincipalId, Registration>> {
    let found = match collection(snapshot, Dataset::RegistrationDetails) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<RegistrationRow<'_>>(found);
    let people = rows.rows.iter().map(|row| {
        let methods = row.methods_registered.iter().flatten();
        let registration = Registration {
            mfa: row.is_mfa_registered,
            methods: methods.map(|it| it.trim().into()).collect(),
            // Only a note needs it, so a time that cannot be read costs nothing else.
            updated: time(row.last_updated_date_time.as_deref()).unwrap_or_default(),
        };
        (PrincipalId::new(&row.id), registration)
    });
    collected(people.collect(), [found.gap.clone(), rows.strange])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;

    const TIME: &str = "2026-10-01T00:00:00Z";

    #[test]
    fn absent_null_and_year_one_are_never() {
        let at = time(Some(TIME)).unwrap();
        let never = SignIns::default();
        for (activity, expected) in [
            ("", Some(never)),
            (r#","signInActivity":null"#, Some(never)),
            (r#","signInActivity":{}"#, Some(never)),
            (r#","signInActivity":{"lastSignInDateTime":null}"#, Some(never)),
            (r#","signInActivity":{"lastSignInDateTime":"0001-01-01T00:00:00Z"}"#, Some(never)),
            (r#","signInActivity":{"lastSignInDateTime":"once"}"#, None),
            (
                r#","signInActivity":{"lastSignInDateTime":"2026-10-01T00:00:00Z"}"#,
                Some(SignIns { interactive: at, ..never }),
            ),
            (
                r#","signInActivity":{"lastSuccessfulSignInDateTime":"2026-10-01T00:00:00Z",
                    "lastNonInteractiveSignInDateTime":"2026-10-01T00:00:00"}"#,
                Some(SignIns { successful: at, non_interactive: at, ..never }),
            ),
        ] {
            let row = format!(r#"{{"id":"ANA"{activity}}}"#);
            let text = text(&[whole(Dataset::SignInActivity, None, &row)]);
            let found = sign_ins(&load(&text));
            let people = found.at_least().unwrap();
            assert_eq!(people.get(&PrincipalId::new("ana")).copied(), expected, "{activity}");
            assert_eq!(found.gap().is_none(), expected.is_some(), "{activity}");
        }
    }

    #[test]
    fn registrations_keep_the_words_of_graph() {
        let row = r#"{"id":"ANA","isMfaRegistered":true,
                "lastUpdatedDateTime":"2026-10-01T00:00:00Z",
                "methodsRegistered":["fido2SecurityKey","somethingNew"]},
            {"id":"bob","methodsRegistered":null,"lastUpdatedDateTime":"once"}"#;
        let text = text(&[whole(Dataset::RegistrationDetails, None, row)]);
        let Collected::Complete(people) = registrations(&load(&text)) else { panic!("whole") };
        let ana = Registration {
            mfa: Some(true),
            methods: vec!["fido2SecurityKey".into(), "somethingNew".into()],
            updated: time(Some(TIME)).unwrap(),
        };
        assert_eq!(people[&PrincipalId::new("ana")], ana);
        assert_eq!(people[&PrincipalId::new("bob")], Registration::default());
    }

    #[test]
    fn a_report_that_was_not_read_is_not_empty() {
        let row = r#"{"id":"ana"}"#;
        for (collections, whole_sign_ins, whole_registrations) in [
            (vec![], None, None),
            (vec![denied(Dataset::SignInActivity, None)], None, None),
            (vec![whole(Dataset::SignInActivity, None, row)], Some(true), None),
            (vec![cut(Dataset::RegistrationDetails, None, row)], None, Some(false)),
            (
                vec![whole(Dataset::RegistrationDetails, None, r#"{"id":"ana"},{}"#)],
                None,
                Some(false),
            ),
        ] {
            let text = text(&collections);
            let snapshot = load(&text);
            let found = sign_ins(&snapshot);
            let is_whole = (!found.is_missing()).then(|| found.gap().is_none());
            assert_eq!(is_whole, whole_sign_ins, "{collections:?}");
            let found = registrations(&snapshot);
            let is_whole = (!found.is_missing()).then(|| found.gap().is_none());
            assert_eq!(is_whole, whole_registrations, "{collections:?}");
        }
    }
}
