//! Which roles a rule is for: the `on` of a rule, named sets of roles, and roles by name.
//!
//! Which of several rules judges a subject is decided in `bind`.

use super::faults::{Collector, Place, nearest, shown};
use super::format::OnEntry;
use super::yaml::{self, Fields, Node, Value};
use crate::model::{AlertKind, GroupAccess, Label, RoleId, Tier, roles};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

const SHAPES: &str = "write on: all, privileged, holders, groups, sensitive, \
    { role: Global Administrator }, { roles: [Global Administrator, User Administrator] }, \
    { tier: critical }, or { alert: stale-sign-in }";

/// The named sets of roles of a baseline.
pub(super) type Sets = BTreeMap<String, BTreeSet<RoleId>>;

/// What a subject is itself, beside the roles it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Itself {
    /// An access of a group.
    Group(GroupAccess),
    /// An access of a group that the organisation declares as sensitive.
    SensitiveGroup(GroupAccess),
    /// A PIM alert.
    Alert(AlertKind),
    /// Anything else.
    Other,
}

impl Itself {
    /// Which access of a group it is, where it is one.
    pub const fn group(self) -> Option<GroupAccess> {
        match self {
            Self::Group(access) | Self::SensitiveGroup(access) => Some(access),
            Self::Alert(_) | Self::Other => None,
        }
    }
}

/// A role that a subject stands for.
#[derive(Clone, Copy, Debug)]
pub struct StandsFor<'a> {
    /// The role.
    pub role: &'a RoleId,
    /// Its tier.
    pub tier: Tier,
    /// Its label.
    pub label: Label,
    /// False for a group that does not hold the role itself and only leads to one that does.
    pub own: bool,
}

/// The subjects a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Everything the check judges; the tenant itself too.
    All,
    /// Everyone who holds a role, whatever that is.
    Holders,
    /// Roles of exactly this tier.
    Tier(Tier),
    /// Roles that Microsoft labels PRIVILEGED, custom ones too.
    Privileged,
    /// Any of these roles.
    Set {
        /// Name of the set; the names of its roles in brackets where they are listed in place.
        name: String,
        /// The roles.
        roles: BTreeSet<RoleId>,
    },
    /// One role.
    Role(RoleId),
    /// Accesses of groups, whatever they lead to.
    Groups,
    /// Accesses of groups that the organisation declares as sensitive.
    Sensitive,
    /// One PIM alert.
    Alert(AlertKind),
}

impl Selector {
    /// How closely it names its subjects; of several rules the most specific one judges.
    pub const fn specificity(&self) -> u8 {
        match self {
            Self::All | Self::Holders => 0,
            Self::Tier(_) => 1,
            Self::Privileged => 2,
            Self::Set { .. } => 3,
            Self::Role(_) | Self::Groups | Self::Alert(_) => 4,
            Self::Sensitive => 5,
        }
    }

    /// True when it is for groups whatever they lead to.
    pub const fn names_groups(&self) -> bool {
        matches!(self, Self::Groups | Self::Sensitive)
    }

