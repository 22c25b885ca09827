"""What a checkout makes for itself lies in one folder, which `CWF_VAR` names."""

import json

from django.conf import settings


def test_the_style_sheet_is_built_where_the_web_looks_for_it():
    build = json.loads((settings.BASE_DIR / "package.json").read_text())["scripts"]["build"]
    assert '"${CWF_VAR:-var}/assets"' in build
    assert build.count("var/") == 0
