"""What stands beside an entry, asked for over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from newsstand import DAILY, NOW, TODAY, Stand, hidden_entries

from newsletter.archive import entries, issues
from newsletter.models import Entry
from newsletter.render.card import card

FORMS = {
    "bib": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    "csl.json": "application/vnd.citationstyles.csl+json",
    "txt": "text/plain; charset=utf-8",
    "png": "image/png",
}


def entry_of(stand: Stand, day: date = TODAY) -> Entry:
    with stand.store.reading() as connection:
        return issues.get(connection, "daily-dose", day).entry


@pytest.mark.parametrize("form", FORMS)
def test_each_form_stands_at_its_address(stand, form):
    answer = stand.get(f"/entries/{entry_of(stand).slug}.{form}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, FORMS[form])
    assert stand.get(answer.url.path, if_none_match=answer.headers["etag"]).status_code == 304
    assert stand.client.head(answer.url.path).headers["content-length"] == str(len(answer.content)) or form != "png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if form != "png":
        assert f"https://dose.example.org/entries/{entry_of(stand).slug}" in answer.text
        assert "2026" in answer.text


def test_a_report_has_them_too(stand):
    for form in FORMS:
        assert stand.get(f"/entries/background-to-the-north.{form}").status_code == 200, form


def test_a_further_edition_has_its_own(stand):
    with stand.store.reading() as connection:
        slug = issues.get(connection, "deutsch", TODAY).entry.slug

    assert "Tagesdosis" in stand.get(f"/e/deutsch/entries/{slug}.bib").text
    assert stand.get(f"/entries/{slug}.bib").status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_what_is_hidden_is_answered_exactly_like_what_never_was(stand, form):
    nothing = stand.get(f"/entries/never-was.{form}")

    assert nothing.status_code == 404
    for entry in hidden_entries():
        answer = stand.get(f"/entries/{entry.slug}.{form}")
        assert (answer.status_code, answer.content) == (404, nothing.content), entry


def test_an_old_slug_leads_to_the_new_ones_file(own_stand):
    slug = entry_of(own_stand).slug
    own_stand.press.amend(None, TODAY, NOW, {"slug": "a-better-name"})

    for form in FORMS:
        answer = own_stand.get(f"/entries/{slug}.{form}")
        assert (answer.status_code, answer.headers["location"]) == (301, f"/entries/a-better-name.{form}")
        assert own_stand.get(f"/entries/a-better-name.{form}").status_code == 200


def test_of_a_withdrawn_entry_nothing_is_left_but_the_notice(own_stand):
    entry = entry_of(own_stand)
    own_stand.press.withdraw(None, entry.slug, "A court forbade it.", NOW)

    for form in FORMS:
        answer = own_stand.get(f"/entries/{entry.slug}.{form}")
        assert answer.status_code == 410
        assert "A court forbade it." in answer.text
        assert entry.headline not in answer.text


def test_a_card_shows_what_was_corrected_and_no_draft(own_stand):
    entry = entry_of(own_stand)
    own_stand.press.correct(None, TODAY, "It was a camp", NOW, values={"headline": "Two people killed at a camp"})
    with own_stand.store.transaction() as connection:
        known = entries.get(connection, entry.slug)
        entries.revise(connection, replace(known, headline="Not yet for readers"), NOW)

    shown = own_stand.get(f"/entries/{entry.slug}.png").content
    assert shown == card(replace(entry, headline="Two people killed at a camp"), edition=DAILY)
    assert shown != card(entry, edition=DAILY)


@pytest.mark.parametrize(
    "path", ["/entries/.bib", "/entries/x.BIB", "/entries/x.bib.bib", "/entries/%00.png", "/entries/x.svg"]
)
def test_no_odd_address_is_a_fault(stand, path):
    assert stand.get(path).status_code == 404
