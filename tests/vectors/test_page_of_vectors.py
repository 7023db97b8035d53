"""The page of TCS's vectors names every test of this folder, and only such."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "reference" / "tcs-vectors.md").read_text()
TOPICS = ("notifications", "dates", "pairing", "withdrawal", "lifecycle", "types")


def in_words(vector: str) -> str:
    """Return ``n2NextAt13Weeks`` as ``n2_next_at_13_weeks``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z]{2})(?=\d)", "_", vector).lower()


def of_page() -> dict[str, list[str]]:
    """Return the names of the vectors by topic, in the words of tests."""
    sections = {part.split("\n", 1)[0].lower(): part for part in PAGE.split("\n## ")[1:]}
    return {
        topic: [in_words(name) for name in re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)]
        for topic, section in sections.items()
    }


def of_tests() -> dict[str, list[str]]:
    """Return the names of the tests by topic."""
    return {
        topic: re.findall(r"^async def test_(\w+)\(", (HERE / f"test_{topic}.py").read_text(), re.MULTILINE)
        for topic in TOPICS
    }


def test_every_vector_of_the_page_is_a_test_and_every_test_a_vector() -> None:
    named = {topic: sorted(names) for topic, names in of_page().items()}
    assert named == {topic: sorted(names) for topic, names in of_tests().items()}
    assert sum(map(len, named.values())) > 40


def test_every_topic_has_a_file() -> None:
    assert {path.stem for path in HERE.glob("test_*.py")} == {
        "test_page_of_vectors",
        *(f"test_{topic}" for topic in TOPICS),
    }


def test_every_vector_says_whether_it_is_the_same() -> None:
    rows = re.findall(r"^\| `\w+` \| (.*) \|$", PAGE, re.MULTILINE)
    assert all(len(row.split(" | ")) == 3 and all(row.split(" | ")) for row in rows)
