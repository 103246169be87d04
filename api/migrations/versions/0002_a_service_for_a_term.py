"""Passwords, scopes, sections, holds, audit, uploads, transcripts and regrades"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EVERY_SCOPE = "read submit staff admin"


def upgrade() -> None:
    drop_append_only("grade_reports", "grade_changes")
    _add_to_accounts()
    with op.batch_alter_table("courses") as table:
        table.add_column(
            sa.Column("supersede_queued", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("courses") as table:
        table.alter_column("supersede_queued", server_default=None)
    with op.batch_alter_table("enrolments") as table:
        table.add_column(sa.Column("section", sa.String(length=50), nullable=True))
    with op.batch_alter_table("submissions") as table:
        table.add_column(sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("files_removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "submission_uploads",
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _refers("submission_uploads", "submission_id", "submissions"),
        sa.PrimaryKeyConstraint("submission_id", "name", name="pk_submission_uploads"),
    )
    _create_operations()
    _create_regrading()
    _extend_jobs()
    _extend_failures()
    with op.batch_alter_table("grade_reports") as table:
        table.add_column(sa.Column("backend", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("runtimes", sa.String(length=100), nullable=True))
        table.add_column(sa.Column("seconds", sa.Double(), nullable=True))
        table.add_column(sa.Column("measurements", sa.JSON(), nullable=True))
        table.add_column(sa.Column("regrade_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_grade_reports_regrade_id_regrades", "regrades", ["regrade_id"], ["id"])
        table.drop_constraint("uq_grade_reports_submission_id_lease", type_="unique")
        table.create_unique_constraint(
            "uq_grade_reports_submission_id_regrade_id", ["submission_id", "regrade_id"]
        )
    op.create_index(
        "ix_grade_reports_backend_runtimes_seconds", "grade_reports", ["backend", "runtimes", "seconds"]
    )
    op.create_index(
        "uq_grade_reports_lease",
        "grade_reports",
        ["submission_id", "lease"],
        unique=True,
        sqlite_where=sa.text("regrade_id IS NULL"),
        postgresql_where=sa.text("regrade_id IS NULL"),
    )
    create_append_only("grade_reports", "grade_changes", "audit_entries")


def downgrade() -> None:
    msg = "there is no way back from 0002: restore the backup that was made before the upgrade"
    raise NotImplementedError(msg)


def _add_to_accounts() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("password_hash", sa.String(length=300), nullable=True))
    kind = sa.Enum(
        *("token", "session", "password"),
        name="tokenkind",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    with op.batch_alter_table("tokens") as table:
        table.add_column(sa.Column("kind", kind, nullable=False, server_default="token"))
        table.add_column(
            sa.Column("scopes", sa.String(length=200), nullable=False, server_default=EVERY_SCOPE)
        )
        table.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("tokens") as table:
        table.alter_column("kind", server_default=None)
        table.alter_column("scopes", server_default=None)
    # Until now a browser's session was a token with this label.
    op.execute("UPDATE tokens SET kind = 'session' WHERE label = 'web page'")
    op.create_table(
        "device_logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_code", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("denied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        _refers("device_logins", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_device_logins"),
        sa.UniqueConstraint("device_sha256", name="uq_device_logins_device_sha256"),
        sa.UniqueConstraint("user_code", name="uq_device_logins_user_code"),
    )


def _create_operations() -> None:
    scope = sa.Enum(
        *("all", "course", "pset", "student"),
        name="holdscope",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "grading_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", scope, nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("pset_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("placed_by", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        _refers("grading_holds", "course_id", "courses"),
        _refers("grading_holds", "pset_id", "published_psets"),
        _refers("grading_holds", "user_id", "users"),
        _refers("grading_holds", "placed_by", "users"),
        _refers("grading_holds", "lifted_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_grading_holds"),
    )
    op.create_index("ix_grading_holds_lifted_at", "grading_holds", ["lifted_at"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        _refers("audit_entries", "actor_id", "users"),
        _refers("audit_entries", "course_id", "courses"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_course_id_id", "audit_entries", ["course_id", "id"])


def _create_regrading() -> None:
    op.create_table(
        "transcripts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("package_digest", sa.String(length=128), nullable=False),
        sa.Column("environment_digest", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _refers("transcripts", "submission_id", "submissions"),
        _refers("transcripts", "package_digest", "package_versions", "digest"),
        sa.PrimaryKeyConstraint("id", name="pk_transcripts"),
        sa.UniqueConstraint("submission_id", "lease", name="uq_transcripts_submission_id_lease"),
    )
    kind = sa.Enum(
        "replay", "rerun", name="regradekind", native_enum=False, create_constraint=True, length=32
    )
    state = sa.Enum(
        *("queued", "running", "ready", "applied", "discarded", "failed"),
        name="regradestate",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "regrades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pset_id", sa.Integer(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("package_digest", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=100), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        _refers("regrades", "pset_id", "published_psets"),
        _refers("regrades", "package_digest", "package_versions", "digest"),
        _refers("regrades", "requested_by", "users"),
        _refers("regrades", "closed_by", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_regrades"),
    )
    op.create_index("ix_regrades_pset_id", "regrades", ["pset_id"])
    item = sa.Enum(
        *("waiting", "rerun", "scored", "failed"),
        name="itemstate",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "regrade_items",
        sa.Column("regrade_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("state", item, nullable=False),
        sa.Column("before_report_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Double(), nullable=True),
        sa.Column("after", sa.Double(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        _refers("regrade_items", "before_report_id", "grade_reports"),
        _refers("regrade_items", "regrade_id", "regrades"),
        _refers("regrade_items", "submission_id", "submissions"),
        sa.PrimaryKeyConstraint("regrade_id", "submission_id", name="pk_regrade_items"),
    )


def _extend_jobs() -> None:
    with op.batch_alter_table("grading_jobs") as table:
        table.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("regrade_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("outages", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("outage_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE grading_jobs SET user_id = "
        "(SELECT user_id FROM submissions WHERE submissions.id = grading_jobs.submission_id)"
    )
    # What waits at the time of the upgrade takes its turns as if it had just arrived.
    op.execute(
        "UPDATE grading_jobs SET turn = (SELECT count(*) FROM grading_jobs AS ahead WHERE "
        "ahead.user_id = grading_jobs.user_id AND ahead.state = 'queued' AND ahead.id < grading_jobs.id) "
        "WHERE state = 'queued'"
    )
    states = ("queued", "running", "done", "parked", "superseded", "quarantined")
    with op.batch_alter_table("grading_jobs") as table:
        table.alter_column("user_id", existing_type=sa.Integer(), nullable=False)
        table.alter_column("turn", server_default=None)
        table.alter_column("outages", server_default=None)
        table.create_foreign_key("fk_grading_jobs_user_id_users", "users", ["user_id"], ["id"])
        table.create_foreign_key("fk_grading_jobs_regrade_id_regrades", "regrades", ["regrade_id"], ["id"])
        table.drop_constraint(op.f("ck_grading_jobs_jobstate"), type_="check")
        table.create_check_constraint("jobstate", sa.column("state").in_(states))
    op.drop_index("ix_grading_jobs_state_not_before", "grading_jobs")
    op.create_index("ix_grading_jobs_state_turn_id", "grading_jobs", ["state", "turn", "id"])
    op.create_index("ix_grading_jobs_user_id_turn", "grading_jobs", ["user_id", "turn"])
    started = sa.text("started_at IS NOT NULL")
    op.create_index(
        *("ix_grading_jobs_started_turn", "grading_jobs", ["turn"]),
        sqlite_where=started,
        postgresql_where=started,
    )


def _extend_failures() -> None:
    with op.batch_alter_table("grading_failures") as table:
        table.add_column(sa.Column("kind", sa.String(length=32), nullable=False, server_default="failed"))
    with op.batch_alter_table("grading_failures") as table:
        table.alter_column("kind", server_default=None)
        table.create_check_constraint("failurekind", sa.column("kind").in_(("failed", "silent", "outage")))
    op.execute("UPDATE grading_failures SET kind = 'silent' WHERE detail LIKE 'worker % fell silent%'")


def _refers(table: str, column: str, other: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=f"fk_{table}_{column}_{other}")


def create_append_only(*tables: str) -> None:
    """Make the database itself refuse to rewrite ``tables``: not even a mistake of ours may."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'restrict_violation'; END$$"
        )
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            then = (
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                if sqlite
                else "FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite()"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {then}")


def drop_append_only(*tables: str) -> None:
    for table in tables:
        for verb in ("update", "delete"):
            on = "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}")
