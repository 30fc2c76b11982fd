"""Citations without quotation marks: books, and the reports of agencies."""

import pytest

from newsletter.imports.citations import lift_citations


def lifted(text):
    found = lift_citations(text)
    return found.prose, [
        (source.author, source.title, source.publisher, source.published and str(source.published), source.url)
        for source in found.sources
    ]


@pytest.mark.parametrize(
    ("author", "title"),
    [
        ("National Commission on Terrorist Attacks Upon the United States", "The 9/11 Commission Report"),
        ("National Commission on Terrorist Attacks upon the United States", "The 9/11 Commission Report"),
        ("U.S. Department of State", "Patterns of Global Terrorism 1996"),
        (None, "The 9/11 Commission Report"),
        ("Ann Smith", "The Osama bin Laden I Know: An Oral History of al Qaeda’s Leader"),
        ("Ann Smith, ed.", "Messages to the World: The Statements of Osama bin Laden"),
        ("Ann Smith and Omar Roe", "Growing Up bin Laden"),
        ("Ann Smith", "Jihad in the Kingdom: Violence and Pan-Islamism since 1979"),
    ],
)
def test_a_book_is_known_by_its_imprint_whoever_wrote_it(author, title):
    by = f"{author}, " if author else ""
    prose, (source,) = lifted(f"It ended.{by}{title} (Washington, DC: Example Press, 2004), 231–32. It went on.")

    assert prose == "It ended.[^1] It went on."
    assert source == (author and author.removesuffix(", ed."), title, "Example Press", "2004", None)


@pytest.mark.parametrize(
    ("when", "published"),
    [("2004", "2004"), ("April 1997", "1997-04"), ("April 3, 1997", "1997-04-03"), ("Summer 1997", "1997")],
)
def test_the_imprint_of_a_book_may_say_the_month(when, published):
    prose, (source,) = lifted(
        f"It ended.Ann Smith, The Border (Washington, DC: Department of State, {when}), 5. It went on."
    )

    assert prose == "It ended.[^1] It went on."
    assert source[2:4] == ("Department of State", published)


@pytest.mark.parametrize(
    "hands",
    [
        "ed. Bob Jones",
        "trans. Jim Doe",
        "ed. Bob Jones, trans. Jim Doe",
        "ed. and trans. Bob Jones",
        "translated by Jim Doe",
        "trans. Jim Doe, 2nd ed., vol. 3",
    ],
)
def test_a_book_may_name_who_edited_and_who_translated_it(hands):
    prose, (source,) = lifted(
        f"It ended.Ann Smith, The Border: Its End, {hands} (London: Verso, 2005), 61. It went on."
    )

    assert prose == "It ended.[^1] It went on."
    assert source == ("Ann Smith", "The Border: Its End", "Verso", "2005", None)


@pytest.mark.parametrize(
    ("names", "author", "title", "publisher"),
    [
        ("Human Rights Watch, World Report 2015", "Human Rights Watch", "World Report 2015", None),
        ("U.S. Department of State, Reports on X 2012", "U.S. Department of State", "Reports on X 2012", None),
        (
            "Bureau of X, U.S. Department of State, Reports 2012",
            "Bureau of X, U.S. Department of State",
            "Reports 2012",
            None,
        ),
        ("The Border Wars, Example Times", None, "The Border Wars", "Example Times"),
        ("The Office Wars, Example Times", None, "The Office Wars", "Example Times"),
        ("Ann Smith, The Border Wars, Example Times", "Ann Smith", "The Border Wars", "Example Times"),
    ],
)
def test_an_agency_is_the_author_of_its_report_and_no_title(names, author, title, publisher):
    prose, (source,) = lifted(f"It ended.{names}, January 3, 2015, 402. It went on.")

    assert (prose, source) == ("It ended.[^1] It went on.", (author, title, publisher, "2015-01-03", None))


@pytest.mark.parametrize(
    "prose",
    [
        "It ended.The army left (said the paper: 12 men, 2004), and it went on.",
        "It ended.Hamas (Gaza: the Strip, 2006) won.",
    ],
)
def test_brackets_in_prose_make_no_book(prose):
    assert lifted(prose) == (prose, [])