    /// True when a subject is meant, or may be: by one of its roles, or by what it is itself.
    pub fn matches(&self, roles: &[StandsFor<'_>], itself: Itself) -> bool {
        match self {
            Self::All => true,
            Self::Holders => !roles.is_empty(),
            Self::Tier(tier) => roles.iter().any(|it| it.tier == *tier),
            Self::Privileged => roles.iter().any(|it| it.label != Label::Plain),
            Self::Set { roles: set, .. } => roles.iter().any(|it| set.contains(it.role)),
            Self::Role(one) => roles.iter().any(|it| it.role == one),
            Self::Groups => itself.group().is_some(),
            Self::Sensitive => matches!(itself, Itself::SensitiveGroup(_)),
            Self::Alert(kind) => itself == Itself::Alert(*kind),
        }
    }

    /// The role whose label decides whether a subject is meant, where that label was not read.
    pub fn undecided<'a>(&self, roles: &[StandsFor<'a>]) -> Option<&'a RoleId> {
        let with = |wanted: Label| roles.iter().find(|it| it.label == wanted);
        match (self, with(Label::Privileged)) {
            (Self::Privileged, None) => with(Label::Unread).map(|it| it.role),
            (_, _) => None,
        }
    }

    /// The roles it names one by one.
    pub fn roles(&self) -> impl Iterator<Item = &RoleId> {
        let (set, one) = match self {
            Self::Set { roles, .. } => (Some(roles), None),
            Self::Role(role) => (None, Some(role)),
            Self::All
            | Self::Holders
            | Self::Tier(_)
            | Self::Privileged
            | Self::Groups
            | Self::Sensitive
            | Self::Alert(_) => (None, None),
        };
        set.into_iter().flatten().chain(one)
    }

    /// One text for selectors that mean the same, whatever a set is called.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Holders => "holders".to_owned(),
            Self::Privileged => "privileged".to_owned(),
            Self::Tier(tier) => format!("tier {tier}"),
            Self::Set { roles, .. } => {
                let ids: Vec<String> = roles.iter().map(RoleId::to_string).collect();
                format!("roles {}", ids.join(" "))
            }
            Self::Role(role) => format!("role {role}"),
            Self::Groups => "groups".to_owned(),
            Self::Sensitive => "sensitive".to_owned(),
            Self::Alert(kind) => format!("alert {kind}"),
        }
    }
}

/// As in a baseline: `all`, `tier critical`, `roles guarded`, `role Global Administrator`.
impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::Holders => formatter.write_str("holders"),
            Self::Privileged => formatter.write_str("privileged"),
            Self::Tier(tier) => write!(formatter, "tier {tier}"),
            Self::Set { name, .. } => write!(formatter, "roles {name}"),
            Self::Role(role) => write!(formatter, "role {}", role_name(role)),
            Self::Groups => formatter.write_str("groups"),
            Self::Sensitive => formatter.write_str("sensitive"),
            Self::Alert(kind) => write!(formatter, "alert {kind}"),
        }
    }
}

/// The name of a built-in role, the id of any other.
pub(super) fn role_name(role: &RoleId) -> Arc<str> {
    roles::by_id(role).map_or_else(|| role.text(), |known| known.display_name.as_str().into())
}

/// Reads `on`. Without `names_known` a set that is not found is no fault: its definition was lost
/// with a base that could not be loaded.
pub(super) fn selector(
    node: &Node,
    sets: &Sets,
    names_known: bool,
    faults: &mut Collector,
) -> Option<Selector> {
    match &node.value {
        Value::Text(word) if word == "all" => Some(Selector::All),
        Value::Text(word) if word == "holders" => Some(Selector::Holders),
        Value::Text(word) if word == "privileged" => Some(Selector::Privileged),
        Value::Text(word) if word == "groups" => Some(Selector::Groups),
        Value::Text(word) if word == "sensitive" => Some(Selector::Sensitive),
        Value::Text(word) => {
            let hint = if sets.contains_key(word) {
                format!("write on: {{ roles: {word} }}")
            } else if let Some(role) = roles::by_name(word) {
                format!("write on: {{ role: {} }}", role.display_name)
            } else {
                SHAPES.to_owned()
            };
            faults.hinted(node.place, format!("on cannot be {}", shown(word)), hint);
            None
        }
        Value::Entries(pairs) if pairs.len() == 1 => {
            let fields = Fields::read(node, "on", OnEntry::KEYS, faults)?;
            if let Some(role) = fields.get("role") {
                return self::role(role, faults).map(Selector::Role);
            }
            if let Some(tier) = fields.get("tier") {
                return self::tier(tier, faults).map(Selector::Tier);
            }
            if let Some(alert) = fields.get("alert") {
                return self::alert(alert, faults).map(Selector::Alert);
            }
            if let Some(set) = fields.get("roles") {
                return self::set(set, sets, names_known, faults);
            }
            // An unknown key is a fault already; a known one that says nothing is not.
            if OnEntry::KEYS.iter().any(|key| pairs[0].0.value == Value::Text((*key).to_owned())) {
                faults.hinted(node.place, "on names no role", SHAPES);
            }
            None
        }
        Value::Nothing
        | Value::Flag(_)
        | Value::Whole(_)
        | Value::Fraction(_)
        | Value::List(_)
        | Value::Entries(_) => {
            faults.hinted(node.place, "on must say one thing", SHAPES);
            None
        }
    }
}

