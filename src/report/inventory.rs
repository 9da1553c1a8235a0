//! The inventory, one line a grant and path: as a table, as JSON, as CSV.

use super::csv::io_error;
use super::escape::{self, csv_cell};
use super::json::lay_out;
use super::model::{Inventory, InventoryLine};
use super::page::{Fit, Grid, Ink, Page, Tone};
use super::words;
use crate::model::Gap;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the JSON shape.
const SCHEMA: &str = "pimaudit.inventory/1";
/// The JSON is laid out down to the list of lines: document, lines.
const LAID_OUT: usize = 2;
/// What stands between the groups of a path.
const STEP: &str = " > ";
/// Columns of a name at most.
const NAME: usize = 60;
/// Columns of a word at most: kind, hold, scope.
const WORD: usize = 12;

/// Writes the inventory for a terminal: one line a grant, under the name of its role.
///
/// What does not fit is cut; the other formats hold it whole.
///
/// # Errors
/// Only those of `out`.
pub fn write_table(inventory: &Inventory, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(width, false, out);
    let tenant = match &*inventory.tenant_name {
        "" => inventory.tenant.to_string(),
        name => format!("{name} ({})", inventory.tenant),
    };
    page.pairs(vec![("Tenant", tenant.into()), ("Read", words::minute(inventory.at).into())])?;
    page.blank()?;
    match (inventory.lines.is_empty(), inventory.gaps.is_empty()) {
        (false, _) => grants(&mut page, &inventory.lines)?,
        (true, true) => page.paragraph("Nobody holds a role or can activate one.")?,
        (true, false) => page.paragraph("No grant is known.")?,
    }
    gaps(&mut page, &inventory.gaps)
}

fn grants(page: &mut Page<'_>, lines: &[InventoryLine]) -> io::Result<()> {
    let mut grid = Grid::new(&[
        ("principal", Fit::Flow),
        ("kind", Fit::Content),
        ("hold", Fit::Content),
        ("until", Fit::Content),
        ("scope and path", Fit::Flow),
    ]);
    let mut headings = Vec::new();
    let mut place = 0;
    for role in lines.chunk_by(|one, next| one.access == next.access) {
        headings.push((place, heading(role)));
        place += role.len();
        for line in role {
            grid.row(vec![
                escape::name(&line.principal, NAME).into(),
                escape::name(short_kind(line.kind), WORD).into(),
                escape::name(line.hold, WORD).into(),
                until(line.until).into(),
                escape::name(&whereabouts(line), NAME).into(),
            ]);
        }
    }
    page.grouped(grid, &headings)
}

fn heading(role: &[InventoryLine]) -> Ink {
    let name = role.first().map_or("", |line| &line.role);
    Ink::toned(Tone::Title, &format!("{} ({})", escape::name(name, NAME), role.len()))
}

fn until(until: Option<Timestamp>) -> String {
    match until {
        Some(end) => end.strftime("%Y-%m-%d").to_string(),
        None => "permanent".to_owned(),
    }
}

/// Long words leave too little room for names; the other formats keep them.
fn short_kind(kind: &str) -> &str {
    match kind {
        "service principal" => "service",
        "managed identity" => "managed",
        other => other,
    }
}

/// Where it is held, and through which groups; the whole tenant and direct holding need no word.
fn whereabouts(line: &InventoryLine) -> String {
    let scope = match (line.scope.as_str(), &line.scope_name) {
        ("/", _) => None,
        (_, Some(unit)) => Some(format!("unit {unit}")),
        (other, None) => Some(other.to_owned()),
    };
    let path = (!line.path.is_empty()).then(|| format!("via {}", line.path.join(STEP)));
    [scope, path].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn gaps(page: &mut Page<'_>, gaps: &[Gap]) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    page.title("NOT READ, SO LINES MAY BE MISSING")?;
    for gap in gaps {
        page.paragraph(words::gap(gap))?;
    }
    Ok(())
}

/// The document of the JSON form.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tenant: Tenant<'a>,
    at: Timestamp,
    /// Why lines may be missing.
    gaps: &'a [Gap],
    lines: &'a [InventoryLine],
}

