"""National post numbers, as TIS builds them and as people have typed them."""


def post_number(deanery: str, counter: int) -> str:
    """Return a post number of five parts: office, site, specialty, grade, counter."""
    return f"{deanery}/RX{counter % 89 + 10}/{counter % 9}00/STR/{counter}"


def odd_number(deanery: str, counter: int) -> str:
    """Return one with a leading blank, a plus, a percent sign and an ampersand: all have to survive a URL."""
    return f" {deanery}/R&1+/0%0/ST(H)/{counter}"


def unknown_number(deanery: str, counter: int) -> str:
    """Return one that no post of TIS has."""
    return f"{deanery}/UNKNOWN/000/STR/{counter}"
