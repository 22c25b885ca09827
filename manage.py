#!/usr/bin/env python
"""The project's own commands; servers that are missing are started for the command and stopped after it."""

import os
import sys

from cwf_portal.embedded.supervisor import servers_for


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
    from django.core.management import execute_from_command_line

    with servers_for(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
