"""Links to the pages: valid rison, and nothing of a log in them but addresses."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from wwwatch import pages

KIBANA = "https://kibana.example.org/s/web/"
SINCE, UNTIL = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def test_a_page_opens_with_its_own_time_or_a_given_one() -> None:
    assert pages.page_link(KIBANA, pages.TRAFFIC) == (
        "https://kibana.example.org/s/web/app/dashboards#/view/wwwatch-traffic"
    )
    link = pages.page_link(KIBANA, pages.ANOMALIES, SINCE, UNTIL)
    assert link.endswith("?_g=(time:(from:'2026-11-22T00:00:00.000Z',to:'2026-11-23T00:00:00.000Z'))")
    assert pages.page_link(KIBANA, pages.ANOMALIES, SINCE).endswith("to:now))")


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_a_client_is_asked_for_by_address_alone_and_as_a_member_of_groups(address: str) -> None:
    link = pages.client_link(KIBANA, address, SINCE, UNTIL)
    assert link is not None
    assert " " not in link
    assert unquote(link).endswith(
        f'_a=(query:(language:kuery,query:\'source.ip:"{address}" or related.ip:"{address}"\'))'
    )


@pytest.mark.parametrize("hostile", ["evil.example')&_a=(x", "", "203.0.113.7'", "a b"])
def test_what_is_no_address_gets_no_link(hostile: str) -> None:
    assert pages.client_link(KIBANA, hostile) is None


def test_ids_have_our_prefix() -> None:
    for page in (pages.TRAFFIC, pages.ANOMALIES, pages.CLIENT, pages.PIPELINE):
        assert page.startswith(pages.ID_PREFIX)
