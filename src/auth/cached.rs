//! Keeps the token of a credential that keeps none itself: `az` and `azd` start a process for each.

use super::clock;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A credential with a memory for its last token.
#[derive(Debug)]
pub(super) struct Cached {
    inner: Arc<dyn TokenCredential>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    scopes: Vec<String>,
    token: AccessToken,
}

impl Cached {
    pub(super) fn new(inner: Arc<dyn TokenCredential>) -> Self {
        Self { inner, held: Mutex::new(None) }
    }
}

#[async_trait::async_trait]
impl TokenCredential for Cached {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // Held while the process runs, so that many requests at once start one process.
        let mut held = self.held.lock().await;
        if let Some(known) = held.as_ref()
            && known.scopes == scopes
            && clock::is_fresh(known.token.expires_on)
        {
            return Ok(known.token.clone());
        }
        let token = self.inner.get_token(scopes, options).await?;
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        *held = Some(Held { scopes, token: token.clone() });
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Gives a new token each time, good for `lifetime` seconds.
    #[derive(Debug)]
    struct Counting {
        given: AtomicU64,
        lifetime: u64,
    }

    #[async_trait::async_trait]
    impl TokenCredential for Counting {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let number = self.given.fetch_add(1, Ordering::SeqCst);
            Ok(AccessToken::new(format!("token {number}"), clock::after(self.lifetime)))
        }
    }

    async fn tokens(lifetime: u64, scopes: [&str; 3]) -> Vec<String> {
        let cached = Cached::new(Arc::new(Counting { given: AtomicU64::new(0), lifetime }));
        let mut tokens = Vec::new();
        for scope in scopes {
            let token = cached.get_token(&[scope], None).await.unwrap();
            tokens.push(token.token.secret().to_owned());
        }
        assert!(!format!("{cached:?}").contains("token 0"));
        tokens
    }

    #[tokio::test]
    async fn a_token_serves_its_scope_until_it_is_nearly_over() {
        assert_eq!(tokens(3600, ["a", "a", "a"]).await, ["token 0", "token 0", "token 0"]);
        assert_eq!(tokens(3600, ["a", "b", "b"]).await, ["token 0", "token 1", "token 1"]);
        assert_eq!(tokens(60, ["a", "a", "a"]).await, ["token 0", "token 1", "token 2"]);
    }
}
