//! What sign-in needs of the machine besides HTTP: waiting, and running `az` and `azd`.
//!
//! The default is the real thing; a test hands in its own, so that it is fast and finds the same
//! tools on every machine.

use azure_identity::Executor;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Waits for as long as it is told.
pub type Sleep = Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

/// The machine sign-in runs on.
#[derive(Clone)]
pub struct Host {
    /// Waits between two questions whether a device code has been used.
    pub sleep: Sleep,
    /// Runs `az` and `azd`; `None` is the shell of the system.
    pub executor: Option<Arc<dyn Executor>>,
    /// How long a person has for the browser; five minutes.
    pub browser_limit: Duration,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            sleep: Arc::new(|time: Duration| -> BoxFuture<'static, ()> {
                Box::pin(tokio::time::sleep(time))
            }),
            executor: None,
            browser_limit: Duration::from_secs(5 * 60),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("executor", &self.executor)
            .field("browser_limit", &self.browser_limit)
            .finish_non_exhaustive()
    }
}
