"""infra/deploy/run and the functions of docs/operate.sh deploy what the arguments say, or change nothing."""

import re
import unittest

from operator_shell import Operator

URL = "https://tokens.example.com"
PRESENT = {
    "PublicUrl": URL,
    "Architecture": "x86_64",
    "LogRetentionDays": "7",
    "IdentityProviders": '[{"name": "company", "issuer": "https://login.example.com/", "audience": "latchkey", "organizations": "*"}]',
    "Revision": "0123456789abcdef",
}
RELEASE = PRESENT | {"ArtifactBucket": "artifacts"}
# Names of parameters and values, to which shells and tools have special rules.
DIFFICULT_VALUES = {
    "Json": '{"GET /orders/{id}": {"action": "order:read", "resource": "order:{id}"}}',
    "Spaces": "  two  spaces ",
    "Quotes": "\"double\" and 'single'",
    "DoubleQuotes": '"value"',
    "SingleQuotes": "'value'",
    "EscapedQuotes": '{"a": "\\"b\\" \\\\"}',
    "Backslashes": "\\ \\\\ \\' \\\" \\n",
    "Commas": "a,b, c,,",
    "DollarSigns": "$HOME ${AWS::Region} $(date) `date`",
    "Newlines": "first\nsecond\n\nfourth",
    "EqualsSigns": "a=b=c Name=Value",
    "Yaml": "- *a: &b #c | > % @",
    "OtherScripts": "Schlüssel für 東京 🔑",
    "Empty": "",
}
ADDED_PARAMETERS = "".join(f"  {name}:\n    Type: String\n" for name in [*DIFFICULT_VALUES, "ArtifactBucket"])
OLD_TEMPLATE = "Parameters:\n  PublicUrl:\n    Type: String\nResources:\n  Table:\n    Type: AWS::DynamoDB::Table\n"
DEPLOYMENTS = ("aws cloudformation deploy", "aws cloudformation update-stack")


