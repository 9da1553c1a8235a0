//! Reads the organisation file: break-glass accounts, mailboxes, raised tiers, waivers.
//!
//! A waiver that lacks a reason, an owner or an end is kept as it is, for `invalid-waiver` to name; what
//! the waivers accept is decided in `evaluate`.

use super::builtin;
use super::faults::{Collector, Faults, Place, nearest, shown};
use super::format::{OrganisationDocument, RolesEntry, WaiverEntry};
use super::select::{is_guid, role_list, role_name, role_named, tier, unknown_role};
use super::yaml::{self, Fields, Node, Value};
use crate::model::{Organisation, RoleId, Tier, Waiver, roles};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The organisation file, valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationFile {
    /// Id of the tenant it is for, lower case; the data must be of this tenant.
    pub tenant: Option<String>,
    /// The baseline it chooses: a built-in name, or a file as written.
    pub baseline: Option<String>,
    /// What it declares.
    pub organisation: Organisation,
}

/// Reads an organisation file. `file` is its name in messages; every fault comes back at once.
pub fn load(text: &str, file: &str) -> Result<OrganisationFile, Faults> {
    let mut faults = Collector::default();
    let read = match yaml::parse(text) {
        Ok(root) => document(&root, &mut faults),
        Err(fault) => {
            faults.add(fault);
            None
        }
    };
    faults.result(file, read)
}

fn document(root: &Node, faults: &mut Collector) -> Option<OrganisationFile> {
    if !yaml::known_format(root, faults) {
        return None;
    }
    let what = "organisation file";
    let fields = Fields::read(root, what, OrganisationDocument::KEYS, faults)?;
    yaml::format(&fields, faults);
    let tenant = fields.get("tenant").and_then(|node| tenant(node, faults));
    let baseline = fields.get("baseline").and_then(|node| baseline(node, faults));
    let mut organisation = Organisation {
        break_glass: names(fields.get("break_glass"), "break_glass", faults),
        security_mailboxes: mailboxes(fields.get("security_mailboxes"), faults),
        audiences: audiences(fields.get("audiences"), faults),
        ..Organisation::default()
    };
    if let Some(node) = fields.get("roles") {
        special_roles(node, &mut organisation, faults);
    }
    if let Some(node) = fields.get("sensitive_groups") {
        organisation.sensitive_groups = sensitive_groups(node, faults);
    }
    if let Some(node) = fields.get("waivers") {
        let nodes = yaml::list(node, "waivers", faults);
        organisation.waivers = nodes.iter().filter_map(|node| waiver(node, faults)).collect();
    }
    Some(OrganisationFile { tenant, baseline: baseline.map(str::to_owned), organisation })
}

/// A file as written, or a built-in baseline.
fn baseline<'n>(node: &'n Node, faults: &mut Collector) -> Option<&'n str> {
    let name = yaml::text(node, "baseline", faults)?;
    if builtin::is_file_name(name) || builtin::text(name).is_some() {
        return Some(name);
    }
    let hint = match nearest(name, builtin::names()) {
        Some(near) => format!("did you mean {near}? (a file is given as ./{name}.yaml)"),
        None => "see `pimaudit baseline list`; a file is given as ./own.yaml".to_owned(),
    };
    faults.hinted(node.place, format!("there is no built-in baseline {}", shown(name)), hint);
    None
}

fn tenant(node: &Node, faults: &mut Collector) -> Option<String> {
    let id = yaml::text(node, "tenant", faults)?;
    if !is_guid(id) {
        faults.hinted(
            node.place,
            format!("tenant cannot be {}", shown(id)),
            "give the tenant's id, such as 7f3a0000-0000-4000-8000-000000000001",
        );
        return None;
    }
    Some(id.to_ascii_lowercase())
}

/// A list of names, lower case, none twice.
fn names(node: Option<&Node>, what: &str, faults: &mut Collector) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let item = format!("an entry of {what}");
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for node in yaml::list(node, what, faults) {
        let Some(name) = yaml::text(node, &item, faults) else { continue };
        let name = name.to_lowercase();
        if !seen.insert(name.clone()) {
            faults.plain(node.place, format!("{} is listed twice", shown(&name)));
        }
        found.push(name);
    }
    found
}

