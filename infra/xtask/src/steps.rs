//! The steps of the tiers. Each is one command, run at the root of the workspace.

/// A step: its name, and a command with its arguments.
pub struct Step {
    /// The name for `--only` and `--from`.
    pub name: &'static str,
    /// The program and its arguments.
    pub command: &'static [&'static str],
}

const fn step(name: &'static str, command: &'static [&'static str]) -> Step {
    Step { name, command }
}

/// Runs before a commit. Needs only cargo, and uses `typos` if it is installed.
pub const CHECK: &[Step] = &[
    step("format", &["cargo", "fmt", "--all", "--check"]),
    step("style", &["cargo", "xtask", "style"]),
    step("spelling, if typos is installed", &["infra/acceptance/spelling/run", "--if-installed"]),
    step("lints", &["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    step("unit tests", &["cargo", "test", "--locked", "--lib", "--bins", "--test", "architecture"]),
];

/// Runs for each change, after [`CHECK`]. Needs cargo, Python, Node.js and Chromium; installs the rest into the target folder.
pub const CI: &[Step] = &[
    step("spelling", &["infra/acceptance/spelling/run"]),
    step("templates", &["infra/acceptance/template/run"]),
    step("deploy command", &["infra/acceptance/deploy_command/run"]),
    step("OpenAPI", &["infra/acceptance/openapi/lint"]),
    step("dependencies", &["infra/acceptance/dependencies/run"]),
    step("workflows", &["infra/acceptance/workflows/run"]),
    // The command of the README.
    step("tests", &["cargo", "test"]),
    step(
        "CLI with AWS",
        &["cargo", "test", "--locked", "--features", "cli/aws", "--test", "cli", "--", "apply", "deployed"],
    ),
    step("documents", &["infra/acceptance/documents/run"]),
    step("documentation", &["infra/acceptance/documentation/run"]),
    step("offline verification", &["infra/acceptance/offline_verification/run"]),
    step("official clients", &["infra/acceptance/clients/run"]),
    step("token page", &["infra/acceptance/token_page/run"]),
    step("deployment", &["infra/acceptance/deployment/run"]),
    step("CDK", &["infra/acceptance/cdk/run"]),
];

/// Runs at night and before a release, after [`CI`].
pub const FULL: &[Step] = &[
    step("release", &["infra/acceptance/release/run"]),
    step("arm64", &["infra/acceptance/arm64/run"]),
    step("contract", &["infra/acceptance/openapi/run"]),
    step("second emulator", &["infra/acceptance/second_emulator/run"]),
    step("identity providers", &["infra/acceptance/identity_providers/run"]),
    step("differential", &["infra/acceptance/differential/run"]),
    step("Lambda tools", &["infra/acceptance/lambda_tools/run"]),
    step("IAM simulation", &["infra/acceptance/iam_simulation/run"]),
    step("AWS calls", &["cargo", "test", "--locked", "--test", "e2e", "aws_calls", "--", "--nocapture"]),
    step(
        "rotation under load",
        &["env", "LATCHKEY_ROTATIONS=1000", "cargo", "test", "--locked", "--test", "e2e", "rotation::under_load"],
    ),
    step("reliability", &["cargo", "xtask", "bench", "reliability"]),
    step("comparison", &["infra/bench/comparison/run"]),
    step("start-up and instructions", &["infra/bench/run"]),
    step("fuzzing", &["infra/fuzz/run", "300"]),
    step("mutation tests", &["infra/acceptance/mutation/run"]),
];
