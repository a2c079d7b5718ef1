"""Exceptions from the rules, with the reason for each."""

# Routes without the authorizer, by template: keys and documents for clients that verify tokens, and pages that users load
# before they sign in.
OPEN_ROUTES = {
    "template.yaml": {
        f"{method} {path}"
        for method in ("GET", "HEAD")
        for path in (
            "/v1/access-tokens/.well-known/jwks.json",
            "/v1/access-tokens/.well-known/openid-configuration",
            "/v1/access-tokens/public/.well-known/jwks.json",
            "/v1/access-tokens/public/.well-known/openid-configuration",
            "/v1/openapi.json",
            "/",
            "/tokens",
            "/docs",
            "/assets/{file}",
        )
    },
    "infra/authorizer/template.yaml": set(),
    "infra/sample/template.yaml": set(),
}

# AWS managed policies, which contain wildcards. SAM attaches the first to each function, whose permissions boundary
# restricts it. API Gateway requires the second, for a role that only API Gateway can assume. The third is CodeDeploy's own, for a
# role that only CodeDeploy can assume: it invokes no function but those named CodeDeployHook_*.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole",
    "AmazonAPIGatewayPushToCloudWatchLogs",
    "AWSCodeDeployRoleForLambdaLimited",
}

# Resource, element and value of each permitted wildcard in the template's policies. A boundary grants no permission by
# itself, and the keys are parameters: the functions' own policies name them.
WILDCARDS = {
    (boundary, "Resource", f"arn:${{AWS::Partition}}:kms:{region}:*:key/*")
    for boundary in ("FunctionBoundary", "AuditBoundary")
    for region in ("*", "${AWS::Region}")
}
WILDCARDS |= {("RolesBoundary", "Resource", "arn:${AWS::Partition}:kms:${AWS::Region}:*:key/*")}
# The authorizer and the deployment groups of the stack, whose names end with generated characters.
WILDCARDS |= {
    ("AuthorizerCheckRole", "Resource", f"arn:${{AWS::Partition}}:{name}-*")
    for name in (
        "lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-Authorizer",
        "codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:${AWS::StackName}",
    )
}

# Functions that no alarm watches. CodeDeploy calls the check, and an error of it fails the deployment.
WITHOUT_ALARM = {"AuthorizerCheck"}

# Variables of gateway responses. API Gateway substitutes without escaping; these are printable and contain no quote.
GATEWAY_RESPONSES = {"context.requestId", "context.authorizer.code", "context.authorizer.reason"}

# Variables of access logs. Path and query may contain a pasted credential; headers and bodies do contain credentials.
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