fn mailboxes(node: Option<&Node>, faults: &mut Collector) -> Vec<String> {
    let what = "security_mailboxes";
    for node in
        node.map(|node| yaml::list(node, what, &mut Collector::default())).unwrap_or_default()
    {
        if let Value::Text(text) = &node.value
            && !text.trim().is_empty()
            && !text.contains('@')
        {
            let message = format!("{} is no mail address", shown(text));
            faults.hinted(node.place, message, "write it like soc@contoso.example");
        }
    }
    names(node, what, faults)
}

/// Entries of a mapping by role, no role twice.
fn by_role<'a>(
    node: &'a Node,
    what: &str,
    faults: &mut Collector,
) -> Vec<(RoleId, Place, &'a Node)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for entry in yaml::entries(node, what, faults) {
        let Some(role) = role_named(entry.key) else {
            unknown_role(entry.place, entry.key, faults);
            continue;
        };
        if !seen.insert(role.clone()) {
            faults.plain(entry.place, format!("{} is given twice in {what}", role_name(&role)));
        }
        found.push((role, entry.place, entry.node));
    }
    found
}

fn audiences(node: Option<&Node>, faults: &mut Collector) -> BTreeMap<RoleId, Vec<String>> {
    let Some(node) = node else { return BTreeMap::new() };
    by_role(node, "audiences", faults)
        .into_iter()
        .map(|(role, _, node)| (role, names(Some(node), "an audience", faults)))
        .collect()
}

fn special_roles(node: &Node, organisation: &mut Organisation, faults: &mut Collector) {
    let Some(fields) = Fields::read(node, "roles", RolesEntry::KEYS, faults) else { return };
    if let Some(node) = fields.get("raise_tier") {
        for (role, place, node) in by_role(node, "raise_tier", faults) {
            let Some(tier) = tier(node, faults) else { continue };
            match own_tier(&role) {
                Some(own) if tier < own => faults.hinted(
                    place,
                    format!(
                        "{} is of tier {own} and cannot be lowered to {tier}",
                        role_name(&role)
                    ),
                    "a tier can only be raised",
                ),
                Some(_) | None => {
                    organisation.raise_tier.insert(role, tier);
                }
            }
        }
    }
    if let Some(node) = fields.get("daily_read") {
        daily_read(node, organisation, faults);
    }
}

fn daily_read(node: &Node, organisation: &mut Organisation, faults: &mut Collector) {
    for role in role_list(node, "daily_read", faults).unwrap_or_default() {
        let raised = organisation.raise_tier.get(&role).copied();
        if let Some(tier) = raised.max(own_tier(&role))
            && tier >= Tier::High
        {
            faults.hinted(
                node.place,
                format!("{} is of tier {tier} and no role for daily reading", role_name(&role)),
                "only roles of tier elevated or standard can go without a justification",
            );
        }
        organisation.daily_read.insert(role);
    }
}

/// The tier of a built-in role; that of a custom role is known with the data alone.
fn own_tier(role: &RoleId) -> Option<Tier> {
    roles::by_id(role).map(|known| known.tier)
}

fn sensitive_groups(node: &Node, faults: &mut Collector) -> BTreeMap<String, String> {
    yaml::entries(node, "sensitive_groups", faults)
        .into_iter()
        .filter_map(|entry| {
            let group = yaml::text(entry.node, "a sensitive group", faults)?;
            Some((entry.key.to_owned(), group.to_lowercase()))
        })
        .collect()
}

fn waiver(node: &Node, faults: &mut Collector) -> Option<Waiver> {
    let fields = Fields::read(node, "waiver", WaiverEntry::KEYS, faults)?;
    let check = fields.required("check", "give the check as the report shows it", faults);
    let check = check.and_then(|node| yaml::text(node, "check", faults));
    let subject =
        fields.required("subject", "give the subject's key as the report shows it", faults);
    let subject = subject.and_then(|node| yaml::text(node, "subject", faults));
    let reason = words(&fields, "reason", faults);
    let owner = words(&fields, "owner", faults);
    let expires = expires(&fields, faults);
    let ticket = words(&fields, "ticket", faults);
    let approved_by = words(&fields, "approved_by", faults);
    Some(Waiver {
        check: check?.to_owned(),
        subject: subject?.to_lowercase(),
        reason,
        owner,
        expires,
        ticket,
        approved_by,
        line: node.place.line,
    })
}

