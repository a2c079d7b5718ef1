//! The tables.

use std::fmt::Write as _;

use super::{
    Operation, Seen, Series,
    judge::{Summary, times},
};
use crate::spread::Spread;

const HEAD: &str =
    "| request | tokens | wire calls | bytes read | functions p50 | p99 | ledger p50 | p99 | all p50 | p99 |
|---|---|---|---|---|---|---|---|---|---|
";

/// What the tables are about, behind the number of rounds.
const ABOUT: &str = "rounds, in each of which every request goes to each ledger, one after the other. Times are in ms: \
*ledger* is what the embedded DynamoDB took to answer, on a file whose trees grow, so that its × is the file's and says \
nothing of AWS's; *functions* is the rest, the gateway and the processes with it. Calls and bytes are those of the authorizer \
and the function behind it together, in the middle of the rounds; bytes are the bodies of DynamoDB's answers. In the lines \
with ×, the largest ledger's figures are divided by the smallest's.";

/// Both series, each with what the list's query reads.
pub(super) fn table(seen: &Seen) -> String {
    let mut text =
        format!("Three stacks side by side, each with a ledger of its own: {} {ABOUT}\n\n", seen.size.rounds().0);
    for series in Series::ALL {
        text.push_str(match series {
            Series::Living => "**Tokens in one organization.** A list asks for 5 of them, a get for another each time.\n\n",
            Series::Revoked => {
                "**Revoked tokens in an organization of 10 living ones.** A list gets the 10, a get another revoked one each time.\n\n"
            }
        });
        text.push_str(HEAD);
        for operation in Operation::ALL {
            rows(&mut text, seen, series, operation);
        }
        read(&mut text, seen, series);
    }
    text
}

/// The rows of one request, and how many times those of the smallest the largest ledger's are.
fn rows(text: &mut String, seen: &Seen, series: Series, operation: Operation) {
    let all: Vec<_> = (0..3).map(|number| seen.summary((series, operation, number))).collect();
    for (tokens, one) in seen.size.tokens(series).iter().zip(&all) {
        let Summary { calls, bytes, rest, ledger, whole } = one;
        let _ = write!(text, "| {} | {tokens} | {calls} | {bytes} |", operation.name());
        for spread in [rest, ledger, whole] {
            pair(text, *spread);
        }
        text.push('\n');
    }
    let (least, most) = (all[0], all[2]);
    let _ = writeln!(
        text,
        "| | × | {:.2} | {:.2} | **{:.2}** | | {:.2} | | {:.2} | |",
        ratio(most.calls, least.calls),
        ratio(most.bytes, least.bytes),
        times(most.rest, least.rest),
        times(most.ledger, least.ledger),
        times(most.whole, least.whole),
    );
}

#[expect(clippy::cast_precision_loss, reason = "both are small")]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}

/// Two columns: p50 and p99, in ms.
fn pair(text: &mut String, spread: Spread) {
    let [p50, p99] = [spread.p50, spread.p99].map(|duration| duration.as_secs_f64() * 1_000.0);
    let _ = write!(text, " {p50:.2} | {p99:.2} |");
}

/// What the list's query reads of the index, in each ledger.
fn read(text: &mut String, seen: &Seen, series: Series) {
    let told = (0..3).filter_map(|number| seen.read.get(&(series, number)));
    let told: Vec<_> = told.map(|read| format!("{} rows, {} units", read.rows, read.units)).collect();
    let _ = writeln!(
        text,
        "\nThe list's query, sent once more with `ReturnConsumedCapacity`, reads in the three ledgers: {}.\n",
        told.join("; ")
    );
}
