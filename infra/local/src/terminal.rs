//! The log lines of `cargo local` on standard error: one line of text per event, or one JSON object.

use std::fmt::{self, Debug, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The target of the event that the gateway logs for each request.
pub const REQUEST_TARGET: &str = "local::request";

/// The format of the log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text per request; the functions' JSON lines are written to `functions.log` in the data directory
    #[default]
    Text,
    /// JSON, including the functions' lines
    Json,
}

/// Writes the events of this process to standard error from now on.
pub fn init(format: LogFormat) {
    let shown = Targets::new().with_target("local", LevelFilter::INFO).with_default(LevelFilter::WARN);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(shown);
    match format {
        LogFormat::Text => registry.with(layer.event_format(TextFormat)).init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
    }
}

/// The time in UTC, the level unless it is `INFO`, and the message with its fields. A request has a form of its own:
/// `12:30:01Z POST /v1/access-tokens 201 34 ms local|1001`.
struct TextFormat;

impl<S, N> FormatEvent<S, N> for TextFormat
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(writer, "{} ", Timestamp::now().strftime("%H:%M:%SZ"))?;
        let metadata = event.metadata();
        if *metadata.level() != Level::INFO {
            write!(writer, "{} ", metadata.level())?;
        }
        if metadata.target() == REQUEST_TARGET {
            let mut line = RequestLine::default();
            event.record(&mut line);
            writer.write_str(line.text.trim_end())?;
        } else {
            context.format_fields(writer.by_ref(), event)?;
        }
        writeln!(writer)
    }
}

/// The fields of a request in the order in which the gateway logs them.
#[derive(Default)]
struct RequestLine {
    text: String,
}

impl Visit for RequestLine {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let unit = match field.name() {
            // The request id is in the response's header, and in the functions' log lines.
            "message" | "request_id" => return,
            "duration_ms" => " ms",
            _ => "",
        };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{value:?}{unit} ");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !value.is_empty() {
            self.record_debug(field, &format_args!("{value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns what `log` writes, without the times.
    fn lines(log: impl FnOnce()) -> Vec<String> {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.event_format(TextFormat));
        tracing::subscriber::with_default(subscriber, log);
        let written = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        written.lines().map(|line| line.split_once("Z ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn request_is_one_line_without_names_of_fields() {
        let lines = lines(|| {
            tracing::info!(
                target: REQUEST_TARGET, method = "GET", route = "/v1/access-tokens/{id}", status = 403_u16,
                duration_ms = 3_u64, principal = "local|1003", code = "permission_denied", request_id = "x", "request"
            );
            tracing::info!(
                target: REQUEST_TARGET, method = "-", route = "-", status = 404_u16, duration_ms = 0_u64,
                principal = "", code = "not_found", request_id = "x", "request"
            );
        });
        let expected = ["GET /v1/access-tokens/{id} 403 3 ms local|1003 permission_denied", "- - 404 0 ms not_found"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn warning_has_its_level_and_fields() {
        let lines = lines(|| {
            tracing::info!("KMS listens on {}", "http://127.0.0.1:1");
            tracing::warn!(function = "list-tokens", "denied");
        });
        assert_eq!(lines, ["KMS listens on http://127.0.0.1:1", "WARN denied function=\"list-tokens\""]);
    }
}
