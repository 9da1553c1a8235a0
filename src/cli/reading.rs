//! What is being read, in words: the text of the bar, and the lines where there is no bar.
//!
//! Nothing is drawn or printed here.

use crate::collect::dataset_of;
use crate::graph::Event;
use crate::report::escape;

/// Stands between the parts of the bar.
const BETWEEN: &str = " | ";
/// Columns kept free for ` | +nn more`.
const MORE: usize = 11;
/// A log gets a line each time so many pages of one collection were read.
const PAGES_OF_A_LINE: u64 = 100;

/// What was read so far.
#[derive(Default)]
pub(super) struct Reading {
    /// The one that was last heard of comes last.
    collections: Vec<Collection>,
    pages: u64,
    rows: u64,
    waiting: Option<String>,
}

/// One collection: a list, or a list for each of several objects.
struct Collection {
    name: String,
    /// Path of its first list.
    first: String,
    /// Lists that are known of.
    lists: u64,
    /// Those of them that are not over.
    open: u64,
    /// True once one of them failed or broke off.
    broken: bool,
    pages: u64,
    rows: u64,
}

impl Reading {
    /// Takes note of an event; gives the line it is worth in a log, if any.
    pub(super) fn note(&mut self, event: &Event<'_>) -> Option<String> {
        match *event {
            Event::Begun { path } => {
                self.heard_of(path).begin(path);
                None
            }
            Event::Page { rows, path } => {
                self.pages += 1;
                self.rows += rows as u64;
                let collection = self.heard_of(path);
                collection.pages += 1;
                collection.rows += rows as u64;
                let is_due = collection.pages.is_multiple_of(PAGES_OF_A_LINE);
                is_due.then(|| format!("reading {}", collection.so_far()))
            }
            Event::Ended { path, whole } => self.heard_of(path).end(whole),
            Event::Waiting { seconds, reason } => {
                let text = format!("waiting {seconds} s: {reason}");
                self.waiting = Some(escape::terminal(&text).into_owned());
                Some(text)
            }
            // Whoever was told to wait sends again.
            Event::Request { .. } => {
                self.waiting = None;
                None
            }
            Event::Retry { .. } | Event::Bytes(_) => None,
        }
    }

    /// The collection a path belongs to, moved to the end.
    fn heard_of(&mut self, path: &str) -> &mut Collection {
        let name = match dataset_of(path) {
            Some(dataset) => dataset.name(),
            None => path.split('?').next().unwrap_or(path),
        };
        let found = match self.collections.iter().position(|it| it.name == name) {
            Some(place) => self.collections.remove(place),
            None => Collection::new(name),
        };
        self.collections.push(found);
        self.collections.last_mut().expect("one was pushed just now")
    }

    /// The text of the bar in so many columns: what is being read, else what was read last, then all
    /// pages and rows.
    pub(super) fn bar(&self, columns: usize) -> String {
        let total = format!("total {}", amount(self.pages, self.rows));
        let room = columns.saturating_sub(total.len() + BETWEEN.len());
        if let Some(waiting) = &self.waiting {
            return [&*escape::shorten(waiting, room), &total].join(BETWEEN);
        }
        let latest = || self.collections.iter().rev();
        let mut shown: Vec<&Collection> = latest().filter(|it| it.open > 0).collect();
        if shown.is_empty() {
            shown.extend(latest().next());
        }
        let mut parts = named(&shown, room);
        parts.push(total);
        parts.join(BETWEEN)
    }
}

/// What the bar says of these collections in so many columns: of all of them as much as there is room
/// for, else of as many as there is room for.
fn named(collections: &[&Collection], room: usize) -> Vec<String> {
    let labels: Vec<[String; 3]> = collections.iter().map(|it| it.labels()).collect();
    for form in 0..3 {
        let all: Vec<&str> = labels.iter().map(|forms| forms[form].as_str()).collect();
        let all = all.join(BETWEEN);
        if !all.is_empty() && all.len() <= room {
            return vec![all];
        }
    }
    let (mut parts, mut left, mut room) = (Vec::new(), 0, room.saturating_sub(MORE));
    for forms in labels {
        let before = if parts.is_empty() { 0 } else { BETWEEN.len() };
        match forms.into_iter().find(|label| before + label.len() <= room) {
            Some(label) => {
                room -= before + label.len();
                parts.push(label);
            }
            None => left += 1,
        }
    }
    if left > 0 && !parts.is_empty() {
        parts.push(format!("+{left} more"));
    }
    parts
}

