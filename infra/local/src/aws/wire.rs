//! An HTTP/1.1 server on loopback whose handler may also close the connection without an answer.

use std::{future::Future, io, net::SocketAddr, os::fd::AsFd, time::Duration};

use axum::{body::Body, extract::Request, response::Response, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Instead of an answer: the connection ends, as by a service that went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    /// It is closed in order.
    #[error("the connection is closed without an answer")]
    Closed,
    /// It is reset (RFC 9293, section 3.5.2).
    #[error("the connection is reset without an answer")]
    Reset,
}

/// What a handler gives for a request.
pub(crate) type Answer = Result<Response, Cut>;

/// A running server. Dropping it closes its port and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers what arrives at `listener` with `handler`, each connection in a task of its own.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub(crate) fn start<H, F>(listener: TcpListener, handler: H) -> io::Result<Self>
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, handler));
        Ok(Self { address, task })
    }

    /// `http://<address>:<port>`, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the port and every connection, and returns when that is done.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // The only error is the cancellation that was just asked for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<H, F>(mut listener: TcpListener, handler: H)
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, _) = Listener::accept(&mut listener) => {
                connections.spawn(serve(stream, handler.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<H, F>(stream: TcpStream, handler: H)
where
    H: Fn(Request) -> F,
    F: Future<Output = Answer>,
{
    // A small answer must not wait for the acknowledgement of the one before (RFC 896).
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
    let service = service_fn(|request: hyper::Request<Incoming>| async {
        let answer = handler(request.map(Body::new)).await;
        if let Err(Cut::Reset) = answer {
            // A socket that is not to linger is reset when it is closed (socket(7)). Where that fails it is closed in order.
            let _ = rustix::net::sockopt::set_socket_linger(&socket, Some(Duration::ZERO));
        }
        answer
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn server() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::start(listener, |request: Request| async move {
            match request.uri().path() {
                "/cut" => Err(Cut::Closed),
                "/reset" => Err(Cut::Reset),
                _ => Ok("hello".into_response()),
            }
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_handler_answers_or_closes_the_connection() {
        let server = server().await;
        let answer = reqwest::get(format!("{}/", server.url())).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "hello");
        assert!(reqwest::get(format!("{}/cut", server.url())).await.is_err());
        assert!(reqwest::get(format!("{}/", server.url())).await.is_ok());
    }

    #[tokio::test]
    async fn a_connection_is_closed_in_order_or_reset() {
        let server = server().await;
        for (path, expected) in [("/cut", Ok(0)), ("/reset", Err(io::ErrorKind::ConnectionReset))] {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes()).await.unwrap();
            let read = stream.read(&mut [0; 64]).await;
            assert_eq!(read.map_err(|error| error.kind()), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn a_stopped_server_frees_its_port() {
        let server = server().await;
        let address = server.address;
        let url = server.url();
        server.stop().await;
        assert!(reqwest::get(url).await.is_err());
        TcpListener::bind(address).await.unwrap();
    }
}
