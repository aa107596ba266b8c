"""Shows for each rule of the proxy that MiniStack alone accepts what the proxy rejects.

    python -B -m unittest discover --start-directory cli/tests/deploy

The interpreter needs requirements.txt.
"""

import copy
import json
import pathlib
import unittest
from typing import Any

import template
from support import HERE, Stack, control, index, ministack, proxy, refusal, table

GOLDEN = pathlib.Path(HERE, "../../../infra/tests/golden")
POLICY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
}


class Rules(unittest.TestCase):
    """Without AUTH, MiniStack also accepts a missing capability."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.alone = cls.enterClassContext(ministack(authorizes=False))
        cls.proxy = cls.enterClassContext(proxy(cls.alone))

    def stack(self, created: dict | None = None) -> Stack:
        """Returns a new stack behind the proxy."""
        stack = Stack(self.proxy)
        if created:
            self.assertEqual(stack.create(created), "CREATE_COMPLETE")
        return stack

    def alone_accepts(self, *templates: dict, **arguments: Any) -> None:
        """Checks that MiniStack carries out these templates one after the other."""
        stack = Stack(self.alone)
        for kind, body in zip(["CREATE", "UPDATE"], templates, strict=False):
            self.assertEqual(stack.apply(body, kind, **arguments), f"{kind}_COMPLETE")

    def update_fails(self, old: dict, new: dict, reason: str) -> Stack:
        """Checks that MiniStack alone updates `old` to `new`, and that the proxy rolls the update back."""
        self.alone_accepts(old, new)
        stack = self.stack(old)
        before = stack.cloudformation.get_template(StackName=stack.name)["TemplateBody"], stack.indexes()
        change_set = stack.create_change_set(new)
        self.assertEqual(stack.execute(change_set), "UPDATE_ROLLBACK_COMPLETE")
        failed = [event for event in stack.events() if event[1] == "UPDATE_FAILED"]
        self.assertEqual([one[0] for one in failed], ["Orders"])
        self.assertIn(f'Resource handler returned message: "{reason}"', failed[0][2])
        self.assertEqual(stack.change_set(change_set)["ExecutionStatus"], "EXECUTE_FAILED")
        self.assertEqual(before, (stack.cloudformation.get_template(StackName=stack.name)["TemplateBody"], stack.indexes()))
        return stack

    def test_two_new_indexes_fail_and_one_works_afterwards(self) -> None:
        stack = self.update_fails(table(), table("a", "b"), template.SEVERAL_INDEXES)
        self.assertEqual(stack.apply(table("a")), "UPDATE_COMPLETE")
        self.assertEqual(stack.apply(table("a", "b")), "UPDATE_COMPLETE")
        self.assertEqual(stack.indexes().keys(), {"a", "b"})
        statuses = [status for resource, status, _ in stack.events() if resource == stack.name]
        expected = ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"]
        expected += ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"]
        self.assertEqual(statuses[: len(expected)], expected)

    def test_two_deleted_indexes_fail(self) -> None:
        self.update_fails(table("a", "b"), table(), template.SEVERAL_INDEXES)

    def test_an_index_that_gets_another_name_fails(self) -> None:
        self.update_fails(table("a"), table("b"), template.SEVERAL_INDEXES)

    def test_an_index_with_another_key_fails(self) -> None:
        old = table("a", "b")
        new = table("a", "b", GlobalSecondaryIndexes=[index("a", "b"), index("b", "a")])
        self.update_fails(old, new, template.CHANGED_INDEX)

    def test_an_index_with_another_projection_fails(self) -> None:
        new = table("a", GlobalSecondaryIndexes=[index("a", "a", "KEYS_ONLY")])
        self.update_fails(table("a"), new, template.CHANGED_INDEX)

    def test_an_attribute_without_a_key_fails(self) -> None:
        self.update_fails(table("a"), table("a", more=("unused",)), template.INCONSISTENT_ATTRIBUTES)

    def test_a_key_without_an_attribute_fails(self) -> None:
        # MiniStack rejects this in an update, but not in a new table.
        body = table("a", AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        self.alone_accepts(body)
        stack = self.stack()
        self.assertEqual(stack.create(body), "ROLLBACK_COMPLETE")
        self.assertIn(template.INCONSISTENT_ATTRIBUTES, str(stack.events()))

    def test_a_failed_creation_has_to_be_deleted_first(self) -> None:
        self.alone_accepts(table(more=("unused",)))
        stack = self.stack()
        self.assertEqual(stack.create(table(more=("unused",))), "ROLLBACK_COMPLETE")
        self.assertIn(template.INCONSISTENT_ATTRIBUTES, str(stack.events()))
        for kind, message in [
            ("CREATE", "already exists and cannot be created again"),
            ("UPDATE", "is in ROLLBACK_COMPLETE state"),
        ]:
            refused = refusal(stack.create_change_set, template=table(), kind=kind)
            self.assertIn("ValidationError: Stack", refused)
            self.assertIn(message, refused)
        stack.cloudformation.delete_stack(StackName=stack.name)
        self.assertEqual(stack.create(table()), "CREATE_COMPLETE")

    def test_a_new_table_has_as_many_indexes_as_it_wants(self) -> None:
        stack = self.stack(table("a", "b"))
        replaced = table("a", "c", "d", TableName=f"{stack.name}-new")
        self.assertEqual(stack.apply(replaced), "UPDATE_COMPLETE")

    def test_our_own_templates_are_accepted(self) -> None:
        templates = {path.name: path.read_text() for path in GOLDEN.glob("*.json")}
        # MiniStack does not know the resources of auto scaling.
        known = [name for name in sorted(templates) if "AWS::ApplicationAutoScaling" not in templates[name]]
        self.assertGreaterEqual(len(known), 4)
        for name in known:
            with self.subTest(name):
                self.stack(json.loads(templates[name]))

    def test_references_to_nothing_are_rejected(self) -> None:
        unresolved = "Template format error: Unresolved resource dependencies [Nothing] in the Resources block of the template"
        undefined = "Template error: instance of Fn::GetAtt references undefined resource Nothing"
        references = [
            ({"Ref": "Nothing"}, unresolved),
            ({"Fn::Sub": "x-${Nothing}"}, unresolved),
            ({"Fn::Sub": "x-${Nothing.Arn}"}, unresolved),
            ({"Fn::Sub": ["${a}", {"a": {"Ref": "Nothing"}}]}, unresolved),
            ({"Fn::GetAtt": ["Nothing", "Arn"]}, undefined),
            ({"Fn::GetAtt": "Nothing.Arn"}, undefined),
        ]
        for reference, message in references:
            self.is_rejected(table(TableName=reference), message)
        depends = table()
        depends["Resources"]["Orders"]["DependsOn"] = ["Nothing"]
        self.is_rejected(depends, unresolved)
        outputs = table() | {"Outputs": {"Name": {"Value": {"Ref": "Nothing"}}}}
        self.is_rejected(outputs, "Unresolved resource dependencies [Nothing] in the Outputs block of the template")

    def is_rejected(self, body: dict, message: str) -> None:
        with self.subTest(json.dumps(body)):
            self.alone_accepts(body)
            stack = self.stack()
            self.assertEqual(refusal(stack.create_change_set, template=body, kind="CREATE"), f"ValidationError: {message}")
            validate = stack.cloudformation.validate_template
            self.assertEqual(refusal(validate, TemplateBody=json.dumps(body)), f"ValidationError: {message}")

    def test_references_to_something_are_accepted(self) -> None:
        body = table(TableName={"Fn::Sub": ["${AWS::StackName}-${suffix}-${Suffix}", {"suffix": {"Ref": "Suffix"}}]})
        body["Parameters"] = {"Suffix": {"Type": "String", "Default": "orders"}}
        body["Outputs"] = {"Arn": {"Value": {"Fn::GetAtt": ["Orders", "Arn"]}}}
        self.stack(body)

    def test_a_missing_capability_is_rejected(self) -> None:
        body = table()
        body["Resources"]["Policy"] = copy.deepcopy(POLICY)
        self.alone_accepts(body)
        stack = self.stack()
        refused = refusal(stack.create_change_set, template=body, kind="CREATE")
        self.assertEqual(refused, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]")
        self.assertEqual(stack.create(body, Capabilities=["CAPABILITY_IAM"]), "CREATE_COMPLETE")

    def test_a_named_policy_needs_the_stronger_capability(self) -> None:
        body = table()
        body["Resources"]["Policy"] = copy.deepcopy(POLICY)
        body["Resources"]["Policy"]["Properties"]["ManagedPolicyName"] = "everything"
        self.alone_accepts(body, Capabilities=["CAPABILITY_IAM"])
        refused = refusal(self.stack().create_change_set, template=body, kind="CREATE", Capabilities=["CAPABILITY_IAM"])
        self.assertEqual(refused, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]")

    def test_a_stack_under_review_cannot_be_updated(self) -> None:
        for address, accepts in [(self.alone, True), (self.proxy, False)]:
            stack = Stack(address)
            stack.create_change_set(table(), "CREATE")
            if accepts:
                stack.create_change_set(table())
            else:
                refused = refusal(stack.create_change_set, template=table())
                self.assertIn("is in REVIEW_IN_PROGRESS state and can not be updated.", refused)
        stack.create_change_set(table("a"), "CREATE")

    def test_a_table_name_that_exists_is_rejected(self) -> None:
        body = table(TableName="taken")
        self.alone_accepts(body)
        self.alone_accepts(body)
        stack = self.stack()
        change_set = stack.create_change_set(body, "CREATE")
        described = stack.change_set(change_set)
        self.assertEqual((described["Status"], described["ExecutionStatus"], described["Changes"]), ("FAILED", "UNAVAILABLE", []))
        self.assertIn("ResourceExistenceCheck", described["StatusReason"])
        summary = stack.cloudformation.list_change_sets(StackName=stack.name)["Summaries"][0]
        self.assertEqual(summary["Status"], "FAILED")
        self.assertIn("in its current status of [FAILED]", refusal(stack.execute, change_set=change_set))

    def test_a_protected_table_keeps_its_stack(self) -> None:
        body = table(DeletionProtectionEnabled=True)
        for address, deletes in [(self.alone, True), (self.proxy, False)]:
            stack = Stack(address)
            stack.create(body)
            name = stack.table_name()
            stack.cloudformation.delete_stack(StackName=stack.name)
            if deletes:
                self.assertIn("does not exist", refusal(stack.settled))
                self.assertNotIn(name, stack.dynamodb.list_tables()["TableNames"])
        self.assertEqual(stack.settled(), "DELETE_FAILED")
        self.assertIn("currently protected against deletion", str(stack.events()))
        self.assertIn("DELETE_FAILED state", refusal(stack.create_change_set, template=table()))
        stack.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        stack.cloudformation.delete_stack(StackName=stack.name)
        self.assertIn("does not exist", refusal(stack.settled))

    def test_a_protected_table_that_is_retained_does_not_keep_its_stack(self) -> None:
        body = table(DeletionProtectionEnabled=True)
        body["Resources"]["Orders"]["DeletionPolicy"] = "Retain"
        stack = self.stack(body)
        stack.cloudformation.delete_stack(StackName=stack.name)
        self.assertIn("does not exist", refusal(stack.settled))

    def tearDown(self) -> None:
        control(self.proxy, "reset", {})


if __name__ == "__main__":
    unittest.main()
