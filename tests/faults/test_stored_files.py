"""Stored files: a flipped bit, a missing file, a write that a stop cut, a full disk."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessment.models import AnswerFile
from jobs import files
from jobs.models import StoredFile
from tests.assessment.cast import GATE_ITEM, make_cast, make_round, open_link, respondent_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def kept() -> tuple[StoredFile, Path]:
    file = files.store(
        b"a report", organization=make_cast().organization, name="report.txt", content_type="text/plain"
    )
    return file, Path(settings.MEDIA_ROOT) / file.sha256[:2] / file.sha256


@pytest.mark.parametrize("fault", ["flipped", "cut", "gone"])
def test_a_damaged_file_is_named_and_never_handed_out(fault: str) -> None:
    file, path = kept()
    if fault == "gone":
        path.unlink()
    else:
        path.write_bytes(b"a repost" if fault == "flipped" else b"a re")
    for look in (files.read, files.open_file):
        with pytest.raises(files.Damaged, match=r"report\.txt is damaged on the server"):
            look(file)
    again = files.store(b"a report", organization=file.organization, name="b.txt", content_type="text/plain")
    assert files.read(again) == files.read(file) == b"a report"


def test_the_person_who_asks_for_a_damaged_file_is_told() -> None:
    person = respondent_of(make_round(make_cast()))
    client = open_link(person)
    client.raise_request_exception = False
    stored = files.store(
        b"x", organization=person.assessment.organization, name="proof.pdf", content_type="application/pdf"
    )
    row = AnswerFile.objects.create(respondent=person, item=GATE_ITEM, file=stored)
    address = reverse("answer:file", args=[person.pk, row.pk])
    assert client.get(address).status_code == 200
    (Path(settings.MEDIA_ROOT) / stored.sha256[:2] / stored.sha256).write_bytes(b"y")
    answer = client.get(address)
    assert answer.status_code == 500
    assert "proof.pdf is damaged on the server" in answer.content.decode()


def test_a_full_disk_keeps_no_row_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    person = respondent_of(make_round(make_cast()))
    client = open_link(person)
    client.raise_request_exception = False

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    answer = client.post(
        reverse("answer:upload", args=[person.pk, GATE_ITEM]),
        {"file": SimpleUploadedFile("a.txt", b"text")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 503
    assert "disk is full" in answer.json()["error"]["message"]
    assert not StoredFile.objects.exists()
    assert not AnswerFile.objects.exists()
