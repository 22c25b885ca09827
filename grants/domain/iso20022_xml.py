"""Reads XML that came from outside: no entities, no document types, a size limit, and a line number for every error."""

import re
from typing import Any, Final
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

LARGEST_MESSAGE: Final = 32 * 1024 * 1024  # bytes
LINE: Final = "{urn:cwf-portal}line"


class BankMessageError(ValueError):
    """A message from the bank that is refused whole. `line` counts from 1; 0 when it concerns the whole message."""

    def __init__(self, fact: str, *, line: int = 0) -> None:
        super().__init__(f"Line {line}: {fact}" if line else fact)
        self.fact = fact
        self.line = line


class _NumberingBuilder(ET.TreeBuilder):
    """Builds the tree and notes on each element the line on which it opens."""

    parser: Any

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        return super().start(tag, {**attrs, LINE: str(self.parser.CurrentLineNumber)})


def read_message(content: bytes, *, namespace: str) -> "MessageNode":
    """The root of an ISO 20022 message of the given namespace.

    Raises:
        BankMessageError: too large, not XML, with a document type or entities, or another message.
    """
    if len(content) > LARGEST_MESSAGE:
        raise BankMessageError(f"The message has more than the {LARGEST_MESSAGE} bytes that are read.")
    _check_text(content)
    builder = _NumberingBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser.parser
    try:
        parser.feed(content)
        root = parser.close()
    except DefusedXmlException as error:
        raise BankMessageError("The message declares a document type or entities, which are never read.") from error
    except ET.ParseError as error:
        raise BankMessageError("The message is not well-formed XML.", line=error.position[0]) from error
    except (ValueError, LookupError) as error:
        raise BankMessageError("The message is in an encoding that is not read; UTF-8 is.") from error
    if root.tag != f"{{{namespace}}}Document":
        raise BankMessageError(f"The message is {root.tag[:80]}, expected was a document of {namespace}.", line=1)
    return MessageNode(root, f"{{{namespace}}}")


def _check_text(content: bytes) -> None:
    """Refuse what is not UTF-8 text, whatever encoding the message claims, with the line of the first wrong byte."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BankMessageError("The message is not written in UTF-8.", line=line) from error
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise BankMessageError("The message holds a NUL byte.", line=line)


class MessageNode:
    """An element of a message, asked by paths of local names."""

    def __init__(self, element: ET.Element, space: str) -> None:
        self.element = element
        self.space = space

    @property
    def line(self) -> int:
        """The line on which the element opens, from 1."""
        return int(self.element.get(LINE, "0"))

    def error(self, fact: str) -> BankMessageError:
        """An error that names this element's line."""
        return BankMessageError(fact, line=self.line)

    def all(self, path: str) -> list["MessageNode"]:
        """Every element at the path, in order."""
        steps = "/".join(self.space + step for step in path.split("/"))
        return [MessageNode(element, self.space) for element in self.element.findall(steps)]

    def one(self, path: str) -> "MessageNode":
        """The only element at the path; BankMessageError when there is none or more than one."""
        found = self.all(path)
        if len(found) != 1:
            raise self.error(f"{path} must stand exactly once, it stands {len(found)} times.")
        return found[0]

    def text(self, path: str, pattern: str) -> str:
        """The text at the path, of the whole pattern; BankMessageError otherwise."""
        node = self.one(path)
        value = (node.element.text or "").strip()
        if not re.fullmatch(pattern, value, re.ASCII):
            raise node.error(f"{path} has an unreadable value: {value[:40]!r}.")
        return value

    def optional_text(self, path: str, *, limit: int = 140) -> str:
        """The first text at the path, cut to `limit`; empty when it is missing."""
        found = self.all(path)
        return (found[0].element.text or "").strip()[:limit] if found else ""
