"""Static files as an installation serves them: named by their content, and the named ones compressed."""

from __future__ import annotations

import gzip

import brotli
from django.core.management import call_command


def test_files_with_a_hash_are_compressed_and_originals_left_alone(settings, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    text = "body { margin: 0; }\n" * 200
    (source / "page.css").write_text(text)
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], target
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "ui.static_files.HashedFiles"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = {path.name for path in target.iterdir()}
    hashed = next(
        name for name in names if name.startswith("page.") and name.count(".") == 2 and "css" in name
    )
    assert hashed != "page.css"
    assert {"page.css", hashed, f"{hashed}.br", f"{hashed}.gz", "staticfiles.json"} == names
    assert brotli.decompress((target / f"{hashed}.br").read_bytes()).decode() == text
    assert gzip.decompress((target / f"{hashed}.gz").read_bytes()).decode() == text
