//! A regional API of API Gateway, a REST API or an HTTP API, with Lambda proxy integrations and a request authorizer.
//!
//! It follows the developer guide (<https://docs.aws.amazon.com/apigateway/latest/developerguide/>) unless a comment states
//! otherwise. It fails closed: a request reaches a function behind an authorized route only if the authorizer returns a
//! well-formed response that allows it.

mod authorizer;
mod compression;
mod error;
mod event;
mod http_api;
mod integration;
mod json_error;
mod limits;
mod policy;
mod preflight;
mod problem;
mod routes;
mod substitution;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri},
    middleware::{self, Next},
    response::Response,
    serve::ListenerExt,
};
use tokio::net::TcpListener;

use self::{
    authorizer::AuthorizerResult, error::GatewayError, event::GatewayRequest, problem::ProblemCode, routes::RouteTable,
};
use crate::{
    ids,
    invoke::{Invoke, InvokeError},
    loopback_host,
    template::{Api, ApiKind, PseudoParameters},
    terminal::REQUEST_TARGET,
};

/// Quota on the duration of an integration.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// Logged as the route of a request that matches none.
const NO_ROUTE: &str = "-";

/// Routes requests to functions.
pub struct Gateway {
    api: Api,
    pseudo_parameters: PseudoParameters,
    routes: RouteTable,
    functions: Arc<dyn Invoke>,
    stage_in_path: bool,
    domain: String,
    integration_timeout: Duration,
    body_timeout: Duration,
    accept_any_host: bool,
}

/// Facts about a request for its log line and for the template of an error response.
struct RequestContext {
    request_id: String,
    route: String,
    /// The authorizer's context, also if the authorizer denies the request.
    authorizer_context: BTreeMap<String, String>,
}

impl RequestContext {
    /// The facts about a request of which nothing is known yet.
    fn new() -> Self {
        Self { request_id: ids::uuid(), route: NO_ROUTE.to_owned(), authorizer_context: BTreeMap::new() }
    }
}

impl Gateway {
    /// Creates the gateway for `api`.
    ///
    /// With `stage_in_path` every path begins with the stage, as at an API's default endpoint; without it none does, as
    /// behind a custom domain name. `base_url` determines the domain name in events.
    #[must_use]
    pub fn new(
        api: &Api,
        pseudo_parameters: &PseudoParameters,
        functions: Arc<dyn Invoke>,
        stage_in_path: bool,
        base_url: &str,
    ) -> Self {
        let uri = Uri::try_from(base_url).unwrap_or_default();
        Self {
            routes: RouteTable::new(&api.routes),
            api: api.clone(),
            pseudo_parameters: pseudo_parameters.clone(),
            functions,
            stage_in_path,
            domain: uri.host().unwrap_or("localhost").to_owned(),
            integration_timeout: INTEGRATION_TIMEOUT,
            body_timeout: limits::BODY_TIMEOUT,
            accept_any_host: false,
        }
    }

    /// Sets whether requests with any `Host` header are served, without the check against DNS rebinding.
    #[must_use]
    pub fn accept_any_host(self, accept_any_host: bool) -> Self {
        Self { accept_any_host, ..self }
    }

