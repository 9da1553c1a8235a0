//! Azure roles: what a change states of them. Azure resources are not read, so nothing is compared.

use super::detect::Item;
use super::edit::{RuleChange, Stated};
use super::graph_body::not_assessed;

/// Why nothing about Azure is judged.
pub(super) const UNREAD: &str = "settings and assignments of Azure resources are not read, so only \
    what is stated is known";

/// The settings of an Azure role, as far as a change states them.
pub(super) fn settings(of: impl Into<String>, rules: Vec<RuleChange>) -> Item {
    let words: Vec<String> =
        rules.iter().map(|rule| format!("{}: {}", rule.id(), rule.in_words())).collect();
    let stated = Stated { of: of.into(), rules };
    Item { edits: only_stated(&words.join("; ")), stated: Some(stated), ..Item::default() }
}

/// Anything else about an Azure role, in words; none where nothing is stated.
pub(super) fn other(words: &str) -> Item {
    only_stated(words).into()
}

fn only_stated(words: &str) -> Vec<super::edit::Edit> {
    vec![match words {
        "" => not_assessed(UNREAD),
        words => not_assessed(&format!("{UNREAD}; stated: {words}")),
    }]
}

/// Who gets what where, and until when, in words.
pub(super) fn grant(
    principal: Option<&str>,
    how: &str,
    role: Option<&str>,
    scope: Option<&str>,
    end: &str,
) -> String {
    let or = |text: Option<&str>| text.unwrap_or("(known after the change)").to_owned();
    format!("{} {how} {} at {} {end}", or(principal), or(role), or(scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precheck::edit::Lasting;

    #[test]
    fn what_is_stated_is_told_and_kept() {
        let rule =
            RuleChange::Expiration { of: Lasting::Activation, required: None, maximum: None };
        let item = settings("role Owner at /x", vec![rule.clone()]);
        assert_eq!(item.stated.as_ref().unwrap().rules, [rule]);
        let words = item.edits[0].to_string();
        assert!(words.ends_with("stated: Expiration_EndUser_Assignment: nothing"), "{words}");
        assert_eq!(other("").edits[0].to_string(), format!("is not assessed: {UNREAD}"));
        assert_eq!(
            grant(Some("p"), "eligible for", None, Some("/s"), "for 8 h"),
            "p eligible for (known after the change) at /s for 8 h"
        );
    }
}
