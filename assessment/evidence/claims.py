"""What the register of data assets shows about items, to be held against what people say."""

from __future__ import annotations

from accounts.models import Organization
from assessment.evidence.models import DataAsset
from assessment.question_bank import Questionnaire
from assessment.scoring import EvidenceClaim
from ui.words import plural

LABELS = "data.labeling_unification.labels"
ONE_REPOSITORY = "data.labeling_unification.one_repository"
DATA_MAP = "data.collection_plan.data_map"


def evidence_claims(organization: Organization, questionnaire: Questionnaire) -> list[EvidenceClaim]:
    """Claims about the items that this questionnaire asks; none while the register is empty."""
    assets = list(DataAsset.objects.filter(organization=organization, archived_at=None))
    if not assets:
        return []
    scoring = {item.key for item in questionnaire.maturity_items}
    found = [_labels(assets), _one_repository(assets), _data_map(assets)]
    return [claim for claim in found if claim is not None and claim.item in scoring]


def _labels(assets: list[DataAsset]) -> EvidenceClaim | None:
    labeled = sum(asset.labeled for asset in assets)
    if labeled == len(assets):
        return None
    registered = plural(len(assets), "data asset is", "data assets are")
    sentence = f"{registered} registered, {labeled or 'none'} of them labeled."
    return EvidenceClaim(LABELS, sentence, 1 if labeled else 0)


def _one_repository(assets: list[DataAsset]) -> EvidenceClaim | None:
    together = sum(asset.in_one_repository for asset in assets)
    if together:
        return None
    text = f"Of {plural(len(assets), 'data asset', 'data assets')}, none is in one shared repository."
    return EvidenceClaim(ONE_REPOSITORY, text, 0)


def _data_map(assets: list[DataAsset]) -> EvidenceClaim | None:
    missing = sum(not (asset.place and asset.legal_basis) for asset in assets)
    if not missing:
        return None
    text = (
        f"For {missing} of {plural(len(assets), 'data asset', 'data assets')} the register names no place "
        "or no legal basis."
    )
    return EvidenceClaim(DATA_MAP, text, 1 if missing * 2 >= len(assets) else 2)
