//! Text from strangers in commands of a GitHub workflow.

use super::terminal;
use std::borrow::Cow;

/// The message of a workflow command, on one line.
///
/// It ends with the line, and `%` begins an escape.
pub(in crate::report) fn workflow_data(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    if safe.contains('%') { safe.replace('%', "%25").into() } else { safe }
}

/// A property of a workflow command, which a comma or a colon would end too.
pub(in crate::report) fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_workflow_command_or_starts_one() {
        for (text, message, title) in [
            ("Alma Lind", "Alma Lind", "Alma Lind"),
            ("50 %", "50 %25", "50 %25"),
            ("a%0Ab", "a%250Ab", "a%250Ab"),
            ("a\n::error::b", "a ::error::b", "a %3A%3Aerror%3A%3Ab"),
            ("a\r\nb", "a  b", "a  b"),
            ("a,title=b", "a,title=b", "a%2Ctitle=b"),
            ("\u{1b}[31m\u{202e}", "[31m", "[31m"),
        ] {
            assert_eq!(workflow_data(text), message, "{text:?}");
            assert_eq!(workflow_property(text), title, "{text:?}");
        }
    }
}
