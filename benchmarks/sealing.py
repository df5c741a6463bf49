"""Sealed sheets as a JSON line: CPU seconds of sealing a charter of four parties, and of checking the sheet.

python benchmarks/sealing.py

``seal_cpu_s`` counts the worker with the layout: full charter, sheet, pictures of the seals, four seals.
``page_cpu_s`` is the public page for a file of this installation, ``strange_cpu_s`` the look at one of
another, ``full_cpu_s`` the complete check of verify_charter. ``floor_s`` is four bare signatures.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ["THROUGHLINE_DATA"] = tempfile.mkdtemp(prefix="throughline-bench-")
os.environ["STATIC_HASHED"] = "false"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from charters import seal_keys, sheet_check
from charters.seal_keys import SealKey
from reports.charter import CharterPaper, Signed, render_charter
from reports.sealing import _sealed
from reports.sheet import render_sheet, render_stamps
from tests.charters.papers import PEOPLE, key, log_of
from tests.reports.pdfs import AS_OF, read
from tests.reports.test_charter_pdf import charter
from ui import limited

ROUNDS = 3
SEAL_BUDGET, PAGE_BUDGET = 2.0, 0.3


def in_this_process(function: Callable[..., Any], *args: Any, **limits: Any) -> Any:
    """The product lays out in another process; its processor time is counted in this one."""
    return function(*args)


limited.call = in_this_process


def cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it gave."""
    start = time.process_time()
    value = call()
    return time.process_time() - start, value


def seal(paper: CharterPaper, by: SealKey) -> tuple[bytes, int]:
    text = paper.canonical.encode()
    full = render_charter(paper, as_of=AS_OF)
    log = log_of(paper.code, paper.number, text, full)
    return _sealed(render_sheet(log, text, full), render_stamps(log), log, by), len(read(full).pages)


def bare(by: SealKey, content: bytes) -> None:
    private = serialization.load_der_private_key(by.private, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise SystemExit("the key is of another kind")
    for _ in PEOPLE:
        private.sign(content, ec.ECDSA(hashes.SHA256()))


def page(content: bytes) -> float:
    """The public page for a file that this installation sealed."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command
    from django.test import Client

    from charters.actions.sheets import Made, keep_sheet
    from tests.charters.cast import build_cast
    from tests.charters.sealed import in_force

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    round_ = in_force(build_cast())
    at = round_.closed_at
    if at is None:
        raise SystemExit("the round is open")
    keep_sheet(round_, Made(content, content + b"%", "a" * 32, key().mark, False, at), by=None)
    client = Client(SERVER_NAME="localhost")

    def post() -> Any:
        answer = client.post("/verify/", {"file": SimpleUploadedFile("s.pdf", content)})
        if b"This sheet is intact" not in answer.content:
            raise SystemExit("the page does not say that the sheet is intact")
        return answer

    post()
    return min(cpu(post)[0] for _ in range(ROUNDS))


def main() -> None:
    by = key()
    signed = [
        Signed(name, role, "signed", "Signed 20 Nov 2026, 14:03", "account") for _, role, name in PEOPLE
    ]
    paper = charter(state="In force", signed=signed)
    first, (content, pages) = cpu(lambda: seal(paper, by))
    best = min(cpu(lambda: seal(paper, by))[0] for _ in range(ROUNDS))
    strange = min(
        cpu(lambda: sheet_check.check(content, [by.root], thorough=False))[0] for _ in range(ROUNDS)
    )
    full = min(cpu(lambda: sheet_check.check(content, [by.root], thorough=True))[0] for _ in range(ROUNDS))
    figures = {
        "name": "sealing",
        "pages": pages,
        "parties": len(PEOPLE),
        "seal_cpu_s": round(best, 2),
        "seal_first_cpu_s": round(first, 2),
        "seal_budget_s": SEAL_BUDGET,
        "page_cpu_s": round(page(content), 3),
        "page_budget_s": PAGE_BUDGET,
        "strange_cpu_s": round(strange, 3),
        "full_cpu_s": round(full, 3),
        "floor_s": round(cpu(lambda: bare(by, content))[0], 4),
        "bytes": len(content),
        "key": seal_keys.mark_of(by.certificate)[:8],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