#[derive(Serialize)]
struct Tenant<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

/// Writes the inventory as JSON, one grant a line.
///
/// # Errors
/// Only those of `out`.
pub fn write_json(inventory: &Inventory, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tenant: Tenant { id: &inventory.tenant, name: &inventory.tenant_name },
        at: inventory.at,
        gaps: &inventory.gaps,
        lines: &inventory.lines,
    };
    lay_out(&document, LAID_OUT, out)
}

/// Names of the columns of the spreadsheets.
const COLUMNS: [&str; 9] =
    ["role", "access", "principal", "principal_id", "kind", "hold", "until", "scope", "path"];
/// Filled by whoever reviews the access.
const REVIEW: [&str; 4] = ["keep/remove", "reason", "reviewer", "date"];

/// Writes the inventory as CSV, one grant a line under the names of the columns; with empty columns
/// to review it in where they are asked for.
///
/// What could not be read stands in lines of its own where it is to be reviewed; else CSV has no place for
/// it, and whoever calls this says it elsewhere.
///
/// # Errors
/// Only those of `out`.
pub fn write_csv(inventory: &Inventory, review: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    let (header, empty) = if review {
        (REVIEW.as_slice(), [""; REVIEW.len()].as_slice())
    } else {
        (&[][..], &[][..])
    };
    csv.write_record(COLUMNS.iter().chain(header)).map_err(io_error)?;
    for line in &inventory.lines {
        let until = line.until.map_or_else(|| "permanent".to_owned(), |end| end.to_string());
        let path = line.path.join(STEP);
        let cells = [
            &*line.role,
            &line.access,
            &line.principal,
            &line.principal_id,
            line.kind,
            line.hold,
            &until,
            &line.scope,
            &path,
        ];
        let safe = cells.map(csv_cell);
        let cells = safe.iter().map(|cell| &**cell).chain(empty.iter().copied());
        csv.write_record(cells).map_err(io_error)?;
    }
    // A reviewer has nothing but the sheet.
    for gap in inventory.gaps.iter().filter(|_| review) {
        let text = format!("NOT COMPLETE: {}", words::gap(gap));
        let mut cells = [""; COLUMNS.len() + REVIEW.len()];
        cells[0] = &text;
        csv.write_record(cells).map_err(io_error)?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, GapKind};
    use serde_json::json;

    fn line(role: &str, principal: &str, until: Option<&str>, path: &[&str]) -> InventoryLine {
        InventoryLine {
            role: role.into(),
            access: format!("role:{}", role.to_lowercase()),
            principal: principal.into(),
            principal_id: "7f3a0000-0000-4000-8000-00000000000a".to_owned(),
            kind: "user",
            hold: "eligible",
            until: until.map(|end| end.parse().unwrap()),
            scope: "/".to_owned(),
            scope_name: None,
            path: path.iter().map(|group| (*group).into()).collect(),
        }
    }

    fn inventory(lines: Vec<InventoryLine>) -> Inventory {
        Inventory {
            tenant: "7f3a0000-0000-4000-8000-000000000001".into(),
            tenant_name: "Contoso".into(),
            at: "2026-11-02T09:00:00Z".parse().unwrap(),
            lines,
            gaps: Vec::new(),
        }
    }

    fn small() -> Inventory {
        inventory(vec![
            line("Global Administrator", "alma@contoso.example", None, &[]),
            line(
                "Global Administrator",
                "bo@contoso.example",
                Some("2026-12-31T00:00:00Z"),
                &["Tier 0", "Core"],
            ),
            line("Reader", "cy@contoso.example", None, &[]),
        ])
    }

    fn drawn(inventory: &Inventory, width: usize) -> String {
        let mut out = Vec::new();
        write_table(inventory, width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn grants_stand_one_a_line_under_their_role() {
        let text = drawn(&small(), 80);
        let lines: Vec<Vec<&str>> =
            text.lines().skip(5).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines,
            [
                &["Global", "Administrator", "(2)"][..],
                &["alma@contoso.example", "user", "eligible", "permanent"],
                &[
                    "bo@contoso.example",
                    "user",
                    "eligible",
                    "2026-12-31",
                    "via",
                    "Tier",
                    "0",
                    ">",
                    "Core"
                ],
                &[],
                &["Reader", "(1)"],
                &["cy@contoso.example", "user", "eligible", "permanent"],
            ],
            "{text}"
        );
    }

    #[test]
    fn every_line_fits_whatever_the_names() {
        let names = [
            "x".repeat(300),
            "山田太郎".repeat(75),
            "red \u{1b}[31m\nnext\u{202e}".repeat(20),
            "a b ".repeat(75),
        ];
        let mut lines = Vec::new();
        for name in &names {
            let mut line =
                line(name, name, Some("2026-12-31T00:00:00Z"), &[name.as_str(), name.as_str()]);
            line.kind = "service principal";
            line.hold = "active (type not read)";
            line.scope = "/administrativeUnits/7f3a0000-0000-4000-8000-0000000000ff".to_owned();
            lines.push(line);
        }
        let inventory = inventory(lines);
        for width in [60, 80, 200] {
            let text = drawn(&inventory, width);
            for line in text.lines() {
                assert!(escape::width(line) <= width, "{} of {width}: {line}", escape::width(line));
                assert_eq!((line.trim_end(), &*escape::terminal(line)), (line, line));
            }
            assert_eq!(text.matches("2026-12-31").count(), names.len(), "{text}");
        }
    }

    #[test]
    fn what_was_not_read_is_never_an_empty_list() {
        let mut empty = inventory(Vec::new());
        assert!(drawn(&empty, 80).contains("Nobody holds a role or can activate one."));
        empty.gaps = vec![Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403")];
        let text = drawn(&empty, 80);
        assert!(!text.contains("Nobody"), "{text}");
        assert!(text.contains("role assignments: permission denied: 403"), "{text}");
    }

    #[test]
    fn json_holds_every_line_whole() {
        let mut out = Vec::new();
        write_json(&small(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], "pimaudit.inventory/1");
        assert_eq!(
            value["lines"][1],
            json!({
                "role": "Global Administrator",
                "access": "role:global administrator",
                "principal": "bo@contoso.example",
                "principal_id": "7f3a0000-0000-4000-8000-00000000000a",
                "kind": "user",
                "hold": "eligible",
                "until": "2026-12-31T00:00:00Z",
                "scope": "/",
                "path": ["Tier 0", "Core"],
            })
        );
        assert_eq!(
            text.lines().filter(|line| line.starts_with("    {\"role\":")).count(),
            3,
            "{text}"
        );
    }

    #[test]
    fn csv_is_quoted_and_starts_no_formula() {
        let lines = vec![
            line("Reader", "=cmd|' /C calc'!A0", None, &["@group", "b"]),
            line("Reader", "Alma \"the\" Lind, Ops", Some("2026-12-31T00:00:00Z"), &[]),
        ];
        let mut out = Vec::new();
        write_csv(&inventory(lines), false, &mut out).unwrap();
        let id = "7f3a0000-0000-4000-8000-00000000000a";
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!(
                "role,access,principal,principal_id,kind,hold,until,scope,path\n\
                 Reader,role:reader,'=cmd|' /C calc'!A0,{id},user,eligible,permanent,/,'@group > b\n\
                 Reader,role:reader,\"Alma \"\"the\"\" Lind, Ops\",{id},user,eligible,2026-12-31T00:00:00Z,/,\n"
            )
        );
    }

    #[test]
    fn a_closed_pipe_stays_a_closed_pipe() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let many = (0..1000).map(|_| line("Reader", "alma@contoso.example", None, &[])).collect();
        let error = write_csv(&inventory(many), false, &mut Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_review_has_its_empty_columns() {
        let mut out = Vec::new();
        write_csv(&inventory(vec![line("Global Administrator", "ana", None, &[])]), true, &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with(",path,keep/remove,reason,reviewer,date"), "{text}");
        assert!(lines[1].ends_with(",,,,"), "{text}");
    }
}
