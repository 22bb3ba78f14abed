"""Who has an account on a simulated site, with which password: its server checks them, its visitors know them."""

import hashlib
import hmac
from functools import cached_property

from simulator.randomness import derive, pronounceable

ACCOUNTS = 60
# Costs a server some milliseconds, as a check of a password should.
ROUNDS = 20_000


class Accounts:
    """The accounts of one site: the same host and seed give the same ones, on the server and for those who ask it."""

    def __init__(self, host: str, seed: int) -> None:
        self._host, self._seed = host, seed
        rng = derive(seed, "accounts", host)
        self._passwords = {
            f"{pronounceable(rng, 2 + rng.randrange(2))}{number}": pronounceable(rng, 4) + str(rng.randrange(100))
            for number in range(ACCOUNTS)
        }

    def of(self, actor: str) -> tuple[str, str]:
        """Name and password of somebody's account: the same actor always has the same."""
        return derive(self._seed, "account", actor).choice(list(self._passwords.items()))

    def wrong(self, actor: str, attempt: int, one_account: bool) -> tuple[str, str]:
        """A name and a password that are not right together.

        one_account: at the account of `of`; else another stolen pair at each attempt.
        """
        rng = derive(self._seed, "guess", actor, attempt)
        name = self.of(actor)[0] if one_account else pronounceable(rng, 3)
        return name, "-" + pronounceable(rng, 3)

    def check(self, name: str, password: str) -> bool:
        """Is this the password of that account? Takes as long for a name that does not exist."""
        given = self._hash(name, password)
        return hmac.compare_digest(given, self._hashes.get(name, b"")) and name in self._hashes

    @cached_property
    def _hashes(self) -> dict[str, bytes]:
        return {name: self._hash(name, password) for name, password in self._passwords.items()}

    def _hash(self, name: str, password: str) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), f"{self._host}/{name}".encode(), ROUNDS)
