"""Headlines of what a page's box tells, which has none of its own."""

import pytest

from newsletter.imports.pages import read_page
from newsletter.shapes import entry_shape


def boxed(text):
    page = f"Daily Dose\n\nExtremists: Their Words. Their Actions.\n\n{text}\n\nView Archive\n"
    (entry,) = read_page(page.encode(), "page.txt")
    return entry_shape(entry)


def test_a_quoted_clause_makes_no_headline():
    shape = boxed("On May 3, 2016, a bomb marked “for you all” killed 12 people in Kabul, Afghanistan.")

    assert (shape["kind"], shape["headline"]) == ("fact", "Kabul, Afghanistan, 3 May 2016")


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (
            "On August 7, 1998, bombers hit embassies in Nairobi, Kenya, and Dar es Salaam, Tanzania, killing 224.",
            "Bombers hit embassies in Nairobi, Kenya, and Dar es Salaam, Tanzania",
        ),
        (
            "In March 2004, bombings on trains in Madrid, Spain, killed 191 people.",
            "Madrid, Spain: bombings on trains killed 191 people",
        ),
        ("On February 4, 2015, a video showed a pilot burned alive in Syria.", "Syria, 4 February 2015"),
        (
            "On May 1, 2013, two men attacked a soldier in Woolwich, London.",
            "Two men attacked a soldier in Woolwich, London",
        ),
        (
            "A car bomb went off on May 3, 2012, in Kabul, Afghanistan.",
            "Kabul, Afghanistan: a car bomb went off on May 3, 2012",
        ),
        ("In early May 2012, militants attacked a bank in Kano, Nigeria.", "Kano, Nigeria: militants attacked a bank"),
        ("In 2012, militants attacked a bank in Kano, Nigeria.", "Kano, Nigeria: militants attacked a bank"),
        (
            "From December 30, 2014, to January 2, 2015, militants attacked a bank in Kano, Nigeria.",
            "Kano, Nigeria: militants attacked a bank",
        ),
        ("Boko Haram attacked a bank in Kano, Nigeria.", "Kano, Nigeria: Boko Haram attacked a bank"),
        (
            "On September 11, 2001, hijackers crashed four airliners in New York, Washington, D.C., and Pennsylvania.",
            "Hijackers crashed four airliners in New York, Washington, D.C., and Pennsylvania",
        ),
        (
            "On May 5, 2014, gunmen attacked a bus in Kano, northern Nigeria, killing eight.",
            "Gunmen attacked a bus in Kano, northern Nigeria",
        ),
        (
            "Almost ten years after 9/11, on May 2, 2011, soldiers found him in Abbottabad, Pakistan.",
            "Abbottabad, Pakistan, 2 May 2011",
        ),
        (
            "On May 5, 2014, a bomb killed 10, a day after another killed 20, in Kano, Nigeria.",
            "Kano, Nigeria: a bomb killed 10",
        ),
        (
            "On November 26, 2008, ten gunmen began a four-day siege of Mumbai, India, in which 166 were killed.",
            "Ten gunmen began a four-day siege of Mumbai, India",
        ),
        (
            "On January 27, 2019, two bombs exploded at a cathedral in Jolo, the Philippines, killing at least 20.",
            "Jolo, Philippines: two bombs exploded at a cathedral",
        ),
        ("May 22, 2013: Two men hacked a soldier to death in London.", "London, United Kingdom, 22 May 2013"),
        (
            "May 22, 2013 — Two men attacked a soldier in London.",
            "London, United Kingdom: two men attacked a soldier",
        ),
        (
            "On October 23, 2002, militants took more than 800 people hostage in a Moscow theater.",
            "Militants took more than 800 people hostage in a Moscow theater",
        ),
        (
            "On October 23, 2002, a bomb exploded in a market in Madrid’s old town, in Spain.",
            "A bomb exploded in a market in Madrid’s old town, in Spain",
        ),
        ("Something happened.", "Something happened"),
        ("It fell.", "Event, date undetermined"),
    ],
)
def test_the_headline_of_a_fact_says_where_and_what_and_nothing_graphic(text, headline):
    assert boxed(text)["headline"] == headline
