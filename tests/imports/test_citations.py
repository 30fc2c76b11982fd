"""Citations: where they begin and end, and what they are made of."""

import pytest

from newsletter.imports.citations import lift_citations


def lifted(text):
    found = lift_citations(text)
    return found.prose, [
        (source.author, source.title, source.publisher, source.published and str(source.published), source.url)
        for source in found.sources
    ]


CITED = "Ann Smith, “Statement,” Example Times, May 3, 1998,"


@pytest.mark.parametrize(
    ("text", "prose", "source"),
    [
        (
            "It ended.Jason Burke, “Mali: How Did It Come to This?” Guardian (London), January 17, 2013,",
            "It ended.[^1]",
            ("Jason Burke", "Mali: How Did It Come to This?", "Guardian (London)", "2013-01-17", None),
        ),
        (
            "“We stay.”“Full Text of the Speech,” Al Jazeera, November 1, 2004, He left.",
            "“We stay.”[^1] He left.",
            (None, "Full Text of the Speech", "Al Jazeera", "2004-11-01", None),
        ),
        (
            "It ended.Lawrence Wright, The Looming Tower (New York: Knopf, 2006), 123.",
            "It ended.[^1]",
            ("Lawrence Wright", "The Looming Tower", "Knopf", "2006", None),
        ),
        (
            "It ended.Osama bin Laden, “A Declaration,” trans. Bruce Lawrence, Verso, 2005, 23–30, More prose.",
            "It ended.[^1] More prose.",
            ("Osama bin Laden", "A Declaration", "Verso", "2005", None),
        ),
        (
            "It ended.“About Us,” The Front, last modified March 3, 2014, http://example.org/about.html, And more.",
            "It ended.[^1] And more.",
            (None, "About Us", "The Front", "2014-03-03", "http://example.org/about.html"),
        ),
        (
            "It ended.“About Us,” The Front, accessed March 3, 2014, www.example.org/about.",
            "It ended.[^1]",
            (None, "About Us", "The Front", None, "https://www.example.org/about"),
        ),
        (
            "It ended.A. B. Smith and Jane Doe, “One “Nested” Title,” Example Post, May 2010, A1, 24 people left.",
            "It ended.[^1] 24 people left.",
            ("A. B. Smith and Jane Doe", "One “Nested” Title", "Example Post", "2010-05", None),
        ),
        (
            "It ended.“Boko Haram,” Bureau of Counterterrorism, U.S. Department of State, June 2, 2016, 12.",
            "It ended.[^1]",
            (None, "Boko Haram", "Bureau of Counterterrorism, U.S. Department of State", "2016-06-02", None),
        ),
        (
            "It ended.“Profile,” Terrorism and Political Violence 12, no. 3 (Summer 2010): 34–56. And more.",
            "It ended.[^1] And more.",
            (None, "Profile", "Terrorism and Political Violence 12", "2010", None),
        ),
        (
            "It ended.“No Date,” Al Jazeera, In the Guardian, Jason Burke wrote.",
            "It ended.[^1] In the Guardian, Jason Burke wrote.",
            (None, "No Date", "Al Jazeera", None, None),
        ),
        (
            "It ended.Ann Example, “Her Film,” YouTube video, 3:45, posted by “Ann,” January 3, 2011,",
            "It ended.[^1]",
            ("Ann Example", "Her Film", "YouTube video", "2011-01-03", None),
        ),
        (
            "Ann Example, “All Alone,” Example Observer, November 24, 2002,",
            "[^1]",
            ("Ann Example", "All Alone", "Example Observer", "2002-11-24", None),
        ),
        *(
            (
                f"{words}{cited}",
                f"{words.rstrip()}{mark}",
                ("Ann Smith", "Statement", "Example Times", "1998-05-03", None),
            )
            for words, cited, mark in (
                ("“War is here.”", CITED, "[^1]"),
                ("“War is here.” ", CITED, " [^1]"),
                ("“Is it war?”", CITED, "[^1]"),
                ("“War is here,”", CITED, "[^1]"),
                ('"War is here."', CITED.replace("“", '"').replace("”", '"'), "[^1]"),
                ("“War is here.”", CITED.replace("Example", "trans. Bob Jones, Example"), "[^1]"),
                (f"“{'War is here, they say. ' * 15}So it is.”", CITED, "[^1]"),
                (f"“{'War is here, they say. ' * 30}So it is.”", CITED, "[^1]"),
                ("“War is here.\nIt came by night.”", CITED, "[^1]"),
                ("He spoke. “War is here.”", CITED, "[^1]"),
                ("He spoke.“War is here.”", CITED, "[^1]"),
                ("It was built in the U.S.", CITED, "[^1]"),
                ("It was built in Washington, D.C.", CITED, "[^1]"),
            )
        ),
    ],
)
def test_a_citation_is_lifted_out_whole_and_nothing_else(text, prose, source):
    assert lifted(text) == (prose, [source])


