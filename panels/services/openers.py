"""A process that stands by to open boxes, for the journey, which opens hundreds."""

import subprocess
from contextlib import suppress
from types import TracebackType

from panels.domain.opening import OpenedBox, OpeningRequest
from panels.services.opening import ask_opener, start_opener


class StandingOpener:
    """Opens boxes as `run_opener` does, each in a process of its own, without starting an interpreter for each.

    Started at its first box; ends with the `with` block, or with the process that made it.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "StandingOpener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.communicate()

    def __call__(self, request: OpeningRequest) -> OpenedBox:
        """Open one box.

        Raises:
            PanelError: the process failed. Its output is not repeated: it could hold a ballot.
        """
        if self._process is None:
            self._process = start_opener("--standing")
        return ask_opener(self._process, request)
