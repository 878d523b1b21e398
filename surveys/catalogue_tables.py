"""Every declared table, so that one import fills the metadata."""

from geodata import tile_tables, units
from surveys import (
    accounts,
    audit,
    case_answers,
    code_lists,
    features,
    jobs,
    offices,
    proposals,
    quarantine,
    restricted,
    submissions,
)
from surveys.layers import CATALOGUE

TABLES = (
    units.Unit,
    units.UnitPart,
    units.Succession,
    units.PlacementTie,
    code_lists.Code,
    offices.Office,
    offices.OfficeCategory,
    offices.ServiceStandard,
    accounts.Account,
    accounts.SpecialVerb,
    accounts.Token,
    accounts.SignIn,
    accounts.SignInFailure,
    *(layer.table for layer in CATALOGUE),
    features.Version,
    submissions.FormVersion,
    submissions.Submission,
    submissions.Attachment,
    proposals.Proposal,
    quarantine.QuarantinedRecord,
    restricted.RestrictedReport,
    restricted.RestrictedCount,
    case_answers.CaseAnswer,
    audit.AuditRow,
    audit.Seal,
    jobs.Job,
    *tile_tables.TABLES,
)
