//! An API of API Gateway: regional, Lambda proxy integration, request authorizer. A REST API unless it says otherwise.
//!
//! What is not said otherwise follows the developer guide, <https://docs.aws.amazon.com/apigateway/latest/developerguide/>.
//! Everything is closed by default: what the authorizer does not clearly allow, or says in a way that is not understood, is
//! refused before any function behind a route is called.

mod authorizer;
mod compression;
mod event;
mod header_timeout;
mod http_api;
mod integration;
mod limits;
mod listen;
mod policy;
mod preflight;
mod refusal;
mod routes;
mod substitution;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use self::{event::GatewayRequest, refusal::Refusal, routes::Routes};
use crate::{
    ids,
    invoke::{Invoke, InvokeError},
    template::{Api, ApiKind, PseudoParameters},
};
use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri},
    response::Response,
};

/// The quota on the time that a function behind the gateway has.
const PATIENCE: Duration = Duration::from_secs(29);

/// The gateway in front of the functions.
pub struct Gateway {
    api: Api,
    pseudo_parameters: PseudoParameters,
    routes: Routes,
    functions: Arc<dyn Invoke>,
    stage_in_path: bool,
    domain: String,
    patience: Duration,
    slowest: Duration,
    idlest: Duration,
}

/// One request on its way, as far as the answer and the log need it.
struct Exchange {
    request_id: String,
    route: String,
    /// What the authorizer handed on. It is kept when the authorizer denies, because the refusal may say it.
    context: BTreeMap<String, String>,
}

impl Gateway {
    /// The gateway with the routes, the authorizer and the gateway responses of `api`, in front of `functions`.
    ///
    /// With `stage_in_path` every path begins with the stage, as at an API's own address; without it none does, as behind
    /// a domain name. `base_url` gives the domain's name that events carry.
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
            routes: Routes::new(&api.routes),
            api: api.clone(),
            pseudo_parameters: pseudo_parameters.clone(),
            functions,
            stage_in_path,
            domain: uri.host().unwrap_or("localhost").to_owned(),
            patience: PATIENCE,
            slowest: limits::SLOWEST,
            idlest: limits::IDLEST,
        }
    }

    async fn respond(&self, exchange: &mut Exchange, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        limits::check(&parts.uri, &parts.headers)?;
        let path = self.without_stage(parts.uri.path()).ok_or(Refusal::MissingAuthenticationToken)?;
        if let Some(cors) = self.api.cors.as_ref().filter(|_| parts.method == Method::OPTIONS && self.routes.know(path))
        {
            "(preflight)".clone_into(&mut exchange.route);
            return Ok(preflight::response(cors));
        }
        let found = self.routes.find(&parts.method, path).ok_or(Refusal::MissingAuthenticationToken)?;
        exchange.route.clone_from(&found.route.path);
        let body = limits::whole(body, self.slowest).await?;
        let incoming = GatewayRequest { gateway: self, request_id: &exchange.request_id, parts: &parts, path, found };
        if !incoming.found.route.authorized {
            return self.integrate(&incoming, &body, None).await;
        }
        let authorized = self.authorize(&incoming).await?;
        exchange.context.clone_from(&authorized.grant.context);
        authorized.grant.check(&incoming.method_arn())?;
        self.integrate(&incoming, &body, Some(&authorized)).await
    }

    /// The path as the routes have it; none if the stage is missing.
    fn without_stage<'a>(&self, path: &'a str) -> Option<&'a str> {
        if !self.stage_in_path {
            return Some(path);
        }
        match path.strip_prefix('/')?.strip_prefix(&self.api.stage)? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }

    async fn authorize(&self, incoming: &GatewayRequest<'_>) -> Result<authorizer::Authorized, Refusal> {
        let authorizer = self.api.authorizer.as_ref().ok_or(Refusal::AuthorizerConfiguration)?;
        let names = &authorizer.identity_headers;
        if !names.iter().all(|name| is_present(&incoming.parts.headers, name)) {
            return Err(Refusal::Unauthorized);
        }
        let started = Instant::now();
        let event = match self.api.kind {
            ApiKind::Rest => incoming.authorizer_event(),
            ApiKind::Http => incoming.http_authorizer_event(names),
        };
        let answer = self.functions.invoke(&authorizer.function, event.to_string().into_bytes(), self.patience).await;
        authorizer::read(self.api.kind, incoming.request_id, answer, started.elapsed())
    }

    async fn integrate(
        &self,
        incoming: &GatewayRequest<'_>,
        body: &Bytes,
        authorized: Option<&authorizer::Authorized>,
    ) -> Result<Response, Refusal> {
        let function = &incoming.found.route.function;
        let event = match self.api.kind {
            ApiKind::Rest => incoming.proxy_event(body, authorized),
            ApiKind::Http => incoming.http_function_event(body, authorized),
        };
        let event = event.to_string().into_bytes();
        let answer = self.functions.invoke(function, event, self.patience).await.map_err(|error| {
            tracing::error!(function, %error, request_id = incoming.request_id, "a function gave no answer");
            if error == InvokeError::CallerTimeout { Refusal::IntegrationTimeout } else { Refusal::Internal }
        })?;
        self.response(incoming, &answer).await.map_err(|problem| {
            tracing::error!(function, problem, request_id = incoming.request_id, "a function's answer is malformed");
            Refusal::Internal
        })
    }

    /// The response that a function's answer is. The error is a sentence about what is malformed.
    async fn response(&self, incoming: &GatewayRequest<'_>, answer: &[u8]) -> Result<Response, String> {
        match self.api.kind {
            ApiKind::Rest => {
                let smallest = self.api.minimum_compression_size;
                compression::compressed(smallest, &incoming.parts.headers, integration::read(answer)?).await
            }
            ApiKind::Http => http_api::read(answer),
        }
    }
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let mut exchange = Exchange { request_id: ids::uuid(), route: "-".to_owned(), context: BTreeMap::new() };
    let answered = gateway.respond(&mut exchange, request).await;
    let mut response = answered.unwrap_or_else(|refusal| match gateway.api.kind {
        ApiKind::Rest => refusal.response(&gateway.api.responses, &exchange),
        ApiKind::Http => http_api::refused(refusal),
    });
    if let Ok(id) = HeaderValue::from_str(&exchange.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    log(&method, &exchange, &response, started);
    response
}

/// The route's path and never the request's, nor its query: they may hold a token. Nor the method that is no known one.
fn log(method: &Method, exchange: &Exchange, response: &Response, started: Instant) {
    let method = if exchange.route == "-" { "-" } else { method.as_str() };
    let (route, request_id) = (&exchange.route, &exchange.request_id);
    let milliseconds = started.elapsed().as_millis();
    tracing::info!(method, route, status = response.status().as_u16(), milliseconds, request_id, "answered");
}

/// Where JSON is not understood. Never what stands there, as the error's own text has it: it may be a token.
fn position(error: &serde_json::Error) -> String {
    format!("it is not understood at line {}, column {}", error.line(), error.column())
}

fn is_present(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}
