"""What TIS currently has about a word, read through TCS."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tis_esr.operations.why.word import Kind, Word
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Placement, Post
from tis_esr.tcs.tcs_errors import TcsError

MOST_PLACEMENTS = 50
"""If a word has more placements than this, they are not read one by one."""
_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class InTis:
    """What TIS has about the word.

    ``trouble`` says why it was not asked, "" if it was; ``has_address`` that it could be.

    ``asked`` has, by id, the placements that were asked for one by one: None where TIS has none. ``of_word`` are those
    that the word means itself: by id, of the person, or of the post. ``numbers`` has the national post number of each
    post by id.
    """

    trouble: str = ""
    has_address: bool = True
    asked: dict[int, Placement | None] = field(default_factory=dict)
    of_word: list[Placement] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)

    def number_of(self, placement: Placement) -> str | None:
        """Return the national post number of a placement's post."""
        return placement.national_post_number or self.numbers.get(placement.post_id or 0)


NOT_ASKED = "the address of TCS is not set (TIS_ESR_TCS_URL or --tcs)"


async def look_up(tcs: Tcs | None, word: Word, sent: Iterable[int]) -> InTis:
    """Read from TIS what it has about a word, and placements that were sent to ESR.

    Errors of TCS are reported, not raised.
    """
    if tcs is None:
        return InTis(trouble=NOT_ASKED, has_address=False)
    try:
        return await _asked(tcs, word, list(dict.fromkeys(sent))[:MOST_PLACEMENTS])
    except TcsError as error:
        return InTis(trouble=str(error))


async def _asked(tcs: Tcs, word: Word, sent: list[int]) -> InTis:
    found: dict[int, Placement] = {}
    people: list[int] = []
    posts: list[Post] = []
    wanted = list(sent)
    meant = word.number if word.may_be(Kind.PLACEMENT) else None
    if meant is not None and meant <= _LARGEST_ID:
        wanted.append(meant)
    asked = {placement_id: await tcs.placement(placement_id) for placement_id in dict.fromkeys(wanted)}
    by_id = asked.get(meant) if meant is not None else None
    if by_id is not None:
        found[by_id.id] = by_id
    if word.may_be_gmc:
        people = (await tcs.people_by_gmc([word.text]))[word.text]
        for of_person in (await tcs.placements_of_people(people)).values():
            found |= {placement.id: placement for placement in of_person}
    if word.kind is Kind.POST:
        by_number = await tcs.posts_by_npn(word.post_numbers)
        posts = list({post.id: post for some in by_number.values() for post in some}.values())
        for of_post in (await tcs.placements_of_posts(post.id for post in posts)).values():
            found |= {placement.id: placement for placement in of_post}
    unnumbered = {p.post_id for p in found.values() if p.post_id and not p.national_post_number}
    known = {post.id: post for post in posts}
    for post_id in sorted(unnumbered - known.keys())[:MOST_PLACEMENTS]:
        post = await tcs.post(post_id)
        if post is not None:
            known[post_id] = post
    numbers = {post_id: post.national_post_number or "" for post_id, post in known.items()}
    return InTis(asked=asked, of_word=list(found.values()), people=people, posts=posts, numbers=numbers)
