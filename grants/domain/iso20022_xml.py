"""Reads XML that came from outside: no entities, no document types, a size limit, and a line number for every error."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Final, cast
from xml.etree import ElementTree as ET
from xml.parsers.expat import ParserCreate

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

LARGEST_MESSAGE: Final = 32 * 1024 * 1024  # bytes
READ_AT_ONCE = 64 * 1024  # bytes


class BankMessageError(ValueError):
    """A message from the bank that is refused whole. `line` counts from 1; 0 when it concerns the whole message."""

    def __init__(self, fact: str, *, line: int = 0) -> None:
        super().__init__(f"Line {line}: {fact}" if line else fact)
        self.fact = fact
        self.line = line


class _Refuser(DefusedXMLParser):
    """Goes through a message and refuses what it declares; nothing is built, so nothing is called for what is sound."""

    def __init__(self) -> None:
        super().__init__(target=object(), forbid_dtd=True)
        self.parser.DefaultHandlerExpand = None


def read_message(
    content: bytes, *, namespace: str, piece: str = "", take: "Callable[[MessageNode], None] | None" = None
) -> "MessageNode":
    """The root of an ISO 20022 message of the given namespace.

    Args:
        content: the message as it came.
        namespace: the one it must be of.
        piece: path from the document to elements of which there may be thousands, such as the lines of a statement.
        take: gets each of these once it is whole; what stands in it is forgotten then, so that they never fill the
            memory together.

    Raises:
        BankMessageError: too large, not XML, with a document type or entities, or another message; or `take` did.
    """
    if len(content) > LARGEST_MESSAGE:
        raise BankMessageError(f"The message has more than the {LARGEST_MESSAGE} bytes that are read.")
    _check_text(content)
    refuser = _Refuser()
    try:
        refuser.feed(content)
        refuser.close()
        message = _Message(content, f"{{{namespace}}}")
        return MessageNode(_build(message, piece, take), message)
    except BankMessageError:
        raise
    except DefusedXmlException as error:
        raise BankMessageError("The message declares a document type or entities, which are never read.") from error
    except ET.ParseError as error:
        raise BankMessageError("The message is not well-formed XML.", line=error.position[0]) from error
    except (ValueError, LookupError) as error:
        raise BankMessageError("The message is in an encoding that is not read; UTF-8 is.") from error


def _build(message: "_Message", piece: str, take: "Callable[[MessageNode], None] | None") -> ET.Element:
    """The tree of a message that was gone through before and declares nothing; its root."""
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    path: list[str] = []
    wanted = [message.space + step for step in f"Document/{piece}".split("/")]
    for begins in range(0, len(message.content), READ_AT_ONCE):
        parser.feed(message.content[begins : begins + READ_AT_ONCE])
        for said in parser.read_events():
            event, element = cast(tuple[str, ET.Element], said)
            if event == "start":
                if not path:
                    message.open(element)
                path.append(element.tag)
                continue
            if take is not None and path == wanted:
                take(MessageNode(element, message))
                message.forget(element)
            path.pop()
    parser.close()
    return message.root


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


class _Message:
    """What all nodes of a message share: its bytes, its root, and the namespace of its elements in braces."""

    root: ET.Element

    def __init__(self, content: bytes, space: str) -> None:
        self.content, self.space = content, space
        self._forgotten: dict[ET.Element, int] = {}

    def open(self, root: ET.Element) -> None:
        """Begin with the element that opens first.

        Raises:
            BankMessageError: it is another message.
        """
        if root.tag != f"{self.space}Document":
            expected = self.space.strip("{}")
            raise BankMessageError(f"The message is {root.tag[:80]}, expected was a document of {expected}.", line=1)
        self.root = root

    def forget(self, element: ET.Element) -> None:
        """Let go what stands in an element, but not how many others that was."""
        self._forgotten[element] = sum(1 for _ in element.iter()) - 1
        element.clear()

    @cached_property
    def lines(self) -> dict[ET.Element, int]:
        """The line on which each element opens; only a message that is refused is read again for it."""
        opened: list[int] = []
        parser = ParserCreate()
        parser.StartElementHandler = lambda name, attributes: opened.append(parser.CurrentLineNumber)
        parser.Parse(self.content, True)
        found, number = {}, 0
        for element in self.root.iter():
            found[element] = opened[number]
            number += 1 + self._forgotten.get(element, 0)
        return found


class MessageNode:
    """An element of a message, asked by paths of local names."""

    __slots__ = ("_message", "element")

    def __init__(self, element: ET.Element, message: _Message) -> None:
        self.element = element
        self._message = message

    @property
    def line(self) -> int:
        """The line on which the element opens, from 1."""
        return self._message.lines[self.element]

    def error(self, fact: str) -> BankMessageError:
        """An error that names this element's line."""
        return BankMessageError(fact, line=self.line)

    def all(self, path: str) -> list["MessageNode"]:
        """Every element at the path, in order."""
        return [MessageNode(element, self._message) for element in self._at(path)]

    def one(self, path: str) -> "MessageNode":
        """The only element at the path; BankMessageError when there is none or more than one."""
        found = self._at(path)
        if len(found) != 1:
            raise self.error(f"{path} must stand exactly once, it stands {len(found)} times.")
        return MessageNode(found[0], self._message)

    def text(self, path: str, pattern: str) -> str:
        """The text at the path, of the whole pattern; BankMessageError otherwise."""
        node = self.one(path)
        value = (node.element.text or "").strip()
        if not re.fullmatch(pattern, value, re.ASCII):
            raise node.error(f"{path} has an unreadable value: {value[:40]!r}.")
        return value

    def optional_text(self, path: str, *, limit: int = 140) -> str:
        """The first text at the path, cut to `limit`; empty when it is missing."""
        found = self._at(path)
        return (found[0].text or "").strip()[:limit] if found else ""

    def _at(self, path: str) -> list[ET.Element]:
        space, found = self._message.space, [self.element]
        for step in path.split("/"):
            name = space + step
            found = found[0].findall(name) if len(found) == 1 else [one for each in found for one in each.findall(name)]
        return found
