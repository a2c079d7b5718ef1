//! Supervises a process: copies its output and waits for its end.

use std::{future::Future, io, process::ExitStatus, sync::Arc};

use tokio::{
    io::AsyncRead,
    process::Child,
    sync::{Notify, watch},
    task::AbortHandle,
};

use crate::lambda::output::{Writer, copy_lines};

/// Copies standard output and standard error of `child` until they end.
pub(super) fn copy_output(child: &mut Child, outputs: [Writer; 2]) -> impl Future<Output = ()> + use<> {
    let [first, second] = outputs;
    let stdout = copy(child.stdout.take(), first);
    let stderr = copy(child.stderr.take(), second);
    async move {
        tokio::join!(stdout, stderr);
    }
}

async fn copy(pipe: Option<impl AsyncRead + Unpin>, output: Writer) {
    let Some(pipe) = pipe else { return };
    if let Err(error) = copy_lines(pipe, output).await {
        tracing::warn!(%error, "output of a function is lost");
    }
}

/// Owns a process until its end.
pub(super) struct ProcessSupervisor {
    pub(super) function: String,
    pub(super) child: Child,
    pub(super) kill: Arc<Notify>,
    pub(super) api: AbortHandle,
}

impl ProcessSupervisor {
    /// Waits until the process ends or is killed on request, then sets `has_ended`.
    pub(super) async fn run(
        mut self,
        copy_output: impl Future<Output = ()> + Send + 'static,
        has_ended: watch::Sender<bool>,
    ) {
        let copying = tokio::spawn(copy_output);
        match self.wait().await {
            Ok(Some(status)) => tracing::error!(function = self.function, %status, "the function's process ended"),
            Ok(None) => tracing::debug!(function = self.function, "the function's process was killed"),
            Err(error) => {
                tracing::error!(function = self.function, %error, "cannot wait for the function's process");
            }
        }
        // The only error is a panic of the copying task, which the panic handler has reported.
        let _ = copying.await;
        self.api.abort();
        has_ended.send_replace(true);
    }

    /// The exit status of a process that ended by itself; `None` if it was killed.
    async fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        tokio::select! {
            status = self.child.wait() => return status.map(Some),
            () = self.kill.notified() => {}
        }
        self.child.kill().await?;
        Ok(None)
    }
}
