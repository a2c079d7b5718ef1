//! A stub HTTP server that returns prepared responses and records the requests.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use crate::harness::{CliCommand, CommandOutput, empty_dir};

/// Binds a free port of this machine, and returns the listener and its base URL.
pub fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers each connection with the next response, and returns the requests. An empty response closes the connection.
pub fn serve_on(listener: TcpListener, responses: Vec<String>) -> JoinHandle<Vec<String>> {
    thread::spawn(move || {
        responses.into_iter().map(|response| handle(&listener.accept().unwrap().0, &response)).collect()
    })
}

/// Starts a stub server on a free port, and returns its base URL and the requests.
pub fn serve(responses: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let (listener, url) = bind();
    (url, serve_on(listener, responses))
}

/// Reads a request with its body, then writes the response.
fn handle(mut stream: &TcpStream, response: &str) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    while !is_complete(&request) {
        let length = stream.read(&mut buffer).unwrap();
        request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    stream.write_all(response.as_bytes()).unwrap();
    request
}

fn is_complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// Formats a response that closes the connection.
pub fn response(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// Runs the CLI against `url` in an empty directory.
pub fn run_against(url: &str, arguments: &str) -> CommandOutput {
    let directory = empty_dir();
    let command = CliCommand::new(directory.path(), arguments);
    command.env("LATCHKEY_URL", url).env("LATCHKEY_TOKEN", "a-credential").run()
}

/// Returns the value of a request header. `name` includes the colon and the blank.
pub fn header<'a>(request: &'a str, name: &str) -> &'a str {
    request.lines().find_map(|line| line.strip_prefix(name)).unwrap()
}
