"""The program `daily-dose`: the one place where errors become lines and a status."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from newsletter.errors import InvalidEntry, NewsletterError

#: Exit statuses, beside 0: a refusal, wrong usage, and what a shell gives what Ctrl-C ended (128 + SIGINT).
REFUSED, WRONG_USAGE, STOPPED = 1, 2, 130
#: Seconds until a Ctrl-C that got lost comes again.
_A_MOMENT = 0.01

#: How Typer and pydantic say what an argument may be, and how we do.
_PLAIN = (
    (re.compile(r"Value error, ('.*') is not one of (.*)\."), r"expected one of \2, got \1"),
    (re.compile(r"Input should be greater than or equal to"), "expected a whole number of at least"),
    (re.compile(r"Input should be less than or equal to"), "expected a whole number of at most"),
    (re.compile(r"Input should be a valid integer.*"), "expected a whole number"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 (a refusal, told on standard error), 2 (wrong usage) or 130 (stopped)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    before, sys.unraisablehook = sys.unraisablehook, stop_all_the_same
    try:
        status = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _tell("stopped")
        return STOPPED
    except BrokenPipeError:
        # Whoever read us went away (`| head`): nothing is wrong.
        _forget_output()
        return 0
    except OSError as error:
        # What has no name is where we print.
        if error.filename is None:
            _forget_output()
        _tell(f"error: {error.filename or 'standard output'} can't be used: {error.strerror}")
        return REFUSED
    finally:
        sys.unraisablehook = before
    return status


def stop_all_the_same(lost: sys.UnraisableHookArgs) -> None:
    """
    Let a Ctrl-C that came in a place where Python passes errors over come again, a moment later.

    Such are the callbacks by which an import gives back its lock, and a start imports much.
    """
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)


def _run(words: list[str]) -> int:
    # What a command needs is imported here, where Ctrl-C is told in a line already.
    import typer

    from newsletter.cli.commands import command

    in_json = "--json" in words[: words.index("--")] if "--" in words else "--json" in words
    try:
        with command().make_context("daily-dose", words) as context:
            return int(context.command.invoke(context) or 0)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        return _misused(error.format_message(), getattr(error, "ctx", None), in_json=in_json)
    except NewsletterError as error:
        if in_json:
            _answer(shape(error))
        _tell(f"error: {error}")
        return REFUSED


def shape(error: NewsletterError) -> dict[str, Any]:
    """Return a refusal as JSON."""
    told: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, InvalidEntry):
        told["fields"] = [{"field": field, "problem": problem} for field, problem in error.problems]
    return {"error": told}


def _misused(message: str, context: Any, *, in_json: bool) -> int:  # noqa: ANN401 -- Typer names no such class
    if "\n" in message:  # a command's help, where it was called without a word
        _tell(message)
        return WRONG_USAGE
    message = _plainly(message)
    if in_json:
        _answer({"error": {"type": "WrongUsage", "message": message}})
    _tell(f"error: {message}" + (f" ({context.command_path} --help says more)" if context else ""))
    return WRONG_USAGE


def _plainly(message: str) -> str:
    """Return what is wrong with an argument without the words of the libraries that read it."""
    for pattern, plain in _PLAIN:
        message = pattern.sub(plain, message)
    return message


def _answer(value: object) -> None:
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _tell(text: str) -> None:
    from newsletter.cli.terminal import warn

    warn(text)


def _prepare_streams() -> None:
    """Let an answer hold any script, wherever it goes, and go nowhere where a stream is closed."""
    # A closed stream's number would be the next file's, the database's say: another takes it.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 -- for as long as the process


def _forget_output() -> None:
    """Send what is still to be printed nowhere, so that the interpreter's end does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
