"""Twenty people at once: reads requests as JSON from standard input, sends them, prints what they got as JSON.

Run as `python -m bench.people` by `bench.web.people_send`; it imports nothing of the portal.
"""

import json
import queue
import sys
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

PEOPLE = 20
PATIENCE_SECONDS = 60
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Got:
    """What all have got: how long each expected answer took, and the statuses of the others."""

    seconds: list[float]
    others: list[int]


def main() -> None:
    """Send everything; the time runs from the first request to the last answer."""
    asked = json.load(sys.stdin)
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    for request in asked["requests"]:
        waiting.put(request)
    got = Got([], [])
    crowd = [threading.Thread(target=_person, args=(asked["port"], waiting, got)) for _ in range(PEOPLE)]
    begins = time.perf_counter()
    for person in crowd:
        person.start()
    for person in crowd:
        person.join()
    whole = time.perf_counter() - begins
    answer = {"seconds": whole, "waits": got.seconds, "others": len(got.others)}
    sys.stdout.write(json.dumps(answer))


def _person(port: int, waiting: "queue.SimpleQueue[dict[str, Any]]", got: Got) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    while True:
        try:
            request = waiting.get_nowait()
        except queue.Empty:
            connection.close()
            return
        headers = {"Cookie": request["cookies"], "Content-Type": FORM, "Host": f"127.0.0.1:{port}"}
        begins = time.perf_counter()
        connection.request(request["method"], request["path"], request["body"] or None, headers)
        response = connection.getresponse()
        response.read()
        if response.status == request["expects"]:
            got.seconds.append(time.perf_counter() - begins)
        else:
            got.others.append(response.status)


if __name__ == "__main__":
    main()