/// A PIM alert by its name.
fn alert(node: &Node, faults: &mut Collector) -> Option<AlertKind> {
    let name = yaml::text(node, "an alert", faults)?;
    let found = AlertKind::named(name);
    if found.is_none() {
        faults.unknown(node.place, "alert", name, AlertKind::ALL.map(AlertKind::name));
    }
    found
}

/// The name of a set, or roles listed in place.
pub(super) fn set(
    node: &Node,
    sets: &Sets,
    names_known: bool,
    faults: &mut Collector,
) -> Option<Selector> {
    let Value::Text(name) = &node.value else {
        let roles = role_list(node, "roles", faults)?;
        let names: Vec<Arc<str>> = roles.iter().map(role_name).collect();
        return Some(Selector::Set { name: format!("[{}]", names.join(", ")), roles });
    };
    if let Some(roles) = sets.get(name) {
        return Some(Selector::Set { name: name.clone(), roles: roles.clone() });
    }
    if let Some(role) = roles::by_name(name) {
        let hint = format!("write on: {{ role: {} }}", role.display_name);
        faults.hinted(node.place, format!("{} is a role, not a set of roles", shown(name)), hint);
    } else if names_known {
        faults.unknown(node.place, "set of roles", name, sets.keys().map(String::as_str));
    }
    None
}

/// A list of roles, none twice, at least one.
pub(super) fn role_list(
    node: &Node,
    what: &str,
    faults: &mut Collector,
) -> Option<BTreeSet<RoleId>> {
    let mut found = BTreeSet::new();
    let nodes = yaml::list(node, what, faults);
    for node in nodes {
        let Some(role) = role(node, faults) else { continue };
        if found.contains(&role) {
            faults.plain(node.place, format!("{} is listed twice", role_name(&role)));
        }
        found.insert(role);
    }
    if matches!(node.value, Value::List(_)) && nodes.is_empty() {
        faults.plain(node.place, format!("{what} lists no role"));
    }
    (!found.is_empty()).then_some(found)
}

/// A role by name, other name or template id; a custom role by its id.
pub(super) fn role(node: &Node, faults: &mut Collector) -> Option<RoleId> {
    let name = yaml::text(node, "a role", faults)?;
    let role = role_named(name);
    if role.is_none() {
        unknown_role(node.place, name, faults);
    }
    role
}

/// The role of this name or id.
pub(super) fn role_named(name: &str) -> Option<RoleId> {
    match roles::by_name(name) {
        Some(known) => Some(RoleId::new(&known.template_id)),
        None => is_guid(name).then(|| RoleId::new(name)),
    }
}

/// Says that nobody knows this role.
pub(super) fn unknown_role(place: Place, name: &str, faults: &mut Collector) {
    let known = roles::built_in().iter().flat_map(|role| {
        [Some(&role.display_name), role.graph_display_name.as_ref()]
            .into_iter()
            .flatten()
            .chain(&role.aliases)
            .map(String::as_str)
    });
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "a built-in role is given by its name, a custom role by its id".to_owned(),
    };
    faults.hinted(place, format!("unknown role {}", shown(name)), hint);
}

/// A tier by its name.
pub(super) fn tier(node: &Node, faults: &mut Collector) -> Option<Tier> {
    let name = yaml::text(node, "tier", faults)?;
    let tier = name.parse().ok();
    if tier.is_none() {
        faults.unknown(node.place, "tier", name, Tier::ALL.map(Tier::name));
    }
    tier
}

