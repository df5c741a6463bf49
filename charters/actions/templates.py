"""Beginning from what was written before: templates of an organization, and copies of past charters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from charters.actions.drafting import create_charter, save_fields
from charters.content import content
from charters.document import fields_of
from charters.fields import FieldError, Spec, Value, clean_scalar
from charters.models import Charter, CharterTemplate, DraftField
from charters.queries import current_document
from charters.reuse import copy_fields, template_fields
from charters.signoff import State
from roadmap.use_case_models import UseCase
from ui.errors import Conflict, Invalid, TooMany

MOST_TEMPLATES = 100
MAX_NAME = 120


@transaction.atomic
def begin_charter(
    organization: Organization,
    *,
    by: User,
    use_case: UseCase | None = None,
    title: str = "",
    code: str = "",
    plan_item: str = "",
    template: CharterTemplate | None = None,
    copy_of: Charter | None = None,
    replaces: bool = False,
) -> Charter:
    """Begin a charter, from a template or as a copy; what the use case says goes before what is copied.

    With `replaces` the new charter is to take the place of the one copied, which has to be in force.
    """
    source = _source(organization, template, copy_of)
    if replaces and (copy_of is None or copy_of.state != State.IN_FORCE):
        raise Invalid(
            "Only a charter in force can be replaced.",
            fields={"replaces": ["Only a charter in force, copied here, can be replaced."]},
        )
    if copy_of is not None and use_case is None:
        use_case = copy_of.use_case
        title = title or copy_of.title
    charter = create_charter(
        organization, by=by, use_case=use_case, title=title, code=code, plan_item=plan_item
    )
    held = set(DraftField.objects.filter(charter=charter).values_list("name", flat=True))
    save_fields(
        charter, by=by, changes={name: (value, 0) for name, value in source.items() if name not in held}
    )
    if replaces:
        Charter.objects.filter(pk=charter.pk).update(replaces=copy_of)
    charter.refresh_from_db()
    return charter


def _source(
    organization: Organization, template: CharterTemplate | None, copy_of: Charter | None
) -> Mapping[str, Value]:
    if template is not None and copy_of is not None:
        raise Invalid("Begin from a template or from a charter, not from both.")
    if template is not None:
        if template.organization_id != organization.pk or template.archived_at:
            raise Invalid("There is no such template.", fields={"template": ["There is no such template."]})
        fields: Mapping[str, Value] = template.fields
        return fields
    if copy_of is not None:
        if copy_of.organization_id != organization.pk:
            raise Invalid("There is no such charter.", fields={"copy_of": ["There is no such charter."]})
        return copy_fields(fields_of(current_document(copy_of)))
    return {}


@transaction.atomic
def save_template(charter: Charter, *, name: str, note: str = "", by: User) -> CharterTemplate:
    """Keep the shape of a charter for the next ones: without people, days and its own figures."""
    values = _cleaned(name, note)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=charter.organization_id)
    if CharterTemplate.objects.filter(organization=organization, archived_at=None).count() >= MOST_TEMPLATES:
        raise TooMany(f"An organization keeps at most {MOST_TEMPLATES} templates. Archive one first.")
    fields = template_fields(fields_of(current_document(charter)), content())
    try:
        with transaction.atomic():
            template = CharterTemplate.objects.create(
                organization=organization, fields=fields, made_from=charter, made_by=by, **values
            )
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    _record(template, "charter_template.saved", by, {"charter": charter.pk})
    return template


@transaction.atomic
def rename_template(template: CharterTemplate, *, name: str, note: str = "", by: User) -> CharterTemplate:
    """Another name or note for a template."""
    values = _cleaned(name, note)
    open_ones = CharterTemplate.objects.filter(pk=template.pk, archived_at=None)
    try:
        with transaction.atomic():
            if not open_ones.update(**values):
                raise Conflict("This template is archived.")
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    template.refresh_from_db()
    _record(template, "charter_template.renamed", by, {})
    return template


@transaction.atomic
def archive_template(template: CharterTemplate, *, by: User) -> None:
    """Offer a template no more; charters that began from it stay as they are."""
    open_ones = CharterTemplate.objects.filter(pk=template.pk, archived_at=None)
    if not open_ones.update(archived_at=timezone.now()):
        raise Conflict("This template is archived already.")
    _record(template, "charter_template.archived", by, {})


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a template “{name}” already. Choose another name.")


def _cleaned(name: str, note: str) -> dict[str, str]:
    errors: dict[str, list[str]] = {}
    values = {}
    for key, label, text, most in (("name", "Name", name, MAX_NAME), ("note", "Note", note, 300)):
        try:
            values[key] = str(clean_scalar(Spec(key, label, "line"), text))
        except FieldError as error:
            errors[key] = [str(error)]
            continue
        if len(values[key]) > most:
            errors[key] = [f"At most {most} characters."]
    if not errors and not values["name"]:
        errors["name"] = ["A template needs a name."]
    if errors:
        raise Invalid("This template cannot be kept.", fields=errors)
    return values


def _record(template: CharterTemplate, event: str, by: User, data: dict[str, Any]) -> None:
    audit.record(
        organization=template.organization,
        actor=by,
        event=event,
        subject=template,
        data=data,
        # People name templates after people; erasure can empty this.
        personal={"name": template.name},
    )
