//! Runs what is written with futures, for callers that wait.

use super::pool::Trouble;
use std::{error::Error, future::Future, time::Duration};
use tokio::runtime::{Builder, Runtime};

/// A runtime of one connection. It has no thread: what belongs to it goes on while somebody waits in [`run`](Self::run).
#[derive(Debug)]
pub(super) struct Reactor(Option<Runtime>);

impl Reactor {
    pub(super) fn new() -> Result<Self, Trouble> {
        let built = Builder::new_current_thread().enable_all().build();
        let runtime =
            built.map_err(|error| Trouble::Silent(format!("the system gives no event queue: {error}")))?;
        Ok(Self(Some(runtime)))
    }

    /// Waits for `work`, for as long as `limit`.
    ///
    /// It is a task of its own, so that a panic in a library over what a server sent ends this piece of work and nothing
    /// else.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        let Some(runtime) = &self.0 else {
            return Err(Trouble::Lost("the connection was closed".to_owned()));
        };
        runtime.block_on(async {
            let task = tokio::spawn(work);
            let abort = task.abort_handle();
            match tokio::time::timeout(limit, task).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_panic)) => Err(Trouble::Silent("its answer cannot be read".to_owned())),
                Err(_elapsed) => {
                    abort.abort();
                    Err(Trouble::Silent(format!("no answer within {} ms", limit.as_millis())))
                }
            }
        })
    }

    /// Starts what a connection needs done beside each piece of work.
    pub(super) fn accompany(work: impl Future<Output = ()> + Send + 'static) {
        // Ends with the connection, or with the runtime.
        let _detached = tokio::spawn(work);
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        // Without waiting: a name may still be being resolved.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// An error with all that lies behind it, in one line.
pub(super) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn waiting_ends_in_time_and_a_panic_ends_one_piece_of_work() {
        let (reactor, start) = (Reactor::new().unwrap(), Instant::now());
        let forever = reactor.run(Duration::from_millis(50), std::future::pending::<Result<(), _>>());
        assert!(matches!(forever, Err(Trouble::Silent(why)) if why.contains("within 50 ms")));
        assert!(start.elapsed() < Duration::from_secs(5));
        let panicked = reactor.run::<()>(Duration::from_secs(5), async { panic!("a server's bytes") });
        assert!(matches!(panicked, Err(Trouble::Silent(_))));
        assert!(matches!(reactor.run(Duration::from_secs(5), async { Ok(7) }), Ok(7)));
    }
}
