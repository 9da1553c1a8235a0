//! Lists and their pages: which link may be followed, and what is kept when one fails.
//!
//! Rows stay the text Graph sent; their meaning belongs to others.

use super::Event;
use super::blot::Blotter;
use super::call::Call;
use super::client::Client;
use super::error::{ErrorKind, ReadError};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};

/// Pages of one list at most: with the usual hundred rows to a page, ten million rows, more than any
/// directory has. Links that are all different would otherwise never end.
const MOST_PAGES: u32 = 100_000;

/// Pages without a row in succession at most. A filter may leave some empty, but not a thousand.
const MOST_EMPTY_PAGES: u32 = 1000;

/// What came of reading one list.
///
/// An error in `end` beside rows or pages means that the list is known in part only.
#[derive(Debug)]
pub struct Listing {
    /// The rows of all pages that were read, exactly as Graph sent them. A row that Graph sends on
    /// two pages is here twice.
    pub rows: Vec<Box<RawValue>>,
    /// Pages that were read.
    pub pages: u32,
    /// Whether the last page was reached, and else why not.
    pub end: Result<(), ReadError>,
}

impl Listing {
    /// A list of which nothing was asked yet.
    pub(super) const fn empty() -> Self {
        Self { rows: Vec::new(), pages: 0, end: Ok(()) }
    }

    /// A list of which nothing could be read.
    pub(super) const fn failed(error: ReadError) -> Self {
        Self { rows: Vec::new(), pages: 0, end: Err(error) }
    }

    /// Takes the rows of a page and gives its link to the next one.
    fn add(&mut self, mut page: Page) -> Option<String> {
        self.rows.append(&mut page.value);
        self.pages += 1;
        page.next_link
    }

    /// The same list, its error without a token.
    pub(super) fn clean(self, blotter: &Blotter) -> Self {
        Self { end: self.end.map_err(|error| error.clean(blotter)), ..self }
    }

    /// Takes another part of the same list; of several errors the first one stays.
    pub fn append(&mut self, mut part: Self) {
        self.rows.append(&mut part.rows);
        self.pages += part.pages;
        if self.end.is_ok() {
            self.end = part.end;
        }
    }
}

/// How long a list is so far.
#[derive(Debug, Default)]
struct Length {
    pages: u32,
    empty: u32,
}

impl Length {
    /// Counts a page of so many rows; says why no further one may be read.
    const fn add(&mut self, rows: usize) -> Option<&'static str> {
        self.pages += 1;
        self.empty = if rows == 0 { self.empty + 1 } else { 0 };
        if self.pages >= MOST_PAGES {
            Some("the list has more than 100000 pages")
        } else if self.empty >= MOST_EMPTY_PAGES {
            Some("1000 pages in succession have no row")
        } else {
            None
        }
    }
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    value: Vec<Box<RawValue>>,
    #[serde(rename = "@odata.nextLink", default)]
    next_link: Option<String>,
}

/// Reads the body of a page; every row is copied out of it once, unparsed.
pub(super) fn read_page(body: &[u8]) -> Result<Page, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Reads a body that is one object; anything else is no answer to the question.
fn read_object(body: &[u8]) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_slice::<HashMap<String, serde::de::IgnoredAny>>(body)?;
    serde_json::from_slice(body)
}

impl Client {
    /// Reads a list with all its pages.
    ///
    /// `path_and_query` starts with the version, such as `/v1.0/organization`. Spaces and quotes in
    /// it are encoded here; `#`, `&`, `+` and `%` inside a value must already be.
    pub async fn list(&self, path_and_query: &str) -> Listing {
        self.observe(Event::Begun { path: path_and_query });
        let listing = match self.first_page(path_and_query).await {
            Ok((page, seen)) => self.follow(path_and_query, seen, page).await,
            Err(error) => Listing::failed(error),
        };
        self.note_over(path_and_query, &listing);
        listing.clean(self.blotter())
    }

