"""Several processes that act at once, each for its own places: what people do in one place waits for no other."""

import gc
import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from django.db import connections

Player = TypeVar("Player")
STOP = None


class PlayError(RuntimeError):
    """An act failed in one of the processes; the text is its traceback."""


class Troupe(Generic[Player]):
    """Players in processes of their own, each made there by `cast(number)`, all doing the same act at once.

    They are forked before they connect to anything. What they remember, keepers' keys included, stays in them.
    """

    def __init__(self, size: int, cast: Callable[[int], Player]) -> None:
        self.size = size
        self._cast = cast
        self._lines: list[Connection] = []
        self._processes: list[multiprocessing.process.BaseProcess] = []

    def __enter__(self) -> "Troupe[Player]":
        connections.close_all()  # a connection never crosses a fork
        fork = multiprocessing.get_context("fork")
        for number in range(self.size):
            ours, theirs = fork.Pipe()
            process = fork.Process(target=_act, args=(theirs, self._cast, number), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for line, process in zip(self._lines, self._processes, strict=True):
            if kind is None:
                line.send(STOP)
            else:
                process.kill()
            process.join()
            line.close()

    def perform(self, act: str, *arguments: Any) -> list[Any]:
        """Let every player do the act that its method `act` names; return what each returned.

        Raises:
            PlayError: one of them failed.
        """
        for line in self._lines:
            line.send((act, arguments))
        answers = [line.recv() for line in self._lines]
        for failure, _ in answers:
            if failure:
                raise PlayError(failure)
        return [value for _, value in answers]


def _act(line: Connection, cast: Callable[[int], Player], number: int) -> None:
    """In the process: do what is asked until told to stop."""
    gc.freeze()  # what is loaded by now stays: no collection looks at it again
    player = cast(number)
    while (request := line.recv()) is not STOP:
        act, arguments = request
        try:
            line.send(("", getattr(player, act)(*arguments)))
        except Exception:  # the sentence is all that crosses the pipe
            line.send((traceback.format_exc(), None))
    connections.close_all()
