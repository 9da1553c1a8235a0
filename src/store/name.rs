//! What people call a run, and which one that is.

use super::run::{Gate, Run};
use crate::model::{IsoDuration, minute};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a run is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// By its number.
    Number(i64),
    /// The newest.
    Last,
    /// The newest that met its limits.
    LastGood,
    /// The newest that is this old or older.
    Old(IsoDuration),
    /// The newest up to the end of this day, in UTC.
    Day(Date),
}

/// The runs of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRuns {
    /// Tenant id.
    pub id: String,
    /// Tenant name; empty when it could never be read.
    pub name: String,
    /// How many.
    pub runs: usize,
}

/// Why a name leads to no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is no name.
    #[error("{0:?} is no name of a run")]
    NoName(String),
    /// Nothing was kept yet.
    #[error("there is no run yet")]
    NoRuns,
    /// Nothing was kept that was read before.
    #[error("no run of this tenant was read before {}", minute(*.before))]
    NoneEarlier {
        /// The time it is to be before.
        before: Timestamp,
    },
    /// The run of this number is there, and it was not read before.
    #[error("run {run} of {} was not read before what it is compared with", minute(*.at))]
    NotEarlier {
        /// Its number.
        run: i64,
        /// When it was read.
        at: Timestamp,
    },
    /// No run of the tenant has this number.
    #[error("there is no run {0} of this tenant")]
    NoRun(i64),
    /// Every run missed its limits, or had none.
    #[error("no run has met its limits")]
    NoneGood,
    /// The same of those that were read before.
    #[error("no run that was read before {} has met its limits", minute(*.before))]
    NoneGoodBefore {
        /// The time it is to be before.
        before: Timestamp,
    },
    /// All are younger.
    #[error(
        "no run was read up to {}; the oldest is {oldest} of {}",
        minute(*.limit),
        minute(*.at)
    )]
    NoneThen {
        /// The latest time that was asked for.
        limit: Timestamp,
        /// Number of the oldest run.
        oldest: i64,
        /// When that was read.
        at: Timestamp,
    },
    /// It is not said whose runs are meant.
    #[error("there are runs of several tenants: {0}")]
    SeveralTenants(String),
    /// There are none of this tenant.
    #[error("there is no run of tenant {asked}; there are runs of {known}")]
    NoTenant {
        /// As it was asked for.
        asked: String,
        /// Those that there are.
        known: String,
    },
}

impl NameError {
    /// The next step.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoName(_) => {
                "a run is called by its number, last, last-good, an age such as 7d, or a day such as \
                 2026-11-01"
            }
            Self::NoRuns => "`pimaudit audit --store FILE` keeps one",
            Self::NoRun(_) | Self::NoneThen { .. } => "see `pimaudit history list`",
            Self::NotEarlier { .. } => "give an earlier run, see `pimaudit history list`",
            Self::NoneEarlier { .. } => "`pimaudit audit --store FILE` keeps one each time",
            Self::NoneGood | Self::NoneGoodBefore { .. } => {
                "a run of `pimaudit audit` with --fail-on, --min-coverage or --max-age is a good one \
                 where it ends with 0"
            }
            Self::SeveralTenants(_) | Self::NoTenant { .. } => "say which with --tenant ID",
        }
    }
}

impl Name {
    /// Understands a name: `12`, `last`, `last-good`, `7d`, `P7D`, `2026-11-01`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("last") {
            return Some(Self::Last);
        }
        if text.eq_ignore_ascii_case("last-good") {
            return Some(Self::LastGood);
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse::<i64>().ok().filter(|number| *number > 0).map(Self::Number);
        }
        if text.len() == DAY.len()
            && let Ok(day) = text.parse()
        {
            return Some(Self::Day(day));
        }
        IsoDuration::parse_age(text).ok().map(Self::Old)
    }
}

/// The form of a day.
const DAY: &str = "2026-11-01";

/// The run of this name among those of one tenant, which stand by the time of reading.
pub fn find<'r>(runs: &'r [Run], name: &Name, now: Timestamp) -> Result<&'r Run, NameError> {
    let (Some(oldest), Some(newest)) = (runs.first(), runs.last()) else {
        return Err(NameError::NoRuns);
    };
    let until = |limit: Timestamp| {
        runs.iter().rev().find(|run| run.collected_at <= limit).ok_or(NameError::NoneThen {
            limit,
            oldest: oldest.id,
            at: oldest.collected_at,
        })
    };
    match *name {
        Name::Number(number) => {
            runs.iter().find(|run| run.id == number).ok_or(NameError::NoRun(number))
        }
        Name::Last => Ok(newest),
        Name::LastGood => {
            runs.iter().rev().find(|run| run.gate == Gate::Passed).ok_or(NameError::NoneGood)
        }
        Name::Old(age) => until(ago(now, age)),
        Name::Day(day) => until(end_of(day)),
    }
}

