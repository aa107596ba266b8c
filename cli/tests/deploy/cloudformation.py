"""The rules of CloudFormation that the emulator does not have, action by action.

A change set that AWS would roll back is never forwarded. Afterwards the answers are those of a stack that AWS has rolled back: its
status, the events with the reason, and EXECUTE_FAILED for the change set. As on AWS, the stack has its old template and outputs.
Three things are simpler: the rollback takes no time unless the test asks for it, the other resources of the change set have no
events, and nobody checks whether the caller may execute the change set. The same applies to a deletion that AWS refuses.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

import answers
import template
from answers import Answer, Document, error, text
from backfill import Backfill
from controls import Controls, Status
from history import REVIEW, History, Stack
from upstream import Upstream

UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
NAME_EXISTS = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation "
    "errors, use the DescribeEvents API for detailed failure information."
)


@dataclass
class Call:
    """A request to CloudFormation."""

    action: str
    region: str
    parameters: dict[str, str]
    forward: Callable[[], Answer]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")

    def members(self, name: str) -> set[str]:
        return {value for key, value in self.parameters.items() if key.startswith(f"{name}.member.")}


@dataclass
class ChangeSet:
    """What the proxy knows about a change set, and the emulator does not."""

    pending: int = 0
    status: str = ""
    execution: str = ""
    reason: str = ""

    def texts(self) -> dict[str, str]:
        """Returns the fields that differ from those of the emulator."""
        if self.pending > 0:
            return {"Status": "CREATE_IN_PROGRESS", "ExecutionStatus": "UNAVAILABLE", "StatusReason": ""}
        fields = {"Status": self.status, "ExecutionStatus": self.execution, "StatusReason": self.reason}
        return {name: value for name, value in fields.items() if value}


class CloudFormation:
    """Answers the actions for which AWS has rules."""

    def __init__(self, upstream: Upstream, controls: Controls):
        self.upstream = upstream
        self.controls = controls
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        self.history = History()
        # By their ids.
        self.change_sets: dict[str, ChangeSet] = {}
        self.backfill = Backfill(self.upstream)

    def answer(self, call: Call) -> Answer:
        actions = {
            "CreateChangeSet": self.create_change_set,
            "CreateStack": self.validate,
            "DeleteStack": self.delete_stack,
            "DescribeChangeSet": self.describe_change_set,
            "DescribeStackEvents": self.describe_stack_events,
            "DescribeStacks": self.describe_stacks,
            "ExecuteChangeSet": self.execute_change_set,
            "ListChangeSets": self.list_change_sets,
            "UpdateStack": self.validate,
            "ValidateTemplate": self.validate,
        }
        handler = actions.get(call.action)
        if handler is None:
            return call.forward()
        with self.lock:
            return handler(call)

    def problem(self, call: Call) -> Answer | None:
        """Checks the template of a request."""
        try:
            body = json.loads(call.get("TemplateBody") or "{}")
        except json.JSONDecodeError:
            return None
        # ValidateTemplate only reports which capabilities the template needs.
        every = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}
        given = every if call.action == "ValidateTemplate" else call.members("Capabilities")
        found = template.problem(body, given) if isinstance(body, dict) else None
        return found and error(*found)

    def validate(self, call: Call) -> Answer:
        return self.problem(call) or call.forward()

    def create_change_set(self, call: Call) -> Answer:
        rejected = self.problem(call) or self.not_in_status(call, self.stack(call.region, call.get("StackName")))
        if rejected:
            return rejected
        answer = call.forward()
        if answer.status == 200:
            change_set = ChangeSet(pending=self.controls.pending)
            if self.has_taken_name(call):
                change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", NAME_EXISTS
            self.change_sets[text(Document(answer).root, "Id")] = change_set
        return answer

    def not_in_status(self, call: Call, stack: Stack | None) -> Answer | None:
        """Rejects a change set that the status of the stack does not allow."""
        if stack is None:
            return None
        if call.get("ChangeSetType") == "CREATE":
            if stack.status == REVIEW:
                return None
            name = call.get("ChangeSetName")
            message = f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
            return error("ValidationError", message)
        return not_updatable(stack)

    def has_taken_name(self, call: Call) -> bool:
        """Tests whether a new table has the name of one that exists."""
        old = template.tables(self.upstream.template(call.region, StackName=call.get("StackName")))
        for name, table in template.tables(json.loads(call.get("TemplateBody") or "{}")).items():
            wanted = (table.get("Properties") or {}).get("TableName")
            present = (old.get(name, {}).get("Properties") or {}).get("TableName")
            if isinstance(wanted, str) and wanted != present and self.upstream.table(call.region, wanted):
                return True
        return False

    def describe_change_set(self, call: Call) -> Answer:
        answer = call.forward()
        if answer.status != 200:
            return answer
        document = Document(answer)
        result = document.list("DescribeChangeSetResult")
        known = self.change_sets.get(text(result, "ChangeSetId"), ChangeSet())
        if known.pending > 0 or known.status == "FAILED":
            answers.clear(result, "Changes")
        answers.put(result, **known.texts())
        known.pending -= 1
        return document.rendered()

    def list_change_sets(self, call: Call) -> Answer:
        answer = call.forward()
        if answer.status != 200:
            return answer
        document = Document(answer)
        for member in document.members("Summaries"):
            answers.put(member, **self.change_sets.get(text(member, "ChangeSetId"), ChangeSet()).texts())
        return document.rendered()

    def execute_change_set(self, call: Call) -> Answer:
        expired = self.controls.take_expiry()
        if expired == "ChangeSetNotFound":
            return error(expired, f"ChangeSet [{call.get('ChangeSetName')}] does not exist", 404)
        if expired:
            return not_executable(call.get("ChangeSetName"), "execution status", "OBSOLETE")
        where = {name: call.get(name) for name in ("StackName", "ChangeSetName") if call.get(name)}
        described = self.upstream.cloudformation(call.region, "DescribeChangeSet", **where)
        if described is None or text(described.root, "ExecutionStatus") != "AVAILABLE":
            return call.forward()
        change_set, name = text(described.root, "ChangeSetId"), text(described.root, "StackName")
        known = self.change_sets.setdefault(change_set, ChangeSet())
        if known.pending > 0 or known.status == "FAILED":
            return not_executable(change_set, "status", known.texts()["Status"])
        if known.execution:
            return not_executable(change_set, "execution status", known.execution)
        stack = self.stack(call.region, name)
        rejected = None if stack.status == REVIEW else not_updatable(stack)
        if rejected:
            return rejected

        old = {} if stack.status == REVIEW else self.upstream.template(call.region, StackName=name)
        new = self.upstream.template(call.region, StackName=name, ChangeSetName=change_set)
        asked = self.controls.take_failure()
        failed = (asked.resource, asked.reason) if asked else template.failure(old, new, self.backfill.busy(call.region, name, old))
        if failed:
            known.execution = "EXECUTE_FAILED"
            self.history.roll_back(stack, failed, new, call.get("ClientRequestToken"))
            self.take_time(stack, "ROLLBACK_IN_PROGRESS" if stack.status == REVIEW else "UPDATE_ROLLBACK_IN_PROGRESS")
            return answers.success(call.action)
        answer = call.forward()
        if answer.status == 200:
            self.history.statuses.pop(stack.id, None)
            self.backfill.start(call.region, name, old, new, self.controls.backfill)
            self.take_time(stack, "CREATE_IN_PROGRESS" if stack.status == REVIEW else "UPDATE_IN_PROGRESS")
        return answer

    def take_time(self, stack: Stack, status: str) -> None:
        """Presents a stack as in progress for as many answers as the test has asked for."""
        if self.controls.slow:
            self.controls.statuses[stack.name] = Status(status, times=self.controls.slow)

    def describe_table(self, answer: Answer) -> Answer:
        with self.lock:
            return self.backfill.describe_table(answer)

    def delete_stack(self, call: Call) -> Answer:
        stack = self.stack(call.region, call.get("StackName"))
        if stack is None:
            return call.forward()
        if stack.status.endswith("_IN_PROGRESS") and stack.status != REVIEW:
            return error("ValidationError", f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
        old = self.upstream.template(call.region, StackName=stack.name)
        protected = [name for name in template.deleted_tables(old) if self.is_protected(call.region, stack.name, name)]
        if protected:
            self.history.refuse_deletion(stack, protected)
            return answers.success(call.action)
        answer = call.forward()
        if answer.status == 200:
            self.history.statuses.pop(stack.id, None)
            self.controls.statuses.pop(stack.name, None)
        return answer

    def is_protected(self, region: str, stack: str, resource: str) -> bool:
        table = self.upstream.table(region, self.upstream.physical_id(region, stack, resource)) or {}
        return table.get("DeletionProtectionEnabled", False)

    def describe_stacks(self, call: Call) -> Answer:
        answer = call.forward()
        if answer.status != 200:
            return answer
        document = Document(answer)
        for member in document.members("Stacks"):
            asked = self.controls.presented(text(member, "StackName"))
            shown = (asked.status, asked.reason) if asked else self.history.statuses.get(text(member, "StackId"))
            if shown:
                answers.put(member, StackStatus=shown[0], StackStatusReason=shown[1])
        return document.rendered()

    def describe_stack_events(self, call: Call) -> Answer:
        answer = call.forward()
        stack = self.stack(call.region, call.get("StackName"))
        if answer.status != 200 or stack is None:
            return answer
        document = Document(answer)
        self.history.add_events(document, stack, first=not call.get("NextToken"))
        return document.rendered()

    def stack(self, region: str, name: str) -> Stack | None:
        """Returns a stack in the status that its clients see."""
        document = self.upstream.cloudformation(region, "DescribeStacks", StackName=name)
        found = document and document.members("Stacks")
        if not found:
            return None
        stack = Stack(text(found[0], "StackName"), text(found[0], "StackId"), text(found[0], "StackStatus"))
        asked = self.controls.statuses.get(stack.name)
        stack.status = asked.status if asked else self.history.statuses.get(stack.id, (stack.status, ""))[0]
        return stack


def not_updatable(stack: Stack) -> Answer | None:
    if stack.status in UPDATABLE:
        return None
    return error("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def not_executable(change_set: str, field: str, value: str) -> Answer:
    return error("InvalidChangeSetStatus", f"ChangeSet [{change_set}] cannot be executed in its current {field} of [{value}]")
