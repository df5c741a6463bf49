"""A QR code as one SVG path, so that it takes its color from the page and needs no style attribute."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QrPath:
    """`size` modules on each side with the quiet zone; `d` draws the dark ones."""

    size: int
    d: str


def qr_path(text: str) -> QrPath:
    """The code of a text, middle error correction."""
    import qrcode  # brings an imaging library along, which few pages need

    code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    d = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return QrPath(len(matrix), d)
