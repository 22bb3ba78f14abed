"""The short forms: one leader killed, a week in long steps. `make soak-service` has the long ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.service.__main__ import week_settings, well, whole
from tests.service.kills import strike
from tests.service.post import post_office
from tests.service.week import live, traffic
from wwwatch.store import Store


@pytest.mark.slow
def test_a_leader_killed_while_mails_leave_loses_none(
    store: Store, engine_url: str, namespace: str, tmp_path: Path
) -> None:
    found = strike(store, engine_url, namespace, tmp_path, kills=1, seed=5)
    assert found.incidents > 3
    assert well(found), found
    assert max(found.takeover_seconds) < 30, found


@pytest.mark.slow
def test_a_week_of_digests_and_windows(store: Store, engine_url: str, namespace: str) -> None:
    with post_office() as (mailbox, port):
        settings = week_settings(engine_url, port, train="never")
        week = live(store, settings, namespace, mailbox, traffic(8), timedelta(hours=6))
    assert whole(week), week
    assert any("brute_force" in subject or "scan" in subject for subject in week.alerts), week
