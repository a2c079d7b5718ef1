//! An HTTP/1.1 server on the loopback interface whose handler may also close or reset the connection.

use std::{future::Future, io, net::SocketAddr, os::fd::AsFd, time::Duration};

use axum::{body::Body, extract::Request, response::Response, serve::Listener};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Ends the connection without a response, as a failing service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Abort {
    /// The connection is closed.
    #[error("connection closed without a response")]
    Closed,
    /// The connection is reset (RFC 9293, section 3.5.2).
    #[error("connection reset without a response")]
    Reset,
}

/// The result of a handler.
pub(crate) type HandlerResult = Result<Response, Abort>;

/// A running server. Dropping it closes its port and every connection.
#[derive(Debug)]
pub(crate) struct HttpServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl HttpServer {
    /// Serves the connections of `listener` with `handler`, each in its own task.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener has no address.
    pub(crate) fn start<H, F>(listener: TcpListener, handler: H) -> io::Result<Self>
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = HandlerResult> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, handler));
        Ok(Self { address, task })
    }

    /// `http://<address>:<port>`, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the port and every connection.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // The task ends with the cancellation error.
        let _ = (&mut self.task).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<H, F>(mut listener: TcpListener, handler: H)
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = HandlerResult> + Send + 'static,
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
    F: Future<Output = HandlerResult>,
{
    // Nagle's algorithm (RFC 896) delays a short response until the previous one is acknowledged.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
    let service = service_fn(|request: hyper::Request<Incoming>| async {
        let result = handler(request.map(Body::new)).await;
        if let Err(Abort::Reset) = result {
            // Closing a socket with a linger time of zero resets the connection (socket(7)).
            let _ = rustix::net::sockopt::set_socket_linger(&socket, Some(Duration::ZERO));
        }
        result
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn server() -> HttpServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        HttpServer::start(listener, |request: Request| async move {
            match request.uri().path() {
                "/close" => Err(Abort::Closed),
                "/reset" => Err(Abort::Reset),
                _ => Ok("hello".into_response()),
            }
        })
        .unwrap()
    }

    #[tokio::test]
    async fn handler_responds_or_closes_the_connection() {
        let server = server().await;
        let response = reqwest::get(format!("{}/", server.url())).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello");
        assert!(reqwest::get(format!("{}/close", server.url())).await.is_err());
        assert!(reqwest::get(format!("{}/", server.url())).await.is_ok());
    }

    #[tokio::test]
    async fn aborted_connection_is_closed_or_reset() {
        let server = server().await;
        for (path, expected) in [("/close", Ok(0)), ("/reset", Err(io::ErrorKind::ConnectionReset))] {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes()).await.unwrap();
            let read = stream.read(&mut [0; 64]).await;
            assert_eq!(read.map_err(|error| error.kind()), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn stopped_server_frees_its_port() {
        let server = server().await;
        let address = server.address;
        let url = server.url();
        server.stop().await;
        assert!(reqwest::get(url).await.is_err());
        TcpListener::bind(address).await.unwrap();
    }
}
