//! The ways as a Mermaid flowchart, for wikis and pull requests.
//!
//! Names come from strangers and Mermaid gives many characters a meaning, so a label holds plain
//! characters alone; ids of nodes are ours.

use super::{Line, State, Who};
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

/// What a node stands for.
#[derive(Clone, Copy)]
enum Shape {
    Principal,
    Between,
    Access,
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
    fn node(&mut self, key: &str, name: &str, shape: Shape) -> String {
        let next = format!("n{}", self.nodes.len() + 1);
        let known = self.nodes.entry(key.to_owned()).or_insert((next, label(name), shape));
        known.0.clone()
    }

    fn add(&mut self, line: &Line) {
        let mut to = self.node(&line.access, &line.access_name, Shape::Access);
        // The last edge has the gate of the access itself when no hop of the way has asked for it.
        let mut first = true;
        // Of a question about a group the group itself is the goal, and its first hop leads there.
        let goal = line.access.strip_prefix("group:").and_then(|key| key.split(':').next());
        for step in &line.steps {
            if first && goal == Some(step.into_id.as_str()) {
                first = false;
                continue;
            }
            let from = self.node(&format!("object:{}", step.into_id), &step.into, Shape::Between);
            let text = if first { "has".to_owned() } else { edge_of(line) };
            self.edges.insert((from.clone(), to, text, false));
            to = from;
            first = false;
        }
        let from = self.node(
            &format!("principal:{}", line.principal_id),
            &line.principal,
            Shape::Principal,
        );
        let text = match line.steps.last() {
            Some(step) => match &step.gate {
                Some(gate) => format!("{} {}: {}", step.how, step.by, label(gate)),
                None => format!("{} {}", step.how, step.by),
            },
            None => edge_of(line),
        };
        self.edges.insert((from, to, text, line.state == State::Possible));
    }
}

fn edge_of(line: &Line) -> String {
    format!("{}: {}", line.state.name(), label(&line.gate))
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
    use super::super::testing::{line, who};
    use super::*;

    fn text(who: &Who) -> String {
        let mut text = Vec::new();
        write(who, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_way_is_drawn_hop_by_hop_and_shared_nodes_once() {
        let found = who(vec![
            line("ana", State::Eligible, "MFA", &["IT-Ops"]),
            line("ben", State::Possible, "nothing", &["IT-Ops"]),
            line("cleo", State::Standing, "nothing", &[]),
        ]);
        let text = text(&found);
        assert_eq!(text.matches("IT-Ops").count(), 1, "{text}");
        assert!(text.contains("-.->"), "{text}");
        assert!(text.contains("standing: nothing"), "{text}");
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
