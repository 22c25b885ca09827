import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
application = get_wsgi_application()

from cwf_portal.core.clock import check_time_machine  # noqa: E402 - the settings come first

check_time_machine()
gc.freeze()  # what is loaded by now stays: no collection looks at it again
