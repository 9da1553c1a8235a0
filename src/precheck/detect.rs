//! What a file of planned changes is, by its content, and the changes in it.

use super::edit::{Change, Edit, Fault, Stated};
use super::graph_body::{Request, request};
use super::object::{Bad, Node, Read, parse, place_of};
use super::text::{Lines, text_of, without_comments};
use super::{arm, easypim, terraform};
use serde_json::Value;
use std::sync::Arc;

/// Schema of the files of `pimaudit remediate`.
const REMEDIATION: &str = "pimaudit.remediation/1";
/// More than anybody reviews.
const MOST_CHANGES: usize = 10_000;

/// What one item does, and what it does not tell.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) edits: Vec<Edit>,
    pub(super) unknown: Vec<String>,
    pub(super) kept: Vec<String>,
    pub(super) remarks: Vec<String>,
    pub(super) stated: Option<Stated>,
    pub(super) left_out: Option<String>,
}

impl From<Vec<Edit>> for Item {
    fn from(edits: Vec<Edit>) -> Self {
        Self { edits, ..Self::default() }
    }
}

/// The changes of one file, as far as they are read.
pub(super) struct Reader {
    file: Arc<str>,
    changes: Vec<Change>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Takes an item, or what is wrong with it.
    pub(super) fn take(&mut self, node: &Node<'_>, name: impl Into<String>, read: Read<Item>) {
        match read {
            Ok(Item { edits, unknown, kept, remarks, stated, left_out }) => {
                let place = place_of(&self.file, &node.pointer, None);
                let item = name.into();
                self.changes.push(Change {
                    place,
                    item,
                    edits,
                    unknown,
                    kept,
                    remarks,
                    stated,
                    left_out,
                    unordered: false,
                });
            }
            Err(bad) => self.fault(bad),
        }
    }

    /// Takes what is wrong.
    pub(super) fn fault(&mut self, bad: Bad) {
        let place = place_of(&self.file, &bad.pointer, None);
        self.faults.push(Fault { place, message: bad.message, hint: bad.hint });
    }

    /// What was taken so far.
    pub(super) fn changes_mut(&mut self) -> &mut [Change] {
        &mut self.changes
    }

    /// The line of each place: looked up once, and for these places only.
    fn find_lines(&mut self, text: &str) {
        let (changes, faults) = (&mut self.changes, &mut self.faults);
        let places = changes.iter().map(|it| &it.place).chain(faults.iter().map(|it| &it.place));
        let lines = Lines::of(text, places.map(|place| place.pointer.as_str()));
        let changes = changes.iter_mut().map(|it| &mut it.place);
        for place in changes.chain(faults.iter_mut().map(|it| &mut it.place)) {
            place.line = lines.at(&place.pointer);
        }
    }
}

/// Reads a file of planned changes of any known format.
///
/// # Errors
/// Everything in it that could not be understood: nothing is skipped.
pub fn read(file: &str, bytes: &[u8]) -> Result<Vec<Change>, Vec<Fault>> {
    let mut reader = Reader { file: file.into(), changes: Vec::new(), faults: Vec::new() };
    let whole = |message: String| Bad { pointer: String::new(), message, hint: None };
    let text = match text_of(bytes) {
        Ok(text) => without_comments(&text),
        Err(message) => {
            reader.fault(whole(message));
            return Err(reader.faults);
        }
    };
    let value = match parse(&text) {
        Ok(value) => value,
        Err(error) if error.is_data() => {
            let hint = "other readers drop one of the two in silence: take one out";
            reader.fault(whole(error.to_string()).hint(hint));
            return Err(reader.faults);
        }
        Err(error) => {
            let hint = if text.trim_start().starts_with(['{', '[']) {
                "was the file written whole?"
            } else {
                "a Terraform plan is given as `terraform show -json plan` writes it"
            };
            reader.fault(whole(format!("it is no JSON: {error}")).hint(hint));
            return Err(reader.faults);
        }
    };
    document(&mut reader, &Node::new(&value, ""));
    if reader.changes.len() > MOST_CHANGES {
        reader.fault(whole(format!("it has more than {MOST_CHANGES} changes")));
    }
    reader.find_lines(&text);
    if reader.faults.is_empty() { Ok(reader.changes) } else { Err(reader.faults) }
}

fn document(reader: &mut Reader, root: &Node<'_>) {
    if let Ok(list) = root.list() {
        for item in &list {
            if is_request(item) {
                graph(reader, item);
            } else {
                reader.fault(item.bad("it is no request with method and url"));
            }
        }
        return;
    }
    let has = |name: &str| root.value.get(name).is_some();
    if let Some(schema) = root.value.get("schema").and_then(Value::as_str) {
        if schema == REMEDIATION {
            graph(reader, root);
        } else {
            reader.fault(root.bad(format!("files of the schema {schema:?} hold no change")));
        }
    } else if has("format_version") || has("resource_changes") {
        terraform::read(reader, root);
    } else if is_request(root) {
        graph(reader, root);
    } else if has("requests") {
        match root.need("requests").and_then(|requests| requests.list()) {
            Ok(list) => list.iter().for_each(|item| graph(reader, item)),
            Err(bad) => reader.fault(bad),
        }
    } else if arm::is_it(root) {
        arm::read(reader, root);
    } else if easypim::is_it(root) {
        easypim::read(reader, root);
    } else {
        let bad = root.bad("it is no format of planned changes that is known");
        let is_body = has("@odata.type") || has("action") || has("setting") || has("enabledRules");
        reader.fault(bad.hint(if is_body {
            "a body alone does not tell what it changes: give {\"method\", \"url\", \"body\"}"
        } else {
            "known are Graph requests, terraform show -json, EasyPIM and ARM templates"
        }));
    }
}

