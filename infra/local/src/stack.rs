//! The stack: everything that the template describes, running.

mod environment;
mod error;
pub(crate) mod folder;
mod sample;
mod services;

use std::{collections::BTreeMap, iter, path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::system::SystemClock;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use self::{environment::Environment, folder::Folder};
pub use self::{
    environment::operator,
    error::StackError,
    sample::{Sample, SampleUrls},
};
use crate::{
    aws::{Aws, upstream::Upstreams},
    gateway::Gateway,
    idp::{
        Idp, PROVIDER_NAME, SignIn, TOKEN_PAGE_CLIENT_ID,
        issuer::{AUDIENCE, Issuer},
    },
    lambda::{Lambda, Output},
    seed::Seed,
    template::{Api, Template, World, load},
};

/// How long running requests have after the stop. A call to AWS takes 3 s at most; a client that never ends its request would
/// hold everything up for ever.
const GRACE: Duration = Duration::from_secs(5);

/// How a stack is to be.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The template's text.
    pub template: String,
    /// The function binaries by their names.
    pub binaries: BTreeMap<String, PathBuf>,
    /// The port of the gateway, 0 for a free one.
    pub port: u16,
    /// The folder in which everything is kept.
    pub data: PathBuf,
    /// The roles and people to begin with.
    pub seed: Seed,
    /// Whether the seed is written at each start, and not into a new folder or table alone.
    pub seed_always: bool,
    /// Whether every path begins with the stage, as at an API's own address.
    pub stage_in_path: bool,
    /// Values for the template's parameters, over those that the stack itself gives.
    pub parameters: BTreeMap<String, String>,
    /// The services in place of the embedded `DynamoDB` and KMS.
    pub upstreams: Upstreams,
    /// The sample to serve beside, where one is to be.
    pub sample: Option<Sample>,
    /// Where goes what the functions print.
    pub output: Output,
}

/// Where everything is, as it is written to `local.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// The API's base URL.
    pub url: String,
    /// The issuer of the access tokens.
    pub issuer: String,
    /// The ledger's table.
    pub table: String,
    /// The endpoint of `DynamoDB`.
    pub dynamodb_url: String,
    /// The endpoint of KMS.
    pub kms_url: String,
    /// The issuer of people's tokens.
    pub idp_url: String,
    /// The sample's APIs, where it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleUrls>,
    /// The function binaries by their names.
    pub functions: BTreeMap<String, PathBuf>,
}

/// A running stack.
pub struct Stack {
    /// Where everything is.
    pub local: Local,
    /// What was built from.
    pub template: Template,
    /// The functions.
    pub lambda: Arc<Lambda>,
    /// `DynamoDB` and KMS.
    pub aws: Aws,
    /// The identity provider.
    pub idp: Idp,
    folder: Folder,
    gateways: Vec<Server>,
}

/// A gateway that serves.
struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Stack {
    /// Starts everything and waits until each function is ready. What the folder holds from earlier runs is still there.
    ///
    /// # Errors
    ///
    /// See [`StackError`].
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let mut folder = Folder::open(&options.data)?;
        let listener = bind(options.port).await?;
        let port = listener.local_addr().map_err(StackError::Listen)?.port();
        let idp_port = if options.port == 0 { 0 } else { port.saturating_add(1) };
        let url = base_url(port, &options)?;
        let idp = Idp::start(Issuer::open(&options.data, idp_port)?, sign_in(&options, &url)).await?;
        let world = world(&options.upstreams, &mut folder)?;
        let template = load(&options.template, &parameters(&options, &folder, &url, &idp.url), &world)?;
        let sample = options.sample.as_ref().map(|sample| sample.load(&template)).transpose()?;
        let environment = Environment::new(iter::once(&template).chain(&sample), &options.binaries)?;
        let aws = Aws::start(services::aws_options(&options, &template, environment.principals())?).await?;
        let beside = beside(sample, port).await?;
        let mut local = local(&template, url.clone(), &aws, &idp, environment.binaries())?;
        local.sample =
            SampleUrls::of(&beside.iter().map(|(api, _, url)| (api.clone(), url.clone())).collect::<Vec<_>>());
        if options.seed_always || folder.is_new() || aws.new_table {
            let client = operator(&aws.dynamodb_url, &template.world);
            options.seed.write(client, &local.table).await?;
        }
        let functions = environment.functions(&aws, &template);
        folder.write_environment(&functions)?;
        let lambda = Lambda::new(functions, options.output);
        lambda.warm().await?;
        folder.settle(&url)?;
        folder.write_local(&local)?;
        let gateway = |api: &Api, stage, url: &str| Gateway::new(api, &template.world, lambda.clone(), stage, url);
        let mut gateways = vec![serve(listener, gateway(&template.apis[0], options.stage_in_path, &url))];
        for (api, listener, url) in beside {
            gateways.push(serve(listener, gateway(&api, false, &url)));
        }
        Ok(Self { local, template, lambda, aws, idp, folder, gateways })
    }

    /// Stops everything, in the order in which nothing is cut off: the gateway lets running requests finish, for 5 s at most.
    pub async fn shutdown(self) {
        let tasks: Vec<_> = self.gateways.into_iter().map(Server::stop).collect();
        let _ = timeout(GRACE, async {
            for task in tasks {
                let _ = task.await;
            }
        })
        .await;
        self.lambda.shutdown().await;
        self.aws.shutdown().await;
        self.idp.shutdown().await;
        self.folder.close();
    }
}

