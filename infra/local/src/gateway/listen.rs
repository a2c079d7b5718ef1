//! The gateway on a port.

use std::{convert::Infallible, future::Future, net::SocketAddr, pin::pin, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::{
    Gateway, answer,
    header_timeout::{HeaderTimeout, RequestSequence},
};

impl Gateway {
    /// Answers what arrives at `listener` until `stop` is ready, then lets running requests finish. Who takes longer than 30 s to
    /// send the headers of a request is cut off, and so is who sends no request for 310 s.
    pub async fn serve(self, mut listener: TcpListener, stop: impl Future<Output = ()>) {
        let (gateway, mut stop) = (Arc::new(self), pin!(stop));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut stop => break,
                (stream, caller) = Listener::accept(&mut listener) => {
                    connections.spawn(connection(Arc::clone(&gateway), stream, caller, stopped.clone()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        stopping.send_replace(true);
        while connections.join_next().await.is_some() {}
    }
}

/// Answers the requests of one connection until either side closes it.
async fn connection(gateway: Arc<Gateway>, stream: TcpStream, caller: SocketAddr, mut stopped: watch::Receiver<bool>) {
    // A small answer must not wait for the acknowledgement of the one before (RFC 896); where this fails it is slow.
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    // It counts from the answer before, so it is the limit of an idle connection.
    builder.timer(TokioTimer::new()).header_read_timeout(gateway.idlest);
    let turn = RequestSequence::default();
    let stream = HeaderTimeout::new(stream, gateway.slowest, turn.clone());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(caller));
        let (gateway, turn) = (Arc::clone(&gateway), turn.clone());
        turn.change();
        async move {
            let answer = answer(State(gateway), request.map(Body::new)).await;
            turn.change();
            Ok::<_, Infallible>(answer)
        }
    });
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        // A gateway that is gone asks for the same.
        _ = stopped.changed() => None,
    };
    if ended.is_none() {
        serving.as_mut().graceful_shutdown();
        ended = Some(serving.await);
    }
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