@pytest.mark.parametrize(
    "prose",
    [
        "By 2015, the group had 30,000.",
        "It had 10,000 men (some say 12,500).",
        "He cited Quran 9:5.",
        "He was paid 2.5 million.",
        "It began at 10:30.",
        "It began at 10:30 p.m.",
        "It was No. 3.",
        "He earned a Ph.D.",
        "He died on Jan. 5.",
        "He told the U.S. FBI.",
        "He joined the U.S. Army.",
        "It was Gen. Li.",
        "He met Gen. Carter F. Ham (AFRICOM).",
        "The law is 18 U.S.C. 2339A.",
        "These are the words of Mr. X.",
        "Who was it? ISIS.",
    ],
)
@pytest.mark.parametrize(
    "cited",
    [
        CITED,
        CITED.replace("Ann Smith", "al-Qaeda"),
        "Ann Smith, The Border (New York: Knopf, 2006), 12.",
        "http://example.org/a,",
    ],
)
def test_a_sentence_is_never_cut_into_its_citation(prose, cited):
    found = lift_citations(prose + cited)

    assert (found.prose, [source.raw for source in found.sources]) == (f"{prose}[^1]", [cited.rstrip(",.")])


@pytest.mark.parametrize(
    "prose",
    [
        "10,000 people fled.",
        "2.5 million fled.",
        "45, or more, people died.",
        "2014 was worse.",
        "2014, the year of the caliphate, was worse.",
        "May 2014 was worse.",
        "March 2014, however, was calm.",
        "In Arabic, it is called so.",
        "French, British, and U.S. troops came.",
        "Video, audio, and text followed.",
        "I, for one, disagree.",
        "C, D, and E followed.",
        "See http://example.org/x for more.",
        "Edited by Bob Jones, the text said no.",
    ],
)
@pytest.mark.parametrize("cited", [CITED, "Ann Smith, The Border (New York: Knopf, 2006), 12."])
def test_prose_after_a_citation_begins_as_it_likes(prose, cited):
    found = lift_citations(f"It ended.{cited} {prose}")

    assert (found.prose, [source.raw for source in found.sources]) == (f"It ended.[^1] {prose}", [cited.rstrip(",.")])


@pytest.mark.parametrize("title", ["Killing the ‘Disbelievers,’", "Killing the ‘Disbelievers’"])
def test_the_comma_after_a_title_is_none_of_it(title):
    _, (source,) = lifted(f"It ended.Ann Smith, “{title}” Example Post, May 3, 2010,")

    assert source[1] == "Killing the ‘Disbelievers’"


def test_a_sentence_glued_to_an_address_is_none_of_it():
    prose, (source,) = lifted("It ended.Ann Smith, “A,” Example Post, May 2012, http://example.org/a.b.Then it began.")

    assert (prose, source[-1]) == ("It ended.[^1]Then it began.", "http://example.org/a.b")


ON = "Ann Smith, “A Border,” Example Post"


