"""What a test can ask of the proxy, and what it can find out."""

import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any


class BadControl(Exception):
    """A control that does not exist, or has wrong arguments."""


@dataclass
class Status:
    """A status that DescribeStacks reports instead of the real one."""

    status: str
    reason: str = ""
    # How many answers report it; None for all.
    times: int | None = None


@dataclass
class Hold:
    """Delays the nth request of an action, before or after the emulator gets it."""

    action: str
    nth: int = 1
    when: str = "before"
    seconds: float = 30


@dataclass
class Expire:
    """The error of the next ExecuteChangeSet."""

    error: str = "ChangeSetNotFound"
    times: int = 1


@dataclass
class Fail:
    """A resource that fails in the next ExecuteChangeSet."""

    resource: str
    reason: str


class Controls:
    """The state that `/_rules/...` reads and writes."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.log: list[dict[str, Any]] = []
            self.denied: set[str] = set()
            self.statuses: dict[str, Status] = {}
            self.expire: Expire | None = None
            self.fail: Fail | None = None
            # How often a new change set is still CREATE_IN_PROGRESS, a new index still CREATING, and a changed stack in progress.
            self.pending = 0
            self.backfill = 0
            self.slow = 0
            self._holds: list[Hold] = []
            self._held: list[dict[str, str]] = []
            self._released = threading.Event()

    def read(self, name: str) -> Any:
        """Answers `GET /_rules/NAME`."""
        with self.lock:
            if name == "log":
                return [dict(entry) for entry in self.log]
            if name == "held":
                return list(self._held)
        raise BadControl(f"there is no GET /_rules/{name}; there are log and held")

    def write(self, name: str, body: dict[str, Any]) -> None:
        """Answers `POST /_rules/NAME`."""
        controls = {
            "backfill": self._set_backfill,
            "deny": self._set_deny,
            "expire": self._set_expire,
            "fail": self._set_fail,
            "hold": self._set_hold,
            "pending": self._set_pending,
            "release": self._set_release,
            "reset": self.reset,
            "slow": self._set_slow,
            "status": self._set_status,
        }
        if name not in controls:
            raise BadControl(f"there is no POST /_rules/{name}; there are {', '.join(sorted(controls))}")
        try:
            with self.lock:
                controls[name](**body)
        except TypeError as problem:
            raise BadControl(f"/_rules/{name}: {problem}") from problem

    def _set_backfill(self, describes: int) -> None:
        self.backfill = describes

    def _set_pending(self, describes: int) -> None:
        self.pending = describes

    def _set_slow(self, describes: int) -> None:
        self.slow = describes

    def _set_deny(self, action: str) -> None:
        self.denied.add(action if ":" in action else f"cloudformation:{action}")

    def _set_expire(self, **arguments: Any) -> None:
        self.expire = Expire(**arguments)

    def _set_fail(self, **arguments: Any) -> None:
        self.fail = Fail(**arguments)

    def _set_hold(self, **arguments: Any) -> None:
        hold = Hold(**arguments)
        if hold.when not in ("before", "after"):
            raise BadControl(f"`when` is before or after, not {hold.when}")
        self._holds.append(hold)

    def _set_release(self) -> None:
        self._released.set()
        self._released = threading.Event()

    def _set_status(self, stack: str, status: str | None = None, **arguments: Any) -> None:
        if status is None:
            self.statuses.pop(stack, None)
        else:
            self.statuses[stack] = Status(status, **arguments)

    def presented(self, stack: str) -> Status | None:
        """Returns the status that the next DescribeStacks reports, and counts it."""
        with self.lock:
            found = self.statuses.get(stack)
            if found and found.times is not None:
                found.times -= 1
                if found.times <= 0:
                    del self.statuses[stack]
            return found

    def take_expiry(self) -> str | None:
        """Returns the error of this ExecuteChangeSet, if one was asked for."""
        with self.lock:
            found = self.expire
            if found:
                found.times -= 1
                if found.times <= 0:
                    self.expire = None
            return found.error if found else None

    def take_failure(self) -> Fail | None:
        """Returns the failure of this ExecuteChangeSet, if one was asked for."""
        with self.lock:
            found, self.fail = self.fail, None
            return found

    def arriving(self, action: str) -> Hold | None:
        """Counts a request, and returns the hold that is for it."""
        with self.lock:
            for hold in self._holds:
                if hold.action == action:
                    hold.nth -= 1
                    if hold.nth == 0:
                        self._holds.remove(hold)
                        return hold
        return None

    def wait(self, hold: Hold, stack: str, client: socket.socket) -> bool:
        """Waits until the hold ends, and returns whether the client is still there."""
        entry = {"action": hold.action, "when": hold.when, "stack": stack}
        with self.lock:
            self._held.append(entry)
            released = self._released
        end = time.monotonic() + hold.seconds
        try:
            while time.monotonic() < end and not released.wait(0.02) and not is_gone(client):
                pass
            return not is_gone(client)
        finally:
            with self.lock:
                # After a reset, the entry is gone already.
                self._held = [one for one in self._held if one is not entry]


def is_gone(client: socket.socket) -> bool:
    """Tests whether the client has closed its connection."""
    readable, _, _ = select.select([client], [], [], 0)
    if not readable:
        return False
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
