//! A service that says what it is told to say.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use crate::program::{Ended, Program, elsewhere};

/// A free port of this machine, and its base URL.
pub fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers each connection with the next of `answers`, an empty one by closing it, and gives the requests that came.
pub fn answering(listener: TcpListener, answers: Vec<String>) -> JoinHandle<Vec<String>> {
    thread::spawn(move || answers.into_iter().map(|answer| serve(&listener.accept().unwrap().0, &answer)).collect())
}

/// Such a service at a port of its own.
pub fn service(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let (listener, url) = bind();
    (url, answering(listener, answers))
}

/// Reads a request with its body, then answers.
fn serve(mut stream: &TcpStream, answer: &str) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    while !is_whole(&request) {
        let read = stream.read(&mut buffer).unwrap();
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    stream.write_all(answer.as_bytes()).unwrap();
    request
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// An answer whose connection ends.
pub fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// The program at `url`, away from the local service.
pub fn run(url: &str, words: &str) -> Ended {
    let folder = elsewhere();
    Program::new(folder.path(), words).env("LATCHKEY_URL", url).env("LATCHKEY_TOKEN", "a-credential").run()
}

/// The header `name` of a request.
pub fn header<'a>(request: &'a str, name: &str) -> &'a str {
    request.lines().find_map(|line| line.strip_prefix(name)).unwrap()
}
