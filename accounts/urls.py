"""The addresses of accounts."""

from __future__ import annotations

from django.urls import path

from accounts.views import audit, invitations, links, mail, organizations, people, settings, start

app_name = "accounts"
urlpatterns = [
    path("first/<str:token>/", start.first_link, name="first"),
    path("start/", start.start, name="start"),
    path("link/<str:token>/", links.open_link, name="link"),
    path("invitation/", invitations.invited, name="invited"),
    path("invitation/accept/", invitations.accept, name="accept"),
    path("invitation/join/", invitations.join, name="join"),
    path("invitation/<str:token>/", invitations.open_invitation, name="invitation"),
    path("people/", people.people, name="people"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/mail/", mail.mails, name="mails"),
    path("people/mail/<uuid:pk>/retry/", mail.retry, name="mail_retry"),
    path("people/mail/<uuid:pk>/bounced/", mail.bounced, name="mail_bounced"),
    path("people/invitations/<uuid:pk>/", invitations.correct, name="invitation_correct"),
    path("people/invitations/<uuid:pk>/resend/", invitations.resend, name="invitation_resend"),
    path("people/invitations/<uuid:pk>/revoke/", invitations.revoke, name="invitation_revoke"),
    path("people/<uuid:pk>/", people.member, name="member"),
    path("people/<uuid:pk>/functions/", people.functions, name="member_functions"),
    path("people/<uuid:pk>/role/", people.role, name="member_role"),
    path("people/<uuid:pk>/remove/", people.remove, name="member_remove"),
    path("people/<uuid:pk>/erase/", people.erase, name="member_erase"),
    path("settings/", settings.settings, name="settings"),
    path("settings/profile/", settings.profile, name="profile"),
    path("settings/address/", settings.address, name="address"),
    path("settings/address/code/", settings.address_code, name="address_code"),
    path("settings/tokens/", settings.tokens, name="tokens"),
    path("settings/tokens/new/", settings.create_token, name="token_create"),
    path("settings/tokens/<uuid:pk>/revoke/", settings.revoke_token, name="token_revoke"),
    path("settings/organization/", organizations.settings, name="organization"),
    path("settings/units/", organizations.units, name="units"),
    path("settings/units/new/", organizations.add_unit, name="unit_add"),
    path("settings/units/<uuid:pk>/rename/", organizations.rename_unit, name="unit_rename"),
    path("settings/units/<uuid:pk>/remove/", organizations.remove_unit, name="unit_remove"),
    path("settings/archive/", organizations.archive, name="archive"),
    path("organizations/new/", organizations.create, name="organization_new"),
    path("organizations/<uuid:pk>/switch/", organizations.switch, name="switch"),
    path("organizations/<uuid:pk>/restore/", organizations.restore, name="restore"),
    path("audit/", audit.log, name="audit"),
    path("audit/check/", audit.check, name="audit_check"),
]
