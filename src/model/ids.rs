//! Identifiers: one string each, parsed once, lower case, never mixed up.
//!
//! A display name is never a key; nothing here knows what an id belongs to beyond its kind.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An identifier of one kind, lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<Kind> {
    text: Arc<str>,
    kind: PhantomData<Kind>,
}

impl<Kind> Id<Kind> {
    /// Takes an identifier as Graph or a person wrote it; casing and blanks around it never matter.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let text = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        };
        Self { text, kind: PhantomData }
    }

    /// The identifier as text, lower case.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Marks the identifier of a directory role definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleKind;

/// Marks the object id of a user, group or service principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalKind;

/// A directory role: the template id of a built-in role, the definition id of a custom one.
pub type RoleId = Id<RoleKind>;

/// An object id in the directory. A group that holds a role is a principal like any other.
pub type PrincipalId = Id<PrincipalKind>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casing_and_blanks_never_make_two_ids() {
        assert_eq!(
            RoleId::new(" 62E90394-69F5-4237-9190-012177145E10 "),
            RoleId::new("62e90394-69f5-4237-9190-012177145e10")
        );
    }
}
