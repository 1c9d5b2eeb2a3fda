//! Bearer tokens: asked for once, kept, and renewed before they end.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::store::StoreError;

/// A token is renewed when less than this is left of it.
const MARGIN: Duration = Duration::from_mins(5);
/// After a renewal that failed, one is tried again no sooner than this: requests wait for it.
const PAUSE: Duration = Duration::from_secs(30);

/// Where tokens come from.
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// A token that holds from now on, asked for anew.
    ///
    /// # Errors
    /// [`crate::store::ErrorKind::NoCredentials`] where there is none to be had,
    /// [`crate::store::ErrorKind::BadCredentials`] where what it is asked for with is refused.
    fn token(&self) -> BoxFuture<'_, Result<Token, StoreError>>;

    /// What the tokens are, in a few words.
    fn title(&self) -> String;
}

/// A bearer token. It is never shown and is overwritten when dropped.
#[derive(Clone)]
pub struct Token {
    pub(super) text: Zeroizing<String>,
    expires: SystemTime,
}

impl Token {
    /// A token and when it ends.
    #[must_use]
    pub fn new(text: String, expires: SystemTime) -> Self {
        Self { text: Zeroizing::new(text), expires }
    }

    fn holds(&self, margin: Duration) -> bool {
        self.expires.duration_since(SystemTime::now()).is_ok_and(|left| left > margin)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token([redacted] until {:?})", self.expires)
    }
}

/// The token in use.
#[derive(Debug)]
pub(super) struct Bearer {
    source: Arc<dyn TokenSource>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    token: Option<Token>,
    /// When the last renewal failed.
    failed: Option<Instant>,
}

impl Held {
    /// The token, if it holds for longer than `margin`.
    fn for_longer_than(&self, margin: Duration) -> Option<Token> {
        self.token.clone().filter(|token| token.holds(margin))
    }

    async fn renew(&mut self, source: &dyn TokenSource) -> Result<Token, StoreError> {
        let renewed = source.token().await;
        self.failed = renewed.is_err().then(Instant::now);
        Ok(self.token.insert(renewed?).clone())
    }
}

impl Bearer {
    pub(super) fn new(source: Arc<dyn TokenSource>) -> Self {
        Self { source, held: Mutex::default() }
    }

    /// The token to send now. One that still holds is used where it cannot be renewed.
    pub(super) async fn token(&self) -> Result<Token, StoreError> {
        let mut held = self.held.lock().await;
        let paused = held.failed.is_some_and(|failed| failed.elapsed() < PAUSE);
        let margin = if paused { Duration::ZERO } else { MARGIN };
        if let Some(token) = held.for_longer_than(margin) {
            return Ok(token);
        }
        let error = match held.renew(&*self.source).await {
            Ok(token) => return Ok(token),
            Err(error) => error,
        };
        match held.for_longer_than(Duration::ZERO) {
            Some(token) => {
                tracing::warn!("the token ends soon and could not be renewed: {error}");
                Ok(token)
            }
            None => Err(error),
        }
    }

    /// A token in place of one that was refused; of all requests that were, one asks for it.
    pub(super) async fn renewed(&self, refused: &Token) -> Result<Token, StoreError> {
        let mut held = self.held.lock().await;
        match held.token.as_ref().filter(|token| token.text != refused.text) {
            Some(token) => Ok(token.clone()),
            None => held.renew(&*self.source).await,
        }
    }

    pub(super) fn title(&self) -> String {
        self.source.title()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::FutureExt as _;

    use super::*;
    use crate::store::ErrorKind;

    /// Gives tokens numbered by call that live for `life` seconds, and fails from call `fails_from` on.
    #[derive(Debug)]
    pub(crate) struct Numbered {
        pub(crate) life: u64,
        pub(crate) fails_from: u32,
        pub(crate) calls: AtomicU32,
    }

    impl TokenSource for Numbered {
        fn token(&self) -> BoxFuture<'_, Result<Token, StoreError>> {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let result = if call >= self.fails_from {
                Err(StoreError::new(ErrorKind::NoCredentials, "none here"))
            } else {
                let end = SystemTime::now() + Duration::from_secs(self.life);
                Ok(Token::new(format!("TOKEN{call}"), end))
            };
            async move { result }.boxed()
        }

        fn title(&self) -> String {
            "numbered tokens".into()
        }
    }

    fn numbered(life: u64, fails_from: u32) -> Arc<Numbered> {
        Arc::new(Numbered { life, fails_from, calls: AtomicU32::new(0) })
    }

    fn bearer(life: u64, fails_from: u32) -> Bearer {
        Bearer::new(numbered(life, fails_from))
    }

    async fn text(bearer: &Bearer) -> String {
        bearer.token().await.unwrap().text.to_string()
    }

    #[tokio::test]
    async fn tokens_are_kept_while_they_hold_and_renewed_before_they_end() {
        let long = bearer(3600, 9);
        assert_eq!((text(&long).await, text(&long).await), ("TOKEN0".into(), "TOKEN0".into()));
        let short = bearer(200, 9);
        assert_eq!((text(&short).await, text(&short).await), ("TOKEN0".into(), "TOKEN1".into()));
        assert!(!format!("{short:?}").contains("TOKEN"));
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_by_one_of_those_who_sent_it() {
        let long = bearer(3600, 9);
        let refused = long.token().await.unwrap();
        for _ in 0..3 {
            assert_eq!(*long.renewed(&refused).await.unwrap().text, "TOKEN1");
        }
        assert_eq!(text(&long).await, "TOKEN1");
    }

    #[tokio::test]
    async fn a_token_that_still_holds_is_used_when_it_cannot_be_renewed() {
        let short = bearer(200, 1);
        assert_eq!((text(&short).await, text(&short).await), ("TOKEN0".into(), "TOKEN0".into()));
        assert_eq!(bearer(200, 0).token().await.unwrap_err().kind, ErrorKind::NoCredentials);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_do_not_all_wait_for_renewals_that_fail() {
        let source = numbered(200, 1);
        let bearer = Bearer::new(Arc::clone(&source) as Arc<dyn TokenSource>);
        let calls = || source.calls.load(Ordering::Relaxed);
        for _ in 0..9 {
            assert_eq!(text(&bearer).await, "TOKEN0");
        }
        assert_eq!(calls(), 2);
        tokio::time::advance(PAUSE).await;
        assert_eq!(text(&bearer).await, "TOKEN0");
        assert_eq!(calls(), 3);
    }
}
