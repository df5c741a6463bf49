"""The `web` process: everything that people read and sign."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ui import limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# All of it before the processes that answer are forked; they share what the garbage collection leaves alone.
import_module(settings.ROOT_URLCONF)
gc.freeze()
# What this process hands to processes of their own: sheets to be verified and workbooks to be read.
limited.expect("charters.sheet_check", "assessment.workbooks")
