"""The template of a release: template.yaml with the functions' code in a bucket of the operator.

The edits are made in the text, because a YAML library would drop the comments and the short forms of intrinsic functions.
"""

import re

import workspace

PARAMETERS = """\
Parameters:
  ArtifactBucket:
    Type: String
    Description: S3 bucket, in the region of the stack, to which the files of this release were uploaded.
    AllowedPattern: "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    ConstraintDescription: must be the name of a bucket
  ArtifactPrefix:
    Type: String
    Description: >-
      Prefix of the files of all releases in ArtifactBucket, without slashes at its ends. The version follows it, so that it stays
      the same in an upgrade.
    AllowedPattern: "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"
    Default: latchkey
"""
GROUPS = """\
    ParameterGroups:
      - Label: { default: Release }
        Parameters: [ArtifactBucket, ArtifactPrefix]
"""
LABELS = """\
    ParameterLabels:
      ArtifactBucket: { default: Bucket with the files of the release }
      ArtifactPrefix: { default: Prefix of the files }
"""
LOCAL_CODE = "    CodeUri: .\n"
BUILD_METADATA = re.compile(
    r"    Metadata: \{ BuildMethod: rust-cargolambda, BuildProperties: \{ Binary: (?P<name>[a-z-]+) \}(, (?P<after>After: .+))? \}\n"
    r"    Properties:\n"
)
SAM_REFERENCE = re.compile(r"!Ref (\w+\.\w+)")


def key(version: str, architecture: str, function: str) -> str:
    """The key of a function's code below the prefix."""
    return f"{version}/{architecture}/{function}.zip"


def packaged(source: str, version: str) -> str:
    """Returns the packaged template. Raises an error if the source is not as expected."""
    source = replace_once(source, "Parameters:\n", PARAMETERS)
    source = replace_once(source, "    ParameterGroups:\n", GROUPS)
    source = replace_once(source, "    ParameterLabels:\n", LABELS)
    source = replace_once(source, LOCAL_CODE, "")

    def properties(match: re.Match) -> str:
        object_key = key(version, "${Architecture}", match["name"])
        code = f'{{ Bucket: !Ref ArtifactBucket, Key: !Sub "${{ArtifactPrefix}}/{object_key}" }}'
        metadata = f"    Metadata: {{ {match['after']} }}\n" if match["after"] else ""
        return f"{metadata}    Properties:\n      CodeUri: {code}\n"

    # The AWS CDK cannot include a template with `!Ref Function.Alias`, and SAM resolves both forms.
    source = SAM_REFERENCE.sub(r'!Sub "${\1}"', source)
    names = sorted(match["name"] for match in BUILD_METADATA.finditer(source))
    if names != workspace.functions():
        raise ValueError(f"template.yaml builds {names}, and the workspace contains {workspace.functions()}")
    return f"# Latchkey {version}.\n" + BUILD_METADATA.sub(properties, source)


def replace_once(text: str, old: str, new: str) -> str:
    # At the start of a line.
    if text.count(f"\n{old}") != 1:
        raise ValueError(f"template.yaml does not contain {old!r} once")
    return text.replace(f"\n{old}", f"\n{new}")
