"""The `web` process: everything that people read and sign."""

import os

from django.core.wsgi import get_wsgi_application

from ui import limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# What this process hands to processes of their own: sheets to be verified and workbooks to be read.
limited.expect("charters.sheet_check", "assessment.workbooks")
