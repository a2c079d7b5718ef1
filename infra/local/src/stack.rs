//! A running stack: the gateways, functions, `DynamoDB`, KMS and identity provider that the template describes.

pub(crate) mod data_dir;
mod environment;
mod error;
mod sample;
mod services;

use std::{collections::BTreeMap, iter, path::PathBuf, sync::Arc, time::Duration};

use ::data_dir::{SampleUrls, StackAddresses};
use serde_json::json;
use shared::{
    config::{AuthorizerConfig, FunctionConfig},
    system::SystemClock,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use self::{data_dir::DataDir, environment::Environment};
pub use self::{environment::operator, error::StackError, sample::Sample};
use crate::{
    aws::{Aws, upstream::Upstreams},
    gateway::Gateway,
    idp::{
        Idp, IdpOptions, PROVIDER_NAME, TOKEN_PAGE_CLIENT_ID,
        issuer::{AUDIENCE, Issuer},
    },
    lambda::{FunctionSpec, Lambda, Output},
    seed::Seed,
    template::{Api, ApiKind, PseudoParameters, Template, load},
};

/// Longest time that running requests have to finish at the stop. A call to AWS takes at most 3 s; a client that never completes
/// its request must not delay the stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The configuration of a stack.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The text of the template.
    pub template: String,
    /// The function binaries by their names.
    pub binaries: BTreeMap<String, PathBuf>,
    /// The port of the gateway, 0 for a free one.
    pub port: u16,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The roles and users of a new stack.
    pub seed: Seed,
    /// Whether the seed is written at each start instead of only into a new data directory or table.
    pub seed_always: bool,
    /// Whether every path begins with the stage, as at an API's own address on AWS.
    pub stage_in_path: bool,
    /// Values of the template's parameters. They override those that the stack sets.
    pub parameters: BTreeMap<String, String>,
    /// The services that replace the embedded `DynamoDB` and KMS.
    pub upstreams: Upstreams,
    /// The sample, if it is served.
    pub sample: Option<Sample>,
    /// The destination of the functions' output.
    pub output: Output,
    /// Whether the APIs serve requests with any `Host` header. Only for tests of what a function does with such a request:
    /// the check protects a developer's machine against DNS rebinding.
    pub accept_any_host: bool,
}

/// A running stack.
pub struct Stack {
    /// Its addresses.
    pub addresses: StackAddresses,
    /// The template with the values of its parameters.
    pub template: Template,
    /// The functions.
    pub lambda: Arc<Lambda>,
    /// `DynamoDB` and KMS.
    pub aws: Aws,
    /// The identity provider.
    pub idp: Idp,
    data_dir: DataDir,
    gateways: Vec<GatewayServer>,
}

/// A gateway that listens.
struct GatewayServer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// An API of the sample with its listener.
struct SampleApi {
    api: Api,
    listener: TcpListener,
    url: String,
}

impl Stack {
    /// Starts a stack with the state of its data directory, and waits until each function is ready. Logs a line for each part.
    ///
    /// # Errors
    ///
    /// Returns [`StackError`].
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let mut data_dir = DataDir::open(&options.data_dir)?;
        let listener = bind(options.port).await?;
        let port = listener.local_addr().map_err(StackError::Listen)?.port();
        let idp_port = if options.port == 0 { 0 } else { port.saturating_add(1) };
        let url = base_url(port, &options)?;
        let idp = Idp::start(Issuer::open(&options.data_dir, idp_port)?, idp_options(&options, &url)).await?;
        tracing::info!("identity provider listens on {}", idp.url);
        let pseudo_parameters = pseudo_parameters(&options.upstreams, &mut data_dir)?;
        let template = load(&options.template, &parameters(&options, &data_dir, &url, &idp.url), &pseudo_parameters)?;
        let sample = options.sample.as_ref().map(|sample| sample.load(&template)).transpose()?;
        let environment = Environment::new(iter::once(&template).chain(&sample), &options.binaries)?;
        let aws = Aws::start(services::aws_options(&options, &template, environment.principals())?).await?;
        tracing::info!("DynamoDB listens on {}", aws.dynamodb_url);
        tracing::info!("KMS listens on {}", aws.kms_url);
        let sample_apis = bind_sample(sample, port).await?;
        let mut addresses = addresses(&template, url.clone(), &aws, &idp, environment.binaries())?;
        addresses.sample = sample_urls(&sample_apis);
        if options.seed_always || data_dir.is_new() || aws.table_created {
            let client = operator(&aws.dynamodb_url, &template.pseudo_parameters);
            options.seed.write(client, &addresses.table).await?;
            tracing::info!("seed written to table {}", addresses.table);
        }
        idp.read_assignments(operator(&aws.dynamodb_url, &template.pseudo_parameters), addresses.table.clone());
        let functions = environment.functions(&aws, &template);
        data_dir.write_environment(&functions)?;
        warn_of_invalid_entries(&functions);
        let function_count = functions.len();
        let lambda = Lambda::new(functions, options.output);
        lambda.warm().await?;
        tracing::info!("{function_count} functions started");
        data_dir.record_base_url(&url)?;
        data_dir.write_addresses(&addresses)?;
        let gateway = |api: &Api, stage, url: &str| {
            Gateway::new(api, &template.pseudo_parameters, lambda.clone(), stage, url)
                .accept_any_host(options.accept_any_host)
        };
        let mut gateways = vec![serve(listener, gateway(&template.apis[0], options.stage_in_path, &url))];
        tracing::info!("API listens on {url}");
        for SampleApi { api, listener, url } in sample_apis {
            gateways.push(serve(listener, gateway(&api, false, &url)));
            tracing::info!("sample listens on {url}");
        }
        Ok(Self { addresses, template, lambda, aws, idp, data_dir, gateways })
    }

    /// Stops the stack. The gateways go first and let running requests finish, for 5 s at most.
    pub async fn shutdown(self) {
        let tasks: Vec<_> = self.gateways.into_iter().map(GatewayServer::stop).collect();
        let _ = timeout(SHUTDOWN_TIMEOUT, async {
            for task in tasks {
                let _ = task.await;
            }
        })
        .await;
        self.lambda.shutdown().await;
        self.aws.shutdown().await;
        self.idp.shutdown().await;
        self.data_dir.close();
    }
}

