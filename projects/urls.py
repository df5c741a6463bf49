"""The addresses of projects."""

from __future__ import annotations

from django.urls import path

from projects.views import (
    board,
    closing,
    connecting,
    criteria,
    experiments,
    opening,
    overview,
    people,
    records,
    talking,
    waiting,
)

app_name = "projects"
urlpatterns = [
    path("", overview.project_list, name="list"),
    path("people/", people.people, name="people"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("open/<uuid:charter>/", opening.open_project, name="open"),
    path("open/initiatives/<slug:key>/", opening.open_initiative, name="open_initiative"),
    path("<uuid:pk>/", overview.show, name="show"),
    path("<uuid:pk>/close/", closing.close, name="close"),
    path("<uuid:pk>/move/", closing.move, name="move"),
    path("<uuid:pk>/people/add/", people.member_add, name="member_add"),
    path("people/<uuid:pk>/", people.member, name="member"),
    path("people/<uuid:pk>/leave/", people.member_leave, name="member_leave"),
    path("<uuid:pk>/board/", board.board, name="board"),
    path("<uuid:pk>/board/add/", board.add, name="task_add"),
    path("tasks/<uuid:pk>/", board.card, name="task"),
    path("tasks/<uuid:pk>/move/", board.move, name="task_move"),
    path("tasks/<uuid:pk>/archive/", board.archive, name="task_archive"),
    path("<uuid:pk>/records/", records.page, name="records"),
    path("<uuid:pk>/charts/<slug:name>.csv", records.chart_csv, name="chart_csv"),
    path("<uuid:pk>/records/add/<slug:kind>/", records.add, name="record_add"),
    path("milestones/<uuid:pk>/", records.milestone, name="milestone"),
    path("risks/<uuid:pk>/", records.risk, name="risk"),
    path("risks/<uuid:pk>/close/", records.close, name="risk_close"),
    path("papers/<uuid:pk>/archive/", records.archive, name="paper_archive"),
    path("<uuid:pk>/check-ins/", talking.checkins, name="checkins"),
    path("<uuid:pk>/waiting/", talking.asks, name="asks"),
    path("<uuid:pk>/experiments/", experiments.runs, name="experiments"),
    path("<uuid:pk>/experiments/compare/", experiments.compare, name="compare"),
    path("<uuid:pk>/runs/<slug:run>/", experiments.run, name="run"),
    path("<uuid:pk>/models/", experiments.models, name="models"),
    path("<uuid:pk>/models/nominate/", criteria.nominate_version, name="nominate"),
    path("<uuid:pk>/criteria/", criteria.criteria, name="criteria"),
    path("<uuid:pk>/criteria/read/", criteria.read_again, name="criteria_read"),
    path("<uuid:pk>/connect/", connecting.connect, name="connect"),
    path("<uuid:pk>/connect/arrival/", connecting.arrival, name="arrival"),
    path("<uuid:pk>/connect/token/", connecting.make_token, name="token_make"),
    path("tokens/<uuid:pk>/revoke/", connecting.revoke_token, name="token_revoke"),
    path("asks/<uuid:pk>/own/", waiting.answer_own, name="ask_own"),
    path("asks/<uuid:pk>/withdraw/", talking.withdraw, name="ask_withdraw"),
    path("asks/<uuid:pk>/answer/", talking.note_answer, name="ask_answer"),
    path("asks/<uuid:pk>/link/", talking.by_link, name="ask_link"),
]
