from cwf_portal.operations import templates


def test_the_template_is_named_by_what_shapes_it_and_not_by_bytecode(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "ROOT", tmp_path)
    data = tmp_path / "grants" / "data"
    (data / "__pycache__").mkdir(parents=True)
    (data / "limits.json").write_text("1")
    before = templates.template_name()

    (data / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"x")
    assert templates.template_name() == before

    (data / "limits.json").write_text("2")
    assert templates.template_name() != before
