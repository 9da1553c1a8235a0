//! What a policy asks for, in words for people and as Graph writes it.
//!
//! Checks of activations and of active assignments show it alike.

use crate::model::Enablement;

/// What is asked for, in words: `MFA, justification`, or `nothing`.
pub fn asked_in_words(asked: Enablement) -> String {
    joined(asked, ["MFA", "justification", "ticket"]).unwrap_or_else(|| "nothing".to_owned())
}

/// `enabledRules` as Graph writes it: `[MultiFactorAuthentication, Justification]`.
pub fn enabled_rules(asked: Enablement) -> String {
    let names = joined(asked, ["MultiFactorAuthentication", "Justification", "Ticketing"]);
    format!("[{}]", names.unwrap_or_default())
}

fn joined(asked: Enablement, [mfa, justification, ticket]: [&str; 3]) -> Option<String> {
    let all = [(asked.mfa, mfa), (asked.justification, justification), (asked.ticket, ticket)];
    let names: Vec<_> = all.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_said_and_the_order_is_fixed() {
        for (mfa, justification, ticket, words, rules) in [
            (false, false, false, "nothing", "[]"),
            (false, true, true, "justification, ticket", "[Justification, Ticketing]"),
            (true, true, false, "MFA, justification", "[MultiFactorAuthentication, Justification]"),
        ] {
            let asked = Enablement { mfa, justification, ticket };
            assert_eq!(asked_in_words(asked), words);
            assert_eq!(enabled_rules(asked), rules);
        }
    }
}