fn is_request(node: &Node<'_>) -> bool {
    node.value.get("method").is_some() && node.value.get("url").is_some()
}

/// One request with method, url and body.
fn graph(reader: &mut Reader, node: &Node<'_>) {
    let read = || -> Read<(String, Item)> {
        if let Some(open) = node.get("fill_in")
            && let Some(first) = open.list()?.first()
        {
            return Err(first.bad(format!("{} is to be filled in first", first.text()?)));
        }
        let (method, url) = (node.need("method")?.text()?, node.need("url")?.text()?);
        let body = node.get("body");
        let edits = request(&Request { method, url, body, node })?;
        Ok((format!("{method} {url}"), edits.into()))
    };
    match read() {
        Ok((name, item)) => reader.take(node, name, Ok(item)),
        Err(bad) => reader.fault(bad),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const RULE: &str =
        "/v1.0/policies/roleManagementPolicies/p/rules/Expiration_EndUser_Assignment";

    fn words(value: &Value) -> Result<Vec<String>, Vec<String>> {
        match read("a.json", value.to_string().as_bytes()) {
            Ok(changes) => {
                Ok(changes.iter().map(|it| format!("{} {}", it.place.pointer, it.item)).collect())
            }
            Err(faults) => Err(faults.iter().map(Fault::to_string).collect()),
        }
    }

    #[test]
    fn each_format_is_known_by_its_content() {
        let step = json!({"method": "PATCH", "url": RULE, "body": {"maximumDuration": "PT4H"}});
        let mut file = step.clone();
        file["schema"] = json!(REMEDIATION);
        file["fill_in"] = json!([]);
        for (value, expected) in [
            (step.clone(), vec![""]),
            (json!([step.clone(), step.clone()]), vec!["/0", "/1"]),
            (json!({"requests": [step.clone()]}), vec!["/requests/0"]),
            (file, vec![""]),
            (json!([]), vec![]),
        ] {
            let expected: Vec<String> =
                expected.into_iter().map(|it| format!("{it} PATCH {RULE}")).collect();
            assert_eq!(words(&value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_change_is_refused_with_place_and_reason() {
        let step = json!({"method": "PATCH", "url": RULE, "body": {"maximumDuration": "PT4H"}});
        for (value, expected) in [
            (json!(7), "no format"),
            (json!({"a": 1}), "no format"),
            (json!({"setting": {}}), "a body alone"),
            (json!([step.clone(), {}]), "a.json at /1: it is no request"),
            (json!({"requests": {}}), "a.json at /requests: it is no list"),
            (json!({"schema": "pimaudit.report/1"}), "hold no change"),
            (
                json!({"schema": REMEDIATION, "method": "PATCH", "url": RULE, "body": {},
                    "fill_in": ["<id of the holder>"]}),
                "a.json at /fill_in/0: <id of the holder> is to be filled in first",
            ),
            (
                json!([{"method": "PATCH", "url": RULE, "body": {"maximumDuration": 8}}]),
                "a.json at /0/body/maximumDuration: it is no text",
            ),
        ] {
            let faults = words(&value).unwrap_err().join("\n");
            assert!(faults.contains(expected), "{value}: {faults}");
        }
        for (bytes, expected) in [
            (&b"\xff"[..], "no text"),
            (&b""[..], "no JSON"),
            (&b"{\"a\":"[..], "written whole"),
            (&b"PK\x03\x04"[..], "terraform show -json"),
            (&b"{\"url\": \"x\",\n \"url\": \"y\"}"[..], "\"url\" is there twice at line 2"),
        ] {
            let faults = read("a.json", bytes).unwrap_err();
            assert!(faults[0].to_string().contains(expected), "{}", faults[0]);
        }
    }

    #[test]
    fn lines_are_told_and_comments_are_none() {
        let text = format!(
            "[ // all\n {{\"method\": \"GET\", \"url\": \"{RULE}\"}},\n /* two\n */ {{\"method\": \
             \"GET\", \"url\": \"{RULE}\"}}\n]"
        );
        let changes = read("a.json", text.as_bytes()).unwrap();
        let lines: Vec<Option<usize>> = changes.iter().map(|it| it.place.line).collect();
        assert_eq!(lines, [Some(2), Some(4)]);
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let text = "[".repeat(100_000);
        assert!(read("a.json", text.as_bytes()).is_err());
    }

    /// JSON that is like a file of changes in its names and like nothing in its shape.
    fn odd() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-zA-Z/_ {}<>-]{0,12}".prop_map(Value::from),
            Just(json!(RULE)),
            Just(json!("PATCH")),
            Just(json!("azuread_group_role_management_policy")),
            Just(json!(["create"])),
        ];
        let names = prop::sample::select(vec![
            "method",
            "url",
            "body",
            "requests",
            "schema",
            "resource_changes",
            "change",
            "type",
            "address",
            "actions",
            "before",
            "after",
            "after_unknown",
            "configuration",
            "resources",
            "EntraRoles",
            "Policies",
            "PolicyTemplates",
            "EntraRolePolicies",
            "AzureRoles",
            "Notifications",
            "Policy",
            "reference_ids",
            "Assignments",
            "Template",
            "setting",
            "approvalStages",
            "activation_rules",
            "properties",
            "rules",
            "format_version",
            "mode",
        ]);
        leaf.prop_recursive(6, 48, 6, move |inner| {
            let names = names.clone();
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names, inner), 0..6).prop_map(|members| {
                    Value::Object(
                        members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = read("a.json", &bytes);
        }

        #[test]
        fn no_json_makes_the_readers_panic(value in odd()) {
            let _ = read("a.json", value.to_string().as_bytes());
        }
    }
}