@pytest.mark.parametrize(
    ("citation", "publisher", "published", "url"),
    [
        (f"{ON}, March 12, 2012, MM34,", "Example Post", "2012-03-12", None),
        (f"{ON}, March 12, 2012, BR7,", "Example Post", "2012-03-12", None),
        (f"{ON}, March 12, 2012, at A1,", "Example Post", "2012-03-12", None),
        (f"{ON}, March 12, 2012, 12:30 p.m.,", "Example Post", "2012-03-12", None),
        (
            f"{ON}, March 2012, http://example.org/a, trans. Bob Jones.",
            "Example Post",
            "2012-03",
            "http://example.org/a",
        ),
        (f"{ON}, http://example.org/a?x=(1),", "Example Post", None, "http://example.org/a?x=(1)"),
        (f"{ON}, 12/3/2012,", "Example Post", "2012", None),
        (f"{ON}, 12 mars 2011, p. 7, http://example.org/a,", "Example Post", "2011", "http://example.org/a"),
        (f"{ON}, last modified February 30, 2011, http://example.org/a,", "Example Post", None, "http://example.org/a"),
        (
            "“A,” Example Group, Africa Report No. 189, July 18, 2012, 14–15,",
            "Example Group, Africa Report No. 189",
            "2012-07-18",
            None,
        ),
        ("“A,” Foreign Affairs 91, no. 3 (May/June 2012): 12–20,", "Foreign Affairs 91", "2012", None),
        ("“A,” trans. unknown, Example Post, May 2012,", "Example Post", "2012-05", None),
        ("Ann Smith, The Border, rev. ed. (New York: Example Press, 2006), 23–24.", "Example Press", "2006", None),
        (
            "Leon Smith, “A,” trans. B. Pearce, in Writings (London: Cape, 1973), 195–96.",
            "Writings, Cape",
            "1973",
            None,
        ),
        (
            "Abu Mus‘ab al-Example, “A,” Minbar al-Tawhid wa-l-Jihad, May 2004,",
            "Minbar al-Tawhid wa-l-Jihad",
            "2004-05",
            None,
        ),
        ("Ibid., 57.", None, None, None),
        ("Institute for the Study of War, “A,” July 20, 2017,", None, "2017-07-20", None),
        (
            "Committee to Protect Journalists, “A,” May 3, 2013, https://example.org/a.php,",
            None,
            "2013-05-03",
            "https://example.org/a.php",
        ),
        (
            "Office of the High Commissioner for Human Rights, “A,” Geneva, May 3, 2015, 14–16,",
            "Geneva",
            "2015-05-03",
            None,
        ),
        ("The White House, Office of the Press Secretary, “A,” May 3, 2011,", None, "2011-05-03", None),
        ("U.S. Department of the Treasury, “A,” press release, May 3, 2014,", "press release", "2014-05-03", None),
        ("Ann Smith, “A,” exampleblog, January 7, 2021,", "exampleblog", "2021-01-07", None),
        ("Leon Smith, The Shade, vol. 2 (Leicester: Meridian, 2001), xii,", "Meridian", "2001", None),
        ("Id., The Example Reader (New York: Meridian, 1987), 12,", "Meridian", "1987", None),
        ("House Committee, “A,” 113th Cong., 1st sess., May 3, 2013, 45–46,", None, "2013-05-03", None),
        ("Leon Smith, ed., The Example Reader (New York: Meridian, 1987), 12,", "Meridian", "1987", None),
        ("Ann Smith, ‘A Border: whose is it?’, The Example, 17 January 2013,", "The Example", "2013-01-17", None),
        ("‘The Border’s End’, The Example, 17 January 2013,", "The Example", "2013-01-17", None),
        ("„Die Grenze“, Der Bote, December 22, 2003,", "Der Bote", "2003-12-22", None),
        ("Ann Smith, «Grensen», Posten, 17 January 2013,", "Posten", "2013-01-17", None),
        (f"{ON}, August 19, 2014 (video removed),", "Example Post", "2014-08-19", None),
        (
            f"{ON}, May 3, 1998, available at http://example.org/a.asp (accessed June 1, 2015),",
            "Example Post",
            "1998-05-03",
            "http://example.org/a.asp",
        ),
        (f"{ON}, trans. Abu ’l-Walid al-Ansari, May 2011, 3,", "Example Post", "2011-05", None),
        ("Ann Smith, “A,” Example Report no. 124, May 3, 2006, 6,", "Example Report no. 124", "2006-05-03", None),
        (f"{ON}, June 5, 2008, 1A,", "Example Post", "2008-06-05", None),
        (f"{ON}, November 2004, vol. 16, no. 13(C),", "Example Post", "2004-11", None),
        ("“A,” Diario (Lima), 27 de junio de 2017,", "Diario (Lima)", "2017", None),
        (
            "Ann Smith, “A,” testimony before the House Committee on Examples, May 8, 2019,",
            "testimony before the House Committee on Examples",
            "2019-05-08",
            None,
        ),
        (f"{ON}, August 4, 2017, L 204/95,", "Example Post", "2017-08-04", None),
        ("BBC News, July 22, 2012,", "BBC News", "2012-07-22", None),
        (
            f"{ON}, July 8, 2005, 12, http://example.org/a.PDF,",
            "Example Post",
            "2005-07-08",
            "http://example.org/a.PDF",
        ),
        (f"{ON}, July 8, 2005, 14–15, https://example.org/a,", "Example Post", "2005-07-08", "https://example.org/a"),
        (f"{ON}, July 8, 2005, 7, www.example.org/a,", "Example Post", "2005-07-08", "https://www.example.org/a"),
        (
            f"{ON}, July 8, 2005, 3, accessed May 2, 2016, https://example.org/a,",
            "Example Post",
            "2005-07-08",
            "https://example.org/a",
        ),
        (f"{ON}, July 8, 2005, 3, trans. Bob Jones,", "Example Post", "2005-07-08", None),
        (f"{ON}, translated by the Example Press, July 8, 2005,", "Example Post", "2005-07-08", None),
        (f"{ON}, translated by the Institute for the Study of X, July 8, 2005,", "Example Post", "2005-07-08", None),
        (
            "Ann Smith, “A,” German History 27, no. 1 (2009): 32–59, doi:10.1093/gerhis/ghn076.",
            "German History 27",
            "2009",
            "https://doi.org/10.1093/gerhis/ghn076",
        ),
        (
            "Ann Smith, “A,” German History 27, no. 1 (2009): 32–59, https://doi.org/10.1093/x.",
            "German History 27",
            "2009",
            "https://doi.org/10.1093/x",
        ),
        ("Ann Smith, “A,” German History 27, no. 1 (2009): 32–59, JSTOR.", "German History 27", "2009", None),
    ],
)
@pytest.mark.parametrize("more", ["", " More prose follows.", " al-Qaeda denied it."])
def test_what_follows_a_citation_goes_with_it_and_prose_stays(citation, publisher, published, url, more):
    prose, (source,) = lifted(f"It ended.{citation}{more}")

    assert prose == f"It ended.[^1]{more}"
    assert source[2:] == (publisher, published, url)


