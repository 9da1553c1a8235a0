//! The text as it grows, and how much of it there may be.

/// Bytes that a folded section takes beside its rows.
const FOLD: usize = 900;

/// Markdown with a limit: lines are always written, rows only where there is room.
pub(super) struct Page {
    text: String,
    limit: usize,
}

impl Page {
    pub(super) const fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    /// From here on, one of so many equal parts of what is left up to `whole` may be written.
    pub(super) fn share(&mut self, whole: usize, parts: usize) {
        let left = whole.saturating_sub(self.text.len());
        self.limit = self.text.len() + left / parts.max(1);
    }

    /// Bytes for which there is room.
    pub(super) const fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Whether a folded section with some rows has room.
    pub(super) const fn has_room_to_fold(&self) -> bool {
        self.room() > FOLD
    }

    /// A line that must be there, with an empty one behind it.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\n\n");
    }

    /// Opens a folded section. The title stands in HTML, where Markdown means nothing.
    pub(super) fn fold(&mut self, title: &str) {
        let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.line(&format!("<details><summary>{title}</summary>"));
    }

    /// Closes a folded section.
    pub(super) fn unfold(&mut self) {
        self.line("</details>");
    }

    /// Writes a table as far as there is room, and gives back how many rows it has. Cells hold
    /// Markdown.
    pub(super) fn table<const CELLS: usize>(
        &mut self,
        head: [&str; CELLS],
        rows: impl Iterator<Item = [String; CELLS]>,
    ) -> usize {
        let mut shown = 0;
        for row in rows {
            let row = format!("| {} |\n", row.join(" | "));
            let top = if shown == 0 { top(&head) } else { String::new() };
            if top.len() + row.len() > self.room() {
                break;
            }
            self.text.push_str(&top);
            self.text.push_str(&row);
            shown += 1;
        }
        if shown > 0 {
            self.text.push('\n');
        }
        shown
    }

    /// The text, with one line end behind it.
    pub(super) fn text(&self) -> String {
        format!("{}\n", self.text.trim_end())
    }
}

fn top(head: &[&str]) -> String {
    format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_far_as_there_is_room() {
        let rows = || (0..100).map(|number| [number.to_string(), "x".to_owned()]);
        for (limit, shown) in [(0, 0), (30, 1), (40, 2), (10_000, 100)] {
            let mut page = Page::new(limit);
            assert_eq!(page.table(["a", "b"], rows()), shown, "{limit}");
            assert!(page.text().len() <= limit + 1, "{limit}");
        }
        let mut page = Page::new(100);
        page.table(["a", "b"], rows().take(1));
        assert_eq!(page.text(), "| a | b |\n|---|---|\n| 0 | x |\n");
    }

    #[test]
    fn what_is_left_is_shared() {
        let mut page = Page::new(100);
        page.line(&"x".repeat(18));
        page.share(100, 4);
        assert_eq!(page.room(), 20);
        page.share(10, 1);
        assert_eq!(page.room(), 0);
    }
}