/// The same among the runs that were read before a time. What is there and too late is told as
/// that, and not as if it were not there.
pub(super) fn find_before<'r>(
    runs: &'r [Run],
    name: &Name,
    before: Timestamp,
    now: Timestamp,
) -> Result<&'r Run, NameError> {
    if let Name::Number(_) = name {
        let run = find(runs, name, now)?;
        if run.collected_at >= before {
            return Err(NameError::NotEarlier { run: run.id, at: run.collected_at });
        }
        return Ok(run);
    }
    // They stand by the time of reading.
    let earlier = &runs[..runs.partition_point(|run| run.collected_at < before)];
    match find(earlier, name, now) {
        Err(NameError::NoRuns) if !runs.is_empty() => Err(NameError::NoneEarlier { before }),
        Err(NameError::NoneGood) => Err(NameError::NoneGoodBefore { before }),
        found => found,
    }
}

/// So long before a time; the beginning of time where that is before it.
fn ago(now: Timestamp, age: IsoDuration) -> Timestamp {
    let seconds = i64::try_from(age.seconds()).unwrap_or(i64::MAX);
    now.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

/// The last nanosecond of a day in UTC.
fn end_of(day: Date) -> Timestamp {
    let next = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    let next = next.map(|midnight| midnight.timestamp()).unwrap_or(Timestamp::MAX);
    next.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN)
}

/// The tenant that is meant: by its id or its name, or the only one that there is.
pub fn choose<'t>(
    tenants: &'t [TenantRuns],
    asked: Option<&str>,
) -> Result<&'t TenantRuns, NameError> {
    let Some(asked) = asked else {
        return match tenants {
            [] => Err(NameError::NoRuns),
            [one] => Ok(one),
            [_, _, ..] => Err(NameError::SeveralTenants(listed(tenants))),
        };
    };
    let wanted = asked.trim();
    let is_called = |tenant: &&TenantRuns| tenant.name.to_lowercase() == wanted.to_lowercase();
    let by_id = tenants.iter().find(|tenant| tenant.id.eq_ignore_ascii_case(wanted));
    // Two tenants may have one name; then only the id tells.
    let mut by_name = tenants.iter().filter(is_called);
    match (by_id, by_name.next(), by_name.next()) {
        (Some(tenant), _, _) | (None, Some(tenant), None) => Ok(tenant),
        (None, Some(_), Some(_)) => Err(NameError::SeveralTenants(listed(tenants))),
        (None, None, _) if tenants.is_empty() => Err(NameError::NoRuns),
        (None, None, _) => {
            Err(NameError::NoTenant { asked: asked.to_owned(), known: listed(tenants) })
        }
    }
}

