"""Where a personal link leads, by its purpose."""

TARGETS: dict[str, str] = {
    "answer": "answer:enter",
    "sign": "charters:sign",
    "guest": "charters:guest",
    "ask": "projects:ask_link",
}
