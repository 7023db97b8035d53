"""Reads an HTTP reply up to a limit, counted after decompression."""

import aiohttp

from tis_esr.errors import TisEsrError

_CHUNK = 64 * 1024


class TooLargeError(TisEsrError, aiohttp.ClientError):
    """A reply is larger than the limit; the connection is closed."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


async def read_up_to(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body. Raises TooLargeError as soon as it has more than ``most`` bytes, and what aiohttp raises."""
    if (response.content_length or 0) > most:
        response.close()
        raise TooLargeError(most)
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            response.close()
            raise TooLargeError(most)
    return bytes(body)