fn listed(tenants: &[TenantRuns]) -> String {
    let words = tenants.iter().map(|tenant| match tenant.name.as_str() {
        "" => tenant.id.clone(),
        name => format!("{name} ({})", tenant.id),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cloud;

    fn run(id: i64, at: &str, gate: Gate) -> Run {
        Run {
            id,
            tenant: "t-1".to_owned(),
            tenant_name: "Contoso".to_owned(),
            cloud: Cloud::Global,
            collected_at: at.parse().unwrap(),
            judged_at: at.parse().unwrap(),
            program: "0.1.0".to_owned(),
            source: "the tenant".to_owned(),
            gate,
            configuration: None,
        }
    }

    fn runs() -> Vec<Run> {
        vec![
            run(4, "2026-10-01T09:00:00Z", Gate::Passed),
            run(1, "2026-10-25T09:00:00Z", Gate::Passed),
            run(2, "2026-11-01T23:59:59.5Z", Gate::Missed),
            run(3, "2026-11-02T00:00:00Z", Gate::Unset),
        ]
    }

    #[test]
    fn a_name_leads_to_its_run() {
        let now = "2026-11-02T09:00:00Z".parse().unwrap();
        let limit = |text: &str| NameError::NoneThen {
            limit: text.parse().unwrap(),
            oldest: 4,
            at: "2026-10-01T09:00:00Z".parse().unwrap(),
        };
        for (name, expected) in [
            ("2", Ok(2)),
            ("9", Err(NameError::NoRun(9))),
            ("last", Ok(3)),
            (" LAST ", Ok(3)),
            ("last-good", Ok(1)),
            ("0d", Ok(3)),
            ("9h", Ok(3)),
            ("8d", Ok(1)),
            ("192h", Ok(1)),
            ("193h", Ok(4)),
            ("P8D", Ok(1)),
            ("33d", Err(limit("2026-09-30T09:00:00Z"))),
            ("2026-11-02", Ok(3)),
            ("2026-11-01", Ok(2)),
            ("2026-10-31", Ok(1)),
            ("2030-01-01", Ok(3)),
            ("2026-09-30", Err(limit("2026-09-30T23:59:59.999999999Z"))),
        ] {
            let found = find(&runs(), &Name::parse(name).unwrap(), now).map(|run| run.id);
            assert_eq!(found, expected, "{name}");
        }
        let mut none_good = runs();
        none_good.retain(|run| run.gate != Gate::Passed);
        assert_eq!(find(&none_good, &Name::LastGood, now), Err(NameError::NoneGood));
        assert_eq!(find(&[], &Name::Last, now), Err(NameError::NoRuns));
    }

    #[test]
    fn what_was_read_too_late_is_no_earlier_run() {
        let now = "2026-11-02T09:00:00Z".parse().unwrap();
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (first, third) = ("2026-10-01T09:00:00Z", "2026-11-01T23:59:59.5Z");
        for (name, before, expected) in [
            ("last", third, Ok(1)),
            ("1", third, Ok(1)),
            // It is there, and it is what is compared with, or was read after that.
            ("2", third, Err(NameError::NotEarlier { run: 2, at: at(third) })),
            ("3", third, Err(NameError::NotEarlier { run: 3, at: at("2026-11-02T00:00:00Z") })),
            ("9", third, Err(NameError::NoRun(9))),
            ("4", first, Err(NameError::NotEarlier { run: 4, at: at(first) })),
            ("last", first, Err(NameError::NoneEarlier { before: at(first) })),
            ("last-good", first, Err(NameError::NoneEarlier { before: at(first) })),
            ("last-good", third, Ok(1)),
        ] {
            let (runs, name) = (runs(), Name::parse(name).unwrap());
            let found = find_before(&runs, &name, at(before), now).map(|run| run.id);
            assert_eq!(found, expected, "{name:?} before {before}");
        }
        // A good run that is later is no good run before.
        let mut later = runs();
        later[0].gate = Gate::Missed;
        later[1].gate = Gate::Missed;
        later[3].gate = Gate::Passed;
        let before = at(third);
        let found = find_before(&later, &Name::LastGood, before, now);
        assert_eq!(found, Err(NameError::NoneGoodBefore { before }));
        assert_eq!(find_before(&[], &Name::Last, before, now), Err(NameError::NoRuns));
        for (error, expected) in [
            (
                NameError::NotEarlier { run: 2, at: at("2026-11-05T09:00:00Z") },
                "run 2 of 2026-11-05 09:00 UTC was not read before what it is compared with",
            ),
            (
                NameError::NoneEarlier { before: at(first) },
                "no run of this tenant was read before 2026-10-01 09:00 UTC",
            ),
            (
                NameError::NoneGoodBefore { before: at(first) },
                "no run that was read before 2026-10-01 09:00 UTC has met its limits",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            " ",
            "0",
            "-1",
            "+1",
            "99999999999999999999",
            "first",
            "7",
            "7w",
            "d",
            "é",
            "2026-13-01",
            "2026-11-01T09:00:00Z",
            "old.json",
            "last.json",
        ] {
            let expected = if text == "7" { Some(Name::Number(7)) } else { None };
            assert_eq!(Name::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_longest_ages_and_the_last_day_break_nothing() {
        let now = "2026-11-02T09:00:00Z".parse().unwrap();
        for name in ["9223372036854775807h", "P9999999999D", "9999-12-31"] {
            if let Some(name) = Name::parse(name) {
                let _ = find(&runs(), &name, now);
            }
        }
    }

    #[test]
    fn a_tenant_is_meant_by_id_or_name_or_by_being_alone() {
        let tenant =
            |id: &str, name: &str| TenantRuns { id: id.to_owned(), name: name.to_owned(), runs: 1 };
        let none: [TenantRuns; 0] = [];
        let one = [tenant("t-1", "Contoso")];
        let many = [tenant("t-1", "Contoso"), tenant("t-2", "Fabrikam"), tenant("t-3", "FABRIKAM")];
        for (tenants, asked, expected) in [
            (&none[..], None, Err("there is no run yet")),
            (&none[..], Some("t-1"), Err("there is no run yet")),
            (&one[..], None, Ok("t-1")),
            (
                &one[..],
                Some("t-2"),
                Err("there is no run of tenant t-2; there are runs of Contoso (t-1)"),
            ),
            (&many[..], Some("T-2"), Ok("t-2")),
            (&many[..], Some("contoso"), Ok("t-1")),
            (
                &many[..],
                Some("Fabrikam"),
                Err(
                    "there are runs of several tenants: Contoso (t-1), Fabrikam (t-2), FABRIKAM (t-3)",
                ),
            ),
            (
                &many[..],
                None,
                Err(
                    "there are runs of several tenants: Contoso (t-1), Fabrikam (t-2), FABRIKAM (t-3)",
                ),
            ),
        ] {
            let found =
                choose(tenants, asked).map(|it| it.id.as_str()).map_err(|it| it.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{asked:?}");
        }
    }
}
