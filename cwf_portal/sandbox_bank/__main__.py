"""Start the sandbox bank: `python -m cwf_portal.sandbox_bank --port 8901 --store var/bank.sqlite3`."""

import argparse
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .messages import Account
from .server import BankServer
from .store import Bank


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0 after a clean end, 1 when the port or the store cannot be used."""
    parser = argparse.ArgumentParser(prog="sandbox_bank", description="A sandbox bank for the portal.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port, printed on the first line")
    parser.add_argument("--store", type=Path, required=True, help="the SQLite file that remembers everything")
    parser.add_argument("--sort-code", default="000100", help="of the one account held here")
    parser.add_argument("--account-number", default="00010001", help="of the one account held here")
    parser.add_argument("--no-dedupe", action="store_true", help="pay whatever arrives, however often")
    options = parser.parse_args(arguments)
    try:
        account = Account(options.sort_code, options.account_number)
        options.store.parent.mkdir(parents=True, exist_ok=True)
        bank = Bank(options.store, account=account, dedupe=not options.no_dedupe)
        server = BankServer(bank, options.port)
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(f"The sandbox bank cannot start: {error}\n")
        return 1
    return serve(server)


def serve(server: BankServer) -> int:
    """Answer requests until a signal asks to stop; the request at work is finished first."""

    def stop(signum: int, frame: FrameType | None) -> None:
        # shutdown() waits for serve_forever(), which runs in this very thread
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"sandbox bank ready at {server.address}\n")
    sys.stdout.flush()
    with server:
        server.serve_forever(poll_interval=0.1)
    server.bank.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
