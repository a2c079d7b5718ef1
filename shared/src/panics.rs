//! Panics as errors: a request that panics is answered and logged like any other server error.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::{error::ServerError, telemetry};

thread_local! {
    /// Whether [`catch`] runs work on this thread.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this thread occurred.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Replaces the standard hook, which writes the panic's message: the message may quote input. A panic outside of
/// [`catch`] is logged with its place.
pub(crate) fn set_hook() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(Location::to_string).unwrap_or_default();
        if IS_CAUGHT.get() {
            PLACE.set(place);
        } else {
            telemetry::error(&format!("panic at {place}"));
        }
    }));
}

/// Runs `work` and returns its result.
///
/// # Errors
///
/// Returns [`ServerError::Panic`] with the source location if `work` panics, if [`set_hook`] was called.
pub(crate) async fn catch<T>(work: impl Future<Output = T>) -> Result<T, ServerError> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let was_caught = IS_CAUGHT.replace(true);
        // Nothing of `work` is used after a panic.
        let result = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        IS_CAUGHT.set(was_caught);
        match result {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(ServerError::Panic(PLACE.take()))),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        process::{Command, Output},
    };

    use super::*;

    /// Set in the process that panics: the hook is global, so a test of this process must not set it.
    const CHILD: &str = "LATCHKEY_TEST_PANIC";

    /// Runs the test `name` in another process, in which [`CHILD`] is set.
    fn run_in_child(name: &str) -> Output {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap()
    }

    #[test]
    fn caught_panic_returns_its_place_and_no_message() {
        if env::var(CHILD).is_err() {
            let output = run_in_child("panics::tests::caught_panic_returns_its_place_and_no_message");
            let text = format!("{output:?}");
            assert!(output.status.success() && text.contains("1 passed"), "{text}");
            assert!(!text.contains("a secret"), "{text}");
            return;
        }
        set_hook();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(catch(async {
            tokio::task::yield_now().await;
            let secret = String::from("a secret");
            assert!(secret.is_empty(), "{secret}");
        }));
        let Err(ServerError::Panic(place)) = result else { panic!("{result:?}") };
        assert!(place.starts_with("shared/src/panics.rs:"), "{place}");
        assert_eq!(runtime.block_on(catch(async { 1 })), Ok(1));
    }

    #[test]
    fn panic_that_is_not_caught_is_logged_with_its_place() {
        if env::var(CHILD).is_err() {
            let output = run_in_child("panics::tests::panic_that_is_not_caught_is_logged_with_its_place");
            let text = format!("{output:?}");
            assert!(!output.status.success(), "{text}");
            assert!(text.contains("panic at shared/src/panics.rs:") && !text.contains("a secret"), "{text}");
            return;
        }
        set_hook();
        let secret = String::from("a secret");
        let result = std::thread::spawn(move || assert!(secret.is_empty(), "{secret}")).join();
        assert!(result.is_ok());
    }
}
