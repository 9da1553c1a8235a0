//! Microsoft Graph over HTTP: sending, paging, batching, trying again, and reading its errors.
//!
//! Knows OData and throttling, not what the rows mean. Everything that leaves is a read; the closed
//! list of it stands in `call`. What could not be read stays visible in `Listing::end`.

mod batch;
mod blot;
mod call;
mod client;
mod error;
mod lane;
mod page;
mod retry;
mod statistics;

pub use batch::BatchRead;
pub use call::EndpointError;
pub use client::{Client, IN_FLIGHT, Options};
pub use error::{ErrorKind, ReadError};
pub use lane::Lane;
pub use page::Listing;
pub use retry::Patience;
pub use statistics::Statistics;

/// One thing that happened while reading, for progress and for tests.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request leaves.
    Request {
        /// `GET`, or `POST` for the reads that need a body.
        method: &'static str,
        /// Path and query.
        path: &'a str,
    },
    /// A list is begun. It waits for its turn first, with the others of a batch.
    Begun {
        /// Path and query of the list.
        path: &'a str,
    },
    /// A page of a list was read.
    Page {
        /// Path and query of the list the page belongs to.
        path: &'a str,
        /// Rows on this page.
        rows: usize,
    },
    /// A list is over.
    Ended {
        /// Path and query of the list.
        path: &'a str,
        /// False when it failed, or broke off between two pages.
        whole: bool,
    },
    /// Sending pauses, because Graph asked for it or before another try.
    Waiting {
        /// How long, rounded up.
        seconds: u64,
        /// What made it necessary.
        reason: &'a str,
    },
    /// A read is sent again.
    Retry {
        /// Path and query of the list.
        path: &'a str,
        /// What went wrong the last time.
        reason: &'a str,
    },
    /// Part of an answer arrived, this many bytes after decompression.
    Bytes(u64),
}

/// Is told of every event, from whichever task it happens in; must not block.
pub trait Observer: Send + Sync {
    /// Takes note of one event.
    fn event(&self, event: &Event<'_>);
}

/// An observer that takes no note of anything.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}