    /// Serves requests on `listener` until `stop` completes, and then finishes those in progress.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let listener = listener.tap_io(|stream| {
            // A small response must not wait for the acknowledgement of the previous one (RFC 896). Without the option,
            // responses are only slower.
            let _ = stream.set_nodelay(true);
        });
        let check_host = !self.accept_any_host;
        let mut router = Router::new().fallback(handle).with_state(Arc::new(self));
        if check_host {
            router = router.layer(middleware::from_fn(require_loopback_host));
        }
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "the gateway stopped");
        }
    }

    async fn respond(&self, context: &mut RequestContext, request: Request) -> Result<Response, GatewayError> {
        let (parts, body) = request.into_parts();
        limits::check_size(&parts.uri, &parts.headers)?;
        let path = self.path_without_stage(parts.uri.path()).ok_or(GatewayError::MissingAuthenticationToken)?;
        if let Some(cors) = &self.api.cors
            && parts.method == Method::OPTIONS
            && self.routes.contains_path(path)
        {
            "(preflight)".clone_into(&mut context.route);
            return Ok(preflight::response(cors));
        }
        let matched = self.routes.find(&parts.method, path).ok_or(GatewayError::MissingAuthenticationToken)?;
        context.route.clone_from(&matched.route.path);
        let body = limits::read_body(body, self.body_timeout).await?;
        let request = GatewayRequest {
            api: &self.api,
            pseudo_parameters: &self.pseudo_parameters,
            domain: &self.domain,
            request_id: &context.request_id,
            parts: &parts,
            path,
            matched,
        };
        if !request.matched.route.authorized {
            return self.integrate(&request, &body, None).await;
        }
        let authorized = self.authorize(&request).await?;
        context.authorizer_context.clone_from(&authorized.response.context);
        authorized.response.require_allowed(&request.method_arn())?;
        self.integrate(&request, &body, Some(&authorized)).await
    }

    /// The path as routes define it; `None` if the stage is missing.
    fn path_without_stage<'a>(&self, path: &'a str) -> Option<&'a str> {
        if !self.stage_in_path {
            return Some(path);
        }
        match path.strip_prefix('/')?.strip_prefix(&self.api.stage)? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }

    async fn authorize(&self, request: &GatewayRequest<'_>) -> Result<AuthorizerResult, GatewayError> {
        let authorizer = self.api.authorizer.as_ref().ok_or(GatewayError::AuthorizerConfiguration)?;
        let names = &authorizer.identity_headers;
        if !names.iter().all(|name| has_value(&request.parts.headers, name)) {
            return Err(GatewayError::Unauthorized);
        }
        let started = Instant::now();
        let event = match self.api.kind {
            ApiKind::Rest => request.authorizer_event(),
            ApiKind::Http => request.http_authorizer_event(names),
        };
        let event = event.to_string().into_bytes();
        let response = self.functions.invoke(&authorizer.function, event, self.integration_timeout).await;
        authorizer::parse_result(self.api.kind, request.request_id, response, started.elapsed())
    }

    async fn integrate(
        &self,
        request: &GatewayRequest<'_>,
        body: &Bytes,
        authorized: Option<&AuthorizerResult>,
    ) -> Result<Response, GatewayError> {
        let function = &request.matched.route.function;
        let request_id = request.request_id;
        let event = match self.api.kind {
            ApiKind::Rest => request.proxy_event(body, authorized),
            ApiKind::Http => request.http_function_event(body, authorized),
        };
        let event = event.to_string().into_bytes();
        let response = self.functions.invoke(function, event, self.integration_timeout).await.map_err(|error| {
            tracing::error!(function, %error, request_id, "a function returned no response");
            if error == InvokeError::CallerTimeout { GatewayError::IntegrationTimeout } else { GatewayError::Internal }
        })?;
        self.parse_response(request, &response).await.map_err(|error| {
            tracing::error!(function, error, request_id, "a function returned a malformed response");
            GatewayError::Internal
        })
    }

    async fn parse_response(&self, request: &GatewayRequest<'_>, response: &[u8]) -> Result<Response, String> {
        match self.api.kind {
            ApiKind::Rest => {
                let response = integration::parse_response(response)?;
                compression::compress(self.api.minimum_compression_size, &request.parts.headers, response).await
            }
            ApiKind::Http => http_api::parse_response(response),
        }
    }
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let mut context = RequestContext::new();
    let result = gateway.respond(&mut context, request).await;
    let response = result.unwrap_or_else(|error| match gateway.api.kind {
        ApiKind::Rest => error.response(&gateway.api.responses, &context.request_id, &context.authorizer_context),
        ApiKind::Http => http_api::error_response(error),
    });
    log_and_return(&method, &context, response, started)
}

/// Middleware that rejects requests for another host, with a log line as for any other request.
async fn require_loopback_host(request: Request, next: Next) -> Response {
    if loopback_host::has_loopback_host(request.headers()) {
        return next.run(request).await;
    }
    log_and_return(request.method(), &RequestContext::new(), loopback_host::misdirected(), Instant::now())
}

/// Adds the request id to the response, and logs the request.
fn log_and_return(method: &Method, context: &RequestContext, mut response: Response, started: Instant) -> Response {
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    log(method, context, &response, started);
    response
}

/// Logs the path of the route, never that of the request or its query, which may contain a token. The method of a request
/// without a route may be any text, so it is not logged either.
fn log(method: &Method, context: &RequestContext, response: &Response, started: Instant) {
    let RequestContext { request_id, route, authorizer_context } = context;
    let method = if route == NO_ROUTE { NO_ROUTE } else { method.as_str() };
    let status = response.status().as_u16();
    let duration_ms = started.elapsed().as_millis();
    let principal = authorizer_context.get("principal").map_or("", String::as_str);
    let code = response.extensions().get().map_or("", |ProblemCode(code)| code);
    tracing::info!(
        target: REQUEST_TARGET, method, route, status, duration_ms, principal, code, request_id, "request"
    );
}

fn has_value(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}
