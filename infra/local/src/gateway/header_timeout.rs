//! How long the head of a request may take to arrive once it has begun.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// What a connection is at: an even number between requests, an odd one while a request is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestSequence(Arc<AtomicU64>);

impl RequestSequence {
    /// From the end of one head to the end of its answer, and back again.
    pub(super) fn change(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Which pause between requests this is, where it is one.
    fn pause(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|turn| turn.is_multiple_of(2))
    }
}

/// A connection that fails where the head of a request has begun and is not whole in time. One that waits for a request is idle,
/// and that has a longer limit of its own: closed as early, it would meet requests that are on their way.
pub(super) struct HeaderTimeout<S> {
    stream: S,
    slowest: Duration,
    turn: RequestSequence,
    /// When the head that has begun must be whole, and in which pause it began.
    due: Option<(u64, Pin<Box<Sleep>>)>,
}

impl<S> HeaderTimeout<S> {
    pub(super) fn new(stream: S, slowest: Duration, turn: RequestSequence) -> Self {
        Self { stream, slowest, turn, due: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeaderTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let (pause, slowest) = (self.turn.pause(), self.slowest);
        self.due.take_if(|(began, _)| Some(*began) != pause);
        if let (Some(pause), true) = (pause, buffer.filled().len() > before) {
            self.due.get_or_insert_with(|| (pause, Box::pin(sleep(slowest))));
        }
        let late = self.due.as_mut().is_some_and(|(_, due)| read.is_pending() && due.as_mut().poll(context).is_ready());
        if late { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { read }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeaderTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
