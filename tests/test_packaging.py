"""What is built holds what is needed, installs without a network, and runs from any folder."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
import venv
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from servers.ports import free_port

ROOT = Path(__file__).parent.parent
#: Top-level folder of the checkout: where the wheel holds it.
FOLDERS = {
    "newsletter": "newsletter",
    "scheduler": "scheduler",
    "templates": "newsletter/templates",
    "seeds": "newsletter/seeds",
}
ADDRESS = "reader@example.org"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the sdist, and from it the wheel, with what is installed and nothing from a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (file,) = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel into an empty environment, which borrows only the libraries of this one."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*command, str(wheel)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin"


def kept(folder):
    """List the files under *folder* that are the project's, by their path below it."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_our_folders_whole_and_nothing_else(wheel):
    expected = {f"{there}/{name}" for here, there in FOLDERS.items() for name in kept(ROOT / here)}

    assert {name for name in names_in(wheel) if ".dist-info/" not in name} == expected
    for there in FOLDERS.values():
        assert any(name.startswith(f"{there}/") for name in expected), f"{there} is empty"


def test_the_sdist_holds_no_file_of_the_machine(built):
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}

    assert {"newsletter", "scheduler", "templates", "seeds", "tests", "pyproject.toml", "constraints.txt"} <= tops
    assert not tops & {".venv", ".git", "var", "dist", "daily-dose.toml"}


def test_data_folders_hold_no_program():
    """A `.py` there would break the editable install, in which those folders are no packages."""
    assert [path for name in ("templates", "seeds") for path in (ROOT / name).rglob("*.py")] == []


def test_the_installed_wheel_finds_its_own_data_from_another_folder(installed, tmp_path):
    program = "from newsletter import resources; print(resources.folder('templates'), resources.folder('seeds'))"
    ran = subprocess.run(
        [installed / "python", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    templates, seeds = map(Path, ran.stdout.split())
    assert templates.parent == seeds.parent
    assert templates.is_relative_to(installed.parent)


def test_the_installed_command_answers_from_another_folder(installed, tmp_path):
    ran = subprocess.run(
        [installed / "daily-dose", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "publish" in ran.stdout


def test_the_installed_command_serves_from_another_folder(installed, tmp_path):
    """The first day of a wheel: fill, subscribe, publish, serve, stop on Ctrl-C, all in a folder of one's own."""
    address = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {"DAILY_DOSE_PORT": address.rpartition(":")[2]}
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()

    def daily_dose(*arguments):
        command = [installed / "daily-dose", *arguments]
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr

    daily_dose("init", "--since", str(yesterday))
    daily_dose("subscribers", "add", ADDRESS, "--consent", "asked at the desk")
    daily_dose("publish", "today", "--now")
    server = subprocess.Popen([installed / "daily-dose", "run"], cwd=tmp_path, env=environment)
    try:
        page = answer_of(f"{address}/", server)
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) == 0
    finally:
        server.kill()
        server.wait()

    assert "Daily Dose" in page
    mails = [path for path in (tmp_path / "var" / "outbox").rglob("*") if path.is_file()]
    assert [ADDRESS.encode() in mail.read_bytes() for mail in mails] == [True]


def answer_of(address, server):
    """Return what *address* answers, as soon as it does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"no answer from {address}; exit status {server.poll()}")


def pinned(name):
    """Return the versions in the file *name*, by project."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / name).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt"])
def test_constraints_are_versions_and_hashes_and_nothing_else(name):
    """No address of a registry, no option: whoever installs chooses where from."""
    line = re.compile(r"[a-z0-9-]+==[^ ;]+( ; [a-z_]+ [^/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#[^/]*|")

    text = (ROOT / name).read_text()

    assert [wrong for wrong in text.splitlines() if not line.fullmatch(wrong)] == []
    for block in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=" in block, block


def test_every_requirement_is_pinned_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runs = pinned("constraints.txt")
    develops = runs | pinned("constraints-dev.txt")
    wanted = [
        *((text, runs) for text in project["build-system"]["requires"]),
        *((text, runs) for text in project["project"]["dependencies"]),
        *((text, runs) for text in project["project"]["optional-dependencies"]["postgres"]),
        *((text, develops) for text in project["dependency-groups"]["dev"]),
    ]

    for text, versions in wanted:
        requirement = Requirement(text)
        version = versions.get(canonicalize_name(requirement.name), "none")
        assert requirement.specifier.contains(version), f"{text}: pinned is {version}; run make constraints"


def test_the_two_files_pin_nothing_twice():
    assert pinned("constraints.txt").keys() & pinned("constraints-dev.txt").keys() == set()
