//! What goes on beside a process as long as it lives: its output is copied, and its end awaited.

use std::{future::Future, io, process::ExitStatus, sync::Arc};

use tokio::{
    io::AsyncRead,
    process::Child,
    sync::{Notify, watch},
    task::AbortHandle,
};

use crate::lambda::output::{Writer, copy_lines};

/// Copies both outputs of `child` until they end.
pub(super) fn copy_output(child: &mut Child, outputs: [Writer; 2]) -> impl Future<Output = ()> + use<> {
    let [first, second] = outputs;
    let (stdout, stderr) = (copy(child.stdout.take(), first), copy(child.stderr.take(), second));
    async move {
        tokio::join!(stdout, stderr);
    }
}

async fn copy(pipe: Option<impl AsyncRead + Unpin>, output: Writer) {
    let Some(pipe) = pipe else { return };
    if let Err(error) = copy_lines(pipe, output).await {
        tracing::warn!(%error, "what a function printed is lost");
    }
}

/// Who has the process until its end.
pub(super) struct Keeper {
    pub(super) function: String,
    pub(super) child: Child,
    pub(super) kill: Arc<Notify>,
    pub(super) api: AbortHandle,
}

impl Keeper {
    /// Waits for the process's end, or brings it about when it is asked for, and tells of it.
    pub(super) async fn until_end(
        mut self,
        printed: impl Future<Output = ()> + Send + 'static,
        has_ended: watch::Sender<bool>,
    ) {
        let printing = tokio::spawn(printed);
        match self.exit().await {
            Ok(Some(status)) => tracing::error!(function = self.function, %status, "the function's process ended"),
            Ok(None) => tracing::debug!(function = self.function, "the function's process was killed"),
            Err(error) => tracing::error!(function = self.function, %error, "the function's process is lost"),
        }
        // A panic in the copying task is the only error, and has been reported by itself.
        let _ = printing.await;
        self.api.abort();
        has_ended.send_replace(true);
    }

    /// The exit status of a process that ended by itself; none of one that was killed.
    async fn exit(&mut self) -> io::Result<Option<ExitStatus>> {
        tokio::select! {
            status = self.child.wait() => return status.map(Some),
            () = self.kill.notified() => {}
        }
        self.child.kill().await?;
        Ok(None)
    }
}
