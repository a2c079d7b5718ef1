//! The `Host` check, against DNS rebinding.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// The status of the response to a request with these `Host` headers.
pub(super) async fn status_of(address: SocketAddr, hosts: &[&str]) -> String {
    let hosts = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect::<Vec<_>>().concat();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET /open HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn request_for_another_host_is_misdirected() {
    let functions = Arc::new(functions());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let own = address.to_string();
    tokio::spawn(gateway(TEMPLATE, Arc::clone(&functions), false).serve(listener, std::future::pending()));
    for hosts in [&[own.as_str()][..], &["localhost"], &["127.9.8.7:1"], &["[::1]:8080"]] {
        assert_eq!(status_of(address, hosts).await, "200", "{hosts:?}");
    }
    let accepted = functions.invoked().len();
    for hosts in
        [&["rebound.example"][..], &["rebound.example:8080"], &["localhost.rebound.example"], &["localhost"; 2], &[]]
    {
        assert_eq!(status_of(address, hosts).await, "421", "{hosts:?}");
    }
    assert_eq!(functions.invoked().len(), accepted);
}
