//! A line as it was made: what tells of something makes its own JSON.

use std::fmt;

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Writes the field `line` of an event and nothing else.
pub(super) struct Verbatim;

struct Line<'w, 'b> {
    writer: &'w mut Writer<'b>,
    written: fmt::Result,
}

impl Visit for Line<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "line" {
            self.written = writeln!(self.writer, "{value}");
        }
    }

    /// No line of ours has a field that is no text, and no other's line comes here.
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl<S, N> FormatEvent<S, N> for Verbatim
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line { writer: &mut writer, written: Ok(()) };
        event.record(&mut line);
        line.written
    }
}
