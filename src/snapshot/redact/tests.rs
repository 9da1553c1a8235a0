//! Tables of what is replaced and what stays.

use super::*;
use crate::snapshot::{load_bytes, write_bytes};
use std::path::Path;

const KEY: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const OTHER_KEY: &[u8; 32] = b"vutsrqponmlkjihgfedcba9876543210";
const ANA: &str = "aaaaaaaa-0001-4000-8000-00000000000a";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn redactor() -> Redactor {
    Redactor::from_key(KEY).unwrap()
}

fn replace(kind: Kind, text: &str) -> String {
    replace_value(&mut redactor().pseudonyms(), kind, text)
}

/// The row of a collection with pseudonyms.
fn row(dataset: Dataset, text: &str) -> String {
    replace_row(&mut redactor().pseudonyms(), dataset, text)
}

/// A text of pseudonyms with `zz` for each token and `guid` for each id.
fn shape(text: &str) -> String {
    let token = regex::Regex::new("zz[a-zA-Z2-7]{14}").unwrap();
    let guid =
        regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
            .unwrap();
    guid.replace_all(&token.replace_all(text, "zz"), "guid").into_owned()
}

#[test]
fn what_checks_look_at_stays_and_the_rest_goes() {
    for (text, expected) in [
        ("", ""),
        ("  ", "  "),
        ("Ana Alder", "zz"),
        (" Ana ", " zz "),
        ("ana@contoso.example", "zz@zz"),
        ("ana@contoso.onmicrosoft.com", "zz@zz.onmicrosoft.com"),
        ("ana@contoso.OnMicrosoft.com", "zz@zz.OnMicrosoft.com"),
        ("ana@contoso.onmicrosoft.fabrikam", "zz@zz.onmicrosoft.zz"),
        ("ana@contoso.partner.onmschina.cn", "zz@zz.onmschina.cn"),
        ("ana_fabrikam.example#EXT#@contoso.onmicrosoft.com", "zz#EXT#@zz.onmicrosoft.com"),
        ("ana#ext#@contoso.example", "zz#ext#@zz"),
        ("contoso.onmicrosoft.com", "zz.onmicrosoft.com"),
        ("so c@contoso.example", "zz"),
        ("a@b@contoso.example", "zz"),
        ("a@b@contoso.onmicrosoft.com", "zz.onmicrosoft.com"),
        ("@contoso.example", "zz"),
        ("ConnectSyncProvisioning_SRV1_0a", "ConnectSyncProvisioning_zz"),
        ("Global Administrator", "Global Administrator"),
        ("global reader", "global reader"),
        (ANA, "guid"),
        (GLOBAL_ADMINISTRATOR, GLOBAL_ADMINISTRATOR),
        ("00000003-0000-0000-c000-000000000000", "00000003-0000-0000-c000-000000000000"),
    ] {
        assert_eq!(shape(&replace(Kind::Text, text)), expected, "{text:?}");
    }
}

