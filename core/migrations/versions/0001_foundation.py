"""The foundation: FAB's users and roles, and the core's nouns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# Plain types on purpose: were these the models' own, a later change of theirs would change history.
MOMENT = sa.DateTime(timezone=True)
MONEY = sa.Numeric(18, 2).with_variant(sa.BigInteger(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TOKEN = sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql")
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def choice(name: str, *values: str) -> sa.Enum:
    """One of a few words, guarded by a CHECK."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def tenant_key() -> tuple[Any, ...]:
    """The id of a tenant's row, whose it is, and the pair that foreign keys point at."""
    return (
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def tenant_fk(column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    """A foreign key that can't cross tenants."""
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
    )


def where(condition: str) -> dict[str, Any]:
    """A partial index's condition, for both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    create_users()
    create_nouns()
    count_open_conversations()
    op.execute("INSERT INTO security_version (id, version) VALUES (1, 1)")


def create_users() -> None:
    """FAB's own tables. Its models name their sequences as PostgreSQL names a serial's."""

    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("label", sa.String(150), nullable=True),
        sa.Column("description", sa.String(512), nullable=True),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("first_name", sa.String(64), nullable=False),
        sa.Column("last_name", sa.String(64), nullable=False),
        sa.Column("username", sa.String(128), nullable=False, unique=True),
        sa.Column("password", sa.String(256), nullable=True),
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(256), nullable=True),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("first_name", sa.String(64), nullable=False),
        sa.Column("last_name", sa.String(64), nullable=False),
        sa.Column("username", sa.String(128), nullable=False, unique=True),
        sa.Column("password", sa.String(256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(250), nullable=False, unique=True),
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uuid", sa.String(36), nullable=False, unique=True),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("key_hash", sa.String(256), nullable=False),
        sa.Column("lookup_hash", sa.String(256), nullable=True, unique=True),
        sa.Column("key_prefix", sa.String(16), nullable=False),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
    )
    op.create_index("idx_api_key_lookup_hash", "ab_api_key", ["lookup_hash"], unique=True)
    op.create_index("idx_api_key_prefix", "ab_api_key", ["key_prefix"])
    op.create_index("idx_api_key_user_id", "ab_api_key", ["user_id"])
    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "group_id",
            sa.Integer(),
            sa.ForeignKey("ab_group.id", ondelete="CASCADE"),
            nullable=True,
        ),
        sa.Column(
            "role_id", sa.Integer(), sa.ForeignKey("ab_role.id", ondelete="CASCADE"), nullable=True
        ),
        sa.UniqueConstraint("group_id", "role_id"),
    )
    op.create_index("idx_group_id", "ab_group_role", ["group_id"])
    op.create_index("idx_group_role_id", "ab_group_role", ["role_id"])
    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("permission_id", sa.Integer(), sa.ForeignKey("ab_permission.id"), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), sa.ForeignKey("ab_view_menu.id"), nullable=False),
        sa.UniqueConstraint("permission_id", "view_menu_id"),
    )
    op.create_index("idx_permission_id", "ab_permission_view", ["permission_id"])
    op.create_index("idx_view_menu_id", "ab_permission_view", ["view_menu_id"])
    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column(
            "group_id",
            sa.Integer(),
            sa.ForeignKey("ab_group.id", ondelete="CASCADE"),
            nullable=True,
        ),
        sa.UniqueConstraint("user_id", "group_id"),
    )
    op.create_index("idx_user_group_id", "ab_user_group", ["group_id"])
    op.create_index("idx_user_id", "ab_user_group", ["user_id"])
    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column(
            "role_id", sa.Integer(), sa.ForeignKey("ab_role.id", ondelete="CASCADE"), nullable=True
        ),
        sa.UniqueConstraint("user_id", "role_id"),
    )
    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "permission_view_id",
            sa.Integer(),
            sa.ForeignKey("ab_permission_view.id", ondelete="CASCADE"),
            nullable=True,
        ),
        sa.Column(
            "role_id", sa.Integer(), sa.ForeignKey("ab_role.id", ondelete="CASCADE"), nullable=True
        ),
        sa.UniqueConstraint("permission_view_id", "role_id"),
    )
    op.create_index("idx_permission_view_id", "ab_permission_view_role", ["permission_view_id"])
    op.create_index("idx_role_id", "ab_permission_view_role", ["role_id"])


def create_nouns() -> None:
    """The core's tables, in the order of their foreign keys."""
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("plugins", JSON, nullable=False),
        sa.Column("limits", JSON, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
    )
    op.create_table(
        "process",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("host", sa.String(120), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("serves", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("next_at", MOMENT, nullable=False),
    )
    op.create_table(
        "security_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(40), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("plan_id", sa.Integer(), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("default_region", sa.String(2), nullable=False),
        sa.Column("number_style", choice("numberstyle_choice", "plain", "plus"), nullable=False),
        sa.Column("locale", sa.String(10), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("switch_version", sa.Integer(), nullable=False),
        sa.Column("limits_agents", sa.Boolean(), nullable=False),
        sa.Column("stop_words", JSON, nullable=True),
        sa.Column("start_words", JSON, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_token",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_entry",
        *tenant_key(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL"), nullable=True
        ),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(160), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_noun", "audit_entry", ["tenant_id", "noun", "row_id"])
    op.create_table(
        "customer",
        *tenant_key(),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("successor_id", "customer"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_name", "customer", ["tenant_id", "name"])
    op.create_index(
        "ix_customer_successor",
        "customer",
        ["tenant_id", "successor_id"],
        **where("successor_id IS NOT NULL"),
    )
    op.create_table(
        "division",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column(
            "tenant_id", sa.Integer(), sa.ForeignKey("tenant.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("lane", sa.String(100), nullable=True),
        sa.Column("crowd", sa.String(60), nullable=True),
        sa.Column("queue", sa.String(20), nullable=False),
        sa.Column(
            "state", choice("jobstate_choice", "ready", "leased", "dead", "parked"), nullable=False
        ),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("begun", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    is_free = where("state = 'ready' AND lane IS NULL")
    has_lane = where("lane IS NOT NULL")
    op.create_index("ix_job_free", "job", ["queue", "due_at", "id"], **is_free)
    op.create_index("ix_job_lane", "job", ["lane", "tenant_id", "state", "id"], **has_lane)
    op.create_index("ix_job_leased", "job", ["lease_until"], **where("state = 'leased'"))
    op.create_index("ix_job_parked", "job", ["tenant_id", "actor"], **where("state = 'parked'"))
    op.create_index("ix_job_ready", "job", ["queue", "due_at", "id"], **where("state = 'ready'"))
    op.create_index("ix_job_tenant", "job", ["tenant_id", "state"])
    op.create_table(
        "label",
        *tenant_key(),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("color", sa.String(20), nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        *tenant_key(),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "presence",
            choice("presence_choice", "online", "busy", "away", "offline"),
            nullable=False,
        ),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("open_count + promised <= capacity + beyond", name="within_capacity"),
        sa.UniqueConstraint("tenant_id", "user_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "module",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("stages", JSON, nullable=False),
        sa.Column("allows_sms", sa.Boolean(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plugin_switch",
        *tenant_key(),
        sa.Column("plugin", sa.String(40), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "plugin"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "raw_inbox",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column(
            "tenant_id",
            sa.Integer(),
            sa.ForeignKey("tenant.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_raw_inbox_tenant", "raw_inbox", ["tenant_id", "id"])
    op.create_table(
        "user_state",
        sa.Column(
            "user_id",
            sa.Integer(),
            sa.ForeignKey("ab_user.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("session_version", sa.BigInteger(), nullable=False),
        sa.Column("last_tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=True),
        sa.Column("locale", sa.String(10), nullable=True),
    )
    op.create_table(
        "channel",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("own_address", sa.String(120), nullable=False),
        sa.Column("region", sa.String(2), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column(
            "state",
            choice("channelstate_choice", "new", "connected", "paused", "broken"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column(
            "filter", choice("channelfilter_choice", "none", "known", "except"), nullable=False
        ),
        sa.Column("filter_numbers", JSON, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("module_id", sa.Integer(), nullable=True),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        sa.Column("last_webhook_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("owner_id", "membership"),
        tenant_fk("module_id", "module"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contact",
        *tenant_key(),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("consent", choice("consent_choice", "unknown", "in", "out"), nullable=False),
        sa.Column("consent_by", sa.String(20), nullable=True),
        sa.Column("consent_at", MOMENT, nullable=True),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("home_id", "customer"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_customer", "contact", ["tenant_id", "customer_id"])
    op.create_index("ix_contact_home", "contact", ["tenant_id", "home_id"])
    op.create_index("ix_contact_email", "contact", ["tenant_id", "email"])
    op.create_index("ix_contact_phone", "contact", ["tenant_id", "phone"])
    op.create_table(
        "bad_inbound_item",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "card",
        *tenant_key(),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(60), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("module_id", "module"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("agent_id", "membership"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_contact", "card", ["tenant_id", "contact_id", "is_open", "updated_at"])
    op.create_index("ix_card_board", "card", ["tenant_id", "module_id", "stage", "place", "id"])
    op.create_table(
        "channel_count",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "what"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "customer_choice",
        *tenant_key(),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("pins", JSON, nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        sa.UniqueConstraint("tenant_id", "customer_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "profile_rule",
        *tenant_key(),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.UniqueConstraint("tenant_id", "field"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "customer_merge",
        *tenant_key(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column(
            "kind",
            choice("mergekind_choice", "merge", "unmerge", "undo", "main_channel", "pin"),
            nullable=False,
        ),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(100), nullable=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("undoes_id", "customer_merge"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "idempotency_key"),
        sa.UniqueConstraint("tenant_id", "undoes_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_merge_customer", "customer_merge", ["tenant_id", "customer_id"])
    op.create_table(
        "customer_merge_contact",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), primary_key=True),
        tenant_fk("event_id", "customer_merge", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact"),
    )
    op.create_index(
        "ix_customer_merge_contact",
        "customer_merge_contact",
        ["tenant_id", "contact_id", "event_id"],
    )
    op.create_table(
        "contact_label",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), primary_key=True),
        sa.Column("label_id", sa.Integer(), primary_key=True),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("label_id", "label", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_contact_label_label", "contact_label", ["tenant_id", "label_id", "contact_id"]
    )
    op.create_table(
        "early_status",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(190), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("error", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id", "state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identity",
        *tenant_key(),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            choice(
                "identitykind_choice",
                "phone",
                "email",
                "bsuid",
                "lid",
                "psid",
                "igsid",
                "telegram",
                "tiktok_im",
                "shopee_user",
                "lazada_buyer",
            ),
            nullable=False,
        ),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "scope", "kind", "address"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identity_contact", "identity", ["tenant_id", "contact_id"])
    op.create_table(
        "order",
        *tenant_key(),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column(
            "status",
            choice("orderstatus_choice", "new", "processing", "shipped", "received", "cancelled"),
            nullable=False,
        ),
        sa.Column(
            "payment", choice("paymentstate_choice", "unpaid", "part", "paid"), nullable=False
        ),
        sa.Column("verified_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("estimated_date", sa.Date(), nullable=True),
        sa.Column("carrier", sa.String(60), nullable=False),
        sa.Column("tracking_number", sa.String(80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(120), nullable=True),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("contact_id", "contact"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "number"),
        sa.UniqueConstraint("tenant_id", "source", "external_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_contact", "order", ["tenant_id", "contact_id"])
    op.create_table(
        "order_source",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "order_delivery",
        *tenant_key(),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(190), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(190), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        tenant_fk("source_id", "order_source", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "source_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_delivery_at", "order_delivery", ["tenant_id", "at"])
    op.create_table(
        "template",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("variables", JSON, nullable=False),
        sa.Column("provider_name", sa.String(120), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=True),
        sa.Column(
            "state",
            choice(
                "templatestate_choice",
                "approved",
                "pending",
                "rejected",
                "paused",
                "disabled",
                "gone",
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("quality", sa.String(20), nullable=False),
        sa.Column("slots", JSON, nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel"),
        sa.UniqueConstraint("tenant_id", "name"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice",
        *tenant_key(),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("level", choice("noticelevel_choice", "bad", "warning", "good"), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("href", sa.String(200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_notice_open",
        "notice",
        ["tenant_id", "key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "conversation",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("division_id", sa.Integer(), nullable=True),
        sa.Column(
            "state", choice("conversationstate_choice", "open", "pending", "closed"), nullable=False
        ),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("preview", sa.String(160), nullable=False),
        sa.Column(
            "preview_direction", choice("direction_choice", "in", "out", "internal"), nullable=False
        ),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("window_until", MOMENT, nullable=True),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel"),
        tenant_fk("identity_id", "identity"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("assignee_id", "membership"),
        tenant_fk("division_id", "division"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "channel_id", "identity_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_conversation_agent",
        "conversation",
        ["tenant_id", "assignee_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_index(
        "ix_conversation_all",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
    )
    op.create_index(
        "ix_conversation_snoozed",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state = 'pending'"),
    )
    op.create_index(
        "ix_conversation_agent_closed",
        "conversation",
        ["tenant_id", "assignee_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state = 'closed'"),
    )
    op.create_index(
        "ix_conversation_channel",
        "conversation",
        ["tenant_id", "channel_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_index("ix_conversation_contact", "conversation", ["tenant_id", "contact_id"])
    op.create_index(
        "ix_conversation_division",
        "conversation",
        ["tenant_id", "division_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed' AND division_id IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_unread",
        "conversation",
        ["tenant_id", "assignee_id"],
        **where("state <> 'closed' AND unread > 0"),
    )
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["tenant_id", "waiting_since", sa.text("id DESC")],
        **where("state <> 'closed' AND waiting_since IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_open",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_table(
        "order_line",
        *tenant_key(),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        tenant_fk("order_id", "order", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "assignment",
        *tenant_key(),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("division_id", sa.Integer(), nullable=True),
        sa.Column("by_user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("agent_id", "membership"),
        tenant_fk("division_id", "division"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_assignment_conversation", "assignment", ["tenant_id", "conversation_id", "id"]
    )
    op.create_table(
        "message",
        *tenant_key(),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("reply_to_id", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.String(190), nullable=True),
        sa.Column("direction", choice("direction_choice", "in", "out", "internal"), nullable=False),
        sa.Column(
            "sender",
            choice(
                "sender_choice",
                "customer",
                "agent",
                "phone",
                "automation",
                "api",
                "bot",
                "broadcast",
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            choice(
                "messagekind_choice",
                "text",
                "image",
                "video",
                "audio",
                "document",
                "sticker",
                "template",
                "note",
                "placeholder",
            ),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", JSON, nullable=True),
        sa.Column(
            "state",
            choice(
                "messagestate_choice",
                "received",
                "queued",
                "sending",
                "unknown",
                "accepted",
                "sent",
                "delivered",
                "read",
                "played",
                "failed",
            ),
            nullable=False,
        ),
        sa.Column("error_class", sa.String(20), nullable=False),
        sa.Column("error_code", sa.String(40), nullable=False),
        sa.Column("error_reason", sa.String(500), nullable=False),
        sa.Column("reactions", JSON, nullable=False),
        sa.Column("raw", JSON, nullable=True),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("author_id", "membership"),
        tenant_fk("card_id", "card"),
        tenant_fk("reply_to_id", "message"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_contact", "message", ["tenant_id", "contact_id", "id"])
    op.create_index("ix_message_conversation", "message", ["tenant_id", "conversation_id", "id"])
    op.create_table(
        "mention",
        *tenant_key(),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "message_id", "member_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mention_member", "mention", ["tenant_id", "member_id", "conversation_id"])
    op.create_index(
        "ix_mention_unseen", "mention", ["tenant_id", "member_id"], **where("seen_at IS NULL")
    )
    op.create_table(
        "quick_reply",
        *tenant_key(),
        sa.Column("shortcut", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "shortcut"),
        sqlite_autoincrement=True,
    )
    for of in ("contact", "message"):
        op.create_table(
            f"{of}_token",
            sa.Column("tenant_id", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("token", TOKEN, primary_key=True),
            sa.Column(f"{of}_id", sa.Integer(), primary_key=True, autoincrement=False),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "task",
        *tenant_key(),
        sa.Column("kind", choice("taskkind_choice", "reply", "todo"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("card_id", "card"),
        tenant_fk("agent_id", "membership"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_task_deadline", "task", ["tenant_id", "done_at", "deadline"])
    op.create_index(
        "uq_task_open_reply",
        "task",
        ["tenant_id", "contact_id", "channel_id"],
        unique=True,
        **where("kind = 'reply' AND done_at IS NULL"),
    )
    op.create_table(
        "attachment",
        *tenant_key(),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            choice(
                "messagekind_choice",
                "text",
                "image",
                "video",
                "audio",
                "document",
                "sticker",
                "template",
                "note",
                "placeholder",
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("mime_type", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("provider_ref", JSON, nullable=False),
        sa.Column(
            "state", choice("attachmentstate_choice", "pending", "stored", "failed"), nullable=False
        ),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attachment_message", "attachment", ["tenant_id", "message_id"])
    op.create_table(
        "division_member",
        *tenant_key(),
        sa.Column("division_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        tenant_fk("division_id", "division", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "division_id", "member_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "allocation",
        *tenant_key(),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "member_id", "channel_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_allocation_channel", "allocation", ["tenant_id", "channel_id"])


def count_open_conversations() -> None:
    """Keep `membership.open_count`, whoever writes conversations: one by one or in sets.

    What `services.giving` promised before is taken from the promise; anything else may go beyond
    the capacity, which only routing has to keep.
    """
    is_postgres = op.get_bind().dialect.name == "postgresql"
    greatest, least = ("greatest", "least") if is_postgres else ("max", "min")
    fewer = f"""
        UPDATE membership SET open_count = open_count - 1,
            beyond = {greatest}(0, {least}(beyond, open_count - 1 - capacity))
        WHERE tenant_id = OLD.tenant_id AND id = OLD.assignee_id;"""  # noqa: S608 - fixed words
    more = f"""
        UPDATE membership SET open_count = open_count + 1,
            beyond = CASE WHEN promised > 0 THEN beyond
                ELSE {greatest}(beyond, open_count + 1 - capacity) END,
            promised = {greatest}(promised - 1, 0)
        WHERE tenant_id = NEW.tenant_id AND id = NEW.assignee_id;"""  # noqa: S608 - fixed words
    was_held = "OLD.assignee_id IS NOT NULL AND OLD.state <> 'closed'"
    is_held = "NEW.assignee_id IS NOT NULL AND NEW.state <> 'closed'"
    differs = "IS DISTINCT FROM" if is_postgres else "IS NOT"
    moved = f"""(OLD.assignee_id {differs} NEW.assignee_id
        OR (OLD.state = 'closed') <> (NEW.state = 'closed'))"""
    for name, event, condition, body in (
        ("began", "INSERT", is_held, more),
        ("ended", "DELETE", was_held, fewer),
        ("left", "UPDATE OF assignee_id, state", f"{moved} AND {was_held}", fewer),
        ("taken", "UPDATE OF assignee_id, state", f"{moved} AND {is_held}", more),
    ):
        trigger = f"conversation_{name}"
        if is_postgres and name == "left":
            # both counters in one order: two people may hand each other a conversation at once
            body = f"""
                PERFORM 1 FROM membership
                WHERE tenant_id = OLD.tenant_id AND id IN (OLD.assignee_id, NEW.assignee_id)
                ORDER BY id FOR NO KEY UPDATE; {body}"""
        if is_postgres:
            op.execute(
                f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body} RETURN NULL; END $$"
            )
            body = f"EXECUTE FUNCTION {trigger}()"
        else:
            body = f"BEGIN {body} END"
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON conversation FOR EACH ROW "
            f"WHEN ({condition}) {body}"
        )


def downgrade() -> None:
    for table in (
        "allocation",
        "division_member",
        "message_token",
        "contact_token",
        "quick_reply",
        "mention",
        "customer_merge_contact",
        "customer_merge",
        "customer_choice",
        "profile_rule",
        "attachment",
        "task",
        "message",
        "assignment",
        "order_line",
        "order_delivery",
        "order_source",
        "conversation",
        "template",
        "order",
        "identity",
        "early_status",
        "contact_label",
        "channel_count",
        "card",
        "bad_inbound_item",
        "contact",
        "channel",
        "user_state",
        "raw_inbox",
        "plugin_switch",
        "module",
        "membership",
        "label",
        "job",
        "division",
        "customer",
        "audit_entry",
        "api_token",
        "ab_permission_view_role",
        "tenant",
        "ab_user_role",
        "ab_user_group",
        "ab_permission_view",
        "ab_group_role",
        "ab_api_key",
        "security_version",
        "schedule",
        "process",
        "plan",
        "ab_view_menu",
        "ab_user",
        "ab_role",
        "ab_register_user",
        "ab_permission",
        "ab_group",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("began", "ended", "left", "taken"):
            op.execute(f"DROP FUNCTION conversation_{name}()")