@pytest.mark.parametrize(
    "text",
    [
        "Kabul, May 3, 2012,",
        "U.S.Government said “this,” CNN, he thought.",
        "He told The “Daily,” a paper. “No,” he said, January 5, 2010, was bad.",
        "It ended. In 2013, Jason Burke, “a man,” Guardian, said.",
        "“War is here.” Ann Smith, May 3, 1998",
        "“War is here,” Ann Smith",
        "According to reports.According to them, “Mali is lost,” and more.",
        "It ended.In the Guardian, “Mali is lost,” Jason Burke wrote.",
        "It ended. Speaking to the Guardian, “Mali is lost,” Example Times, May 3, 2013, was quoted.",
        "He said ‘never again’, and that’s it. ‘We won’, Washington said in January 2013, and nobody laughed.",
        "It ended.Ann Smith, “No,” said, January 5, 2010, was bad.",
        "The U.S.-led force left. “We won,” Washington said in January 2013, and nobody laughed.",
    ],
)
def test_prose_is_left_alone(text):
    assert lifted(text) == (text, [])


def test_citations_that_follow_each_other_keep_what_stood_between_their_sentences():
    prose, sources = lifted(
        "One.A B, “T One,” CNN, May 1, 2010, Two.C D, “T Two,” BBC News, May 2, 2010; E F, “T,” CNN, 2011."
    )

    assert prose == "One.[^1] Two.[^2] [^3]"
    assert [author for author, *_ in sources] == ["A B", "C D", "E F"]


def test_a_semicolon_joins_a_book_or_an_agency_to_the_citation_before():
    prose, sources = lifted(
        "One.A B, “T One,” CNN, May 1, 2010; C D, The Book (New York: Knopf, 2006), 12; "
        "E F, Another (Cambridge: X, 2002), 44; Institute for War, “T Two,” May 3, 2011, More."
    )

    assert prose == "One.[^1] [^2] [^3] [^4] More."
    assert [author for author, *_ in sources] == ["A B", "C D", "E F", "Institute for War"]


def test_a_mark_in_the_prose_itself_is_escaped():
    assert lift_citations("One[^1] two [^2].“T,” CNN, May 1, 2010,").prose == "One\\[^1] two \\[^2].[^1]"


def test_marks_go_on_from_the_paragraph_before():
    assert lift_citations("One.“T,” CNN, May 1, 2010,", first=4).prose == "One.[^4]"


def test_raw_is_what_was_printed_without_the_comma_that_closes_it():
    (source,) = lift_citations("One.A B,  “T One,” CNN, p. 4, May 1, 2010,").sources

    assert source.raw == "A B, “T One,” CNN, p. 4, May 1, 2010"
