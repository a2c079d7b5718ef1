"""The SAM transform, whose result CloudFormation deploys."""

import copy
import json
import logging
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# Without messages about its feature flags.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


def read(file: Path) -> dict:
    """The template before the transform, with intrinsic functions in their long form."""
    return yaml_parse(file.read_text())


def transformed(template: dict, parameters: dict[str, str] | None = None) -> dict:
    """The template after the transform with these parameters. CodeUri points to a bucket, as after `sam package`."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    for settings in template.get("Globals", {}).values():
        settings.pop("CodeUri", None)
    session = boto3.session.Session(region_name="eu-central-1")
    translated = Translator({}, Parser(), boto_session=session).translate(template, parameter_values=parameters or {})
    # Converts the translator's types to plain ones.
    return json.loads(json.dumps(translated))
