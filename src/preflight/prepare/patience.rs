//! Asking again until what was changed is known everywhere.

use std::time::Duration;

use crate::alibaba::CallError;

/// How long what was just changed is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Before the second question; each further pause is half as long again, up to five seconds.
    pub pause: Duration,
    /// How often is asked.
    pub questions: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause: Duration::from_millis(250), questions: 15 }
    }
}

impl Patience {
    const LONGEST: Duration = Duration::from_secs(5);

    /// Asks until `enough` of the answer, or until patience ends; the last answer.
    pub(super) async fn until<T, E>(
        self,
        mut ask: impl AsyncFnMut() -> Result<T, E>,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, E> {
        let mut pause = self.pause;
        let mut left = self.questions.max(1);
        loop {
            let answer = ask().await?;
            left -= 1;
            if left == 0 || enough(&answer) {
                return Ok(answer);
            }
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.5).min(Self::LONGEST);
        }
    }

    /// Does something until the service knows all that it is about, or until patience ends.
    pub(super) async fn until_known(
        self,
        mut act: impl AsyncFnMut() -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        let act = async || match act().await {
            Err(error) if error.is_not_found() => Ok(Err(error)),
            other => other.map(Ok),
        };
        self.until(act, Result::is_ok).await?
    }
}
