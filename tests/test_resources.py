"""The data folders are found wherever the program was installed."""

import pytest

from newsletter import resources


@pytest.mark.parametrize("name", ["templates", "seeds"])
def test_a_data_folder_is_found_and_holds_something(name):
    assert any(path.is_file() for path in resources.folder(name).rglob("*"))


def test_a_folder_that_was_left_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "newsletter" / "resources.py"))

    with pytest.raises(resources.MissingFolder, match="'templates' is missing from this installation"):
        resources.folder("templates")


def test_the_folder_in_the_package_wins_over_the_one_beside_it(tmp_path, monkeypatch):
    """A wheel carries its own; what happens to lie in site-packages beside it is somebody else's."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "newsletter" / "templates").mkdir(parents=True)
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "newsletter" / "resources.py"))

    assert resources.folder("templates") == tmp_path / "newsletter" / "templates"
