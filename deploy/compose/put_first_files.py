"""Put the generated files of a first day into the inbound prefix of the bucket, for a first run with compose.yaml.

What is there already is left alone, so that starting again adds nothing.
"""

import sys
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

from tis_esr.operations.configured_stores import secret_text
from tis_esr.settings import Settings


def put(folder: Path) -> list[str]:
    """Put each file of ``folder`` that is not in the bucket yet; return the names of those that were put."""
    settings = Settings()
    store = S3Store(
        settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=secret_text(settings.s3_access_key_id),
        secret_access_key=secret_text(settings.s3_secret_access_key),
        client_options={"allow_http": True},
    )
    done = []
    for file in sorted(folder.iterdir()):
        try:
            obstore.put(store, f"{settings.inbound}/{file.name}", file.read_bytes(), mode="create")
        except AlreadyExistsError:
            continue
        done.append(file.name)
    return done


if __name__ == "__main__":
    count = len(put(Path(sys.argv[1])))
    were = "file was" if count == 1 else "files were"
    print(f"{count} {were} put into the bucket." if count else "Every file is in the bucket already.")
