"""The rules of completeness with how strict an organization is with each, as the settings page shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from charters.completeness import RULES, severity_of
from charters.content import SEVERITIES, Content

WORDS = {"note": "Note", "advise": "Advise", "block": "Block"}
# The module that computes a rule says what the rule is about.
GROUPS = (
    ("rules_criteria", "Criteria, deliverables and words"),
    ("rules_people", "People at the table"),
    ("rules_terms", "Time, money, data, risk and what follows"),
)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its sentence (gaps as …), when it is said, its own severity, the choice and its options.

    `options` are (severity, word) from the floor up; one option means that there is nothing to choose.
    """

    id: str
    sentence: str
    when: str
    default: str
    severity: str
    options: tuple[tuple[str, str], ...]

    @property
    def own_word(self) -> str:
        return WORDS[self.default]

    @property
    def word(self) -> str:
        return WORDS[self.severity]

    @property
    def is_chosen(self) -> bool:
        return self.severity != self.default

    @property
    def is_fixed(self) -> bool:
        return len(self.options) == 1


def rule_rows(content: Content, chosen: Mapping[str, str]) -> list[tuple[str, list[RuleRow]]]:
    """All rules by what they are about, in the order in which they are checked."""
    return [
        (title, [_row(rule_id, content, chosen) for rule_id in RULES if _module(rule_id) == module])
        for module, title in GROUPS
    ]


def _module(rule_id: str) -> str:
    return RULES[rule_id].__module__.rpartition(".")[2]


def _row(rule_id: str, content: Content, chosen: Mapping[str, str]) -> RuleRow:
    rule = content.rules[rule_id]
    sentence = rule.sentence.format_map(defaultdict(lambda: "…"))
    return RuleRow(
        id=rule_id,
        sentence=sentence[:1].upper() + sentence[1:],
        when=rule.when,
        default=rule.severity,
        severity=severity_of(rule_id, content, chosen),
        options=tuple((key, WORDS[key]) for key in SEVERITIES[SEVERITIES.index(rule.floor) :]),
    )
