"""What SAM makes of a template, which is what CloudFormation deploys."""

import copy
import json
import logging
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It tells of its own experiments.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


def read(file: Path) -> dict:
    """The template as it is written, with its short forms as long ones."""
    return yaml_parse(file.read_text())


def transformed(template: dict) -> dict:
    """The template without anything of SAM's. Its code is said to be in a bucket, as after `sam package`."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    for settings in template.get("Globals", {}).values():
        settings.pop("CodeUri", None)
    session = boto3.session.Session(region_name="eu-central-1")
    made = Translator({}, Parser(), boto_session=session).translate(template, parameter_values={})
    # Without the translator's own types.
    return json.loads(json.dumps(made))
