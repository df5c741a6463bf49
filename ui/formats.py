"""How dates, numbers and money are written: one place for pages, figures, mails and reports.

Pure but for the zone: times are shown in the zone that ``django.utils.timezone`` has activated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
NBSP = "\u00a0"


@dataclass(frozen=True)
class Formats:
    """An organization's choices. ``month_first`` writes "Dec 18, 2026"; ``clock_12`` writes "2:03 pm"."""

    thousands: str = ","
    decimal: str = "."
    month_first: bool = False
    clock_12: bool = False
    currency: str = "EUR"


DEFAULT = Formats()
_current: ContextVar[Formats | None] = ContextVar("formats", default=None)


def current() -> Formats:
    """The formats in force here."""
    return _current.get() or DEFAULT


@contextmanager
def using(formats: Formats) -> Iterator[None]:
    """Write dates and numbers this way inside the block."""
    mark = _current.set(formats)
    try:
        yield
    finally:
        _current.reset(mark)


def local(value: date | datetime) -> date | datetime:
    """An aware moment in the active zone; everything else as it is."""
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def day(value: date | datetime, *, year: bool = True) -> str:
    """Gives "18 Dec 2026", or "18 Dec" without the year."""
    value = local(value)
    month = MONTHS[value.month - 1]
    if current().month_first:
        return f"{month} {value.day}, {value.year}" if year else f"{month} {value.day}"
    return f"{value.day} {month} {value.year}" if year else f"{value.day} {month}"


def clock(value: datetime) -> str:
    """Gives "14:03"."""
    shown = timezone.localtime(value) if timezone.is_aware(value) else value
    if current().clock_12:
        return f"{shown.hour % 12 or 12}:{shown.minute:02d}{NBSP}{'am' if shown.hour < 12 else 'pm'}"
    return f"{shown.hour:02d}:{shown.minute:02d}"


def moment(value: datetime) -> str:
    """Gives "18 Dec 2026, 14:03"."""
    return f"{day(value)}, {clock(value)}"


def period(start: date, end: date) -> str:
    """Gives "5 Oct to 18 Dec 2026"; the first year only where it differs."""
    return f"{day(start, year=start.year != end.year)} to {day(end)}"


def rounded(value: float | Decimal, decimals: int = 0) -> Decimal:
    """Half up at the edge, once. Raises ValueError for what is not a finite number."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError("only finite numbers can be written")
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def number(value: float | Decimal, decimals: int = 0) -> str:
    """Gives "1,184"; a minus sign, not a hyphen, for negative numbers."""
    result = rounded(value, decimals)
    text = f"{abs(result):,.{decimals}f}"
    formats = current()
    text = text.replace(",", "\0").replace(".", formats.decimal).replace("\0", formats.thousands)
    return f"\N{MINUS SIGN}{text}" if result < 0 else text


def signed(value: float | Decimal, decimals: int = 0) -> str:
    """Gives "+4", "−2", "0"."""
    text = number(value, decimals)
    return f"+{text}" if rounded(value, decimals) > 0 else text


def percent(share: float | Decimal, decimals: int = 0) -> str:
    """A share of 0 to 1 as "86 %"."""
    exact = share if isinstance(share, Decimal) else Decimal(repr(float(share)))
    return f"{number(exact * 100, decimals)}{NBSP}%"


def money(amount: float | Decimal, currency: str = "", *, thousands: bool = False) -> str:
    """Gives "412,000 €", or "412 k€" in thousands."""
    code = currency or current().currency
    unit = SYMBOLS.get(code, code)
    if not thousands:
        return f"{number(amount)}{NBSP}{unit}"
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    return f"{number(exact / 1000)}{NBSP}k{unit}"