/// True for `8-4-4-4-12` hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.trim().split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::roles::{GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR};

    const CUSTOM: &str = "0f0f0f0f-1111-4222-8333-444444444444";

    fn sets() -> Sets {
        let roles = [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR].map(RoleId::new);
        Sets::from([("guarded".to_owned(), BTreeSet::from(roles))])
    }

    fn stands_for(role: &RoleId, tier: Tier, label: Label) -> StandsFor<'_> {
        StandsFor { role, tier, label, own: true }
    }

    fn read(text: &str) -> Result<Selector, String> {
        let mut faults = Collector::default();
        let node = yaml::parse(text).unwrap();
        let selector = selector(&node, &sets(), true, &mut faults);
        faults.result("own.yaml", selector).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_closer_a_selector_names_its_roles_the_more_specific_it_is() {
        let order = [
            "all",
            "{ tier: critical }",
            "privileged",
            "{ roles: guarded }",
            "{ role: GA }",
            "sensitive",
        ];
        let found = order.map(|text| read(text).unwrap().specificity());
        assert_eq!(found, [0, 1, 2, 3, 4, 5]);
        for (text, like) in [
            ("holders", "all"),
            ("{ roles: [GA] }", "{ roles: guarded }"),
            ("groups", "{ role: GA }"),
        ] {
            let [found, expected] = [text, like].map(|it| read(it).unwrap().specificity());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn one_role_of_a_subject_is_enough_and_a_tenant_has_only_all() {
        let global = RoleId::new(GLOBAL_ADMINISTRATOR);
        let custom = RoleId::new(CUSTOM);
        let global = stands_for(&global, Tier::Critical, Label::Privileged);
        let custom = stands_for(&custom, Tier::Standard, Label::Plain);
        for (text, of_global, of_custom, of_both, of_tenant) in [
            ("all", true, true, true, true),
            ("holders", true, true, true, false),
            ("privileged", true, false, true, false),
            ("{ tier: critical }", true, false, true, false),
            ("{ tier: standard }", false, true, true, false),
            ("{ tier: high }", false, false, false, false),
            ("{ roles: guarded }", true, false, true, false),
            ("{ role: Global Administrator }", true, false, true, false),
            (format!("{{ role: {CUSTOM} }}").as_str(), false, true, true, false),
        ] {
            let selector = read(text).unwrap();
            let found = [vec![global], vec![custom], vec![custom, global], vec![]]
                .map(|roles| selector.matches(&roles, Itself::Other));
            assert_eq!(found, [of_global, of_custom, of_both, of_tenant], "{text}");
        }
    }

    #[test]
    fn a_role_whose_label_was_not_read_may_be_meant_and_decides_only_where_no_other_does() {
        let [labelled, plain, unread] =
            [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, CUSTOM].map(RoleId::new);
        let labelled = stands_for(&labelled, Tier::Critical, Label::Privileged);
        let plain = stands_for(&plain, Tier::High, Label::Plain);
        let unread = stands_for(&unread, Tier::High, Label::Unread);
        for (roles, meant, undecided) in [
            (vec![labelled], true, false),
            (vec![plain], false, false),
            (vec![unread], true, true),
            (vec![plain, unread], true, true),
            (vec![unread, labelled], true, false),
        ] {
            let found = Selector::Privileged.matches(&roles, Itself::Other);
            assert_eq!(found, meant, "{roles:?}");
            assert_eq!(Selector::Privileged.undecided(&roles).is_some(), undecided, "{roles:?}");
            assert_eq!(Selector::All.undecided(&roles), None, "{roles:?}");
        }
    }

    #[test]
    fn a_role_is_found_by_any_of_its_names_and_a_custom_one_by_its_id() {
        let global = Selector::Role(RoleId::new(GLOBAL_ADMINISTRATOR));
        for name in
            ["Global Administrator", "global admin", GLOBAL_ADMINISTRATOR, "Company Administrator"]
        {
            assert_eq!(read(&format!("{{ role: {name} }}")), Ok(global.clone()), "{name}");
        }
        let upper = CUSTOM.to_uppercase();
        assert_eq!(read(&format!("role: {upper}")), Ok(Selector::Role(RoleId::new(CUSTOM))));
    }

    #[test]
    fn sets_of_the_same_roles_mean_the_same_whatever_they_are_called() {
        let named = read("{ roles: guarded }").unwrap();
        let listed = read("{ roles: [PRA, Global Admin] }").unwrap();
        assert_eq!(named.canonical(), listed.canonical());
        assert_ne!(named, listed);
        assert_eq!(named.to_string(), "roles guarded");
        assert_eq!(
            listed.to_string(),
            "roles [Global Administrator, Privileged Role Administrator]"
        );
    }

    #[test]
    fn what_selects_nothing_is_named_with_the_way_out() {
        for (text, expected) in [
            ("guarded", "own.yaml:1:1: on cannot be guarded\n  hint: write on: { roles: guarded }"),
            (
                "PRA",
                "own.yaml:1:1: on cannot be PRA\n  hint: write on: { role: Privileged Role Administrator }",
            ),
            (
                "{ roles: PRA }",
                "own.yaml:1:10: PRA is a role, not a set of roles\n  hint: write on: { role: Privileged Role Administrator }",
            ),
            (
                "{ roles: gaurded }",
                "own.yaml:1:10: unknown set of roles gaurded\n  hint: did you mean guarded?",
            ),
            (
                "{ role: Globl Administrator }",
                "own.yaml:1:9: unknown role Globl Administrator\n  hint: did you mean Global Administrator?",
            ),
            (
                "{ role: '?' }",
                "own.yaml:1:9: unknown role \"?\"\n  hint: a built-in role is given by its name, a custom role by its id",
            ),
            (
                "{ roles: [GA, Globl Reader, 7] }",
                "own.yaml:1:15: unknown role Globl Reader\n  hint: did you mean Global Reader?\nown.yaml:1:29: a role must be text, not a number\n  hint: put it in quotes",
            ),
            (
                "{ roles: [GA, Global Administrator] }",
                "own.yaml:1:15: Global Administrator is listed twice",
            ),
            ("{ roles: [] }", "own.yaml:1:10: roles lists no role"),
            ("{ tier: hgh }", "own.yaml:1:9: unknown tier hgh\n  hint: did you mean high?"),
            (
                "{ tier: 1 }",
                "own.yaml:1:9: tier must be text, not a number\n  hint: put it in quotes",
            ),
            ("{ rolle: GA }", "own.yaml:1:3: unknown key of on: rolle\n  hint: did you mean role?"),
        ] {
            assert_eq!(read(text).unwrap_err(), expected, "{text}");
        }
        for text in ["{ role: GA, tier: high }", "[GA]", "{}", "true", "{ role: }"] {
            let fault = read(text).unwrap_err();
            assert!(fault.ends_with(SHAPES), "{text}: {fault}");
        }
    }

    #[test]
    fn a_set_lost_with_its_base_is_not_reported() {
        let mut faults = Collector::default();
        let node = yaml::parse("{ roles: of-the-base }").unwrap();
        assert_eq!(selector(&node, &sets(), false, &mut faults), None);
        assert!(faults.result("own.yaml", Some(())).is_ok());
    }

    #[test]
    fn only_five_groups_of_digits_are_an_id() {
        for (text, expected) in [
            (CUSTOM, true),
            (" 62E90394-69F5-4237-9190-012177145E10 ", true),
            ("62e90394-69f5-4237-9190-012177145e1", false),
            ("62e90394-69f5-4237-9190-012177145e1g", false),
            ("62e9039469f542379190012177145e10", false),
            ("", false),
        ] {
            assert_eq!(is_guid(text), expected, "{text:?}");
        }
    }
}
