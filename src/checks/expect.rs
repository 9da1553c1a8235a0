//! What a rule expects of a check: a closed set of shapes. Each check takes exactly one.

use crate::model::{IsoDuration, RoleId, RolesTable};
use std::collections::BTreeSet;

/// What a rule expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// The good state itself, without a number.
    Required,
    /// The good state in another reading of the check, by the variant's name.
    Variant(&'static str),
    /// At most this long; between `ideal` and `at_most` is met in part.
    AtMost {
        /// Longest that does not fail.
        at_most: IsoDuration,
        /// Longest that passes; the same as `at_most` where there is none.
        ideal: Option<IsoDuration>,
        /// Of sign-ins, only interactive ones count.
        interactive: bool,
        /// Nothing is said of a tenant without licences of Intune and Entra ID P2.
        with_intune: bool,
    },
    /// A number within bounds, both inclusive.
    Count {
        /// Bounds that pass.
        pass: (u32, u32),
        /// Bounds that are met in part, where there are any.
        partial: Option<(u32, u32)>,
        /// Who counts.
        who: Who,
    },
    /// A share below a bound, between 0 and 1.
    Share {
        /// Below this passes.
        pass_below: f64,
        /// Below this is met in part.
        partial_below: f64,
        /// The roles whose other holders are compared with.
        among: Among,
        /// Bounds of the number itself, outside which any share fails.
        count: Option<(u32, u32)>,
    },
    /// Exactly these roles, in place of those the check looks at by itself.
    Roles(BTreeSet<RoleId>),
    /// All of these roles by one and the same policy, which names them.
    OnePolicy(BTreeSet<RoleId>),
    /// The roles table.
    Table(RolesTable),
}

/// The roles whose holders stand beside the Global Administrators in a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those of tier critical or high; a person counts once.
    Strong,
    /// Exactly these; a person counts once.
    Roles(BTreeSet<RoleId>),
    /// Exactly these; a person counts once, and disabled accounts count on both sides.
    Users(BTreeSet<RoleId>),
    /// Every role labelled PRIVILEGED, custom ones too, and by its members: whoever is Global
    /// Administrator and holds another counts on both sides, disabled accounts count, and of groups
    /// those who are in them directly without an activation.
    Labelled,
}

/// Which holders of a role count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Enabled users.
    Enabled,
    /// Users, disabled ones too.
    Users,
    /// Users with an active assignment, disabled ones too; an activation is none.
    Assigned,
    /// Users and service principals.
    Holders,
}

/// The shape of an expectation, for load errors and documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectShape {
    /// `expect: required`, also when nothing is said.
    Required,
    /// `expect: { at_most: PT8H, ideal: PT1H }`.
    AtMost,
    /// `expect: { pass: [2, 4], partial: [5, 8] }`.
    Count,
    /// `expect: { pass_below: 0.3, partial_below: 0.5 }`.
    Share,
    /// `expect: { roles: [Global Administrator] }`, or `required` also when nothing is said.
    Roles,
    /// `expect: { table: { Global Administrator: eligible }, unlisted: partial }`.
    Table,
}

impl ExpectShape {
    /// What `required` means, where a rule may leave the shape out.
    pub const fn default_meaning(self) -> Option<&'static str> {
        match self {
            Self::Roles => Some("for every role of tier critical or high in use"),
            Self::Required | Self::AtMost | Self::Count | Self::Share | Self::Table => None,
        }
    }

    /// How it is written in a baseline.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::AtMost => "{ at_most: PT8H }",
            Self::Count => "{ pass: [2, 4], partial: [5, 8] }",
            Self::Share => "{ pass_below: 0.3, partial_below: 0.5 }",
            Self::Roles => "{ roles: [Global Administrator] }",
            Self::Table => "{ table: { Global Administrator: eligible } }",
        }
    }
}

impl Expect {
    /// At most this long, of whatever kind.
    pub const fn at_most(at_most: IsoDuration, ideal: Option<IsoDuration>) -> Self {
        Self::AtMost { at_most, ideal, interactive: false, with_intune: false }
    }

    /// True for this variant of the check.
    pub fn is_variant(&self, name: &str) -> bool {
        matches!(self, Self::Variant(variant) if *variant == name)
    }

    /// Of three texts the one for this reading: the roles the check looks at by itself, those that the
    /// rule names, or these by one policy alone.
    pub const fn by_roles<'t>(&self, own: &'t str, named: &'t str, one_policy: &'t str) -> &'t str {
        match self {
            Self::OnePolicy(_) => one_policy,
            Self::Roles(_) => named,
            Self::Required
            | Self::Variant(_)
            | Self::AtMost { .. }
            | Self::Count { .. }
            | Self::Share { .. }
            | Self::Table(_) => own,
        }
    }

    /// The roles it names, in place of those the check looks at by itself.
    pub const fn roles(&self) -> Option<&BTreeSet<RoleId>> {
        match self {
            Self::Roles(roles) | Self::OnePolicy(roles) => Some(roles),
            Self::Required
            | Self::Variant(_)
            | Self::AtMost { .. }
            | Self::Count { .. }
            | Self::Share { .. }
            | Self::Table(_) => None,
        }
    }

    /// Its shape.
    pub const fn shape(&self) -> ExpectShape {
        match self {
            Self::Required | Self::Variant(_) => ExpectShape::Required,
            Self::AtMost { .. } => ExpectShape::AtMost,
            Self::Count { .. } => ExpectShape::Count,
            Self::Share { .. } => ExpectShape::Share,
            Self::Roles(_) | Self::OnePolicy(_) => ExpectShape::Roles,
            Self::Table(_) => ExpectShape::Table,
        }
    }

    /// The longest duration that passes, and the longest that does not fail.
    pub fn durations(&self) -> Option<(IsoDuration, IsoDuration)> {
        match self {
            Self::AtMost { at_most, ideal, .. } => Some((ideal.unwrap_or(*at_most), *at_most)),
            Self::Required
            | Self::Variant(_)
            | Self::Count { .. }
            | Self::Share { .. }
            | Self::Roles(_)
            | Self::OnePolicy(_)
            | Self::Table(_) => None,
        }
    }
}
