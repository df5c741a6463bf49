"""Proposes a route to a POC, with reasons that can be looked up. Pure.

Every route starts at 0. Each condition of `fixtures/routes.yaml` that holds adds its points, some of them
negative, and the route that most leaders chose in the questionnaire gets one more. A condition whose facts
are unknown adds nothing and is listed as not known. A route with an obstacle comes last, whatever its points.
Routes that are less than two points apart are both open; the one with the lower external spend stands first:
internal, collaborative, vendor. A person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from charters.content import Content, Fit

CHEAPEST_FIRST = ("internal", "collaborative", "vendor")
CLEAR_BY = 2
PREFERRED_POINTS = 1
HIGH_WORTH = 75
FREE_SHARE = 20
ROLE_WORDS = {
    "data_scientist": "data scientist",
    "ml_engineer": "ML engineer",
    "data_engineer": "data engineer",
}
HORIZONS = {"m3": "within 3 months", "m6": "within 6 months", "m12": "within 12 months", "later": "later"}


@dataclass(frozen=True, slots=True)
class GuideFacts:
    """What the guide looks at; None, or a key left out, means not known.

    `coverage` and `in_house` map roles to covered, partly or open, with and without partners; `projects` are
    running projects of the people in the roles data scientist and ML engineer; `free` the largest share, in
    hundredths, that one in-house person gives to a building role. `items` maps questions to levels.
    """

    coverage: Mapping[str, str] | None = None
    in_house: Mapping[str, str] | None = None
    projects: tuple[int, ...] | None = None
    free: int | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    preferred: str = ""
    horizon: str = ""
    worth: int | None = None
    other_uses: bool | None = None
    touches: frozenset[str] | None = None
    data_origin: str = ""
    levels: Mapping[str, int] = field(default_factory=dict)
    has_owner: bool | None = None
    has_expert: bool | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition that was looked at: points, its sentence, the figures that it rests on, and their source.

    `source` is roster, result, use_case or charter.
    """

    id: str
    points: int
    sentence: str
    quote: str
    source: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One route with its points, what speaks for and against it, obstacles, and what is not known."""

    route: str
    points: int
    reasons: tuple[Reason, ...]
    obstacles: tuple[Reason, ...]
    unknown: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """All routes, the proposed first. `is_clear`: the first leads by enough and has no obstacle."""

    proposals: tuple[Proposal, ...]
    is_clear: bool

    @property
    def first(self) -> Proposal:
        return self.proposals[0]


# Whether a condition holds (None: not known), and the figures in words.
Seen = tuple[bool | None, str]
Look = Callable[[GuideFacts], Seen]


def guide(facts: GuideFacts, content: Content) -> Guide:
    """Points and reasons of each route, in the order in which they are proposed."""
    found = [_proposal(route_id, facts, content) for route_id in content.routes]
    ordered = sorted(
        found, key=lambda item: (bool(item.obstacles), -item.points, CHEAPEST_FIRST.index(item.route))
    )
    open_ones = [item for item in ordered if not item.obstacles]
    near = [item for item in open_ones if open_ones[0].points - item.points < CLEAR_BY] if open_ones else []
    near.sort(key=lambda item: CHEAPEST_FIRST.index(item.route))
    rest = [item for item in ordered if item not in near]
    clear = len(near) == 1 and any(reason.points > 0 for reason in near[0].reasons)
    return Guide((*near, *rest), clear)


def _proposal(route_id: str, facts: GuideFacts, content: Content) -> Proposal:
    route = content.routes[route_id]
    reasons: list[Reason] = []
    unknown: list[Reason] = []
    obstacles: list[Reason] = []
    for fit in route.fits:
        source, look = CONDITIONS[fit.id]
        holds, quote = look(facts)
        reason = Reason(fit.id, fit.points, fit.sentence, quote, source)
        if holds:
            reasons.append(reason)
        elif holds is None:
            unknown.append(reason)
    for fit in route.excluded:
        source, look = OBSTACLES[fit.id]
        holds, quote = look(facts)
        if holds is not False:
            (obstacles if holds else unknown).append(_obstacle(fit, quote, source))
    if facts.preferred == route_id:
        said = "Most of the leaders who answered prefer it."
        reasons.append(
            Reason("preferred", PREFERRED_POINTS, said, "questionnaire: preferred route", "result")
        )
    points = sum(reason.points for reason in reasons)
    return Proposal(route_id, points, tuple(reasons), tuple(obstacles), tuple(unknown))


def _obstacle(fit: Fit, quote: str, source: str) -> Reason:
    return Reason(fit.id, 0, fit.sentence, quote, source)


def _roles(facts: GuideFacts, roles: tuple[str, ...], *, own: bool = False) -> tuple[list[str], str] | None:
    states = facts.in_house if own else facts.coverage
    if states is None or any(role not in states for role in roles):
        return None
    words = ", ".join(f"{ROLE_WORDS[role]} {states[role]}" for role in roles)
    return [states[role] for role in roles], words + (" in house" if own else "")


def _no_builders(facts: GuideFacts) -> Seen:
    found = _roles(facts, ("data_scientist", "ml_engineer"))
    return (None, "the roster is empty") if found is None else (found[0] == ["open", "open"], found[1])


def _builders(facts: GuideFacts) -> Seen:
    found = _roles(facts, ("data_scientist", "ml_engineer", "data_engineer"), own=True)
    if found is None:
        return None, "the roster is empty"
    scientist, *others = found[0]
    return scientist == "covered" and "covered" in others, found[1]


def _part_skills(facts: GuideFacts) -> Seen:
    found = _roles(facts, ("data_scientist", "ml_engineer"), own=True)
    if found is None:
        return None, "the roster is empty"
    return found[0].count("covered") == 1 or found[0] == ["partly", "partly"], found[1]


def _keen_people(facts: GuideFacts) -> Seen:
    return _both(
        _role_is(facts, "data_scientist", "partly"), _item(facts, "culture.learning.explore_time", 2)
    )


def _role_is(facts: GuideFacts, role: str, state: str) -> Seen:
    found = _roles(facts, (role,), own=True)
    return (None, "the roster is empty") if found is None else (found[0] == [state], found[1])


def _own_people_busy(facts: GuideFacts) -> Seen:
    if not facts.projects:
        return None, "nobody on the roster has these roles and a number of projects"
    words = f"fewest running projects of one person: {min(facts.projects)}"
    return min(facts.projects) >= 2, words


def _nobody_free(facts: GuideFacts) -> Seen:
    if facts.free is None:
        return None, "the roster is empty"
    return facts.free < FREE_SHARE, f"largest share of one person in a building role: {facts.free} %"


def _short_time(facts: GuideFacts) -> Seen:
    return _both(_horizon(facts, "m3"), _level(facts, "skills", 0, 2))


def _time_to_learn(facts: GuideFacts) -> Seen:
    return _both(_horizon(facts, "m6", "m12", "later"), _level(facts, "tolerance", 2, 4))


def _horizon(facts: GuideFacts, *wanted: str) -> Seen:
    if not facts.horizon:
        return None, "the use case names no horizon"
    return facts.horizon in wanted, f"wanted {HORIZONS.get(facts.horizon, facts.horizon)}"


def _known_kind(facts: GuideFacts) -> Seen:
    return _both(_level(facts, "complexity", 3, 4), _level(facts, "data_status", 3, 4))


def _domain_needed(facts: GuideFacts) -> Seen:
    if facts.has_expert is None:
        named: Seen = None, "whether a domain expert has agreed is not known"
    else:
        named = (
            facts.has_expert,
            f"domain expert {'named' if facts.has_expert else 'not named'} in the charter",
        )
    return _both(_level(facts, "complexity", 1, 2), named)


def _data_work(facts: GuideFacts) -> Seen:
    return _level(facts, "data_status", 1, 2)


LEVEL_WORDS = {
    "skills": "skills",
    "data_status": "status of the data",
    "complexity": "simplicity of the problem",
    "tolerance": "tolerance of wrong answers",
}


def _level(facts: GuideFacts, question: str, low: int, high: int) -> Seen:
    level, word = facts.levels.get(question), LEVEL_WORDS[question]
    if level is None:
        return None, f"{word} has not been judged"
    return low <= level <= high, f"{word} {level} of 4"


def _item(facts: GuideFacts, key: str, least: int) -> Seen:
    level = facts.items.get(key)
    word = ITEM_WORDS[key]
    return (
        (None, f"{word}: not measured yet")
        if level is None
        else (level >= least, f"{word}: level {level} of 4")
    )


ITEM_WORDS = {
    "culture.learning.explore_time": "hours to explore",
    "culture.learning.training": "training",
    "strategy.route_and_pathway.route_terms": "terms written down before paying",
    "strategy.learning_method.stopped_projects": "lessons of stopped projects",
    "team.hiring_partners.partners": "work with partners",
}


def _terms_known(facts: GuideFacts) -> Seen:
    return _item(facts, "strategy.route_and_pathway.route_terms", 2)


def _learning_valued(facts: GuideFacts) -> Seen:
    return _item(facts, "strategy.learning_method.stopped_projects", 2)


def _wants_to_grow(facts: GuideFacts) -> Seen:
    one = _item(facts, "team.hiring_partners.partners", 2)
    other = _item(facts, "culture.learning.training", 1)
    words = f"{one[1]}; {other[1]}"
    if one[0] or other[0]:
        return True, words
    return (None if one[0] is None or other[0] is None else False), words


def _core_of_business(facts: GuideFacts) -> Seen:
    if facts.worth is None or facts.other_uses is None:
        return None, "the worth of the use case has not been judged"
    uses = "further uses are named" if facts.other_uses else "no further use is named"
    return facts.worth >= HIGH_WORTH and facts.other_uses, f"worth {facts.worth} of 100, {uses}"


def _sensitive_data(facts: GuideFacts) -> Seen:
    if facts.touches is None or not facts.data_origin:
        return None, "whom it touches or where the data comes from is not written"
    touched = facts.touches & {"personal_data", "safety"}
    named = " and ".join(sorted(touched)).replace("_", " ") or "neither personal data nor safety"
    words = f"touches {named}, data is {facts.data_origin}"
    return bool(touched) and facts.data_origin == "own", words


def _no_owner(facts: GuideFacts) -> Seen:
    if facts.has_owner is None:
        return None, "no charter and no use case to look at"
    return not facts.has_owner, "outcome owner named" if facts.has_owner else "no outcome owner named"


def _nobody_knows(words: str) -> Look:
    """Facts that no register holds: a person has to say."""
    return lambda facts: (None, words)


def _both(one: Seen, other: Seen) -> Seen:
    words = f"{one[1]}; {other[1]}"
    if one[0] is False or other[0] is False:
        return False, words
    return (None if one[0] is None or other[0] is None else True), words


CONDITIONS: Mapping[str, tuple[str, Look]] = {
    "no_builders": ("roster", _no_builders),
    "short_time": ("use_case", _short_time),
    "known_kind": ("use_case", _known_kind),
    "own_people_busy": ("roster", _own_people_busy),
    "terms_known": ("result", _terms_known),
    "core_of_business": ("use_case", _core_of_business),
    "builders": ("roster", _builders),
    "keen_people": ("roster", _keen_people),
    "time_to_learn": ("use_case", _time_to_learn),
    "sensitive_data": ("use_case", _sensitive_data),
    "learning_valued": ("result", _learning_valued),
    "part_skills": ("roster", _part_skills),
    "domain_needed": ("use_case", _domain_needed),
    "wants_to_grow": ("result", _wants_to_grow),
    "data_work": ("use_case", _data_work),
}
OBSTACLES: Mapping[str, tuple[str, Look]] = {
    "no_owner": ("charter", _no_owner),
    "data_must_stay": ("use_case", _nobody_knows("whether outsiders may see the data; ask its owner")),
    "nobody_free": ("roster", _nobody_free),
    "no_ip_talk": ("charter", _nobody_knows("whether both sides will settle ownership first; ask them")),
}
