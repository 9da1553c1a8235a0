//! Ctrl-C and its kin: whatever the program is doing, it ends with 130 and leaves nothing half-written.

use super::exit::Exit;
use super::output::note;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Temporary files that are open now.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a temporary file, to be removed when the run is interrupted.
pub(super) fn began(path: &Path) {
    unfinished().insert(path.to_path_buf());
}

/// The file got its name, or is gone.
pub(super) fn ended(path: &Path) {
    unfinished().remove(path);
}

/// Watches for signals from now on, once.
pub(super) fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        // Without the thread the signal ends the program at once, which is its default anyway.
        let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(signalled());
                interrupt();
            }
        });
    });
}

#[expect(clippy::exit, reason = "a signal ends the program wherever it is")]
fn interrupt() {
    // The lock is kept until the end: nothing is renamed while it is being removed.
    for path in unfinished().iter() {
        let _ = std::fs::remove_file(path);
    }
    note("interrupted");
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    let waiting = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(waiting).await;
}

#[cfg(not(unix))]
async fn signalled() {
    let _ = tokio::signal::ctrl_c().await;
}