#[test]
fn ids_are_replaced_inside_what_is_longer() {
    for (text, expected) in [
        ("/", "/"),
        ("", ""),
        ("AAAAAAAA-0001-4000-8000-00000000000A", "guid"),
        ("/administrativeUnits/aaaaaaaa-0001-4000-8000-00000000000a", "/administrativeUnits/guid"),
        (
            "DirectoryRole_aaaaaaaa-0001-4000-8000-00000000000a_StaleSignInAlert",
            "DirectoryRole_guid_StaleSignInAlert",
        ),
        ("Group_aaaaaaaa-0001-4000-8000-00000000000a_member_x9", "Group_guid_member_zz"),
        ("lAPpYvVpN0KRkAEhdxReEKqqqqoBAABAgAAAAAAAAAE-1", "zz"),
        ("Expiration_EndUser_Assignment", "Expiration_EndUser_Assignment"),
        ("/users/ana@contoso.example", "/users/zz@zz"),
        (
            "/v1.0/groups/aaaaaaaa-0001-4000-8000-00000000000a/members?$select=id&$top=999",
            "/v1.0/groups/guid/members?$select=id&$top=999",
        ),
        (
            "/roleManagement/directory/roleDefinitions/62e90394-69f5-4237-9190-012177145e10",
            "/roleManagement/directory/roleDefinitions/62e90394-69f5-4237-9190-012177145e10",
        ),
        (
            "./members?$filter=(userType%20eq%20'Guest')",
            "./members?$filter=(userType%20eq%20'Guest')",
        ),
        (
            "isof(principal,'microsoft.graph.servicePrincipal')",
            "isof(principal,'microsoft.graph.servicePrincipal')",
        ),
        ("startswith(displayName,'ADM')", "zz(displayName,'zz')"),
        (
            "/v1.0/auditLogs/directoryAudits?$filter=loggedByService eq 'PIM' and activityDateTime ge \
             2026-10-03T09:00:00Z&$top=999",
            "/v1.0/auditLogs/directoryAudits?$filter=loggedByService eq 'PIM' and activityDateTime ge \
             2026-10-03T09:00:00Z&$top=999",
        ),
        (
            "loggedByService eq 'Core Directory' and category eq 'RoleManagement'",
            "loggedByService eq 'Core Directory' and category eq 'RoleManagement'",
        ),
        ("conditional-access", "conditional-access"),
        ("PIM_aaaaaaaa-0001-4000-8000-00000000000a_AAAAA_121401637", "PIM_guid_zz_zz"),
        ("2026-10-03T09Ana", "zz"),
        ("All", "All"),
        ("c1", "zz"),
    ] {
        assert_eq!(shape(&replace(Kind::Ids, text)), expected, "{text:?}");
    }
}

#[test]
fn what_was_equal_stays_equal_and_nothing_else_becomes_equal() {
    for (one, two, equal) in [
        ("Ana@Contoso.example", "ana@contoso.EXAMPLE", true),
        (ANA, "AAAAAAAA-0001-4000-8000-00000000000A", true),
        ("Helpdesk", "helpdesk", true),
        ("Helpdesk", "Helpdesk ", false),
        // ASCII alone, as names are compared.
        ("\u{c4}gnes", "\u{e4}gnes", false),
        ("ana@contoso.example", "bob@contoso.example", false),
        ("ana", "anna", false),
    ] {
        let (one, two) = (replace(Kind::Text, one), replace(Kind::Text, two));
        assert_eq!(one.eq_ignore_ascii_case(&two), equal, "{one} and {two}");
    }
    // Row ids mind their casing.
    assert_ne!(replace(Kind::Ids, "lAPpYvVp"), replace(Kind::Ids, "lappyvvp"));
    // Mailboxes are compared by Unicode.
    assert_eq!(replace(Kind::Mail, "\u{c4}@a.b"), replace(Kind::Mail, "\u{e4}@a.b"));
    // The domain of an address is that of the list of domains.
    let address = replace(Kind::Text, "ana@Contoso.example");
    let (_, domain) = address.split_once('@').unwrap();
    assert_eq!(domain, replace(Kind::Text, "Contoso.example"));
    assert_ne!(redactor().text("ana"), Redactor::from_key(OTHER_KEY).unwrap().text("ana"));
    assert_eq!(redactor().text("ana"), redactor().text("ana"));
}

