//! The environment variables of a process (Lambda Developer Guide, "Defined runtime environment variables").

use std::{collections::BTreeMap, net::SocketAddr};

use super::FunctionSpec;

/// The region if the function's variables do not set one.
const DEFAULT_REGION: &str = "us-east-1";

/// The example account of the AWS documentation.
const ACCOUNT: &str = "123456789012";

/// The variables of a process whose Runtime API listens at `runtime_api`. No variable of this process is inherited.
pub(super) fn variables(spec: &FunctionSpec, runtime_api: SocketAddr) -> BTreeMap<String, String> {
    let region = region(spec);
    let root = spec.binary.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let lambda = [
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", spec.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("[$LATEST]{}", runtime_api.port())),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
        ("AWS_REGION", region.to_owned()),
        ("LAMBDA_TASK_ROOT", root),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
    ];
    let mut environment: BTreeMap<_, _> = lambda.map(|(name, value)| (name.to_owned(), value)).into();
    environment.extend(spec.environment.clone());
    environment
}

/// The ARN in the header `Lambda-Runtime-Invoked-Function-Arn`.
pub(super) fn function_arn(spec: &FunctionSpec) -> String {
    format!("arn:aws:lambda:{}:{ACCOUNT}:function:{}", region(spec), spec.name)
}

fn region(spec: &FunctionSpec) -> &str {
    spec.environment.get("AWS_REGION").map_or(DEFAULT_REGION, String::as_str)
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use super::*;

    fn environment(own: &[(&str, &str)]) -> (FunctionSpec, BTreeMap<String, String>) {
        let spec = FunctionSpec {
            name: "get-token".to_owned(),
            binary: PathBuf::from("/build/get-token"),
            timeout: Duration::from_secs(10),
            memory_mb: 256,
            environment: own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let variables = variables(&spec, SocketAddr::from(([127, 0, 0, 1], 9001)));
        (spec, variables)
    }

    #[test]
    fn process_has_variables_of_lambda_and_of_the_function() {
        let (spec, variables) = environment(&[("TABLE_NAME", "tokens"), ("AWS_REGION", "eu-west-1")]);
        for (name, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "get-token"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("LAMBDA_TASK_ROOT", "/build"),
            ("_HANDLER", "bootstrap"),
            ("TZ", ":UTC"),
            ("TABLE_NAME", "tokens"),
        ] {
            assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(function_arn(&spec), "arn:aws:lambda:eu-west-1:123456789012:function:get-token");
    }

    #[test]
    fn variables_are_not_inherited() {
        let (_, variables) = environment(&[]);
        for name in ["PATH", "HOME", "RUST_BACKTRACE", "RUST_LOG"] {
            assert!(!variables.contains_key(name), "{name}");
        }
    }
}
