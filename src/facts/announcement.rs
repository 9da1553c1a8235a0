//! Shared judgement: whom a notification of a policy reaches.
//!
//! Reads addresses and sets them against the verified domains and the declared security mailboxes.
//! What the baseline makes of it is for the checks to say.

use super::Facts;
use crate::model::{ActivationPolicy, Evidence, Gap, Notification, NotificationRule};
use std::collections::BTreeSet;

/// How far a notification reaches, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// No named recipient, and the default recipients are switched off.
    Nobody,
    /// The default recipients alone.
    Defaults,
    /// Named recipients, of critical notices only.
    NamedCritical,
    /// Named recipients, of all notices.
    Named,
}

/// Whom one notification reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// How far.
    pub reached: Reached,
    /// Named recipients that are mail addresses, lower case.
    pub addresses: BTreeSet<String>,
    /// What is odd about the recipients.
    pub notes: Vec<String>,
}

impl Announcement {
    /// Whom it reaches, in words.
    pub fn in_words(&self) -> String {
        let names = || self.addresses.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match self.reached {
            Reached::Nobody => "nobody".to_owned(),
            Reached::Defaults => "default recipients only".to_owned(),
            Reached::NamedCritical => format!("{}, critical notices only", names()),
            Reached::Named => names(),
        }
    }
}

impl Facts<'_, '_> {
    /// Whom a notification reaches. Needs the organisation, for its verified domains; without them no
    /// address is called foreign.
    pub fn announcement(&self, notification: &Notification) -> Announcement {
        let verified = self.domains().ok();
        let mut addresses = BTreeSet::new();
        let mut notes = Vec::new();
        for recipient in &notification.recipients {
            let Some((address, domain)) = read_address(recipient) else {
                notes
                    .push(format!("recipient {recipient:?} is no mail address and does not count"));
                continue;
            };
            if verified
                .is_some_and(|known| !known.iter().any(|one| one.eq_ignore_ascii_case(&domain)))
            {
                notes.push(format!("{address} is outside the verified domains of the tenant"));
            }
            addresses.insert(address);
        }
        let reached = match (addresses.is_empty(), notification.all) {
            (false, true) => Reached::Named,
            (false, false) => Reached::NamedCritical,
            (true, _) if notification.default_recipients => Reached::Defaults,
            (true, _) => Reached::Nobody,
        };
        Announcement { reached, addresses, notes }
    }

    /// True when security mailboxes are declared and none of them is among these addresses.
    pub fn misses_security(&self, addresses: &BTreeSet<String>) -> bool {
        let declared = self.organisation().security_mailboxes.len();
        declared > 0 && self.left_out(addresses).len() == declared
    }

    /// The declared security mailboxes that are not among these addresses.
    pub fn left_out(&self, addresses: &BTreeSet<String>) -> Vec<&str> {
        let declared = self.organisation().security_mailboxes.iter().map(|mailbox| mailbox.trim());
        let missing =
            |mailbox: &&str| !addresses.iter().any(|address| address.eq_ignore_ascii_case(mailbox));
        declared.filter(missing).collect()
    }
}

/// One notification rule of a policy; a rule that is missing is a gap.
pub fn notification(
    policy: &ActivationPolicy,
    rule: NotificationRule,
) -> Result<&Notification, Gap> {
    match policy.notifications.get(&rule) {
        Some(Ok(notification)) => Ok(notification),
        Some(Err(gap)) => Err(gap.clone()),
        None => Err(Gap::unreadable(
            policy.dataset,
            format!("notification rule {rule} is missing from the policy"),
        )),
    }
}

/// Where a notification's recipients were read: the named ones, the level and the default ones.
pub fn notification_evidence(
    policy: &ActivationPolicy,
    rule: NotificationRule,
    notification: &Notification,
) -> [Evidence; 3] {
    let evidence = |field: &str, value: String| {
        Evidence::new(policy.dataset, &policy.id, format!("{rule}.{field}"), value)
    };
    let level = if notification.all { "All" } else { "Critical" };
    [
        evidence("notificationRecipients", format!("[{}]", notification.recipients.join(", "))),
        evidence("notificationLevel", level.to_owned()),
        evidence("isDefaultRecipientsEnabled", notification.default_recipients.to_string()),
    ]
}

/// An address and its domain, lower case: one `@`, both sides filled, no blanks or control characters.
fn read_address(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let (name, domain) = text.split_once('@')?;
    let odd = |character: char| character.is_whitespace() || character.is_control();
    if name.is_empty() || domain.is_empty() || domain.contains('@') || text.contains(odd) {
        return None;
    }
    Some((text.to_lowercase(), domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_one_at_sign_between_two_names_is_an_address() {
        for (text, expected) in [
            ("", None),
            ("soc", None),
            ("@contoso.example", None),
            ("soc@", None),
            ("soc@a@contoso.example", None),
            ("a@contoso.example;b@contoso.example", None),
            ("so c@contoso.example", None),
            ("soc@contoso\u{7}.example", None),
            ("soc@contoso.example\nbcc@contoso.example", None),
            (" SOC@Contoso.Example ", Some(("soc@contoso.example", "contoso.example"))),
            ("soc@intranet", Some(("soc@intranet", "intranet"))),
        ] {
            let expected = expected.map(|(a, b): (&str, &str)| (a.to_owned(), b.to_owned()));
            assert_eq!(read_address(text), expected, "{text:?}");
        }
    }
}
