"""How requests and answers are put into bytes. Bulk traffic is most of it, so that is what must cost nothing."""

import re
from typing import Any

import orjson
from elastic_transport import JsonSerializer, NdjsonSerializer

CREATED = b'{"create":{"status":201}}'
ALL_CREATED = "all_created"  # what stands in a bulk answer for so many items
_BULK_ANSWER = re.compile(rb'\{(?:"took":(\d+),)?"items":\[(?=' + re.escape(CREATED) + rb")")
_BULK_END = b"]}"


class PlainJson(JsonSerializer):
    """JSON, read by orjson; a bulk answer in which all went well has ALL_CREATED in place of its items."""

    def json_loads(self, data: bytes) -> Any:
        """The value of a JSON text. Raise ValueError if it is none."""
        if answer := _all_created(data):
            return answer
        return orjson.loads(data)


class PlainNdjson(NdjsonSerializer):
    """Lines of JSON; those in bytes already are sent as they are, where the client's own serializer copies twice."""

    def dumps(self, data: Any) -> bytes:
        """Lines that each end in a line feed."""
        return data if isinstance(data, bytes) and data.endswith(b"\n") else super().dumps(data)


def _all_created(data: bytes) -> dict[str, int] | None:
    """The answer to a bulk request in which every document was created, and nothing else was asked for.

    None if it is another one. How many they are shows in its length: to read each costs more than to send them.
    """
    start = _BULK_ANSWER.match(data)
    if not start:
        return None
    count = data.count(CREATED, start.end())
    if len(data) != start.end() + count * (len(CREATED) + 1) - 1 + len(_BULK_END) or not data.endswith(_BULK_END):
        return None
    return {"took": int(start[1] or 0), ALL_CREATED: count}
