"""A process that stands by to open boxes, for the journey, which opens hundreds."""

import subprocess
from contextlib import suppress
from types import TracebackType

from panels.domain.opening import OpenedBox, OpeningRequest
from panels.errors import PanelError
from panels.services.opening import OPENER


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
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing of the user's
                (*OPENER, "--standing"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        answer = self._ask(self._process, request.to_json())
        if not answer.strip():
            raise PanelError("The box could not be opened; nothing was changed.", mend="Please tell the fund.")
        return OpenedBox.from_json(answer)

    def _ask(self, process: "subprocess.Popen[str]", line: str) -> str:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the opener was started without pipes")
        with suppress(BrokenPipeError):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        return process.stdout.readline()
