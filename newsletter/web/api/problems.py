"""What went wrong, as RFC 9457 has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from newsletter.models import Withdrawal
from newsletter.shape_types import WithdrawalShape
from newsletter.shapes import instant
from newsletter.web.answers import Answer, Headers
from newsletter.web.api.told import FieldProblem, Problem
from newsletter.web.headers import API_HEADERS
from newsletter.web.problems import MORE, TOO_MANY

MEDIA = "application/problem+json"
_DETAILS: Mapping[int, str] = {
    404: "There is nothing at this address. /api/docs says what there is.",
    405: "This address takes other methods: see Allow.",
    413: "That is longer than anything that this address takes.",
    414: "That address is too long.",
    429: "That was too often. Please ask again after the seconds of Retry-After.",
    500: "Something went wrong on our side. It was written down, and we will look at it.",
    503: "The archive does not answer just now. Please ask again after the seconds of Retry-After.",
}


def problem(status: int) -> Answer:
    """Return what is said of *status* wherever it happens."""
    return _answer(_said(status, _DETAILS.get(status, "This can't be answered.")))


def refused(status: int, problems: Mapping[str, str], headers: Headers = API_HEADERS) -> Answer:
    """Return what is wrong with what was asked or sent, field by field; "" is the whole."""
    detail = "; ".join(f"{name}: {problem}" if name else problem for name, problem in problems.items())
    errors: list[FieldProblem] = [{"field": name, "detail": problem} for name, problem in problems.items()]
    return _answer({**_said(status, detail), "errors": errors}, headers)


def gone(withdrawal: Withdrawal) -> Answer:
    """Return the notice in the place of what was withdrawn."""
    notice: WithdrawalShape = {"withdrawn_at": instant(withdrawal.withdrawn_at), "notice": withdrawal.notice}
    return _answer({**_said(HTTPStatus.GONE, withdrawal.notice), "withdrawal": notice})


def _said(status: int, detail: str) -> Problem:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def _answer(said: Problem, headers: Headers = API_HEADERS) -> Answer:
    status = said["status"]
    caching = "no-store" if status >= TOO_MANY or headers is not API_HEADERS else "no-cache"
    body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    return Answer.of(body, MEDIA, status=status, cache_control=caching, headers=(*headers, *MORE.get(status, ())))
