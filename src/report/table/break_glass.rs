//! Accounts that look like undeclared break-glass accounts, and the lines that declare them.

use crate::report::escape;
use crate::report::model::{Candidate, Judged};
use crate::report::page::{Fit, Grid, Page};
use std::io;

/// Columns of a name at most.
const NAME: usize = 60;
/// The longest name that is copied as it is; a longer one is declared by its object id.
const LONGEST: usize = 50;

/// The section on break-glass candidates.
pub(super) fn write(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    if judged.break_glass.is_empty() {
        return Ok(());
    }
    page.title("BREAK-GLASS CANDIDATES")?;
    let mut grid = Grid::new(&[("account", Fit::Flow), ("looks like one because", Fit::Flow)]);
    for candidate in &judged.break_glass {
        let name = escape::name(&candidate.name, NAME);
        grid.row(vec![name.into(), candidate.reason.as_str().into()]);
    }
    page.grid(&grid)?;
    page.paragraph("If they are, declare them in pimaudit.yaml:")?;
    page.verbatim("  break_glass:")?;
    for candidate in &judged.break_glass {
        page.verbatim(&format!("    - {}", declared(candidate)))?;
    }
    match judged.posture_with_break_glass {
        Some(posture) => page.paragraph(format!("Declared, posture would be {posture:.1}.")),
        None => Ok(()),
    }
}

/// The sign-in name where it can stand in YAML as it is, else the object id.
fn declared(candidate: &Candidate) -> &str {
    let name = &*candidate.name;
    let plain = |character: char| character.is_ascii_alphanumeric() || "@._+-".contains(character);
    let starts_well = name.starts_with(|character: char| character.is_ascii_alphanumeric());
    if starts_well && name.contains('@') && name.len() <= LONGEST && name.chars().all(plain) {
        name
    } else {
        candidate.principal.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PrincipalId;

    #[test]
    fn only_a_plain_name_is_offered_for_the_file() {
        let long = format!("{}@contoso.example", "a".repeat(60));
        for (name, expected) in [
            ("bg1@contoso.onmicrosoft.example", "bg1@contoso.onmicrosoft.example"),
            ("Break Glass", "id-1"),
            ("x@y]\n  waivers: [", "id-1"),
            ("x@y: z", "id-1"),
            ("@contoso.example", "id-1"),
            ("-a@contoso.example", "id-1"),
            ("bg\u{202e}@contoso.example", "id-1"),
            (long.as_str(), "id-1"),
            ("", "id-1"),
        ] {
            let principal = PrincipalId::new("id-1");
            let candidate = Candidate { principal, name: name.into(), reason: String::new() };
            assert_eq!(declared(&candidate), expected, "{name:?}");
        }
    }
}
