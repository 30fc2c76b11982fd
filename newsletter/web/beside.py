"""What stands beside an entry, each at its address: citations as files, and the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

from newsletter.archive.reading import Shown
from newsletter.models import Withdrawal
from newsletter.render import absence, citing
from newsletter.render.beside import FORMS
from newsletter.render.citing import Cited
from newsletter.render.links import Beside
from newsletter.web.answers import Answer
from newsletter.web.headers import FEED_HEADERS
from newsletter.web.kept import Made, Moved
from newsletter.web.site import CACHED, Look, Page, Parts, html

_WRITERS: Mapping[Beside, Callable[[Cited], str]] = {
    "bib": citing.bibtex,
    "ris": citing.ris,
    "csl.json": citing.csl_json,
}


def _beside(look: Look, parts: Parts, *, form: Beside) -> Made:
    """Answer what stands beside an entry; an old slug leads to the new one's, as the entry's own does."""
    found = look.view.entry(parts["slug"])
    match found:
        case None:
            return None
        case Withdrawal():
            return html(absence.gone_page(found, **look.whose), status=HTTPStatus.GONE)
        case Shown(entry=shown) if shown.slug != parts["slug"]:
            return Moved(look.links.entry(shown.slug, form))
        case Shown():
            return _card(look, found) if form == "png" else _citation(look, found, form)


def _citation(look: Look, shown: Shown, form: Beside) -> Answer:
    cited = citing.cited(
        shown.entry,
        edition=look.whose["edition"],
        links=look.whose["links"],
        published=min((line.day for line in shown.lines if line.kind), default=None),
    )
    text = citing.plain(cited, shown.entry) if form == "txt" else _WRITERS[form](cited)
    return Answer.of(text.encode(), FORMS[form][1], cache_control=CACHED, headers=FEED_HEADERS)


def _card(look: Look, shown: Shown) -> Answer:
    from newsletter.render.card import card  # who shows no card need not load what draws them

    drawn = card(shown.entry, edition=look.whose["edition"])
    return Answer.of(drawn, "image/png", cache_control=CACHED, headers=FEED_HEADERS)


_FORMS: tuple[Beside, ...] = (*FORMS, "png")
#: Longer than an entry's own address, so they are tried before it.
PAGES: Mapping[str, Page] = {f"/entries/{{slug}}.{form}": partial(_beside, form=form) for form in _FORMS}
