"""Event heads: under which heads logs say who, what and when, in the languages that exports are in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sim.data.layout import plain_head

__all__ = ["FIELD_HEADS", "LOG_ROLES", "NEW_VALUE_HEADS", "REQUIRED_ROLES", "plain_heads"]

#: What an event says, and under which heads files say it, as :func:`sim.data.layout.plain_head` writes them: the first
#: group of which one head is there counts.
LOG_ROLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "case": (
        ("case_concept_name",),
        ("case_id", "caseid", "case", "trace_id", "trace", "case_key", "casekey"),
        ("id_case", "process_instance_id", "process_instance", "case_name", "casename", "case_index", "fall_id",
         "fallnummer", "fall_nr", "fall", "id_caso", "caso_id", "caso", "id_cas", "no_cas", "numero_caso",
         "id_do_caso", "id_del_caso", "id_sprawy", "numer_sprawy", "nr_sprawy", "numero_de_dossier", "numero_dossier",
         "id_dossier", "no_dossier", "zaaknummer", "zaak_id", "vorgangsnummer", "vorgangs_id", "aktenzeichen",
         "sagsnummer", "arendenummer", "vaka_no", "ケースid", "ケース番号", "案件id", "案件番号", "案例id", "케이스id"),
        ("customer_id", "customerid", "customer", "user_id", "userid", "user", "client_id", "visitor_id", "contact_id"),
        # Who that is, as Mixpanel and PostHog merged devices and users.
        ("distinct_id",),
        ("external_user_id", "external_id", "profile_id", "subscriber_key", "subscriber_id", "member_id"),
        ("person_id",),
        ("anonymous_id", "user_pseudo_id", "amplitude_id", "idvisitor", "visitorid", "fullvisitorid",
         "full_visitor_id", "domain_userid", "device_id", "cookie_id"),
        ("opportunity_id", "opportunityid", "ticket_id", "issue_key", "issue_id", "incident_number", "lead_id",
         "deal_id", "subscription_id", "call_id", "conversation_id", "chat_id", "interaction_id", "documentkey",
         "objectid", "object_id"),
        ("email_address", "email", "e_mail"),
        ("session_id", "sessionid", "session", "order_id", "domain_sessionid", "idvisit", "ga_session_id"),
        # What numbers an upload, a request to a server or a step as often as a case: where nothing else tells it.
        ("case_number", "case_no", "incident_id", "claim_id", "claim_number", "application_id", "candidate_id",
         "applicant_id", "loan_id", "patient_id", "patient", "encounter_id", "admission_id", "po_number",
         "purchase_order", "purchase_order_id"),
        ("id",),
        ("record_id",),
        ("instance_id", "request_id", "visit_id", "batch_id", "trip_id", "shipment_id", "bill_id", "invoice_id",
         "project_id", "tid", "service_id", "cookie", "cookieid"),
        ("issue", "ticket", "incident", "opportunity", "deal"),
    ),
    "activity": (
        ("concept_name",),
        ("activity", "event_name", "event", "activity_name", "activity_en", "activity_de", "aktivitaet"),
        ("to_stage", "to_status", "to_state", "new_stage", "new_status", "new_state"),
        ("stage", "action", "step", "status", "page", "event_type", "action_name", "stage_name"),
        ("new_value", "newvalue", "value_new", "to_string", "tostring"),
        ("activity_id", "activityid", "page_path", "webpage", "web_page", "phase", "operation", "handling", "task",
         "task_name", "step_name", "process_step", "interaction_type", "activity_type", "event_action", "touchpoint",
         "touch_point", "milestone"),
        ("function_name", "activity_text", "changes_new_value", "metric", "metric_name"),
        ("evento", "evenement", "ereignis", "gebeurtenis", "zdarzenie", "olay", "событие", "actividad", "atividade",
         "activite", "attivita", "activiteit", "aktivitet", "czynnosc", "faaliyet", "действие", "活動", "活动",
         "アクティビティ", "イベント", "事件", "操作", "工序", "작업", "활동", "etapa", "etape", "etap", "schritt",
         "vorgang", "fase", "этап", "accion", "acao", "aktion", "tipo_evento", "tipo_de_evento", "aktivite",
         "tevekenyseg", "aktivita", "cinnost"),
    ),
    "time": (
        ("time_timestamp",),
        ("timestamp", "event_time", "datetime", "date_time", "complete_timestamp", "event_timestamp", "eventtime",
         "event_datetime", "zeitstempel"),
        ("time", "date", "created_at", "occurred_at", "created_date", "server_time", "sys_created_on",
         "collector_tstamp", "changed_at", "edit_date", "created"),
        ("event_dt", "event_ts", "hit_timestamp", "hit_time", "hit_time_gmt"),
        ("end_time", "endtime", "ended_at", "end_timestamp", "completed_at", "complete_time", "completion_time",
         "finish_time", "end", "finish"),
        ("start_time", "started_at", "start_timestamp", "start"),
        ("event_end",),
        ("event_start", "sys_updated_on"),
    ),
    "brand": (("brand",), ("brand_name", "marke", "marque", "marca", "merk", "marka")),
    "channel": (
        ("channel",),
        ("channel_name", "channel_grouping", "default_channel_group", "default_channel_grouping",
         "session_default_channel_group", "marketing_channel", "kanal", "canal", "canale", "kanaal"),
    ),
    "amount": (("amount", "revenue"), ("purchase_revenue", "ecommerce_purchase_revenue")),
    "lifecycle": (("lifecycle_transition",), ("lifecycle",)),
    "kind": (("kind",),),
    "currency": (),
}  # fmt: skip
#: Of a table of changes: which field was changed, and to what.
FIELD_HEADS = ("field", "fieldname", "field_name", "field_event", "fname", "property_name", "propertyname", "property")
NEW_VALUE_HEADS = ("new_value", "newvalue", "value_new", "to_string", "tostring", "to_value", "value", "to")
REQUIRED_ROLES = ("case", "activity", "time")
#: What tools put before the name of what an event says.
_INSIDE_OF = r"(?i)^(?:properties|props|event_properties|context|payload|data|params|attributes)\."


def plain_heads(heads: Sequence[str]) -> dict[str, str]:
    """Return heads in small letters with underscores, those inside of another column without its name.

    Examples
    --------
    >>> plain_heads(["event", "properties.time"])
    {'event': 'event', 'properties.time': 'time'}
    >>> plain_heads(["time", "properties.time"])
    {'time': 'time', 'properties.time': 'properties_time'}
    """
    plain = {head: plain_head(head) for head in heads}
    inside = {head: plain_head(re.sub(_INSIDE_OF, "", head)) for head in heads}
    said = [*inside.values()]
    return {head: inside[head] if said.count(inside[head]) == 1 else plain[head] for head in heads}
