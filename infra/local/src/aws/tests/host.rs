use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

/// The status of a request of the operator with these lines of `Host` headers.
async fn status(url: &str, hosts: &str) -> u16 {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\n{hosts}Connection: close\r\nContent-Length: 2\r\nX-Amz-Target: TrentService.DescribeKey\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=operator/x\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn request_for_another_host_is_misdirected() {
    let aws = start(None).await;
    for url in [&aws.dynamodb_url, &aws.kms_url] {
        for hosts in [
            "Host: attacker.example\r\n",
            "Host: localhost.attacker.example:80\r\n",
            "Host: 10.0.0.1\r\n",
            "Host: \r\n",
            "",
            "Host: localhost\r\nHost: localhost\r\n",
            "Host: localhost\r\nHost: attacker.example\r\n",
        ] {
            assert_eq!(status(url, hosts).await, 421, "{url} {hosts}");
        }
    }
    assert!(aws.calls.all().is_empty());
}

#[tokio::test]
async fn request_for_loopback_host_is_handled() {
    let aws = start(None).await;
    for url in [&aws.dynamodb_url, &aws.kms_url] {
        for host in ["localhost", "localhost:1", "127.0.0.1:65535", "127.9.9.9", "[::1]", "[::1]:8000"] {
            assert_ne!(status(url, &format!("Host: {host}\r\n")).await, 421, "{url} {host}");
        }
    }
    assert_eq!(aws.calls.all().len(), 12);
}
