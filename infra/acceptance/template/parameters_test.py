"""The values and combinations of parameters that template.yaml accepts and refuses, evaluated by ministack's CloudFormation."""

import re
import unittest
from pathlib import Path

# Its parser and evaluator, without the server.
from ministack.services.cloudformation import engine

TEMPLATE = engine._parse_template(Path("template.yaml").read_text())
URL = "https://tokens.example.com"
CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000001"
OTHER_KEY = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000002"
LAYER = "arn:aws:lambda:eu-central-1:111122223333:layer:latchkey-rules:1"
PROVIDER = '{"name": "company", "issuer": "https://login.example.com/", "audience": "latchkey", "organizations": "*"}'

ACCEPTED = (
    {},
    {"PublicUrl": f"{URL}/live"},
    {"PreviousPublicUrls": f"{URL}/old, https://old.example.com"},
    {"IdentityProviders": f"[{PROVIDER}]"},
    {"IdentityProviders": f"[{PROVIDER}, {PROVIDER}]"},
    {"IdentityProviders": f"\n[\n  {PROVIDER}\n]\n"},
    {"IdentityProviders": " [ ] "},
    {"IdentityProviders": "/opt/identity-providers.json"},
    {"RouteRules": '{"GET /orders/{id}": {"action": "order:view", "resource": "order/{id}"}}'},
    {"RouteRules": '\n{\n  "GET /orders": {"any_caller": true}\n}\n'},
    {"RouteRulesFile": "/opt/rules.json", "AuthorizerLayers": LAYER},
    {"RouteRulesFile": "/opt/rules.json", "AuthorizerLayers": f"{LAYER},{LAYER}2"},
    {"AuthorizerLayers": LAYER},
    {"DomainName": "tokens.example.com", "CertificateArn": CERTIFICATE},
    {"DomainName": "tokens.example.com", "CertificateArn": CERTIFICATE, "DisableExecuteApiEndpoint": "true"},
    {"RolePath": "/teams/latchkey/"},
    {"DeploymentPreference": "Canary10Percent5Minutes"},
    {"DeploymentPreference": "AllAtOnce", "Monitoring": "off"},
    {"AccessSigningKeyArn": KEY, "AdditionalAccessKeyArns": OTHER_KEY},
    {"AccessSigningKeyArn": KEY, "PublicSigningKeyArn": OTHER_KEY},
    {"AuthorizerAccounts": "111122223333"},
    {"AuthorizerAccounts": ",".join(["111122223333"] * 20)},
    {"Revision": "0123456789"},
    {"Revision": "a" * 64},
)
REFUSED = (
    ({"PublicUrl": "http://tokens.example.com"}, "PublicUrl"),
    ({"PublicUrl": f"{URL}/"}, "PublicUrl"),
    ({"PublicUrl": f"{URL}?a"}, "PublicUrl"),
    ({"PublicUrl": "https://tokens example.com"}, "PublicUrl"),
    ({"PublicUrl": ""}, "PublicUrl"),
    # What remains of a JSON value that a shell or the SAM CLI cut off at a space or a quote, or whose quotes they removed.
    ({"IdentityProviders": "[{"}, "IdentityProviders"),
    ({"IdentityProviders": '[{"name":'}, "IdentityProviders"),
    ({"IdentityProviders": f"[{PROVIDER}"}, "IdentityProviders"),
    ({"IdentityProviders": "[{name: company, issuer: https://login.example.com/}]"}, "IdentityProviders"),
    ({"IdentityProviders": PROVIDER}, "IdentityProviders"),
    ({"IdentityProviders": ""}, "IdentityProviders"),
    ({"IdentityProviders": "identity-providers.json"}, "IdentityProviders"),
    ({"IdentityProviders": "file://identity-providers.json"}, "IdentityProviders"),
    ({"RouteRules": "{"}, "RouteRules"),
    ({"RouteRules": '{"GET'}, "RouteRules"),
    ({"RouteRules": '{"GET /orders": {"any_caller": true}'}, "RouteRules"),
    ({"RouteRules": "{GET /orders: {any_caller: true}}"}, "RouteRules"),
    ({"RouteRules": "[]"}, "RouteRules"),
    ({"RouteRules": "/opt/rules.json"}, "RouteRules"),
    ({"AuthorizerAccounts": "11112222333"}, "AuthorizerAccounts"),
    ({"AuthorizerAccounts": "111122223333,"}, "AuthorizerAccounts"),
    ({"AuthorizerAccounts": "111122223333, 444455556666"}, "AuthorizerAccounts"),
    ({"AuthorizerAccounts": ",".join(["111122223333"] * 21)}, "AuthorizerAccounts"),
    ({"AuthorizerAccounts": "*"}, "AuthorizerAccounts"),
    ({"Revision": "012345678"}, "Revision"),
    ({"Revision": "v0.2.0-0123456789"}, "Revision"),
    ({"DomainName": "tokens.example.com"}, "DomainName needs CertificateArn"),
    ({"CertificateArn": CERTIFICATE}, "CertificateArn needs DomainName"),
    ({"DisableExecuteApiEndpoint": "true"}, "DisableExecuteApiEndpoint needs DomainName"),
    ({"DeploymentPreference": "Canary10Percent5Minutes", "Monitoring": "off"}, "DeploymentPreference needs Monitoring"),
    ({"RolePath": "/teams/latchkey"}, "RolePath"),
    ({"PermissionsBoundaryArn": "boundary"}, "PermissionsBoundaryArn"),
    ({"TableKeyArn": "alias/table"}, "TableKeyArn"),
    ({"RouteRulesFile": "/opt/rules.json"}, "RouteRulesFile needs a layer"),
    ({"AccessSigningKeyArn": KEY, "PublicSigningKeyArn": KEY}, "must differ"),
    ({"AccessSigningKeyArn": KEY, "AdditionalPublicKeyArns": f"{OTHER_KEY},{KEY}"}, "must not contain AccessSigningKeyArn"),
    ({"PublicSigningKeyArn": KEY, "AdditionalAccessKeyArns": f"{OTHER_KEY}, {KEY}"}, "must not contain PublicSigningKeyArn"),
)


def evaluate(values: dict[str, str]) -> None:
    """Raises the error with which CloudFormation refuses the values."""
    provided = [{"Key": name, "Value": value} for name, value in ({"PublicUrl": URL} | values).items()]
    parameters = engine._resolve_parameters(TEMPLATE, provided)
    engine._check_rules_section(TEMPLATE)
    engine._evaluate_rules(TEMPLATE, parameters, {})


class Parameters(unittest.TestCase):
    def test_valid_values_are_accepted(self) -> None:
        for values in ACCEPTED:
            with self.subTest(values=values):
                evaluate(values)

    def test_documented_identity_providers_are_accepted(self) -> None:
        documented = re.findall(r"^```json\n(\[.*?)^```$", Path("docs/identity-providers.md").read_text(), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(documented), 3)
        for value in documented:
            with self.subTest(value=value):
                evaluate({"IdentityProviders": value})

    def test_invalid_values_are_refused(self) -> None:
        for values, message in REFUSED:
            with self.subTest(values=values), self.assertRaisesRegex(ValueError, message):
                evaluate(values)

    def test_each_rule_refuses_a_combination(self) -> None:
        messages = "\n".join(message for _, message in REFUSED)
        for name, rule in TEMPLATE["Rules"].items():
            for assertion in rule["Assertions"]:
                refused = [message for _, message in REFUSED if message in assertion["AssertDescription"]]
                self.assertTrue(refused, f"{name}: {assertion['AssertDescription']} is not in\n{messages}")


if __name__ == "__main__":
    unittest.main()
