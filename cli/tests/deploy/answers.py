"""The XML answers of CloudFormation: making them, and changing those of the emulator."""

import json
import uuid
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
ElementTree.register_namespace("", NAMESPACE)


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def success(action: str) -> Answer:
    """Returns the answer of an action that returns nothing."""
    return xml(200, f"<{action}Response xmlns='{NAMESPACE}'><{action}Result/>{metadata()}</{action}Response>")


def error(code: str, message: str, status: int = 400) -> Answer:
    """Returns an error in the form of CloudFormation."""
    text = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return xml(status, f"<ErrorResponse xmlns='{NAMESPACE}'>{text}<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>")


def json_error(code: str, message: str, status: int = 400) -> Answer:
    """Returns an error in the form of DynamoDB and other services with JSON."""
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)]
    return Answer(status, json.dumps({"__type": code, "message": message}).encode(), headers)


def metadata() -> str:
    return f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"


def xml(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), [("Content-Type", "text/xml")])


def of_json(value: Any) -> Answer:
    """Returns a JSON value."""
    return Answer(200, json.dumps(value).encode(), [("Content-Type", "application/json")])


class Document:
    """An answer of the emulator that the proxy reads or changes."""

    def __init__(self, answer: Answer):
        self.answer = answer
        self.root = ElementTree.fromstring(answer.body)

    def members(self, name: str) -> list[ElementTree.Element]:
        """Returns the members of the first list of this name."""
        found = self.list(name)
        return [] if found is None else list(found)

    def list(self, name: str) -> ElementTree.Element | None:
        """Returns the first list of this name."""
        return next(self.root.iter(tag(name)), None)

    def rendered(self) -> Answer:
        """Returns the answer with the changes."""
        body = ElementTree.tostring(self.root, encoding="utf-8", xml_declaration=True)
        return Answer(self.answer.status, body, self.answer.headers)


def tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def text(element: ElementTree.Element, name: str) -> str:
    """Returns the text of the first descendant of this name, in the namespace of any service."""
    return element.findtext(f".//{{*}}{name}") or ""


def put(element: ElementTree.Element, **texts: str) -> None:
    """Sets the texts of children, and adds those that are missing."""
    for name, value in texts.items():
        child = element.find(tag(name))
        if child is None:
            child = ElementTree.SubElement(element, tag(name))
        child.text = value


def clear(element: ElementTree.Element, name: str) -> None:
    """Removes the children of a child."""
    child = element.find(tag(name))
    if child is not None:
        child.clear()


def member(texts: dict[str, str]) -> ElementTree.Element:
    """Makes a member of a list."""
    element = ElementTree.Element(tag("member"))
    put(element, **texts)
    return element
