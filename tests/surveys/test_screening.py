"""Screening meets its measures on the shared and our own data; server and phone find the same, span by span."""

import json
import subprocess
import time
import unicodedata
from pathlib import Path

import pytest

from surveys import screening
from tests.surveys.screened import OWN, SHARED, found_right, refused, rows

TEXTS = [SHARED / "text_dev.csv", OWN / "screening_texts.csv"]
QUESTIONS = [SHARED / "form_questions_dev.csv", OWN / "form_questions_own.csv"]
COLUMNS = [SHARED / "table_columns_dev.csv", OWN / "table_columns_own.csv"]
MARKINGS = [SHARED / "classified_dev.csv", OWN / "classified_own.csv"]


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.mark.parametrize("path", named(TEXTS))
@pytest.mark.parametrize(
    ("kinds", "least"),
    [({"phone", "id_number", "email"}, 0.98), ({"person_name"}, 0.90), ({"house_plot"}, 0.95)],
    ids=["numbers", "names", "houses and plots"],
)
def test_what_must_not_be_written_is_found(path, kinds, least):
    marked = [row for row in rows(path) if row["kind"] in kinds]
    missed = [row["text"] for row in marked if not found_right(row)]
    assert len(missed) <= (1 - least) * len(marked), missed


@pytest.mark.parametrize("path", named(TEXTS))
def test_texts_about_places_and_services_pass(path):
    benign = [row["text"] for row in rows(path) if row["kind"] == "benign"]
    flagged = [(text, screening.find(text)) for text in benign if screening.find(text)]
    assert len(flagged) <= 0.05 * len(benign), flagged


@pytest.mark.parametrize("path", named(TEXTS))
def test_decomposed_text_is_read_alike(path):
    for row in rows(path):
        assert screening.find(unicodedata.normalize("NFD", row["text"])) == screening.find(row["text"])


@pytest.mark.parametrize("path", named(QUESTIONS))
def test_questions_on_persons_are_refused_and_others_pass(path):
    verdicts = [
        (row["verdict"], screening.question(row["name"], row["label_vi"], row["type"], save_to="geometry"))
        for row in rows(path)
    ]
    hostile, benign = refused(verdicts, "refuse")
    assert hostile == 1
    assert benign <= 0.02


@pytest.mark.parametrize("path", named(COLUMNS))
def test_columns_on_persons_are_dropped_and_others_kept(path):
    verdicts = [(row["verdict"], screening.column(row["column_name"], row["sample_values"])) for row in rows(path)]
    hostile, benign = refused(verdicts, "drop")
    assert hostile == 1
    assert benign <= 0.02


@pytest.mark.parametrize("path", named(MARKINGS))
def test_classified_markings_are_told_from_honey_and_passwords(path):
    wrong = [row for row in rows(path) if bool(screening.classified(row["text"])) != (row["verdict"] == "refuse")]
    assert wrong == []


def test_mask_leaves_the_rest_of_the_text():
    masked, found = screening.mask("Cầu hỏng, gọi anh Ngô Thanh Tùng 0912 345 678 nhé.")
    assert masked == "Cầu hỏng, gọi [đã che: tên người] [đã che: số điện thoại] nhé."
    assert [item.kind for item in found] == ["person_name", "phone"]
    assert screening.mask("Cầu hỏng hai nhịp.") == ("Cầu hỏng hai nhịp.", [])


def test_masked_text_gives_nothing_more_to_find():
    for path in TEXTS:
        for row in rows(path):
            assert screening.find(screening.mask(row["text"])[0]) == [], row["text"]


def test_a_form_may_not_take_what_the_asked_does_not_see():
    survey = [
        {"type": "start", "name": "bat_dau"},
        {"type": "audit", "name": "audit"},
        {"type": "geopoint", "name": "vi_tri", "label": "Vị trí giếng"},
        {"type": "geopoint", "name": "geometry", "label": "Vị trí giếng", "save_to": "geometry"},
        {"type": "select_one nguoi", "name": "q1", "label::Tiếng Việt (vi)": "Thuộc nhóm nào?"},
        {"type": "image", "name": "anh", "label": "Xác nhận", "appearance": "signature"},
    ]
    choices = [{"list_name": "nguoi", "name": str(i), "label": label} for i, label in enumerate(["Kinh", "K'Ho", "Mạ"])]
    found = screening.form(survey, choices)
    assert [(item.row, item.verdict.reason) for item in found] == [
        (1, "metadata"),
        (2, "place_unmapped"),
        (4, "ethnicity"),
        (5, "person"),
    ]
    assert all(item.verdict.sentence for item in found)


def test_server_and_phone_find_the_same():
    texts = [row["text"] for path in [*TEXTS, *MARKINGS] for row in rows(path)]
    texts += [row["label_vi"] for path in QUESTIONS for row in rows(path)]
    texts += [row["sample_values"] for path in COLUMNS for row in rows(path)]
    texts += [text.upper() for text in texts] + [text.lower() for text in texts]
    script = Path(__file__).with_name("screen_stdin.mjs")
    ran = subprocess.run(
        ["node", "--no-warnings", script], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    for text, (spans, marking) in zip(texts, json.loads(ran.stdout), strict=True):
        assert [[f.kind, f.start, f.text] for f in screening.find(text)] == spans, text
        assert screening.classified(text) == marking, text


def test_coded_answers_cost_next_to_nothing():
    answers = ["yes", "12", "3.5", "kv_iii", "partly", "2026-03-01", "24805", "road"] * 30
    texts = [row["text"] for row in rows(OWN / "screening_texts.csv")][:10]
    for answer in answers + texts:
        screening.find(answer)
    best = min(_seconds(answers + texts) for _ in range(5))
    assert best < 0.004  # 250 answers, ten of them sentences; 1 ms on a quiet core


def _seconds(answers: list[str]) -> float:
    began = time.perf_counter()
    for answer in answers:
        screening.find(answer)
    return time.perf_counter() - began
