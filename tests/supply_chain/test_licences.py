"""Every package has a known licence, and an allowed one."""

import re

import pytest

from supply_chain import ROOT, licences, locked, npm_lock

ALLOWED = frozenset({"MIT", "Apache-2.0"})


def test_every_locked_package_has_an_allowed_licence() -> None:
    names = licences.allowed()
    refused = {
        one.name: said
        for one in locked.everything()
        if not licences.is_allowed(said := licences.licence(one), names)
    }
    assert refused == {}


def test_every_package_that_npm_installs_has_an_allowed_licence() -> None:
    packages = npm_lock.read()
    assert {"typescript", "@kubernetes-models/keda"} <= {one.name for one in packages}
    names = licences.allowed()
    assert [one for one in packages if not licences.is_allowed(one.license, names)] == []


def test_what_is_copied_into_the_sources_has_an_allowed_licence_and_the_version_that_is_stated() -> None:
    for one in licences.copied():
        assert licences.is_allowed(one.licence, licences.allowed())
        assert f'"{one.version}"' in (ROOT / one.where).read_text()
        assert one.purl.endswith(f"@{one.version}")


def test_no_licence_is_allowed_that_nothing_has() -> None:
    said = " ".join(
        [*map(licences.licence, locked.everything()), *(one.licence for one in licences.copied())]
    )
    assert licences.allowed() - set(re.split(r"[ ()]+", said)) == set()


@pytest.mark.parametrize(
    ("expression", "is_allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR Apache-2.0)", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
    ],
)
def test_one_of_a_choice_and_all_of_a_sum_must_be_allowed(expression: str, is_allowed: bool) -> None:
    assert licences.is_allowed(expression, ALLOWED) is is_allowed


def test_a_package_of_unknown_licence_is_named() -> None:
    unknown = locked.Locked("no-such-package", "1.0", "", ("a" * 64,), ())
    with pytest.raises(LookupError, match=r"no-such-package 1\.0: no licence known"):
        licences.licence(unknown)


@pytest.mark.parametrize("text", ["", "BSD", "Dual License", "Apache License, Version 2.0", "MIT AND"])
def test_a_licence_that_is_not_spdx_is_not_taken_for_one(text: str) -> None:
    assert not licences.is_spdx(text)
