//! What to do about the codes with which Entra ID refuses a sign-in (`AADSTS` and a number).
//!
//! One line of advice per code; codes as in Microsoft's list of authentication error codes. Also the
//! address where an administrator consents. How a code is found in a text lives in `error`.

use crate::model::Endpoints;
use url::Url;

/// Codes that mean: an administrator has to consent first.
const CONSENT: [u32; 4] = [65001, 90093, 90094, 90095];

const MFA: &str = "this sign-in needs multifactor authentication: sign in with --auth browser";
const CONDITIONAL_ACCESS: &str = "Conditional Access blocks this sign-in; many tenants block device \
     codes: try --auth browser on a managed device, or ask for an exception";
const SIGN_IN_AGAIN: &str = "the sign-in is no longer valid: sign in again";
const FEDERATION: &str = "no federated credential of the application matches the token: compare \
     issuer, subject and audience on its Certificates & secrets page, Federated credentials";
const TENANT: &str = "there is no such tenant in this cloud: check --tenant and --cloud";
const CLOUD: &str = "the tenant belongs to another cloud: name it with --cloud";
const OUTSIDER: &str = "the account is not in this tenant: sign in with an account of the tenant, or \
     name the account's own tenant with --tenant";
const APPLICATION: &str = "the application is not in this tenant: check --client-id and --tenant, or \
     let an administrator of the tenant consent to it";
const CERTIFICATE: &str = "the certificate is not one of the application's, or has expired: upload it \
     on the application's Certificates & secrets page";
const CLOCK: &str = "the clock of this machine is wrong: set it, then try again";
const PUBLIC_CLIENT: &str = "the application is no public client: turn on `Allow public client flows` \
     on its Authentication page, or sign in without --client-id";
const PASSWORD: &str = "the password is wrong, expired or has to be changed: settle that at the \
     sign-in page of the organisation first";
const ACCOUNT: &str = "the account is disabled or locked: ask an administrator";
const DISABLED: &str = "the application is disabled in this tenant: ask an administrator";

/// Every other code with advice, in the order of the codes.
const ADVICE: &[(u32, &str)] = &[
    (16000, OUTSIDER),
    (
        50011,
        "the application does not know the redirect address: add http://localhost under Mobile and \
         desktop applications on its Authentication page",
    ),
    (50020, OUTSIDER),
    (50034, "there is no such account in this tenant: check the user name and --tenant"),
    (50053, ACCOUNT),
    (50055, PASSWORD),
    (50057, ACCOUNT),
    (50059, "the tenant is not known: name it with --tenant"),
    (50072, MFA),
    (50074, MFA),
    (50076, MFA),
    (50078, MFA),
    (50079, MFA),
    (50097, CONDITIONAL_ACCESS),
    (
        50105,
        "the account is not assigned to the application: assign it on the application's Users and \
         groups page, or turn off `Assignment required`",
    ),
    (50126, PASSWORD),
    (50128, TENANT),
    (50131, CONDITIONAL_ACCESS),
    (50158, MFA),
    (50173, SIGN_IN_AGAIN),
    (50194, "the application knows one tenant only: name it with --tenant"),
    (53000, CONDITIONAL_ACCESS),
    (53001, CONDITIONAL_ACCESS),
    (53002, CONDITIONAL_ACCESS),
    (53003, CONDITIONAL_ACCESS),
    (
        65002,
        "this Microsoft application may not ask for these permissions: use an application of your \
         own with --client-id",
    ),
    (65004, "the consent was declined: sign in again and accept, or let an administrator consent"),
    (70008, SIGN_IN_AGAIN),
    (70011, "this cloud does not know one of the permissions asked for: check --cloud"),
    (70019, "the code expired before anybody used it: sign in again"),
    (70021, FEDERATION),
    (70043, SIGN_IN_AGAIN),
    (90002, TENANT),
    (90038, CLOUD),
    (90072, OUTSIDER),
    (
        500011,
        "the tenant does not know Microsoft Graph by this name: the tenant is probably in another \
         cloud, name it with --cloud",
    ),
    (530032, CONDITIONAL_ACCESS),
    (530035, CONDITIONAL_ACCESS),
    (530036, CONDITIONAL_ACCESS),
    (700016, APPLICATION),
    (700024, CLOCK),
    (700027, CERTIFICATE),
    (700030, CERTIFICATE),
    (700082, SIGN_IN_AGAIN),
    (700211, FEDERATION),
    (700212, FEDERATION),
    (700213, FEDERATION),
    (900023, TENANT),
    (900382, CLOUD),
    (900432, CLOUD),
    (7000112, DISABLED),
    (
        7000215,
        "the client secret is wrong: AZURE_CLIENT_SECRET takes the value of the secret, not its id",
    ),
    (7000218, PUBLIC_CLIENT),
    (
        7000222,
        "the client secret has expired: add a new one on the application's Certificates & secrets \
         page",
    ),
];