#[test]
fn a_row_keeps_everything_but_its_texts() {
    for (dataset, text, expected) in [
        (
            Dataset::Principals,
            r#"{"id":"ana", "userType" : "Guest","accountEnabled":null,"n":1e400,"x":[true,"y",{}]}"#,
            r#"{"id":"zz", "userType" : "Guest","accountEnabled":null,"n":1e400,"x":[true,"zz",{}]}"#,
        ),
        (
            Dataset::Principals,
            r#"{"displayName":"say \"hi\", {you}","mail":"","userType":"Ana Alder"}"#,
            r#"{"displayName":"zz","mail":"","userType":"zz"}"#,
        ),
        (
            Dataset::Principals,
            r#"{"groupTypes":["Unified","DynamicMembership"],"createdDateTime":"2026-01-02T03:04:05Z"}"#,
            r#"{"groupTypes":["Unified","DynamicMembership"],"createdDateTime":"2026-01-02T03:04:05Z"}"#,
        ),
        // A property that comes twice does not fit, and must not begin to.
        (Dataset::Principals, r#"{"id":"a","id":"b"}"#, r#"{"id":"zz","id":"zz"}"#),
        (
            Dataset::Principals,
            r#"{"extension_9f_costCentre":"7","Ana Alder":1}"#,
            r#"{"zz":"zz","zz":1}"#,
        ),
        (Dataset::Principals, r#""text alone""#, r#""zz""#),
        (Dataset::Principals, r#"{"displayName":"\ud83d"}"#, r#"{"displayName":"\ud800"}"#),
        (
            Dataset::RolePolicies,
            r#"{"id":"Approval_EndUser_Assignment","claimValue":"c1","maximumDuration":"PT8H"}"#,
            r#"{"id":"Approval_EndUser_Assignment","claimValue":"c1","maximumDuration":"PT8H"}"#,
        ),
        (
            Dataset::RolePolicies,
            r#"{"notificationRecipients":["SOC@contoso.example"],"maximumDuration":"as Ana says"}"#,
            r#"{"notificationRecipients":["zz@zz"],"maximumDuration":"zz"}"#,
        ),
        // Of the log what was done, when, and to which role stays; who, why and from where goes.
        (
            Dataset::DirectoryAudits,
            r#"{"category":"RoleManagement","activityDisplayName":"Add member to role completed (PIM activation)","activityDateTime":"2026-11-03T07:58:11.9Z","resultReason":"as Ana says","loggedByService":"PIM"}"#,
            r#"{"category":"RoleManagement","activityDisplayName":"Add member to role completed (PIM activation)","activityDateTime":"2026-11-03T07:58:11.9Z","resultReason":"zz","loggedByService":"PIM"}"#,
        ),
        (
            Dataset::DirectoryAudits,
            r#"{"initiatedBy":{"user":{"id":"aaaaaaaa-0001-4000-8000-00000000000a","displayName":"Ana","userPrincipalName":"ana@contoso.example","ipAddress":"203.0.113.7"},"app":{"displayName":"MS-PIM"}}}"#,
            r#"{"initiatedBy":{"user":{"id":"guid","displayName":"zz","userPrincipalName":"zz@zz","ipAddress":"zz"},"app":{"displayName":"MS-PIM"}}}"#,
        ),
        (
            Dataset::DirectoryAudits,
            r#"{"targetResources":[{"id":"62e90394-69f5-4237-9190-012177145e10","type":"Role","displayName":"Global Administrator","modifiedProperties":[{"displayName":"Role.TemplateId","oldValue":null,"newValue":"\"62e90394-69f5-4237-9190-012177145e10\""},{"displayName":"Ana","oldValue":"\"Ana\"","newValue":"{\"name\":\"Ana\"}"}]}]}"#,
            r#"{"targetResources":[{"id":"62e90394-69f5-4237-9190-012177145e10","type":"Role","displayName":"Global Administrator","modifiedProperties":[{"displayName":"Role.TemplateId","oldValue":null,"newValue":"\"62e90394-69f5-4237-9190-012177145e10\""},{"displayName":"zz","oldValue":"\"zz\"","newValue":"zz"}]}]}"#,
        ),
        (
            Dataset::DirectoryAudits,
            r#"{"additionalDetails":[{"key":"TicketNumber","value":"CHG-4711"},{"key":"StartTime","value":"2026-11-03T07:58:11.8441686Z"},{"key":"TemplateId","value":"62e90394-69f5-4237-9190-012177145e10"},{"key":"Ana Alder","value":"203.0.113.7"}]}"#,
            r#"{"additionalDetails":[{"key":"TicketNumber","value":"zz"},{"key":"StartTime","value":"2026-11-03T07:58:11.8441686Z"},{"key":"TemplateId","value":"62e90394-69f5-4237-9190-012177145e10"},{"key":"zz","value":"zz"}]}"#,
        ),
        (
            Dataset::DelegatedGrants,
            r#"{"scope":" openid RoleManagement.ReadWrite.Directory access_contoso"}"#,
            r#"{"scope":" openid RoleManagement.ReadWrite.Directory zz"}"#,
        ),
        (
            Dataset::DelegatedGrants,
            r#"{"scope":"rolemanagement.readwrite.directory\t openid"}"#,
            r#"{"scope":"rolemanagement.readwrite.directory\t openid"}"#,
        ),
    ] {
        assert_eq!(shape(&row(dataset, text)), expected, "{text}");
    }
}

/// A snapshot with a role that this version does not know, and who holds it.
fn snapshot() -> String {
    format!(
        r#"{{"format":"pimaudit.snapshot/1","tenant":"7F3A0000-0000-4000-8000-000000000001",
"cloud":"global","collected_at":"2026-11-02T09:00:00Z",
"collected_by":{{"name":"auditor@contoso.example","auth":"device-code",
"permissions":["Directory.Read.All"]}},"collections":[
{{"dataset":"role-definitions","request":"/v1.0/roleManagement/directory/roleDefinitions",
"status":"complete","rows":[
{{"id":"bbbbbbbb-0001-4000-8000-00000000000b","displayName":"Brand New Administrator","isBuiltIn":true}},
{{"id":"cccccccc-0001-4000-8000-00000000000c","displayName":"Contoso Operator","isBuiltIn":false}}]}},
{{"dataset":"group-members","key":"{ANA}","request":"/v1.0/groups/{ANA}/members?$select=id&$top=999",
"status":"missing","gap":{{"kind":"permission-denied","dataset":"group-members",
"detail":"Graph answered 403: Ana Alder may not (request-id 1f0c)"}},"rows":[]}}
]}}"#
    )
}

fn redacted(text: &str) -> String {
    let snapshot = load_bytes(text.as_bytes(), Path::new("s.json")).unwrap();
    let redacted = redactor().snapshot(&snapshot).unwrap();
    let mut bytes = Vec::new();
    write_bytes(&redacted, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_snapshot_is_redacted_whole() {
    let text = redacted(&snapshot());
    for gone in
        ["7f3a", "contoso", "Contoso", "auditor", "Ana", ANA, "cccccccc", "Operator", "403", "1f0c"]
    {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    for kept in [
        "Brand New Administrator",
        "bbbbbbbb-0001-4000-8000-00000000000b",
        "2026-11-02T09:00:00Z",
        "Directory.Read.All",
        "device-code",
        "; grant Directory.Read.All",
        "/members?$select=id&$top=999",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    assert!(load_bytes(text.as_bytes(), Path::new("r.json")).is_ok());
    assert_eq!(text, redacted(&snapshot()), "the same key, the same bytes");
}

#[test]
fn the_names_come_back() {
    let original = snapshot();
    let snapshot = load_bytes(original.as_bytes(), Path::new("s.json")).unwrap();
    let mut organisation = Organisation {
        break_glass: vec!["bg\"1@contoso.example".to_owned()],
        ..Organisation::default()
    };
    let mut redactor = redactor();
    let names = redactor.names_of(&snapshot, Some(&organisation)).unwrap();
    redactor.organisation(&mut organisation);
    let report = format!(
        r#"{{"by":"{}","glass":"{}","group":"{}","lower":"{}","other":"zzaaaaaaaaaaaaaa"}}"#,
        redactor.text("auditor@contoso.example"),
        organisation.break_glass[0],
        redactor.id(ANA),
        redactor.text("Contoso Operator").to_ascii_lowercase(),
    );
    assert_eq!(
        unredact(&report, &names),
        format!(
            r#"{{"by":"auditor@contoso.example","glass":"bg\"1@contoso.example","group":"{ANA}","lower":"contoso operator","other":"zzaaaaaaaaaaaaaa"}}"#
        )
    );
}

#[test]
fn the_organisation_file_still_matches() {
    let waiver = Waiver {
        check: "synced-privileged-account".to_owned(),
        subject: format!("principal:{ANA}"),
        reason: Some("moves in spring".to_owned()),
        owner: Some("ana@contoso.example".to_owned()),
        expires: Some("2027-02-01".parse().unwrap()),
        ticket: None,
        approved_by: Some(" ".to_owned()),
        line: 7,
    };
    let mut organisation = Organisation {
        break_glass: vec!["bg1@contoso.example".to_owned(), ANA.to_owned()],
        security_mailboxes: vec!["soc@contoso.example".to_owned()],
        audiences: [(RoleId::new(GLOBAL_ADMINISTRATOR), vec!["group: helpdesk".to_owned()])].into(),
        sensitive_groups: [("search".to_owned(), "search pim".to_owned())].into(),
        waivers: vec![waiver],
        ..Organisation::default()
    };
    let redactor = redactor();
    redactor.organisation(&mut organisation);
    assert_eq!(organisation.break_glass, [redactor.text("bg1@contoso.example"), redactor.id(ANA)]);
    assert_eq!(organisation.security_mailboxes, [replace(Kind::Mail, "SOC@contoso.example")]);
    let audience = &organisation.audiences[&RoleId::new(GLOBAL_ADMINISTRATOR)];
    assert_eq!(*audience, [format!("group: {}", redactor.text("helpdesk"))]);
    let found = &organisation.waivers[0];
    assert_eq!(found.check, "synced-privileged-account");
    assert_eq!(found.subject, format!("principal:{}", redactor.id(ANA)));
    assert_eq!(found.approved_by.as_deref(), Some(" "), "what says nothing still says nothing");
    assert_eq!((found.ticket.as_deref(), found.line), (None, 7));
    assert_eq!(shape(found.reason.as_deref().unwrap()), "zz");
}

#[test]
fn keys_of_subjects_keep_their_form() {
    for (key, expected) in [
        ("tenant", "tenant"),
        ("dataset:role-assignments", "dataset:role-assignments"),
        ("alert:stale-sign-in", "alert:stale-sign-in"),
        ("role:global administrator", "role:global administrator"),
        ("principal:a_b@contoso.example", "principal:zz@zz"),
        ("group:aaaaaaaa-0001-4000-8000-00000000000a:member", "group:guid:member"),
        (
            "grant:aaaaaaaa-0001-4000-8000-00000000000a:role:62e90394-69f5-4237-9190-012177145e10\
             :/administrativeunits/aaaaaaaa-0001-4000-8000-00000000000a:timebound",
            "grant:guid:role:62e90394-69f5-4237-9190-012177145e10:/administrativeunits/guid:timebound",
        ),
    ] {
        assert_eq!(shape(&subject(&mut redactor().pseudonyms(), key)), expected, "{key}");
    }
}

#[test]
fn a_key_that_can_be_guessed_is_refused() {
    for (key, expected) in [
        (&b""[..], "a key has at least 32 random bytes, this one has 0"),
        (&[7; 31][..], "a key has at least 32 random bytes, this one has 31"),
        (&[7; 64][..], "the bytes of the key are not random"),
        (&[7; 1 << 16][..], "a key has less than 65536 bytes"),
    ] {
        assert_eq!(Redactor::from_key(key).unwrap_err().to_string(), expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("key");
    let error = Redactor::from_file(&absent).unwrap_err().to_string();
    assert!(error.contains("head -c 32 /dev/urandom > "), "{error}");
    std::fs::write(&absent, KEY).unwrap();
    assert_eq!(Redactor::from_file(&absent).unwrap().text("ana"), redactor().text("ana"));
}
