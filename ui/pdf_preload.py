"""Imported once by the process that PDFs are laid out in copies of: what takes a second is done before."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from ui.pdf import warm

warm()
