"""The sign-in pages: those of allauth that are wanted, each named here, and none by default."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as sessions
from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts.views import confirm
from accounts.views.guarded import fresh

urlpatterns = [
    path("", account.login, name="account_login"),
    path("out/", account.logout, name="account_logout"),
    path("closed/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("code/", account.request_login_code, name="account_request_login_code"),
    path("code/confirm/", account.confirm_login_code, name="account_confirm_login_code"),
    path("password/change/", fresh(account.password_change), name="account_change_password"),
    path("password/set/", fresh(account.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("again/", confirm.confirm, name="account_reauthenticate"),
    path("again/password/", confirm.by_password, name="confirm_by_password"),
    path("again/second-factor/", confirm.by_second_factor, name="confirm_by_second_factor"),
    path("again/code/send/", confirm.send_code, name="confirm_send_code"),
    path("again/code/", confirm.by_code, name="confirm_by_code"),
    path("second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("second-factor/again/", confirm.confirm, name="mfa_reauthenticate"),
    path("second-factor/settings/", mfa.index, name="mfa_index"),
    path("second-factor/on/", fresh(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/off/", fresh(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("recovery-codes/", fresh(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", fresh(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("recovery-codes/file/", fresh(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    # Addresses are changed in settings; allauth asks for this name.
    path("address/", RedirectView.as_view(pattern_name="accounts:address"), name="account_email"),
]
