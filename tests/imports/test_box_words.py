"""Words in a page’s box, and who said them."""

import pytest

from newsletter.imports.pages import read_page
from newsletter.shapes import entry_shape


def boxed(text):
    (entry,) = read_page(
        f"Daily Dose\n\nExtremists: Their Words. Their Actions.\n\n{text}\n\nView Archive\n".encode(), "page.txt"
    )
    return entry_shape(entry)


def fields(shape, *names):
    return {name: shape[name] for name in names}


def test_a_box_may_open_with_who_said_it():
    quote = boxed("Abu Example, Jordanian cleric, October 1999:\n\n“There is no difference between us.”")

    assert fields(quote, "kind", "speaker", "speaker_role", "event_date", "body") == {
        "kind": "quote",
        "speaker": "Abu Example",
        "speaker_role": "Jordanian cleric",
        "event_date": "1999-10",
        "body": "“There is no difference between us.”",
    }


WORDS, SAID = "“We will not stop.”", "Abu Example, leader of the Front, December 2004"


@pytest.mark.parametrize(
    "text",
    [
        f"{SAID}: {WORDS}",
        f"{SAID} — {WORDS}",
        f"Abu Example, leader of the Front (December 2004): {WORDS}",
        f"{WORDS} {SAID}",
        f"{WORDS} {SAID}.",
        f"{WORDS}{SAID}",
        f"{WORDS} ({SAID})",
        f"{WORDS} ({SAID}).",
        f"{WORDS} — {SAID}",
        f"{WORDS}\n({SAID})",
    ],
)
def test_who_said_it_may_stand_on_the_line_of_the_words(text):
    quote = boxed(text)

    assert fields(quote, "kind", "headline", "speaker", "speaker_role", "event_date", "body") == {
        "kind": "quote",
        "headline": SAID,
        "speaker": "Abu Example",
        "speaker_role": "leader of the Front",
        "event_date": "2004-12",
        "body": WORDS,
    }


def test_words_of_several_paragraphs_stay_whole_before_who_said_them():
    quote = boxed(f"“We will not stop.\n\n“Never.” {SAID}")

    assert (quote["speaker"], quote["body"]) == ("Abu Example", "“We will not stop.\n\n“Never.”")


def test_a_title_in_a_box_is_not_said_by_its_publisher():
    quote = boxed("“We will not stop,” Example Times, London, December 2004")

    assert quote["speaker"] is None


@pytest.mark.parametrize("where", ["on Twitter", "Facebook", "in a Telegram post"])
def test_words_said_to_be_on_a_network_make_a_post(where):
    post = boxed(f"{WORDS}\n\nOmar Example, fighter of the Front, {where}, December 16, 2014")

    assert fields(post, "kind", "speaker", "speaker_role", "event_date") == {
        "kind": "post",
        "speaker": "Omar Example",
        "speaker_role": "fighter of the Front",
        "event_date": "2014-12-16",
    }


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ("Abu Example, ISIS leader, July 4, 2014", "Islamic State"),
        ("Abu Example, former al-Qaeda leader, July 2014", "al-Qaeda"),
        ("Abu Example, Former al-Qaeda Leader, 2014", "al-Qaeda"),
        ("Abu Example, Hezbollah secretary-general, date undetermined", "Hezbollah"),
    ],
)
def test_a_role_names_the_group_whose_words_they_are(said, group):
    for text in (f"{WORDS}\n{said}", f"{said}: {WORDS}", f"{WORDS} {said}"):
        assert [(each["name"], each["attribution"]) for each in boxed(text)["groups"]] == [(group, "attributed")]