    /// Reads a single object, as a list of one row.
    pub async fn object(&self, path_and_query: &str) -> Listing {
        self.observe(Event::Begun { path: path_and_query });
        let listing = match self.endpoint().address(path_and_query) {
            Ok(address) => {
                let call = Call::Page { list: path_and_query, address: &address };
                match self.send(&call, read_object).await {
                    Ok(row) => {
                        self.observe(Event::Page { path: path_and_query, rows: 1 });
                        Listing { rows: vec![row], pages: 1, end: Ok(()) }
                    }
                    Err(error) => Listing::failed(error),
                }
            }
            Err(error) => Listing::failed(error),
        };
        self.note_over(path_and_query, &listing);
        listing.clean(self.blotter())
    }

    /// Tells that a list is over, and how.
    pub(super) fn note_over(&self, list: &str, listing: &Listing) {
        self.observe(Event::Ended { path: list, whole: listing.end.is_ok() });
    }

    async fn first_page(&self, list: &str) -> Result<(Page, HashSet<String>), ReadError> {
        let address = self.endpoint().address(list)?;
        let page = self.send(&Call::Page { list, address: &address }, read_page).await?;
        Ok((page, HashSet::from([address.url().to_string()])))
    }

    /// Goes on from the first page of a list to its end. `seen` holds the addresses already read.
    pub(super) async fn follow(
        &self,
        list: &str,
        mut seen: HashSet<String>,
        first: Page,
    ) -> Listing {
        let mut listing = Listing::empty();
        let mut length = Length::default();
        let mut page = first;
        loop {
            self.observe(Event::Page { path: list, rows: page.value.len() });
            let too_long = length.add(page.value.len());
            // An empty page with a link is legal: only a missing link ends a list.
            let Some(link) = listing.add(page) else {
                return listing;
            };
            if let Some(message) = too_long {
                listing.end = Err(ReadError::new(ErrorKind::Paging, list, message));
                return listing;
            }
            page = match self.next_page(list, &link, &mut seen).await {
                Ok(page) => page,
                Err(error) => {
                    listing.end = Err(error);
                    return listing;
                }
            };
        }
    }

    async fn next_page(
        &self,
        list: &str,
        link: &str,
        seen: &mut HashSet<String>,
    ) -> Result<Page, ReadError> {
        let address = self.endpoint().linked(list, link, self.blotter())?;
        if !seen.insert(address.url().to_string()) {
            let message = "the link to the next page leads to a page that was already read";
            return Err(ReadError::new(ErrorKind::Paging, list, message));
        }
        self.send(&Call::Page { list, address: &address }, read_page).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_as_the_text_they_were() {
        let body = br#"{"@odata.context":"x","value":[ {"a" : 1.10, "b":"\u00e9"},null ],"@odata.nextLink":null}"#;
        let page = read_page(body).unwrap();
        let rows: Vec<&str> = page.value.iter().map(|row| row.get()).collect();
        assert_eq!(rows, [r#"{"a" : 1.10, "b":"\u00e9"}"#, "null"]);
        assert_eq!(page.next_link, None);
    }

    #[test]
    fn a_page_without_an_array_of_rows_is_no_page() {
        for body in [
            "{}",
            r#"{"value":null}"#,
            r#"{"value":{}}"#,
            r#"{"value":7}"#,
            "[]",
            "null",
            r#"{"error":{"code":"x"}}"#,
        ] {
            let error = read_page(body.as_bytes()).unwrap_err();
            assert!(error.is_data(), "{body}: {error}");
        }
    }

    #[test]
    fn a_list_without_end_is_given_up() {
        for (pattern, pages, reason) in [
            (&[1][..], MOST_PAGES, "100000 pages"),
            (&[0, 0, 1][..], MOST_PAGES, "100000 pages"),
            (&[0][..], MOST_EMPTY_PAGES, "1000 pages in succession"),
        ] {
            let mut length = Length::default();
            let mut rows = pattern.iter().cycle();
            let message = loop {
                if let Some(message) = length.add(*rows.next().unwrap()) {
                    break message;
                }
            };
            assert!(message.contains(reason), "{message}");
            assert_eq!(length.pages, pages, "{pattern:?}");
        }
    }

    #[test]
    fn of_several_parts_that_failed_the_first_error_stays() {
        let mut whole = Listing::empty();
        for name in ["first", "second"] {
            whole.append(Listing::failed(ReadError::new(ErrorKind::Server, "/v1.0/things", name)));
        }
        assert_eq!(whole.end.unwrap_err().message, "first");
    }
}
