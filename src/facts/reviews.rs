//! Shared judgement: which access reviews look at an access, and whether they are held again and again.

use super::window::Facts;
use super::world::World;
use crate::model::{Access, Dataset, Gap, GroupAccess, Interval, IsoDuration, Review};
use jiff::tz::TimeZone;

const SECONDS_A_DAY: u64 = 86_400;

/// Whether a review is held again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is, so often; months count as in a baseline's duration.
    Every(IsoDuration),
    /// It is not, or not now: why.
    Not(String),
}

impl Facts<'_, '_> {
    /// Whether a review is held again and again, as of now. Needs the access reviews.
    pub fn held(&self, review: &Review) -> Result<Held, Gap> {
        self.declared(&[Dataset::AccessReviews]);
        let today = self.now().to_zoned(TimeZone::UTC).date();
        let unread = |what: &str| {
            Err(Gap::unreadable(Dataset::AccessReviews, format!("{}: {what}", review.name)))
        };
        let is = |word: &&str| review.status.eq_ignore_ascii_case(word);
        let Some(recurrence) = &review.recurrence else {
            return Ok(Held::Not("it is held once".to_owned()));
        };
        if let Some(end) = recurrence.end.filter(|end| *end < today) {
            return Ok(Held::Not(format!("it ended on {end}")));
        }
        if let Some(start) = recurrence.start.filter(|start| *start > today) {
            return Ok(Held::Not(format!("it begins on {start}")));
        }
        if ["Completed", "NotStarted", "Initializing"].iter().any(is) {
            return Ok(Held::Not(format!("its status is {}", review.status)));
        }
        if !["InProgress", "Active"].iter().any(is) {
            return unread("its status is neither running nor over");
        }
        if recurrence.start.is_none() {
            return unread("it names no first day");
        }
        let every = match &recurrence.every {
            Interval::Weeks(weeks @ 1..) => {
                IsoDuration::from_seconds(u64::from(*weeks) * 7 * SECONDS_A_DAY)
            }
            Interval::Months(months @ 1..) => IsoDuration::from_months(u64::from(*months)),
            Interval::Weeks(0) | Interval::Months(0) | Interval::Other(_) => {
                return unread("its interval is unknown");
            }
        };
        Ok(Held::Every(every))
    }
}

impl<'a> World<'a> {
    /// The reviews that cover an access. Whether they recur and are held well is for checks to say.
    pub fn review_of(&self, access: &Access) -> Result<Vec<&'a Review>, Gap> {
        let reviews = self.tenant.reviews.complete()?;
        Ok(reviews
            .iter()
            .filter(|review| review.covers.iter().any(|cover| is_of(&cover.access, access)))
            .collect())
    }
}

/// A review of a group looks at its members.
pub fn is_of(covered: &Access, access: &Access) -> bool {
    match (covered, access) {
        (Access::DirectoryRole(one), Access::DirectoryRole(two)) => one == two,
        (Access::Group(one, _), Access::Group(two, GroupAccess::Member)) => one == two,
        (Access::Group(..), Access::Group(_, GroupAccess::Owner))
        | (Access::DirectoryRole(_), Access::Group(..))
        | (Access::Group(..), Access::DirectoryRole(_)) => false,
    }
}
