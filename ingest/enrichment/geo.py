"""Where clients are and whose networks they are in, by databases the user names."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ingest.distinct import Remembered
from ingest.enrichment.packages import optional
from ingest.enrichment.texts import added, marked
from wwwatch.errors import SettingsError

COUNTRY = "source.geo.country_iso_code"
CITY = ("source.geo.region_iso_code", "source.geo.city_name", "source.geo.location")
NUMBER, ORGANIZATION = "source.as.number", "source.as.organization.name"
Record = Mapping[str, Any]


def country_of(record: Record) -> str | None:
    """ISO 3166-1 code in a record of MaxMind, DB-IP (nested) or IPinfo (flat)."""
    country = record.get("country")
    nested = country.get("iso_code") if isinstance(country, Mapping) else None
    flat = record.get("country_code") or (country if isinstance(country, str) else None)
    return nested or (flat if isinstance(flat, str) and len(flat) == 2 else None)


def city_of(record: Record) -> tuple[str | None, str | None, str | None]:
    """Region (ISO 3166-2), city in English, and "latitude,longitude" as `geo_point` reads it."""
    city, regions, location = record.get("city"), record.get("subdivisions"), record.get("location")
    region = regions[0].get("iso_code") if isinstance(regions, list) and regions else None
    country = country_of(record)
    name = city.get("names", {}).get("en") if isinstance(city, Mapping) else city
    place = location if isinstance(location, Mapping) else record
    latitude, longitude = place.get("latitude"), place.get("longitude")
    known = isinstance(latitude, (int, float)) and isinstance(longitude, (int, float))
    return (
        f"{country}-{region}" if country and region else None,
        name if isinstance(name, str) and name else None,
        f"{latitude},{longitude}" if known else None,
    )


def network_of(record: Record) -> tuple[int | None, str | None]:
    """Number and organisation of the autonomous system."""
    number = record.get("autonomous_system_number") or record.get("asn")
    if isinstance(number, str):
        digits = number.upper().removeprefix("AS")
        number = int(digits) if digits.isdecimal() else None
    name = record.get("autonomous_system_organization") or record.get("as_name")
    return (number if isinstance(number, int) else None), (name if isinstance(name, str) and name else None)


class Database:
    """A MaxMind-format file, opened again when it was replaced.

    Raise SettingsError if it cannot be read. A replacement that cannot be read is told, and the one before stays.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._maxminddb = optional("maxminddb", "ingest.geo.databases")
        self._path, self._tell = path, tell
        self._stamp = _stamp(path)
        try:
            self._reader = self._maxminddb.open_database(path)
        except (OSError, ValueError, self._maxminddb.InvalidDatabaseError) as error:
            raise SettingsError(
                f"ingest.geo.databases: cannot read {path}: {error}", "Name a database in MaxMind's format (.mmdb)."
            ) from error

    def renewed(self) -> bool:
        """Whether the file was replaced since the last look, and is open now."""
        stamp = _stamp(self._path)
        if stamp in {None, self._stamp}:
            return False
        self._stamp = stamp
        try:
            reader = self._maxminddb.open_database(self._path)
        except (OSError, ValueError, self._maxminddb.InvalidDatabaseError) as error:
            self._tell(f"{self._path} was replaced by something that cannot be read ({error}); the old one stays.")
            return False
        self._reader.close()
        self._reader = reader
        return True

    def record(self, address: str) -> Record:
        """What is known of an address, empty if nothing is."""
        try:
            found = self._reader.get(address)
        except ValueError:
            return {}  # an IPv6 address, and a database of IPv4 only
        return found if isinstance(found, Mapping) else {}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - one call, as cheap as it gets
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


class Geo:
    """A step that adds `source.geo.*` and `source.as.*` by `source.ip`. The first database that knows is believed.

    registry: the country by the registries' assignments where no database knows one.
    """

    def __init__(self, databases: Sequence[Path], city: bool, registry: bool, tell: Callable[[str], None]) -> None:
        self._databases = [Database(path, tell) for path in databases]
        self._city = city
        self._registry = optional("iptocc", "ingest.geo.registry").country_code if registry else None
        self._known = Remembered(self._build)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if any([database.renewed() for database in self._databases]):  # noqa: C419 - each is to look
            self._known = Remembered(self._build)
        return added(frame, self._known(frame["source.ip"]))

    def _build(self, values: pl.Series) -> pl.DataFrame:
        rows = [self._row(address) for address in values.to_list()]
        schema = {COUNTRY: pl.String, **dict.fromkeys(CITY, pl.String), NUMBER: pl.Int64, ORGANIZATION: pl.String}
        built = pl.DataFrame(rows, schema, orient="row")
        return marked(built if self._city else built.drop(CITY))

    def _row(self, address: str) -> tuple[Any, ...]:
        country, number, name = None, None, None
        city: tuple[str | None, ...] = (None, None, None)
        for database in self._databases:
            record = database.record(address)
            country = country or country_of(record)
            city = city if any(city) else city_of(record)
            if number is None:
                number, name = network_of(record)
        if country is None and self._registry:
            country = self._registry(address)
        return country, *city, number, name