/// Text that may be left out; blank is left out too.
fn words(fields: &Fields<'_>, key: &str, faults: &mut Collector) -> Option<String> {
    let node = fields.get(key)?;
    if matches!(&node.value, Value::Text(text) if text.trim().is_empty()) {
        return None;
    }
    yaml::text(node, key, faults).map(str::to_owned)
}

fn expires(fields: &Fields<'_>, faults: &mut Collector) -> Option<Date> {
    let text = words(fields, "expires", faults)?;
    let date = text.parse().ok();
    if date.is_none() {
        let place = fields.get("expires").map_or(fields.place, |node| node.place);
        let message = format!("expires cannot be {}", shown(&text));
        faults.hinted(place, message, "write a date such as 2027-02-01");
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = "5d6b6bb7-de71-4623-b4af-96380a352509";
    const INTUNE: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
    const CUSTOM: &str = "0f0f0f0f-1111-4222-8333-444444444444";

    fn organisation(text: &str) -> Organisation {
        load(&format!("format: 1\n{text}"), "pimaudit.yaml").unwrap().organisation
    }

    fn faults(text: &str) -> String {
        load(text, "pimaudit.yaml").unwrap_err().to_string()
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = format!(
            "\u{feff}format: 1
tenant: 7F3A0000-0000-0000-0000-000000000001     # must match the data
baseline: ./own.yaml
break_glass: [BG1@contoso.example, bg2@contoso.example]
security_mailboxes: [SOC@contoso.example]
roles:
  raise_tier: {{ Intune Administrator: critical, {CUSTOM}: elevated }}
  daily_read: [Security Reader, {CUSTOM}]
audiences: {{ User Administrator: [\"group:Helpdesk\"] }}
sensitive_groups: {{ search-and-purge: \"group:Search and Purge PIM\" }}
waivers:
  - check: synced-privileged-account
    subject: principal:0F0F0F0F-0000-4000-8000-000000000001
    reason: moves to the cloud in spring
    owner: ana@contoso.example
    expires: 2027-02-01
    ticket: CHG-7
    approved_by: board
"
        );
        let file = load(&text, "pimaudit.yaml").unwrap();
        assert_eq!(file.tenant.as_deref(), Some("7f3a0000-0000-0000-0000-000000000001"));
        assert_eq!(file.baseline.as_deref(), Some("./own.yaml"));
        let found = file.organisation;
        assert_eq!(found.break_glass, ["bg1@contoso.example", "bg2@contoso.example"]);
        assert_eq!(found.security_mailboxes, ["soc@contoso.example"]);
        assert_eq!(
            found.raise_tier,
            BTreeMap::from([
                (RoleId::new(INTUNE), Tier::Critical),
                (RoleId::new(CUSTOM), Tier::Elevated)
            ])
        );
        assert_eq!(found.daily_read, BTreeSet::from([READER, CUSTOM].map(RoleId::new)));
        let audience = found.audiences.into_values().next().unwrap();
        assert_eq!(audience, ["group:helpdesk"]);
        assert_eq!(
            found.waivers,
            [Waiver {
                check: "synced-privileged-account".into(),
                subject: "principal:0f0f0f0f-0000-4000-8000-000000000001".into(),
                reason: Some("moves to the cloud in spring".into()),
                owner: Some("ana@contoso.example".into()),
                expires: Some("2027-02-01".parse().unwrap()),
                ticket: Some("CHG-7".into()),
                approved_by: Some("board".into()),
                line: 12,
            }]
        );
    }

    #[test]
    fn what_says_nothing_declares_nothing() {
        for text in [
            "",
            "break_glass:\n#  - bg1@contoso.example\nwaivers:\nroles:\n",
            "break_glass: []\nsecurity_mailboxes: []\nwaivers: []\nroles: {}\naudiences: {}\n",
        ] {
            assert_eq!(organisation(text), Organisation::default(), "{text:?}");
        }
    }

    #[test]
    fn what_a_waiver_lacks_is_left_for_the_check_that_judges_waivers() {
        for rest in ["", "\n    reason:\n    owner: ' '\n    expires:", "\n    reason: ''"] {
            let text = format!("waivers:\n  - check: no-such-check\n    subject: tenant{rest}\n");
            let [waiver] = &organisation(&text).waivers[..] else { panic!("{text}") };
            assert_eq!(waiver.check, "no-such-check");
            assert_eq!((&waiver.reason, &waiver.owner, waiver.expires), (&None, &None, None));
        }
        let far = "waivers: [{ check: a, subject: b, expires: 2099-12-31 }]";
        assert_eq!(organisation(far).waivers[0].expires, Some("2099-12-31".parse().unwrap()));
    }

    #[test]
    fn every_fault_of_a_file_is_told_at_once_and_by_place() {
        let text = "format: 1
tenant: contoso.example
basline: recommended
break_glass: [bg1@contoso.example, BG1@contoso.example, 7]
security_mailboxes: [soc]
roles:
  raise_tier: { Global Administrator: high, Globl Reader: high, Intune Administrator: hgh }
  daily_read: [Exchange Administrator]
  zzz: []
audiences: { User Administrator: helpdesk, User Admin: [] }
sensitive_groups: { a: [b] }
waivers:
  - check: missing-licence
    expires: next year
    owner: [ana]
    ticket: 7
  - { check: a, subject: b, check: c }
waivers: []
";
        assert_eq!(
            faults(text),
            "pimaudit.yaml:2:9: tenant cannot be contoso.example\n  hint: give the tenant's id, such as 7f3a0000-0000-4000-8000-000000000001\n\
             pimaudit.yaml:3:1: unknown key of organisation file: basline\n  hint: did you mean baseline?\n\
             pimaudit.yaml:4:36: bg1@contoso.example is listed twice\n\
             pimaudit.yaml:4:57: an entry of break_glass must be text, not a number\n  hint: put it in quotes\n\
             pimaudit.yaml:5:22: soc is no mail address\n  hint: write it like soc@contoso.example\n\
             pimaudit.yaml:7:17: Global Administrator is of tier critical and cannot be lowered to high\n  hint: a tier can only be raised\n\
             pimaudit.yaml:7:45: unknown role Globl Reader\n  hint: did you mean Global Reader?\n\
             pimaudit.yaml:7:87: unknown tier hgh\n  hint: did you mean high?\n\
             pimaudit.yaml:8:15: Exchange Administrator is of tier high and no role for daily reading\n  hint: only roles of tier elevated or standard can go without a justification\n\
             pimaudit.yaml:9:3: unknown key of roles: zzz\n  hint: known are raise_tier, daily_read\n\
             pimaudit.yaml:10:34: an audience must be a list, not text\n\
             pimaudit.yaml:10:44: User Administrator is given twice in audiences\n\
             pimaudit.yaml:11:24: a sensitive group must be text, not a list\n\
             pimaudit.yaml:13:5: waiver has no subject\n  hint: give the subject's key as the report shows it\n\
             pimaudit.yaml:14:14: expires cannot be next year\n  hint: write a date such as 2027-02-01\n\
             pimaudit.yaml:15:12: owner must be text, not a list\n\
             pimaudit.yaml:16:13: ticket must be text, not a number\n  hint: put it in quotes\n\
             pimaudit.yaml:17:29: key check is repeated\n  hint: it is first given in line 17\n\
             pimaudit.yaml:18:1: key waivers is repeated\n  hint: it is first given in line 12"
        );
    }

    #[test]
    fn a_role_raised_to_high_is_no_role_for_daily_reading() {
        let raised =
            "roles: { raise_tier: { Security Reader: high }, daily_read: [Security Reader] }";
        let found = faults(&format!("format: 1\n{raised}\n"));
        assert!(found.contains("Security Reader is of tier high"), "{found}");
    }

    #[test]
    fn another_version_is_refused_before_its_keys_are_misread() {
        assert_eq!(
            faults("format: 2\nwaiverz: []\n"),
            "pimaudit.yaml:1:9: unknown format 2\n  hint: this version of pimaudit reads format 1"
        );
        assert_eq!(
            faults("tenant: 7f3a0000-0000-0000-0000-000000000001\n"),
            "pimaudit.yaml:1:1: organisation file has no format\n  hint: write format: 1"
        );
    }
}