impl Collection {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            first: String::new(),
            lists: 0,
            open: 0,
            broken: false,
            pages: 0,
            rows: 0,
        }
    }

    fn begin(&mut self, path: &str) {
        self.open += 1;
        if self.first.is_empty() {
            path.clone_into(&mut self.first);
            self.lists = 1;
        } else if path != self.first {
            // Principals are asked for level by level: the same list, gone on with.
            self.lists += 1;
        }
    }

    /// The line for a log when nothing of it is open any more. Of what failed the summary tells.
    fn end(&mut self, whole: bool) -> Option<String> {
        self.open = self.open.saturating_sub(1);
        self.broken |= !whole;
        if self.open > 0 || self.pages == 0 {
            return None;
        }
        let how = if self.broken { ", not all of it" } else { "" };
        Some(format!("read {}{how}", self.so_far()))
    }

    fn so_far(&self) -> String {
        let read = amount(self.pages, self.rows);
        if self.lists > 1 {
            let over = self.lists.saturating_sub(self.open);
            format!("{}: {over} of {} lists, {read}", self.name, self.lists)
        } else {
            format!("{}: {read}", self.name)
        }
    }

    /// What the bar says of it, from the longest text to the shortest.
    fn labels(&self) -> [String; 3] {
        let name = &self.name;
        if self.lists > 1 {
            let over = self.lists.saturating_sub(self.open);
            let text = format!("{name} {over} of {}", self.lists);
            return [text.clone(), text, name.clone()];
        }
        if self.pages == 0 {
            return [(); 3].map(|()| name.clone());
        }
        let amount = amount(self.pages, self.rows);
        [format!("{name} {amount}"), format!("{name} {}", rows(self.rows)), name.clone()]
    }
}

fn amount(pages: u64, number: u64) -> String {
    format!("{}, {}", counted(pages, "page", "pages"), rows(number))
}

fn rows(number: u64) -> String {
    counted(number, "row", "rows")
}

