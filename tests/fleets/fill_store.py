"""Put the recordings of a folder into the bucket `fleet` of a store that the environment names: for `make stores`."""

import base64
import datetime as dt
import hashlib
import hmac
import os
import sys
import urllib.request
from pathlib import Path

from obstore.store import from_url

_ACCOUNT = "devstoreaccount1"  # Azurite's own, and its key
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def main(scheme: str, folder: Path) -> None:
    """Make the bucket, and fill it below `day/`."""
    match scheme:
        case "s3":
            _make_s3()
        case "az":
            _make_azure()
        case _:  # filled before it was started
            return
    options = {"client_options": {"allow_http": True}}
    store = from_url(f"{scheme}://fleet", **options)
    for path in sorted(folder.rglob("*.tar.gz")):
        store.put(f"day/{path.name}", path.read_bytes())


def _make_s3() -> None:
    import boto3  # noqa: PLC0415 (moto's)

    boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1").create_bucket(
        Bucket="fleet"
    )


def _make_azure() -> None:
    date = f"{dt.datetime.now(dt.UTC):%a, %d %b %Y %H:%M:%S} GMT"
    version = "2021-08-06"
    words = (
        f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:{version}\n/{_ACCOUNT}/{_ACCOUNT}/fleet\nrestype:container"
    )
    signed = base64.b64encode(hmac.new(base64.b64decode(KEY), words.encode(), hashlib.sha256).digest()).decode()
    headers = {"x-ms-date": date, "x-ms-version": version, "Authorization": f"SharedKey {_ACCOUNT}:{signed}"}
    url = f"{os.environ['AZURITE_BLOB_STORAGE_URL']}/{_ACCOUNT}/fleet?restype=container"
    asked = urllib.request.Request(url, headers={**headers, "Content-Length": "0"}, method="PUT")  # noqa: S310 (this machine)
    urllib.request.urlopen(asked).close()  # noqa: S310 (this machine)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