impl GatewayServer {
    /// Stops accepting requests, and returns the task that ends when the running ones are finished.
    fn stop(self) -> JoinHandle<()> {
        let _ = self.stop.send(());
        self.task
    }
}

/// The pseudo parameters of the template. In a `DynamoDB` that others use too, the stack's name and so the names of its tables
/// are unique to the data directory.
fn pseudo_parameters(upstreams: &Upstreams, data_dir: &mut DataDir) -> Result<PseudoParameters, StackError> {
    let mut pseudo_parameters = PseudoParameters::default();
    if upstreams.dynamodb.is_some() {
        pseudo_parameters.stack_name = format!("{}-{}", pseudo_parameters.stack_name, data_dir.suffix()?);
    }
    Ok(pseudo_parameters)
}

async fn bind(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StackError::PortTaken(port),
        _ => StackError::Listen(error),
    })
}

/// Binds the sample's APIs to the ports after the identity provider's, or to free ones if those are taken: the user did not
/// choose them.
async fn bind_sample(sample: Option<Template>, port: u16) -> Result<Vec<SampleApi>, StackError> {
    let mut apis = Vec::new();
    for (api, port) in sample.into_iter().flat_map(|template| template.apis).rev().zip(port.saturating_add(2)..) {
        let listener = match bind(port).await {
            Err(StackError::PortTaken(_)) => bind(0).await?,
            other => other?,
        };
        let url = format!("http://{}", listener.local_addr().map_err(StackError::Listen)?);
        apis.push(SampleApi { api, listener, url });
    }
    Ok(apis)
}

fn sample_urls(apis: &[SampleApi]) -> Option<SampleUrls> {
    let url = |kind| apis.iter().find(|sample| sample.api.kind == kind).map(|sample| sample.url.clone());
    Some(SampleUrls { rest: url(ApiKind::Rest)?, http: url(ApiKind::Http)? })
}

/// The base URL, with the stage if every path begins with it.
fn base_url(port: u16, options: &StackOptions) -> Result<String, StackError> {
    let host = format!("http://127.0.0.1:{port}");
    if !options.stage_in_path {
        return Ok(host);
    }
    let mut parameters = options.parameters.clone();
    parameters.entry("PublicUrl".to_owned()).or_insert_with(|| host.clone());
    Ok(format!("{host}/{}", load(&options.template, &parameters, &PseudoParameters::default())?.apis[0].stage))
}

/// The users of the seed, and the addresses of the token page: below the API's base URL and below a given `PublicUrl`.
fn idp_options(options: &StackOptions, url: &str) -> IdpOptions {
    let urls = iter::once(url).chain(options.parameters.get("PublicUrl").map(String::as_str));
    IdpOptions {
        users: options.seed.users().to_vec(),
        token_page_urls: urls.map(|url| format!("{url}/tokens")).collect(),
        clock: Arc::new(SystemClock),
    }
}

/// The values of the template's parameters: those that the stack sets, overridden by the given ones.
fn parameters(options: &StackOptions, data_dir: &DataDir, url: &str, idp: &str) -> BTreeMap<String, String> {
    let providers = json!([{
        "name": PROVIDER_NAME, "issuer": idp, "audience": AUDIENCE, "organizations": "*",
        "roles_claim": "roles", "assigned_without_claim": true, "owner_from_claim": true,
        "page": {"client_id": TOKEN_PAGE_CLIENT_ID},
    }]);
    let mut parameters = BTreeMap::from([
        ("PublicUrl".to_owned(), url.to_owned()),
        ("PreviousPublicUrls".to_owned(), data_dir.previous_urls(url).join(",")),
        ("IdentityProviders".to_owned(), providers.to_string()),
    ]);
    parameters.extend(options.sample.iter().map(|sample| ("RouteRules".to_owned(), sample.rules.clone())));
    parameters.extend(options.parameters.clone());
    parameters
}

/// Logs the errors in the configuration with which the authorizer starts nevertheless.
fn warn_of_invalid_entries(functions: &[FunctionSpec]) {
    for FunctionSpec { name, environment, .. } in functions {
        if environment.contains_key("ROUTE_RULES") {
            let config = AuthorizerConfig::read(&environment.clone().into_iter().collect());
            for error in config.iter().flat_map(AuthorizerConfig::entry_errors) {
                tracing::warn!(function = name, "invalid configuration: {error}");
            }
        }
    }
}

fn addresses(
    template: &Template,
    url: String,
    aws: &Aws,
    idp: &Idp,
    functions: BTreeMap<String, PathBuf>,
) -> Result<StackAddresses, StackError> {
    let table = template.tables.first().ok_or(StackError::NoTable)?;
    Ok(StackAddresses {
        issuer: format!("{url}/v1/access-tokens"),
        url,
        table: table.name.clone(),
        dynamodb_url: aws.dynamodb_url.clone(),
        kms_url: aws.kms_url.clone(),
        idp_url: idp.url.clone(),
        sample: None,
        functions,
    })
}

fn serve(listener: TcpListener, gateway: Gateway) -> GatewayServer {
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(gateway.serve(listener, async {
        let _ = stopped.await;
    }));
    GatewayServer { stop, task }
}
