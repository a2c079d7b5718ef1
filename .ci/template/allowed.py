"""What the rules let through, and why."""

# Routes without the authorizer, by template. Whatever is published must be readable by whoever has a token to check, and a page
# by whoever has yet to sign in.
OPEN_ROUTES = {
    "template.yaml": {
        "GET /v1/access-tokens/.well-known/jwks.json",
        "GET /v1/access-tokens/.well-known/openid-configuration",
        "GET /v1/access-tokens/public/.well-known/jwks.json",
        "GET /v1/access-tokens/public/.well-known/openid-configuration",
        "GET /v1/openapi.json",
        "GET /",
        "GET /tokens",
        "GET /docs",
        "GET /assets/{file}",
    },
    "infra/sample/template.yaml": set(),
}

# AWS's own policies, which have wildcards. SAM gives the first to each function, whose boundary then narrows it; the second
# is the one that API Gateway asks for, of a role that nobody else takes on.
MANAGED_POLICIES = {"AWSLambdaBasicExecutionRole", "AmazonAPIGatewayPushToCloudWatchLogs"}

# Resource, element and value of each wildcard in a policy of ours. A boundary allows nothing by itself, and which keys there
# are is a parameter: the functions' own policies name them.
WILDCARDS = {
    (boundary, "Resource", "arn:${AWS::Partition}:kms:*:*:key/*") for boundary in ("FunctionBoundary", "AuditBoundary")
}

# Substitution is without escaping: the authorizer's code and reason are printable and hold no quote.
GATEWAY_RESPONSES = {"context.requestId", "context.authorizer.code", "context.authorizer.reason"}

# Neither path nor query, which may hold what somebody pasted, nor anything from a header or a body.
ACCESS_LOG = {
    "context.authorizer.latency",
    "context.error.responseType",
    "context.httpMethod",
    "context.identity.sourceIp",
    "context.integration.latency",
    "context.requestId",
    "context.requestTime",
    "context.resourcePath",
    "context.responseLatency",
    "context.responseLength",
    "context.status",
}
