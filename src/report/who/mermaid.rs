//! The ways as a Mermaid flowchart, for wikis and pull requests.
//!
//! Names come from strangers and Mermaid gives many characters a meaning, so a label holds plain
//! characters alone; ids of nodes are ours.

use super::table::mark;
use super::{Line, StepLine, Who};
use crate::report::words;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Writes the answer as a flowchart from the principals to the access.
///
/// # Errors
/// Only those of `out`.
pub fn write(who: &Who, out: &mut dyn Write) -> io::Result<()> {
    let mut chart = Chart::default();
    for line in &who.lines {
        chart.add(line);
    }
    writeln!(out, "flowchart LR")?;
    for gap in &who.gaps {
        writeln!(out, "  %% not read, so there may be more ways: {}", label(&gap.to_string()))?;
    }
    // A comment is not drawn.
    if !who.gaps.is_empty() {
        let unread: BTreeSet<&str> =
            who.gaps.iter().filter_map(|gap| gap.dataset).map(words::title).collect();
        let unread = label(&words::few(unread.into_iter(), TITLES));
        let unread = if unread.is_empty() { "not everything".to_owned() } else { unread };
        writeln!(out, "  unread[/\"not read, so there may be more ways: {unread}\"/]")?;
    }
    for (node, text, shape) in chart.nodes.values() {
        let (open, close) = shape.brackets();
        writeln!(out, "  {node}{open}\"{text}\"{close}")?;
    }
    for (from, to, text, dotted) in &chart.edges {
        let arrow = if *dotted { "-.->" } else { "-->" };
        writeln!(out, "  {from} {arrow}|\"{text}\"| {to}")?;
    }
    Ok(())
}

/// Titles of collections that are named in one node.
const TITLES: usize = 3;

/// What a node stands for; of one that stands for more than one thing the last counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Between,
    Access,
    Principal,
}

impl Shape {
    const fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Self::Principal => ("([", "])"),
            Self::Between => ("[", "]"),
            Self::Access => ("{{", "}}"),
        }
    }
}

type Edge = (String, String, String, bool);

#[derive(Default)]
struct Chart {
    nodes: BTreeMap<String, (String, String, Shape)>,
    edges: BTreeSet<Edge>,
}

