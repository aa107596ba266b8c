"""What clients see of stacks that AWS would have rolled back, or would not have deleted. The emulator knows nothing of it."""

import datetime
import uuid
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import answers
import template
from answers import Document, text

REVIEW = "REVIEW_IN_PROGRESS"
STACK = "AWS::CloudFormation::Stack"
PROTECTED = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."


@dataclass
class Stack:
    """A stack as its clients see it."""

    name: str
    id: str
    status: str


class History:
    """The statuses and events that the emulator does not have, by the ids of the stacks."""

    def __init__(self) -> None:
        self.statuses: dict[str, tuple[str, str]] = {}
        self._events: dict[str, list[dict[str, str]]] = {}

    def roll_back(self, stack: Stack, failed: tuple[str, str], new: dict, token: str) -> None:
        """Presents a stack as AWS does after a resource has failed."""
        resource, reason = failed
        kind = new.get("Resources", {}).get(resource, {}).get("Type", "")
        reason = f'Resource handler returned message: "{reason}" (RequestToken: {uuid.uuid4()}, HandlerErrorCode: InvalidRequest)'
        if stack.status == REVIEW:
            rollback = f"The following resource(s) failed to create: [{resource}]. Rollback requested by user."
            steps = [
                (STACK, "CREATE_IN_PROGRESS", "User Initiated"),
                (kind, "CREATE_IN_PROGRESS", ""),
                (kind, "CREATE_FAILED", reason),
                (STACK, "ROLLBACK_IN_PROGRESS", rollback),
                (kind, "DELETE_COMPLETE", ""),
                (STACK, "ROLLBACK_COMPLETE", ""),
            ]
        else:
            rollback = f"The following resource(s) failed to update: [{resource}]. "
            steps = [
                (STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
                (kind, "UPDATE_IN_PROGRESS", ""),
                (kind, "UPDATE_FAILED", reason),
                (STACK, "UPDATE_ROLLBACK_IN_PROGRESS", rollback),
                (kind, "UPDATE_COMPLETE", ""),
                (STACK, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", ""),
                (STACK, "UPDATE_ROLLBACK_COMPLETE", ""),
            ]
        self._present(stack, resource, steps, token)

    def refuse_deletion(self, stack: Stack, protected: list[str]) -> None:
        """Presents a stack as AWS does after it could not delete these tables."""
        steps = [
            (STACK, "DELETE_IN_PROGRESS", "User Initiated"),
            (template.TABLE, "DELETE_FAILED", PROTECTED),
            (STACK, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(protected)}]. "),
        ]
        self._present(stack, protected[0], steps)

    def _present(self, stack: Stack, resource: str, steps: list[tuple[str, str, str]], token: str = "") -> None:
        """Adds events, oldest first. The last one is the new status."""
        self.statuses[stack.id] = steps[-1][1], steps[-1][2]
        for kind, status, reason in steps:
            logical, physical = (stack.name, stack.id) if kind == STACK else (resource, "")
            event = {
                "StackId": stack.id,
                "StackName": stack.name,
                "EventId": str(uuid.uuid4()),
                "LogicalResourceId": logical,
                "PhysicalResourceId": physical,
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            }
            self._events.setdefault(stack.id, []).append(event | ({"ClientRequestToken": token} if token else {}))

    def add_events(self, document: Document, stack: Stack, first: bool) -> None:
        """Adds the events of a stack to a page of real events. The first page has the newest ones."""
        events = document.list("StackEvents")
        real = list(events)
        last = not text(document.root, "NextToken")
        added = [
            answers.member(one)
            for one in reversed(self._events.get(stack.id, []))
            if (first or one["Timestamp"] <= timestamp(real[0])) and (last or one["Timestamp"] > timestamp(real[-1]))
        ]
        events[:] = sorted(added + real, key=timestamp, reverse=True)


def timestamp(event: Element) -> str:
    return text(event, "Timestamp")
