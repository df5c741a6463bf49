#!/usr/bin/env python3
"""Django's command line for Throughline; the data folder comes from THROUGHLINE_DATA."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit("Django is not installed here. Run script/setup first.") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
