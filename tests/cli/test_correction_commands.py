"""Corrections, amendments and withdrawals on the command line."""

from __future__ import annotations

import pytest
from command_line import TODAY


def test_a_correction_stands_in_public_at_once(dose):
    slug = dose.json("status")["issue"]["entry"]

    told = dose.json(
        "correct", "today", "It was in another place.", "--set", "place=Elsewhere", "--source", "A. Report"
    )

    assert told.keys() == {"entry", "revision", "issues", "deliveries", "standing"}
    assert (told["entry"], told["revision"], told["deliveries"]) == (slug, 2, 0)
    (noted,) = told["issues"][0]["corrections"]
    assert noted["note"] == "It was in another place."
    assert {"field": "place", "now": "Elsewhere"}.items() <= {
        k: v for k, v in noted["changes"][0].items() if k != "was"
    }.items()
    assert "It was in another place." in dose.ok("preview", "today", "--as", "page").out


def test_a_correction_that_was_made_is_not_made_again(dose):
    words = ["correct", "today", "It was in another place.", "--set", "place=Elsewhere", "--source", "A. Report"]
    assert dose.ok(*words).out.splitlines()[1] == f"  daily-dose of {TODAY}"

    assert dose.refusal(*words).endswith("was corrected so already, with this note")
    assert len(dose.json("status")["issue"]["corrections"]) == 1


def test_a_slip_is_amended_without_a_note(dose):
    told = dose.json("amend", "today", "--set", "place=Elsewhere")

    assert told["issues"][0]["corrections"][0]["slip"] is True
    assert dose.ok("amend", told["entry"], "--set", "place=Somewhere").out.startswith(f"{told['entry']}: amended\n")


@pytest.fixture
def draft(dose, tmp_path):
    """Give the slug of an entry without a source."""
    file = tmp_path / "draft.jsonl"
    file.write_text('{"kind": "fact", "headline": "A draft", "body": "A text."}\n')
    return dose.json("import", file)["added"][0]["slug"]


@pytest.mark.parametrize("status", ["ready", "review"])
def test_an_entry_without_a_source_is_made_no_more_than_a_draft(dose, draft, status):
    before = dose.export()

    assert dose.refusal("amend", draft, "--set", f"status={status}", "--set", "place=Here") == (
        f"status: expected draft, got {status}: an entry without a source stays a draft; add one with --source TEXT"
    )
    assert dose.export() == before
    assert dose.ok("amend", draft, "--set", "place=Here").out == f"{draft}: amended (a draft until it has a source)\n"


def test_a_draft_gets_a_source_and_is_made_ready_in_one_command(dose, draft):
    told = dose.ok("amend", draft, "--source", "The Paper, 4 May 2011", "--set", "status=ready")

    assert told.out == f"{draft}: amended\n"
    assert dose.json("queue", "add", draft)[0]["obstacle"] is None
    assert dose.refusal("amend", draft, "--source", "The Paper, 4 May 2011") == f"{draft} has these values already"
    assert "The Paper, 4 May 2011" in dose.ok("preview", draft).out


def test_a_withdrawn_day_keeps_its_notice(dose):
    told = dose.json("withdraw", "today", "It named the wrong man.")

    (issue,) = told["issues"]
    assert (issue["state"], issue["headline"]) == ("withdrawn", None)
    assert issue["withdrawal"]["notice"] == "It named the wrong man."
    again = dose.ok("publish", "today")
    assert "wrong man" in again.out
    assert told["entry"] not in again.out
