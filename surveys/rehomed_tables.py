"""Every table whose rows name a unit, and how a reform moves them; declared here once."""

from geodata import rehoming
from geodata.rehoming import HAMLETS, Rows
from surveys.layers import CATALOGUE

_NO_PLACE = "NULL::geometry"
# After the layers: a submission goes where its proposal went, a file where its submission went.
_FOLLOWING = (
    Rows("restricted_reports", place=_NO_PLACE),
    Rows("proposals", version="NULL::int", nullable=True, queue="f.state = 'waiting'"),
    *(
        Rows(table, place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", nullable=True, queue="false")
        for table in ("imports", "exports")
    ),
    *(
        Rows(
            table, key=f"f.{key}", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", queue="false",
            leader=f"SELECT a.{key} AS key, r.commune_id AS unit FROM {table} a"  # noqa: S608  names from this file
            " JOIN situation_reports r ON r.id = a.report_id",
        )
        for table, key in (("case_answers", "id"), ("case_events", "id"), ("case_duplicates", "report_id"))
    ),
    *(
        Rows(
            table, key=f"f.{key}", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", queue="false",
            leader=f"SELECT a.{key} AS key, p.commune_id AS unit FROM {table} a"  # noqa: S608  names from this file
            f" JOIN {layer} p ON p.id = a.{of}",
        )
        for table, key, layer, of in (
            ("resettlement_steps", "id", "resettlement_projects", "project_id"),
            ("resettlement_progress", "id", "resettlement_projects", "project_id"),
            ("check_answers", "id", "democracy_checks", "check_id"),
            ("check_findings", "id", "democracy_checks", "check_id"),
            ("model_registrations", "model_id", "community_models", "model_id"),
            ("model_assessments", "id", "community_models", "model_id"),
            ("model_recognitions", "id", "community_models", "model_id"),
            ("site_requests", "id", "religious_sites", "site_id"),
        )
    ),
    Rows("grassroots_blocks", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", queue="false"),
    # Where a published class is seen; the unit it was published for stays in the row.
    Rows("area_classifications", place=_NO_PLACE, version="NULL::int", queue="false"),
    # Whose they are; and, of a page, what it shows. Of a whole province the commune is 0.
    *(
        Rows(table, name, commune=commune, place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", queue="false")
        for table, name, commune in (
            ("briefings", "", "commune_id"), ("briefing_pages", "", "commune_id"), ("decisions", "", "commune_id"),
            ("programmes", "", "commune_id"), ("answer_templates", "", "commune_id"),
            ("briefing_pages", "pages_shown", "unit_id"), ("reports", "", "commune_id"),
            ("report_calls", "", "commune_id"), ("area_lists", "", "commune_id"),
        )
    ),
    Rows(
        "submissions", key="f.instance_id", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", nullable=True,
        queue="false",
        leader="SELECT submission_id AS key, min(commune_id) AS unit FROM proposals"
        " WHERE submission_id IS NOT NULL GROUP BY 1",
    ),
    Rows(
        "attachments", key="f.instance_id || ' ' || f.name", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int",
        nullable=True, queue="false",
        leader="SELECT a.instance_id || ' ' || a.name AS key, s.commune_id AS unit"
        " FROM attachments a JOIN submissions s USING (instance_id)",
    ),
    Rows(
        "withdrawals", key="f.instance_id", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", nullable=True,
        queue="false", leader="SELECT instance_id AS key, commune_id AS unit FROM submissions",
    ),
    Rows(
        "complaint_counts", key="f.office_id || ' ' || f.month || ' ' || f.kind", place=_NO_PLACE, hamlet="NULL::int",
        version="NULL::int", queue="false",
    ),
    Rows(
        "quarantined_records", place=_NO_PLACE, hamlet="NULL::int", version="NULL::int", nullable=True, queue="false"
    ),
)  # fmt: skip


def tables() -> list[Rows]:
    """Every table whose rows name units, in the order in which they find their units."""
    return [HAMLETS, *(rehoming.layer(layer.key) for layer in CATALOGUE), *_FOLLOWING]