/// What to do about `code`; `consent` is the address where an administrator consents to the
/// application in question.
pub(super) fn advice(code: u32, consent: Option<&str>) -> Option<String> {
    if CONSENT.contains(&code) {
        return Some(match consent {
            Some(address) => format!("an administrator has to consent once, here: {address}"),
            None => {
                "an administrator has to consent to the application's permissions once".to_owned()
            }
        });
    }
    let found = ADVICE.iter().find(|(known, _)| *known == code);
    found.map(|(_, advice)| (*advice).to_owned())
}

/// Where an administrator consents to all permissions an application registration lists.
pub(super) fn registered_consent(endpoints: &Endpoints, tenant: &str, client: &str) -> Option<Url> {
    let mut address = endpoints.login.join(&format!("{tenant}/adminconsent")).ok()?;
    address.query_pairs_mut().append_pair("client_id", client);
    Some(address)
}

/// Where an administrator consents to exactly `scopes`, registered or not.
///
/// Afterwards the browser is sent to localhost, where nobody listens by then; the consent holds.
pub(super) fn delegated_consent(
    endpoints: &Endpoints,
    tenant: &str,
    client: &str,
    scopes: &str,
) -> Option<Url> {
    let mut address = endpoints.login.join(&format!("{tenant}/v2.0/adminconsent")).ok()?;
    address
        .query_pairs_mut()
        .append_pair("client_id", client)
        .append_pair("scope", scopes)
        .append_pair("redirect_uri", "http://localhost");
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_once_and_in_order() {
        assert!(ADVICE.is_sorted_by(|(left, _), (right, _)| left < right));
        assert!(!ADVICE.iter().any(|(code, _)| CONSENT.contains(code)));
    }

    #[test]
    fn advice_is_one_line() {
        for (code, advice) in ADVICE {
            assert!(!advice.contains(['\n', '\r']), "{code}");
            assert!(!advice.contains("  ") && !advice.ends_with('.'), "{code}: {advice}");
        }
    }

    #[test]
    fn the_common_refusals_have_advice() {
        for (code, part) in [
            (65001, "https://login.contoso.example/consent"),
            (90094, "https://login.contoso.example/consent"),
            (700016, "--client-id"),
            (7000215, "value of the secret"),
            (7000222, "expired"),
            (50034, "no such account"),
            (50126, "password"),
            (50076, "multifactor"),
            (50079, "multifactor"),
            (53003, "Conditional Access"),
            (50105, "not assigned"),
            (90002, "--tenant"),
            (700027, "certificate"),
            (70021, "federated"),
            (700213, "federated"),
            (500011, "--cloud"),
            (50020, "not in this tenant"),
            (530036, "Conditional Access"),
        ] {
            let given = advice(code, Some("https://login.contoso.example/consent")).unwrap();
            assert!(given.contains(part), "{code}: {given}");
        }
        assert_eq!(advice(1, None), None);
        assert!(advice(65001, None).unwrap().contains("administrator"));
    }

    #[test]
    fn consent_addresses_name_application_and_permissions() {
        let endpoints = Endpoints::default();
        assert_eq!(
            registered_consent(&endpoints, "contoso.example", "client").unwrap().as_str(),
            "https://login.microsoftonline.com/contoso.example/adminconsent?client_id=client"
        );
        let address =
            delegated_consent(&endpoints, "organizations", "client", "https://g/A https://g/B")
                .unwrap();
        assert_eq!(
            address.as_str(),
            "https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=client\
             &scope=https%3A%2F%2Fg%2FA+https%3A%2F%2Fg%2FB&redirect_uri=http%3A%2F%2Flocalhost"
        );
    }
}
