//! The tables, and which memory size follows from them.

use std::fmt::Write as _;

use super::{
    SIZES,
    bill::{Bill, Request, bill},
    choice::{cheapest, slowest},
    measured::Speed,
    prices::{Kind, Prices},
};

/// The families that are compared, with what a table calls them.
const FAMILIES: [(&str, &str); 3] = [("ours", "Latchkey"), ("node", "Node.js"), ("python", "Python")];

const HEAD: &str = "| a million of | by | billed, ms each | Lambda arm64 | Lambda x86_64 | gateway | DynamoDB | KMS | logs | all, arm64 |
|---|---|---|---|---|---|---|---|---|---|
";

/// Everything, in Markdown.
pub(super) fn table(speed: &Speed, prices: &Prices) -> String {
    let mut text = about(speed, prices);
    for memory in SIZES {
        let rows: String = Request::ALL.into_iter().map(|request| rows(request, memory, speed, prices)).collect();
        if !rows.is_empty() {
            let _ = write!(text, "**{memory} MB**\n\n{HEAD}{rows}\n");
        }
    }
    text.push_str(&choice(speed, prices));
    text.push_str(&other_keys(speed, prices));
    text
}

/// From what the tables are made.
fn about(speed: &Speed, prices: &Prices) -> String {
    let (assumed, (reads, _)) = (&prices.assumed, Kind::Evidence.units(&prices.assumed));
    format!(
        "`cargo run -p bench -- cost`, from `infra/bench/speed.json` ({}, {}) and `infra/bench/prices.json` ({}, {}: {}). \
         In US dollars for a million; prices from {}.\n\n\
         **Measured:** times with the processor that the memory buys, wire calls, our own log lines, of which the others \
         are taken to write as many. **Assumed:** DynamoDB answers a read in {} ms and a write in {} ms, KMS in {} ms; {} % \
         of the invocations are cold starts, whose start is billed; whoever asks holds {} role, so that a decision reads \
         {reads} units; Lambda's own lines have {} bytes; arm64 is as fast as what was measured. Create, list and revoke \
         have the authorizer's part in them. The gateway's part is paid for the API that is called, whoever decides.\n\n",
        speed.machine,
        speed.date,
        prices.region,
        prices.date,
        prices.remark,
        prices.sources().join(", "),
        assumed.read_ms,
        assumed.write_ms,
        assumed.kms_ms,
        assumed.cold_share * 100.0,
        assumed.roles,
        assumed.platform_log_bytes,
    )
}

/// One request at one size, by each family that was measured.
fn rows(request: Request, memory: u32, speed: &Speed, prices: &Prices) -> String {
    let mut text = String::new();
    for (family, name) in FAMILIES {
        let Some(bill) = bill(request, family, memory, speed, prices) else { continue };
        let Bill { billed_ms, lambda_arm64, lambda_x86_64, gateway, dynamodb, kms, logs } = bill;
        let _ = write!(text, "| {} | {name} | {billed_ms:.2} |", request.name());
        for part in [lambda_arm64, lambda_x86_64, gateway, dynamodb, kms, logs] {
            let _ = write!(text, " {part:.3} |");
        }
        let _ = writeln!(text, " **{:.2}** |", bill.all());
    }
    text
}

/// Which memory size the template should take.
fn choice(speed: &Speed, prices: &Prices) -> String {
    let bounds = &prices.bounds;
    let within = format!("p99 within {} ms and a first answer within {} ms", bounds.p99_ms, bounds.first_ms);
    let mut text = "| memory, MB | slowest p99, ms | slowest first answer, ms | within the bounds | a million authorizations |\n|---|---|---|---|---|\n".to_owned();
    for memory in SIZES {
        let Some(slow) = slowest(speed, prices, memory) else { continue };
        let keeps = if slow.keeps(prices) { "yes" } else { "no" };
        let all = bill(Request::Authorize, "ours", memory, speed, prices)
            .map_or(String::new(), |bill| format!("{:.2}", bill.all()));
        let _ = writeln!(text, "| {memory} | {:.1} | {:.1} | {keeps} | {all} |", slow.p99, slow.first);
    }
    match cheapest(speed, prices) {
        Some(memory) => {
            let _ = writeln!(
                text,
                "\n**{memory} MB** is the cheapest size at which each of our functions keeps {within}, beside what Lambda itself takes to start a process."
            );
        }
        None => {
            let _ = writeln!(text, "\nAt no size does each of our functions keep {within}.");
        }
    }
    text
}

/// What signatures cost with the other kinds of key.
fn other_keys(speed: &Speed, prices: &Prices) -> String {
    let usd = &prices.usd;
    let times = usd.kms_ten_thousand_requests_other.usd / usd.kms_ten_thousand_requests_rsa_2048.usd;
    let bills = SIZES.into_iter().find_map(|memory| bill(Request::Create, "ours", memory, speed, prices));
    bills.map_or(String::new(), |bill| {
        format!(
            "\nKMS is the part of a create that the key decides: {:.2} a million with `KeySpec: RSA_2048`, the template's default, and {:.2} \
             with `RSA_3072` or `ECC_NIST_P256`. A decision calls KMS at cold starts alone.\n",
            bill.kms,
            bill.kms * times
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{super::choice::tests::sample, *};

    #[test]
    fn a_table_has_what_was_measured_and_nothing_else() {
        let (speed, prices) = sample();
        let text = table(&speed, &prices);
        for there in [
            "**128 MB**",
            "**256 MB**",
            "| authorize | Node.js |",
            "| create | Latchkey |",
            "**256 MB** is the cheapest",
        ] {
            assert!(text.contains(there), "{there} is not in\n{text}");
        }
        for absent in ["**512 MB**", "| list |", "| create | Node.js |", "Python"] {
            assert!(!text.contains(absent), "{absent} is in\n{text}");
        }
    }
}
