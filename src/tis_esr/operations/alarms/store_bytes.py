"""How large the store is: the state file, or the MongoDB database with its indexes."""

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb.patience import patience_of_a_check
from tis_esr.operations.composition import addresses
from tis_esr.settings import Settings


async def store_bytes(settings: Settings) -> int:
    """Return the bytes on the disk. Raises TransientError."""
    if settings.engine == "embedded":
        return settings.state.stat().st_size
    place = addresses(settings)
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        place.mongodb_url, **patience_of_a_check(place.mongodb_url)
    )
    try:
        found = await client[place.database].command("dbStats")
        return int(found["totalSize"])
    except PyMongoError as error:
        raise TransientError(f"the size of the database can't be read ({type(error).__name__})") from error
    finally:
        await client.close()
