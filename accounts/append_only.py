"""The one place with SQL of its own: triggers that keep the audit log append-only in both databases."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EVENT = "accounts_auditevent"
CLEAR = "accounts_auditcleartext"

SQLITE = {
    "accounts_audit_no_update": f"BEFORE UPDATE ON {EVENT}",
    "accounts_audit_no_delete": f"BEFORE DELETE ON {EVENT}",
    "accounts_clear_no_delete": f"BEFORE DELETE ON {CLEAR}",
    # Erasure empties a field; nothing may fill or change one.
    "accounts_clear_only_emptied": f"BEFORE UPDATE ON {CLEAR} WHEN NEW.value <> '' OR NEW.salt <> ''"
    " OR NEW.event_id <> OLD.event_id OR NEW.field <> OLD.field",
}

POSTGRES_REFUSE = """
CREATE OR REPLACE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit rows are append-only'; END $$
"""
POSTGRES = {
    "accounts_audit_no_change": (EVENT, "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"),
    "accounts_audit_no_truncate": (EVENT, "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
    "accounts_clear_no_delete": (CLEAR, "BEFORE DELETE ON {table} FOR EACH ROW"),
    "accounts_clear_no_truncate": (CLEAR, "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
    "accounts_clear_only_emptied": (
        CLEAR,
        "BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NEW.value <> '' OR NEW.salt <> ''"
        " OR NEW.event_id <> OLD.event_id OR NEW.field <> OLD.field)",
    ),
}


def install(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers; safe to run again."""
    remove(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_REFUSE)
        for name, (table, clause) in POSTGRES.items():
            when = clause.format(table=table)
            schema_editor.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION accounts_audit_refuse()")
    else:
        for name, clause in SQLITE.items():
            refuse = "BEGIN SELECT RAISE(ABORT, 'audit rows are append-only'); END"
            schema_editor.execute(f"CREATE TRIGGER {name} {clause} {refuse}")


def remove(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers: the way back of the migration, and how tests tamper."""
    if schema_editor.connection.vendor == "postgresql":
        for name, (table, _) in POSTGRES.items():
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    else:
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
