"""Shows that the proxy passes everything else through, and that its controls work."""

import json
import threading
import time
import unittest
import urllib.error
import urllib.request
from typing import Any

from botocore.exceptions import ReadTimeoutError

import template
from support import Stack, client, control, ministack, proxy, refusal, table


class Controls(unittest.TestCase):
    """With AUTH, MiniStack verifies signatures and permissions of users."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.alone = cls.enterClassContext(ministack(authorizes=True))
        cls.proxy = cls.enterClassContext(proxy(cls.alone))
        iam = client("iam", cls.proxy)
        iam.create_user(UserName="tester")
        key = iam.create_access_key(UserName="tester")["AccessKey"]
        cls.key = key["AccessKeyId"], key["SecretAccessKey"]
        cls.allow("cloudformation:DescribeStacks", "dynamodb:*")

    @classmethod
    def allow(cls, *actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client("iam", cls.proxy).put_user_policy(UserName="tester", PolicyName="all", PolicyDocument=document)

    def setUp(self) -> None:
        self.stack = Stack(self.proxy)
        self.control("reset", {})

    def control(self, name: str, body: dict | None = None) -> Any:
        return control(self.proxy, name, body)

    def created(self, *indexes: str) -> None:
        self.assertEqual(self.stack.create(table(*indexes)), "CREATE_COMPLETE")

    def test_signatures_stay_valid(self) -> None:
        self.created()
        mine = client("cloudformation", self.proxy, *self.key)
        self.assertEqual(len(mine.describe_stacks(StackName=self.stack.name)["Stacks"]), 1)
        name = self.stack.table_name()
        client("dynamodb", self.proxy, *self.key).put_item(TableName=name, Item={"pk": {"S": "ä #1"}})
        self.assertIn("AccessDenied", refusal(mine.describe_stack_events, StackName=self.stack.name))
        forged = client("cloudformation", self.proxy, self.key[0], "wrong")
        self.assertIn("SignatureDoesNotMatch", refusal(forged.describe_stacks))

    def test_the_log_has_the_requests_of_cloudformation(self) -> None:
        change_set = self.stack.create_change_set(table(), "CREATE")
        refusal(self.stack.cloudformation.describe_stacks, StackName="nothing")
        self.stack.dynamodb.list_tables()
        created = {"action": "CreateChangeSet", "stack": self.stack.name, "changeSet": change_set, "type": "CREATE", "status": 200}
        described = {"action": "DescribeStacks", "stack": "nothing", "changeSet": "", "type": "", "status": 400}
        self.assertEqual(self.control("log"), [created, described])

    def test_a_status_is_reported_so_many_times(self) -> None:
        self.created()
        self.control("status", {"stack": self.stack.name, "status": "UPDATE_IN_PROGRESS", "times": 2})
        self.assertIn("is in UPDATE_IN_PROGRESS state", refusal(self.stack.create_change_set, template=table("a")))
        delete = self.stack.cloudformation.delete_stack
        self.assertIn("while in status UPDATE_IN_PROGRESS", refusal(delete, StackName=self.stack.name))
        statuses = [self.stack.status() for _ in range(3)]
        self.assertEqual(statuses, ["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "CREATE_COMPLETE"])

    def test_a_status_stays_until_the_stack_is_deleted(self) -> None:
        self.created()
        self.control("status", {"stack": self.stack.name, "status": "UPDATE_ROLLBACK_FAILED", "reason": "because"})
        stacks = self.stack.cloudformation.describe_stacks(StackName=self.stack.name)["Stacks"]
        self.assertEqual((stacks[0]["StackStatus"], stacks[0]["StackStatusReason"]), ("UPDATE_ROLLBACK_FAILED", "because"))
        change_set = self.stack.create_change_set
        self.assertIn("is in UPDATE_ROLLBACK_FAILED state", refusal(change_set, template=table("a")))
        self.stack.cloudformation.delete_stack(StackName=self.stack.name)
        self.created()

    def test_a_status_can_be_taken_back(self) -> None:
        self.created()
        self.control("status", {"stack": self.stack.name, "status": "ROLLBACK_COMPLETE"})
        self.control("status", {"stack": self.stack.name})
        self.assertEqual(self.stack.status(), "CREATE_COMPLETE")

    def test_a_change_set_is_pending_for_a_while(self) -> None:
        self.control("pending", {"describes": 2})
        change_set = self.stack.create_change_set(table(), "CREATE")
        self.assertIn("in its current status of [CREATE_IN_PROGRESS]", refusal(self.stack.execute, change_set=change_set))
        described = [self.stack.change_set(change_set) for _ in range(3)]
        self.assertEqual([one["Status"] for one in described], ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
        self.assertEqual([len(one["Changes"]) for one in described], [0, 0, 1])
        self.assertEqual(self.stack.execute(change_set), "CREATE_COMPLETE")

    def test_a_change_takes_time(self) -> None:
        self.control("slow", {"describes": 1})
        changes = [("CREATE", table(), "CREATE", "CREATE_COMPLETE"), ("UPDATE", table("a"), "UPDATE", "UPDATE_COMPLETE")]
        changes.append(("UPDATE", table(), "UPDATE_ROLLBACK", "UPDATE_ROLLBACK_COMPLETE"))
        for kind, body, progress, complete in changes:
            if complete == "UPDATE_ROLLBACK_COMPLETE":
                self.control("fail", {"resource": "Orders", "reason": "no capacity"})
            change_set = self.stack.create_change_set(body, kind)
            self.stack.cloudformation.execute_change_set(StackName=self.stack.name, ChangeSetName=change_set)
            self.assertEqual([self.stack.status() for _ in range(2)], [f"{progress}_IN_PROGRESS", complete])

    def test_an_expired_change_set_changes_nothing(self) -> None:
        self.created()
        change_set = self.stack.create_change_set(table("a"))
        self.control("expire", {})
        self.assertIn(f"ChangeSetNotFound: ChangeSet [{change_set}]", refusal(self.stack.execute, change_set=change_set))
        self.control("expire", {"error": "InvalidChangeSetStatus"})
        self.assertIn("current execution status of [OBSOLETE]", refusal(self.stack.execute, change_set=change_set))
        self.assertEqual(self.stack.indexes(), {})
        self.assertEqual(self.stack.execute(change_set), "UPDATE_COMPLETE")

    def test_a_new_index_blocks_the_next_one_until_it_is_active(self) -> None:
        self.control("backfill", {"describes": 2})
        self.created("a")
        self.assertEqual(self.stack.indexes(), {"a": "ACTIVE"})
        self.assertEqual(self.stack.apply(table("a", "b")), "UPDATE_COMPLETE")
        self.assertEqual(self.stack.apply(table("b")), "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn(template.BUSY_INDEX, str(self.stack.events()))
        statuses = [self.stack.indexes() for _ in range(3)]
        self.assertEqual(statuses, [{"a": "ACTIVE", "b": "CREATING"}] * 2 + [{"a": "ACTIVE", "b": "ACTIVE"}])
        self.assertEqual(self.stack.apply(table("b")), "UPDATE_COMPLETE")

    def test_a_resource_fails_once(self) -> None:
        self.control("fail", {"resource": "Orders", "reason": "no capacity"})
        self.assertEqual(self.stack.create(table()), "ROLLBACK_COMPLETE")
        failed = next(event for event in self.stack.events() if event[1] == "CREATE_FAILED")
        self.assertIn('Resource handler returned message: "no capacity"', failed[2])
        self.stack.cloudformation.delete_stack(StackName=self.stack.name)
        self.created()

    def test_denied_actions_are_named(self) -> None:
        self.created()
        self.control("deny", {"action": "CreateChangeSet"})
        self.control("deny", {"action": "dynamodb:DescribeTable"})
        refused = refusal(self.stack.create_change_set, template=table("a"))
        self.assertIn("AccessDenied: User: ", refused)
        resource = f"arn:aws:cloudformation:eu-central-1:000000000000:stack/{self.stack.name}/*"
        self.assertIn(f"perform: cloudformation:CreateChangeSet on resource: {resource} because", refused)
        refused = refusal(self.stack.dynamodb.describe_table, TableName="Orders")
        self.assertIn("AccessDeniedException: User: ", refused)
        self.assertIn("perform: dynamodb:DescribeTable", refused)

    def hold(self, when: str, nth: int = 1) -> threading.Thread:
        """Holds a DeleteStack, and returns the thread that waits for it."""
        self.control("hold", {"action": "DeleteStack", "when": when, "nth": nth})
        thread = threading.Thread(target=self.stack.cloudformation.delete_stack, kwargs={"StackName": self.stack.name})
        thread.start()
        while not self.control("held"):
            time.sleep(0.02)
        self.assertEqual(self.control("held"), [{"action": "DeleteStack", "when": when, "stack": self.stack.name}])
        return thread

    def test_a_request_can_be_held_before_it_arrives(self) -> None:
        self.created()
        thread = self.hold("before")
        self.assertEqual(Stack(self.alone, self.stack.name).settled(), "CREATE_COMPLETE")
        self.control("release", {})
        thread.join()
        self.assertIn("does not exist", refusal(self.stack.settled))
        self.assertEqual(self.control("held"), [])

    def test_a_request_can_be_held_after_it_has_arrived(self) -> None:
        self.created()
        thread = self.hold("after")
        self.assertIn("does not exist", refusal(Stack(self.alone, self.stack.name).settled))
        self.assertTrue(thread.is_alive())
        self.control("release", {})
        thread.join()

    def test_the_nth_request_is_held(self) -> None:
        self.control("hold", {"action": "DescribeStacks", "nth": 2, "seconds": 0.5})
        took = []
        for _ in range(3):
            start = time.monotonic()
            self.stack.cloudformation.describe_stacks()
            took.append(time.monotonic() - start > 0.4)
        self.assertEqual(took, [False, True, False])

    def test_a_held_request_is_lost_with_its_client(self) -> None:
        self.created()
        self.abandon("before")
        self.assertEqual(self.control("log")[-1]["status"], "dropped")
        self.assertEqual(self.stack.status(), "CREATE_COMPLETE")

    def test_a_request_that_has_arrived_survives_its_client(self) -> None:
        self.created()
        self.abandon("after")
        self.assertIn("does not exist", refusal(self.stack.settled))

    def abandon(self, when: str) -> None:
        """Sends a DeleteStack that is held, and leaves."""
        self.control("hold", {"action": "DeleteStack", "when": when, "seconds": 600})
        impatient = client("cloudformation", self.proxy, timeout=0.5)
        self.assertRaises(ReadTimeoutError, impatient.delete_stack, StackName=self.stack.name)
        while self.control("held"):
            time.sleep(0.02)

    def test_a_missing_emulator_is_reported(self) -> None:
        with proxy("http://127.0.0.1:1") as alone, self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(alone)
        self.assertEqual(raised.exception.code, 502)
        self.assertIn(b"the emulator does not answer", raised.exception.read())
        raised.exception.close()

    def test_a_wrong_control_is_refused(self) -> None:
        wrong = [
            ("nothing", {}),
            ("hold", {"acton": "DeleteStack"}),
            ("hold", {"action": "DeleteStack", "when": "now"}),
            ("nothing", None),
        ]
        for name, body in wrong:
            with self.subTest(name=name, body=body), self.assertRaises(urllib.error.HTTPError) as raised:
                self.control(name, body)
            self.assertEqual(raised.exception.code, 400)
            raised.exception.close()


if __name__ == "__main__":
    unittest.main()