impl Chart {
    /// The node of an object, one however it comes up; one without a name that can be shown is called
    /// by its id.
    fn node(&mut self, key: &str, id: &str, name: &str, shape: Shape) -> String {
        let next = format!("n{}", self.nodes.len() + 1);
        let name = Some(label(name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| label(id));
        let known = self.nodes.entry(key.to_owned()).or_insert((next, name.clone(), shape));
        if known.2 < shape {
            known.1 = name;
            known.2 = shape;
        }
        known.0.clone()
    }

    fn add(&mut self, line: &Line) {
        // Of a question about a group the group itself is the goal, and its first hop leads there.
        let goal = line.access.strip_prefix("group:").and_then(|key| key.split(':').next());
        let key = goal.map_or_else(|| line.access.clone(), object);
        let mut to = self.node(&key, &line.access, &line.access_name, Shape::Access);
        // What the next edge says: how whoever comes next holds what comes after.
        let by_permission = line.end.as_ref().is_some_and(|end| end.starts_with("permission "))
            && line.steps.iter().all(|step| step.by != PERMISSION);
        let mut edge = (label(&line.hold), by_permission);
        for (place, step) in line.steps.iter().enumerate() {
            if place > 0 || goal != Some(step.into_id.as_str()) {
                let key = object(&step.into_id);
                let from = self.node(&key, &step.into_id, &step.into, Shape::Between);
                self.edges.insert((from.clone(), to, edge.0, edge.1));
                to = from;
            }
            edge = edge_of(step);
        }
        let key = object(&line.principal_id);
        let name = match mark(line) {
            Some(mark) if !label(&line.principal).is_empty() => {
                format!("{} ({mark})", line.principal)
            }
            Some(mark) => format!("{} ({mark})", line.principal_id),
            None => line.principal.clone(),
        };
        let from = self.node(&key, &line.principal_id, &name, Shape::Principal);
        // That it is switched off stands behind the name.
        if let Some(why) = line.closed.filter(|_| !line.disabled) {
            edge.0 = format!("{}, closed: {why}", edge.0);
        }
        self.edges.insert((from, to, edge.0, edge.1));
    }
}

fn object(id: &str) -> String {
    format!("object:{id}")
}

/// A hop that a permission makes.
const PERMISSION: &str = "permission";

/// What a hop says, and whether it is held by what it takes only: as an owner, or by a permission.
fn edge_of(step: &StepLine) -> (String, bool) {
    let text = match step.by {
        "credentials" => "owner: can give it a password".to_owned(),
        PERMISSION => label(step.how),
        by => format!("{} {by}", step.how),
    };
    let text = match &step.gate {
        Some(gate) => format!("{text}: {}", label(gate)),
        None => text,
    };
    (text, step.by != "member")
}

/// Letters, digits, blanks and a few harmless signs; a semicolon, which ends a statement, becomes a
/// comma, and everything else a blank.
fn label(text: &str) -> String {
    let text = text.replace(';', ",");
    let harmless = |character: char| {
        if character.is_alphanumeric() || "@._-,:()/+".contains(character) {
            character
        } else {
            ' '
        }
    };
    let text: String = text.chars().map(harmless).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::testing::{line, who};
    use super::*;
    use crate::model::{Dataset, Gap, GapKind};

    fn text(who: &Who) -> String {
        let mut text = Vec::new();
        write(who, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_way_is_drawn_hop_by_hop_and_shared_nodes_once() {
        let mut owner = line("ben", State::Possible, "nothing", &["IT-Ops", "Night shift"]);
        owner.steps[0].how = "active";
        owner.steps[0].gate = None;
        owner.steps[1].by = "owner";
        owner.steps[1].gate = None;
        let mut robot = line("robot", State::Possible, "nothing", &[]);
        robot.hold = "RoleManagement.ReadWrite.Directory".to_owned();
        robot.end = Some("permission RoleManagement.ReadWrite.Directory".to_owned());
        let found = who(vec![line("ana", State::Eligible, "MFA", &["IT-Ops"]), owner, robot]);
        let text = text(&found);
        assert_eq!(text.matches("IT-Ops").count(), 1, "{text}");
        let node = |name: &str| {
            let line = text.lines().find(|line| line.contains(&format!("\"{name}\"")));
            line.unwrap().trim().split(['[', '(', '{']).next().unwrap().to_owned()
        };
        let (role, ops, night) =
            (node("Global Administrator"), node("IT-Ops"), node("Night shift"));
        for edge in [
            format!("{ops} -->|\"active\"| {role}"),
            format!("{} -->|\"eligible member: MFA\"| {ops}", node("ana")),
            format!("{night} -->|\"active member\"| {ops}"),
            format!("{} -.->|\"eligible owner\"| {night}", node("ben")),
            format!("{} -.->|\"RoleManagement.ReadWrite.Directory\"| {role}", node("robot")),
        ] {
            assert!(text.contains(&edge), "{edge}\n{text}");
        }
    }

    #[test]
    fn an_application_that_holds_the_role_and_is_passed_by_its_owner_is_drawn_once() {
        let mut holder = line("robot", State::Standing, "nothing", &[]);
        holder.hold = "active".to_owned();
        let mut owner = line("olga", State::Possible, "nothing", &["robot"]);
        owner.steps[0].by = "credentials";
        owner.steps[0].gate = None;
        for lines in [vec![holder.clone(), owner.clone()], vec![owner, holder]] {
            let text = text(&who(lines));
            assert_eq!(text.matches("\"robot\"").count(), 1, "{text}");
            assert!(text.contains("([\"robot\"])"), "{text}");
            assert_eq!(text.matches("-->|\"active\"|").count(), 1, "{text}");
            let owner = "-.->|\"owner: can give it a password\"|";
            assert_eq!(text.matches(owner).count(), 1, "{text}");
        }
    }

    #[test]
    fn a_group_that_is_reached_and_passed_is_drawn_once() {
        let mut group = line("ana", State::Eligible, "MFA", &["IT-Ops"]);
        group.access = "group:id-IT-Ops:member".to_owned();
        group.access_name = "IT-Ops (members)".to_owned();
        let role = line("ana", State::Eligible, "MFA", &["IT-Ops"]);
        for lines in [vec![group.clone(), role.clone()], vec![role, group]] {
            let text = text(&who(lines));
            assert_eq!(text.matches("IT-Ops").count(), 1, "{text}");
            assert!(text.contains("{{\"IT-Ops (members)\"}}"), "{text}");
        }
    }

    #[test]
    fn who_cannot_use_a_way_and_what_was_not_read_is_drawn() {
        let mut off = line("otto", State::Standing, "nothing", &[]);
        off.disabled = true;
        let mut guest = line("gus", State::Standing, "nothing", &[]);
        guest.kind = "guest";
        let mut emergency = line("bg", State::Standing, "nothing", &[]);
        emergency.break_glass = true;
        let mut robot = line("robot", State::Possible, "nothing", &["IT-Ops"]);
        robot.steps[0].by = "permission";
        robot.steps[0].how = "Some.ReadWrite.All";
        robot.steps[0].gate = None;
        robot.end = Some("permission Some.ReadWrite.All".to_owned());
        let gap = Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, "403");
        let found = Who { gaps: vec![gap], ..who(vec![off, guest, emergency, robot]) };
        let text = text(&found);
        for part in [
            "([\"otto (disabled)\"])",
            "([\"gus (guest)\"])",
            "([\"bg (break-glass)\"])",
            "-.->|\"Some.ReadWrite.All\"|",
            "-->|\"active\"|",
            "unread[/\"not read, so there may be more ways: members of groups",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn who_has_no_name_to_show_is_called_by_the_id() {
        let blank = text(&who(vec![line(" \u{202e}", State::Standing, "nothing", &["\"]"])]));
        assert!(!blank.contains("\"\""), "{blank}");
        assert!(blank.contains("([\"id-"), "{blank}");
    }

    #[test]
    fn hostile_names_stay_inside_their_label() {
        let found =
            who(vec![line("x\"] --> y; click z \"javascript:", State::Eligible, "MFA", &[])]);
        let text = text(&found);
        let line = text.lines().find(|line| line.contains("([")).unwrap();
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.contains("-->") && !line.contains(';'), "{line}");
    }
}
