"""Programs that people follow feeds with, driven without a screen, and a proxy that notes what they ask."""

from __future__ import annotations

import http.client
import mailbox
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

from servers.missing import missing


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A request of a reader, and how it was answered."""

    conditional: bool
    status: int
    size: int


@dataclass
class Watched:
    """The service as one reader reaches it: through a proxy that notes every request."""

    upstream: int
    port: int = 0
    polls: list[Poll] = field(default_factory=list)

    def since(self, number: int) -> list[Poll]:
        """Return the requests after the first *number*."""
        return self.polls[number:]


@contextmanager
def watching(upstream: int) -> Iterator[Watched]:
    """Pass requests on to a port on loopback, byte for byte, and note them."""
    watched = Watched(upstream)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", watched.upstream, timeout=30)
            with closing(connection):
                connection.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() != "connection":
                        connection.putheader(name, value)
                connection.endheaders()
                answer = connection.getresponse()
                body = answer.read()
            conditional = any(name in self.headers for name in ("if-none-match", "if-modified-since"))
            watched.polls.append(Poll(conditional=conditional, status=answer.status, size=len(body)))
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        watched.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield watched
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Reader:
    """A program that follows one feed in a folder of its own, by a clock in its *environment*."""

    name: str
    path: str
    folder: Path
    watched: Watched
    environment: Mapping[str, str]

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.begin()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.watched.port}{self.path}"

    def begin(self) -> None:
        """Subscribe."""

    def poll(self) -> None:
        """Ask for news."""
        raise NotImplementedError

    def shown(self) -> list[str]:
        """Return the path of each issue that was shown as new since this was asked last."""
        raise NotImplementedError

    def run(self, *command: str | Path) -> str:
        ran = subprocess.run(
            [str(each) for each in command],
            env={**self.environment, "HOME": str(self.folder)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, (command, ran.stdout[-1000:], ran.stderr[-2000:])
        return ran.stdout


def installed(program: str, package: str) -> str:
    """Return where a program is."""
    found = which(program)
    if found is None:
        missing(program, install=f"apt-get install --no-install-recommends {package}")
    return found


class Newsboat(Reader):
    def begin(self) -> None:
        (self.folder / "urls").write_text(f"{self.address}\n")
        (self.folder / "config").write_text("")

    def poll(self) -> None:
        program = installed("newsboat", "newsboat")
        files = ("-u", self.folder / "urls", "-c", self.folder / "c.db", "-C", self.folder / "config")
        self.run(program, *files, "-x", "reload")

    def shown(self) -> list[str]:
        with closing(sqlite3.connect(self.folder / "c.db")) as database, database:
            rows = database.execute("SELECT url FROM rss_item WHERE unread = 1 ORDER BY id").fetchall()
            database.execute("UPDATE rss_item SET unread = 0")
        return [urlsplit(url).path for (url,) in rows]

    def title(self, path: str) -> str:
        """Return the title that an issue is listed under."""
        with closing(sqlite3.connect(self.folder / "c.db")) as database:
            ((title,),) = database.execute("SELECT title FROM rss_item WHERE url LIKE ?", (f"%{path}",)).fetchall()
        return str(title)


class Rss2email(Reader):
    def begin(self) -> None:
        self.program = installed("r2e", "rss2email")
        mail = self.folder / "mail"
        for part in ("new", "cur", "tmp"):
            (mail / "in" / part).mkdir(parents=True)
        (self.folder / "cfg").write_text(
            "[DEFAULT]\nfrom = from@example.org\nto = to@example.org\nemail-protocol = maildir\n"
            f"maildir-path = {mail}\nmaildir-mailbox = in\nverbose = warning\n"
        )
        self._seen: set[str] = set()
        self.run(self.program, "-c", "cfg", "-d", "db.json", "add", "dose", self.address)

    def poll(self) -> None:
        self.run(self.program, "-c", "cfg", "-d", "db.json", "run")

    def shown(self) -> list[str]:
        return _mailed(self.folder / "mail" / "in", self._seen)


class Feed2exec(Reader):
    def begin(self) -> None:
        self.program = installed("feed2exec", "feed2exec")
        self._seen: set[str] = set()
        output = ("--output", "feed2exec.plugins.maildir", "--mailbox", str(self.folder / "mail"))
        self._run("add", "dose", self.address, *output)

    def _run(self, *words: str) -> None:
        self.run(self.program, "--config", self.folder / "c.ini", "--database", self.folder / "d.sqlite", *words)

    def poll(self) -> None:
        self._run("fetch")

    def shown(self) -> list[str]:
        folders = [found.parent for found in (self.folder / "mail").glob("**/new")]
        return [path for folder in folders for path in _mailed(folder, self._seen)]


def _mailed(folder: Path, seen: set[str]) -> list[str]:
    """Return the issue that each message is about that was not *seen* yet."""
    box = mailbox.Maildir(folder, create=False)
    new = [key for key in box.iterkeys() if key not in seen]
    seen |= {*new}
    paths = []
    for key in new:
        text = box[key].as_bytes().replace(b"=\n", b"").replace(b"=3D", b"=")
        for part in box[key].walk():
            text += part.get_payload(decode=True) or b""
        found = re.findall(rb"https?://[a-z0-9.:]+(/archive/\d{4}/\d\d/\d\d)", text)
        assert found, text[:500]
        paths.append(found[0].decode())
    return paths


class Sfeed(Reader):
    def begin(self) -> None:
        self.program = installed("sfeed_update", "sfeed")
        self._seen: set[str] = set()
        (self.folder / "sfeedrc").write_text(
            f'sfeedpath="{self.folder}/feeds"\nfeeds() {{\n\tfeed "dose" "{self.address}"\n}}\n'
        )

    def poll(self) -> None:
        self.run(self.program, self.folder / "sfeedrc")

    def shown(self) -> list[str]:
        """Return what is listed anew. It tells lines apart by id, title and link: an edited title is one more line."""
        lines = (self.folder / "feeds" / "dose").read_text(encoding="utf-8").splitlines()
        items = [line.split("\t") for line in lines]
        links = {item[5]: item[2] for item in items if item[5] not in self._seen}
        self._seen |= links.keys()
        #: How many lines it keeps of items that have a newer one.
        self.older_lines = len(items) - len({item[5] for item in items})
        return [urlsplit(link).path for link in links.values()]


_READER = """
import sys
from reader import make_reader
with make_reader("reader.sqlite") as reader:
    if sys.argv[2] == "add":
        reader.add_feed(sys.argv[1])
    else:
        for result in reader.update_feeds_iter(scheduled=False):
            assert not isinstance(result.value, Exception), result
        for entry in list(reader.get_entries(read=False)):
            print(entry.link)
            reader.mark_entry_as_read(entry)
"""


class PythonReader(Reader):
    def begin(self) -> None:
        self._new: list[str] = []
        self.run(sys.executable, "-c", _READER, self.address, "add")

    def poll(self) -> None:
        said = self.run(sys.executable, "-c", _READER, self.address, "update")
        self._new += [urlsplit(link).path for link in said.split()]

    def shown(self) -> list[str]:
        new, self._new = self._new, []
        return new


#: Each with the feed that it follows: every format, and a facet.
READERS: Mapping[str, tuple[type[Reader], str]] = {
    "newsboat": (Newsboat, "/feed.rss"),
    "rss2email": (Rss2email, "/feed.atom"),
    "feed2exec": (Feed2exec, "/feed.rss"),
    "sfeed": (Sfeed, "/feed.atom"),
    "reader": (PythonReader, "/feed.json"),
    "reader of a facet": (PythonReader, "/kinds/fact/feed.atom"),
}
