//! A number against the bounds of a rule: what it comes to, and how the bounds are told.

use crate::model::Verdict;

/// The least and the greatest number, both included.
pub(super) type Bounds = (u32, u32);

/// What a number comes to.
pub(super) fn verdict(count: u32, pass: Bounds, partial: Option<Bounds>) -> Verdict {
    let within = |(low, high): Bounds| (low..=high).contains(&count);
    if within(pass) {
        Verdict::Pass
    } else if partial.is_some_and(within) {
        Verdict::Partial
    } else {
        Verdict::Fail
    }
}

/// The bounds in words, with what is counted in the singular and the plural.
pub(super) fn in_words(
    pass: Bounds,
    partial: Option<Bounds>,
    (one, several): (&str, &str),
) -> String {
    let range = |(low, high): Bounds| match low {
        0 => format!("at most {high}"),
        _ => format!("{low} to {high}"),
    };
    let noun = if pass.1 == 1 { one } else { several };
    match partial {
        None => format!("{} {noun}", range(pass)),
        Some(part) => format!("{} {noun}; {} is met in part", range(pass), range(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_bounds_belong_to_them() {
        for (count, partial, expected) in [
            (1, Some((5, 8)), Verdict::Fail),
            (2, Some((5, 8)), Verdict::Pass),
            (4, Some((5, 8)), Verdict::Pass),
            (5, Some((5, 8)), Verdict::Partial),
            (8, Some((5, 8)), Verdict::Partial),
            (9, Some((5, 8)), Verdict::Fail),
            (5, None, Verdict::Fail),
        ] {
            assert_eq!(verdict(count, (2, 4), partial), expected, "{count} {partial:?}");
        }
    }

    #[test]
    fn bounds_are_told_with_what_is_counted() {
        for (pass, partial, expected) in [
            ((2, 4), None, "2 to 4 accounts"),
            ((0, 9), Some((10, 20)), "at most 9 accounts; 10 to 20 is met in part"),
            ((0, 1), None, "at most 1 account"),
        ] {
            assert_eq!(in_words(pass, partial, ("account", "accounts")), expected);
        }
    }
}
