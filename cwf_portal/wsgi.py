import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
os.environ.setdefault("CWF_PATIENCE", "web")
application = get_wsgi_application()

from cwf_portal.core.starting import check_start  # noqa: E402 - the settings come first

check_start()
gc.freeze()  # what is loaded by now stays: no collection looks at it again