class Deployment(unittest.TestCase):
    def operator(self, *arguments, **stack) -> Operator:
        operator = Operator(*arguments, **stack)
        self.addCleanup(operator.temporary.cleanup)
        return operator

    def succeed(self, result) -> None:
        self.assertEqual(result.returncode, 0, result.stderr)

    def refuse(self, operator: Operator, result, message: str) -> None:
        """One sentence as the reason, and no change of the account."""
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(message, result.stderr)
        self.assertEqual(operator.state["deployments"], 0)
        self.assertEqual(operator.state["objects"], {})
        self.assertNotIn("sam build", operator.commands)

    def test_first_deployment_passes_arguments_and_revision(self) -> None:
        operator = self.operator()
        self.succeed(operator.deploy(f"PublicUrl={URL}"))
        self.assertEqual(operator.parameters.keys(), {"PublicUrl", "Revision"})
        self.assertRegex(operator.parameters["Revision"], "^[a-f0-9]{16}$")
        self.assertEqual(operator.state["objects"], {})
        [build] = [call for call in operator.state["calls"] if call[:2] == ["sam", "build"]]
        self.assertEqual(build[-1], "Architecture=arm64")
        self.assertEqual([name for name in operator.commands if name in DEPLOYMENTS], ["aws cloudformation deploy"])

    def test_first_deployment_builds_for_given_architecture(self) -> None:
        operator = self.operator()
        self.succeed(operator.deploy(f"PublicUrl={URL}", "Architecture=x86_64"))
        [build] = [call for call in operator.state["calls"] if call[:2] == ["sam", "build"]]
        self.assertEqual(build[-1], "Architecture=x86_64")

    def test_update_keeps_other_parameters_and_saves_first(self) -> None:
        operator = self.operator(PRESENT)
        self.succeed(operator.deploy("LogRetentionDays=14"))
        self.assertEqual(operator.parameters | {"Revision": ""}, PRESENT | {"LogRetentionDays": "14", "Revision": ""})
        self.assertNotEqual(operator.parameters["Revision"], PRESENT["Revision"])
        [build] = [call for call in operator.state["calls"] if call[:2] == ["sam", "build"]]
        self.assertEqual(build[-1], "Architecture=x86_64")
        order = [name for name in operator.commands if name in ("sam build", "sam package", "aws s3 cp", "aws cloudformation deploy")]
        self.assertEqual(order, ["sam build", "sam package", "aws s3 cp", "aws s3 cp", "aws cloudformation deploy"])
        self.assertEqual(len(operator.state["objects"]), 2)

    def test_values_reach_the_stack_unchanged(self) -> None:
        for way in (["deploy"], ["set_parameters"], ["deploy_template", "template.yaml"]):
            for present in ({}, DIFFICULT_VALUES):
                with self.subTest(way=way[0], given=not present):
                    operator = self.operator(PRESENT | dict.fromkeys(DIFFICULT_VALUES, "x") | present)
                    operator.use_template(operator.template.replace("Parameters:\n", "Parameters:\n" + ADDED_PARAMETERS, 1))
                    given = {} if present else DIFFICULT_VALUES
                    self.succeed(operator.function(*way, *(f"{name}={value}" for name, value in given.items())))
                    self.assertEqual(operator.parameters | {"Revision": ""}, PRESENT | DIFFICULT_VALUES | {"Revision": ""})

    def test_restore_returns_saved_values_and_template(self) -> None:
        operator = self.operator(PRESENT | DIFFICULT_VALUES)
        operator.use_template(operator.template.replace("Parameters:\n", "Parameters:\n" + ADDED_PARAMETERS, 1))
        changed = operator.function("set_parameters", *(f"{name}=x" for name in DIFFICULT_VALUES))
        self.succeed(changed)
        [saved] = re.findall(r"saved as (before-\w+)", changed.stdout)
        revision = operator.parameters["Revision"]
        self.succeed(operator.function("restore_deployment", saved))
        self.assertEqual(operator.parameters | {"Revision": ""}, PRESENT | DIFFICULT_VALUES | {"Revision": ""})
        self.assertNotIn(operator.parameters["Revision"], (revision, PRESENT["Revision"]))
        self.assertEqual(operator.state["template"], operator.template.removesuffix("\n"))

    def test_restore_of_template_without_revision_sets_none(self) -> None:
        operator = self.operator({"PublicUrl": URL})
        operator.write(template=OLD_TEMPLATE)
        updated = operator.deploy()
        self.succeed(updated)
        self.assertIn("Revision", operator.parameters)
        [saved] = re.findall(r"saved as (before-\w+)", updated.stdout)
        self.succeed(operator.function("restore_deployment", saved))
        self.assertEqual(operator.parameters, {"PublicUrl": URL})

    def test_older_release_gets_only_its_own_parameters(self) -> None:
        operator = self.operator(RELEASE)
        (operator.folder / "old.yaml").write_text(OLD_TEMPLATE)
        self.succeed(operator.function("deploy_template", "old.yaml"))
        self.assertEqual(operator.parameters, {"PublicUrl": URL})

    def test_first_deployment_of_a_release_needs_its_bucket(self) -> None:
        operator = self.operator()
        result = operator.function("deploy_template", "template.yaml", f"PublicUrl={URL}")
        self.refuse(operator, result, "the first deployment needs ArtifactBucket=NAME")

    def test_same_code_and_parameters_have_the_same_revision(self) -> None:
        operator = self.operator()
        revisions = []
        for arguments, code in (([f"PublicUrl={URL}"], "first"), ([], "first"), ([], "second"), (["LogRetentionDays=1"], "second")):
            operator.write(code=code)
            self.succeed(operator.deploy(*arguments))
            revisions.append(operator.parameters["Revision"])
        self.assertEqual(revisions[0], revisions[1])
        self.assertEqual(len(set(revisions)), 3)

    def test_repetition_after_a_rollback_has_a_new_revision(self) -> None:
        operator = self.operator(PRESENT)
        self.succeed(operator.deploy())
        revision = operator.parameters["Revision"]
        operator.write(stack=operator.state["stack"] | {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"})
        self.succeed(operator.deploy())
        self.assertNotEqual(operator.parameters["Revision"], revision)

    def test_stack_of_another_partition_reads_its_bucket_there(self) -> None:
        for partition, region, host in (
            ("aws", "eu-central-1", "s3.eu-central-1.amazonaws.com"),
            ("aws-cn", "cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
        ):
            with self.subTest(partition=partition):
                operator = self.operator(PRESENT, StackId=f"arn:{partition}:cloudformation:{region}:111122223333:stack/latchkey/1")
                self.succeed(operator.function("set_parameters", "LogRetentionDays=14"))
                self.assertEqual(operator.state["host"], host)

    def test_template_without_revision_is_not_changed_in_place(self) -> None:
        for way in (["set_parameters", "PublicUrl=https://other.example.com"], ["replace_processes"]):
            with self.subTest(way=way[0]):
                operator = self.operator({"PublicUrl": URL})
                operator.write(template=OLD_TEMPLATE)
                self.refuse(operator, operator.function(*way), "latchkey has no parameter Revision: change its source")

    def test_repairs_are_deployed_at_once(self) -> None:
        operator = self.operator(PRESENT | {"DeploymentPreference": "Canary10Percent15Minutes"})
        changed = operator.function("set_parameters", "LogRetentionDays=14")
        self.succeed(changed)
        self.assertEqual(operator.parameters["DeploymentPreference"], "Canary10Percent15Minutes")
        [saved] = re.findall(r"saved as (before-\w+)", changed.stdout)
        stack = operator.state["stack"]
        for way in (["restore_deployment", saved], ["replace_processes"]):
            operator.write(stack=stack)
            self.succeed(operator.function(*way))
            self.assertEqual(operator.parameters["DeploymentPreference"], "AllAtOnce")

    def test_bucket_of_the_operator_has_precedence(self) -> None:
        operator = self.operator(PRESENT)
        self.succeed(operator.run("bash", "-c", ". docs/operate.sh && BUCKET=own-bucket save_deployment"))
        self.assertTrue(all(name.startswith("own-bucket/") for name in operator.state["objects"]), operator.state["objects"].keys())

    def test_replace_processes_changes_only_the_revision(self) -> None:
        operator = self.operator(PRESENT)
        self.succeed(operator.function("replace_processes"))
        self.assertEqual(operator.parameters | {"Revision": ""}, PRESENT | {"Revision": ""})
        self.assertNotEqual(operator.parameters["Revision"], PRESENT["Revision"])

    def test_tags_are_kept_and_changed(self) -> None:
        tags = [{"Key": "team", "Value": "platform team"}, {"Key": "cost", "Value": "1"}]
        for way in ("deploy", "deploy_template"):
            with self.subTest(way=way):
                operator = self.operator(RELEASE, Tags=tags)
                arguments = ["template.yaml"] if way == "deploy_template" else []
                self.succeed(operator.function(way, *arguments, "--tag", "cost=a=2", "LogRetentionDays=14"))
                present = {tag["Key"]: tag["Value"] for tag in operator.state["stack"]["Tags"]}
                self.assertEqual(present, {"team": "platform team", "cost": "a=2"})

    def test_invalid_arguments_are_refused(self) -> None:
        for argument, message in (
            ("LogRetention=7", "the template has no parameter LogRetention"),
            ("Revision=abcdefabcdef", "Revision is computed and cannot be set"),
            ("LogRetentionDays", "LogRetentionDays is neither NAME=VALUE nor --tag KEY=VALUE"),
            ("--guided", "--guided is neither NAME=VALUE nor --tag KEY=VALUE"),
        ):
            with self.subTest(argument=argument):
                operator = self.operator(PRESENT)
                self.refuse(operator, operator.deploy(argument), message)

    def test_command_without_a_stack_prints_its_usage(self) -> None:
        for arguments in ([], ["PublicUrl=https://tokens.example.com"], ["--help"]):
            operator = self.operator()
            self.refuse(operator, operator.run("infra/deploy/run", *arguments), "usage: infra/deploy/run STACK")

    def test_stack_in_another_state_is_refused(self) -> None:
        for state in ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "CREATE_IN_PROGRESS"):
            with self.subTest(state=state):
                operator = self.operator(PRESENT, StackStatus=state)
                self.refuse(operator, operator.deploy(), f"latchkey is in the state {state}")

    def test_change_set_of_a_first_deployment_is_no_stack(self) -> None:
        operator = self.operator({}, StackStatus="REVIEW_IN_PROGRESS")
        self.succeed(operator.deploy(f"PublicUrl={URL}"))
        self.assertEqual(operator.state["objects"], {})

    def test_missing_tool_is_refused(self) -> None:
        for tool in ("aws", "cargo-lambda", "jq", "sam"):
            with self.subTest(tool=tool):
                operator = self.operator(PRESENT)
                (operator.programs / tool).unlink()
                self.refuse(operator, operator.deploy(), f"{tool} is not installed")

    def test_failed_call_deploys_nothing_and_saves_all_or_nothing(self) -> None:
        for way in (["deploy"], ["deploy_template", "template.yaml"], ["set_parameters", "LogRetentionDays=14"], ["replace_processes"]):
            whole = self.operator(RELEASE)
            self.succeed(whole.function(*way))
            deployment = next(index for index, name in enumerate(whole.commands, 1) if name in DEPLOYMENTS)
            for number in range(1, deployment + 1):
                with self.subTest(way=way[0], failing=whole.commands[number - 1]):
                    operator = self.operator(RELEASE)
                    operator.write(fail=number)
                    self.assertNotEqual(operator.function(*way).returncode, 0)
                    self.assertEqual(operator.state["deployments"], 0)
                    self.assertIn(len(operator.state["objects"]), (0, 2))
                    if number < deployment:
                        self.assertFalse(set(operator.commands) & set(DEPLOYMENTS))


if __name__ == "__main__":
    unittest.main()