impl Server {
    /// Lets it finish what runs, and gives it to be waited for.
    fn stop(self) -> JoinHandle<()> {
        let _ = self.stop.send(());
        self.task
    }
}

/// Where the template is played. In a `DynamoDB` that others use too, the tables have names that nobody else has.
fn world(upstreams: &Upstreams, folder: &mut Folder) -> Result<World, StackError> {
    let mut world = World::default();
    if upstreams.dynamodb.is_some() {
        world.stack = format!("{}-{}", world.stack, folder.suffix()?);
    }
    Ok(world)
}

async fn bind(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StackError::PortTaken(port),
        _ => StackError::Listen(error),
    })
}

/// The sample's APIs with where each listens: at the ports behind the identity provider's, or at free ones where those are
/// taken, since nobody asked for the sample by name.
async fn beside(sample: Option<Template>, port: u16) -> Result<Vec<(Api, TcpListener, String)>, StackError> {
    let mut apis = Vec::new();
    for (api, wanted) in sample.into_iter().flat_map(|template| template.apis).rev().zip(port.saturating_add(2)..) {
        let listener = match bind(wanted).await {
            Err(StackError::PortTaken(_)) => bind(0).await?,
            other => other?,
        };
        let url = format!("http://{}", listener.local_addr().map_err(StackError::Listen)?);
        apis.push((api, listener, url));
    }
    Ok(apis)
}

/// The base URL. Where paths begin with the stage, it ends in it, since it is what stands before every path.
fn base_url(port: u16, options: &StackOptions) -> Result<String, StackError> {
    let host = format!("http://127.0.0.1:{port}");
    if !options.stage_in_path {
        return Ok(host);
    }
    let mut parameters = options.parameters.clone();
    parameters.entry("PublicUrl".to_owned()).or_insert_with(|| host.clone());
    Ok(format!("{host}/{}", load(&options.template, &parameters, &World::default())?.apis[0].stage))
}

/// The seed's people, and the token page behind the API's base URL: its own, and the one that was asked for over it.
fn sign_in(options: &StackOptions, url: &str) -> SignIn {
    let urls = iter::once(url).chain(options.parameters.get("PublicUrl").map(String::as_str));
    SignIn {
        users: options.seed.people().to_vec(),
        token_page_urls: urls.map(|url| format!("{url}/tokens")).collect(),
        clock: Arc::new(SystemClock),
    }
}

/// The template's parameters: what the stack knows, and what was asked for over it.
fn parameters(options: &StackOptions, folder: &Folder, url: &str, idp: &str) -> BTreeMap<String, String> {
    let providers = json!([{
        "name": PROVIDER_NAME, "issuer": idp, "audience": AUDIENCE, "organizations": "*",
        "roles_claim": "roles", "assigned_without_claim": true, "owner_from_claim": true,
        "page": {"client_id": TOKEN_PAGE_CLIENT_ID},
    }]);
    let mut parameters = BTreeMap::from([
        ("PublicUrl".to_owned(), url.to_owned()),
        ("PreviousPublicUrls".to_owned(), folder.former_urls(url).join(",")),
        ("IdentityProviders".to_owned(), providers.to_string()),
    ]);
    parameters.extend(options.sample.iter().map(|sample| ("RouteRules".to_owned(), sample.rules.clone())));
    parameters.extend(options.parameters.clone());
    parameters
}

fn local(
    template: &Template,
    url: String,
    aws: &Aws,
    idp: &Idp,
    functions: BTreeMap<String, PathBuf>,
) -> Result<Local, StackError> {
    let table = template.tables.first().ok_or(StackError::NoTable)?;
    Ok(Local {
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

fn serve(listener: TcpListener, gateway: Gateway) -> Server {
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(gateway.serve(listener, async {
        let _ = stopped.await;
    }));
    Server { stop, task }
}