/// `1 page`, `3 pages`.
pub(super) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::request_of;
    use crate::model::Dataset;

    /// Columns of a bar in a terminal of 80, without the spinner.
    const COLUMNS: usize = 78;

    fn begun(reading: &mut Reading, path: &str) {
        assert_eq!(reading.note(&Event::Begun { path }), None);
    }

    fn pages(reading: &mut Reading, path: &str, pages: usize, rows: usize) -> Vec<String> {
        (0..pages).filter_map(|_| reading.note(&Event::Page { path, rows })).collect()
    }

    fn ended(reading: &mut Reading, path: &str) -> Option<String> {
        reading.note(&Event::Ended { path, whole: true })
    }

    fn members(group: usize) -> String {
        request_of(Dataset::GroupMembers).replace("{id}", &format!("group-{group}"))
    }

    /// A list of grants and the members of forty groups, being read.
    fn busy() -> Reading {
        let mut reading = Reading::default();
        let grants = request_of(Dataset::RoleAssignments);
        begun(&mut reading, &grants);
        for group in 0..40 {
            begun(&mut reading, &members(group));
        }
        for group in 0..12 {
            pages(&mut reading, &members(group), 1, 5);
            assert_eq!(ended(&mut reading, &members(group)), None);
        }
        pages(&mut reading, &grants, 3, 100);
        reading
    }

    #[test]
    fn the_bar_names_what_is_being_read_and_then_the_total() {
        assert_eq!(
            busy().bar(100),
            "role-assignments 3 pages, 300 rows | group-members 12 of 40 | total 15 pages, 360 rows"
        );
        let mut reading = Reading::default();
        assert_eq!(reading.bar(COLUMNS), "total 0 pages, 0 rows");
        let policies = request_of(Dataset::RolePolicies);
        begun(&mut reading, &policies);
        assert_eq!(reading.bar(COLUMNS), "role-policies | total 0 pages, 0 rows");
        pages(&mut reading, &policies, 1, 1);
        ended(&mut reading, &policies);
        // Nothing is open: the one that was read last stays.
        assert_eq!(reading.bar(COLUMNS), "role-policies 1 page, 1 row | total 1 page, 1 row");
    }

    #[test]
    fn the_bar_fits_whatever_is_being_read() {
        assert_eq!(
            busy().bar(COLUMNS),
            "role-assignments 300 rows | group-members 12 of 40 | total 15 pages, 360 rows"
        );
        for columns in [20, 40, COLUMNS, 118, 300] {
            let mut reading = Reading::default();
            for dataset in Dataset::ALL {
                let path = request_of(dataset);
                begun(&mut reading, &path);
                pages(&mut reading, &path, 12, 1000);
                let bar = reading.bar(columns);
                let total = format!("total {}", amount(reading.pages, reading.rows));
                assert!(bar.ends_with(&total), "{bar}");
                assert!(bar.len() <= columns.max(total.len()), "{columns}: {bar}");
                // The one that was heard of last has the first place, and 80 columns are enough.
                let named = bar.starts_with(dataset.name());
                assert!(named || columns < COLUMNS, "{columns}: {bar}");
            }
        }
    }

    #[test]
    fn waiting_is_shown_until_the_next_request_leaves() {
        let mut reading = busy();
        let reason = format!("Graph answered 429 Too Many Requests ({})", "\u{1b}wait ".repeat(30));
        let line = reading.note(&Event::Waiting { seconds: 30, reason: &reason });
        assert_eq!(line, Some(format!("waiting 30 s: {reason}")));
        pages(&mut reading, &request_of(Dataset::RoleAssignments), 1, 1);
        let bar = reading.bar(COLUMNS);
        assert!(bar.starts_with("waiting 30 s: Graph answered 429 Too Many"), "{bar}");
        assert!(bar.ends_with("… | total 16 pages, 361 rows"), "{bar}");
        assert!(escape::width(&bar) <= COLUMNS, "{bar}");
        assert_eq!(escape::terminal(&bar), bar);
        reading.note(&Event::Request { method: "GET", path: "/v1.0/organization" });
        assert!(reading.bar(COLUMNS).starts_with("role-assignments"));
    }

    #[test]
    fn a_log_gets_a_line_when_a_collection_is_read() {
        let mut reading = busy();
        let grants = request_of(Dataset::RoleAssignments);
        assert_eq!(
            ended(&mut reading, &grants).as_deref(),
            Some("read role-assignments: 3 pages, 300 rows")
        );
        let lines: Vec<String> = (12..40)
            .filter_map(|group| {
                pages(&mut reading, &members(group), 1, 5);
                ended(&mut reading, &members(group))
            })
            .collect();
        assert_eq!(lines, ["read group-members: 40 of 40 lists, 40 pages, 200 rows"]);
        for (rows, line) in [(60, "1 page, 60 rows"), (1, "2 pages, 61 rows")] {
            let principals = request_of(Dataset::Principals);
            begun(&mut reading, &principals);
            pages(&mut reading, &principals, 1, rows);
            let expected = format!("read principals: {line}");
            assert_eq!(ended(&mut reading, &principals), Some(expected));
        }
    }

    #[test]
    fn a_log_is_told_of_a_long_list_while_it_is_read() {
        let mut reading = Reading::default();
        let grants = request_of(Dataset::RoleAssignments);
        begun(&mut reading, &grants);
        assert_eq!(
            pages(&mut reading, &grants, 250, 100),
            [
                "reading role-assignments: 100 pages, 10000 rows",
                "reading role-assignments: 200 pages, 20000 rows"
            ]
        );
    }

    #[test]
    fn what_broke_off_is_not_said_to_be_read_whole() {
        let mut reading = Reading::default();
        let grants = request_of(Dataset::RoleAssignments);
        for (rows, expected) in
            [(0, None), (100, Some("read role-assignments: 1 page, 100 rows, not all of it"))]
        {
            begun(&mut reading, &grants);
            pages(&mut reading, &grants, rows / 100, rows);
            let line = reading.note(&Event::Ended { path: &grants, whole: false });
            assert_eq!(line.as_deref(), expected);
        }
    }

    #[test]
    fn a_path_of_no_collection_is_named_as_it_is() {
        let mut reading = Reading::default();
        pages(&mut reading, "/v1.0/things?$top=1", 1, 1);
        let line = ended(&mut reading, "/v1.0/things?$top=1");
        assert_eq!(line.as_deref(), Some("read /v1.0/things: 1 page, 1 row"));
    }
}
