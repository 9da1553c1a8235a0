//! Text that ends before it is too long, and says what it leaves out.

/// Rows of one list or table at most.
pub(in crate::report) const ROWS: usize = 40;
/// GitHub takes 65,536 characters of a comment; what is left out has to be said as well.
pub(in crate::report) const COMMENT: usize = 64_000;

/// A text, and how many bytes it may have.
pub(in crate::report) struct Room {
    pub(in crate::report) text: String,
    pub(in crate::report) most: usize,
}

impl Room {
    /// Adds a piece where it fits.
    pub(in crate::report) fn add(&mut self, piece: &str) -> bool {
        let fits = self.text.len() + piece.len() <= self.most;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds pieces while they fit and while there are few, and says how many more there are.
    pub(in crate::report) fn add_all(&mut self, pieces: impl ExactSizeIterator<Item = String>) {
        let all = pieces.len();
        let mut told = 0;
        for piece in pieces.take(ROWS) {
            if !self.add(&piece) {
                break;
            }
            told += 1;
        }
        if told < all {
            // So short that the room between the limit and GitHub's takes it.
            self.text.push_str(&format!("\n{} more have no room here.\n", all - told));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        for (most, pieces, expected) in [
            (100, 2, "aa"),
            (1, 3, "a\n2 more have no room here.\n"),
            (0, 0, ""),
            (0, 1, "\n1 more have no room here.\n"),
        ] {
            let mut room = Room { text: String::new(), most };
            room.add_all(vec!["a".to_owned(); pieces].into_iter());
            assert_eq!(room.text, expected);
        }
        let mut room = Room { text: String::new(), most: 1000 };
        room.add_all(vec!["a".to_owned(); ROWS + 2].into_iter());
        assert!(room.text.ends_with("a\n2 more have no room here.\n"), "{}", room.text);
    }
}
