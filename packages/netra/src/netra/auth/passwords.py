"""Argon2id passwords, hashed beside the event loop so that it never waits for one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

WORKERS = 2
"""Hashes at a time; more would only crowd the machine."""
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
"""OWASP's first choice for Argon2id; a hash takes some 20 ms of one core, so that log-ins cannot starve the rest."""


class Passwords:
    """Hashes and verifies; close it to end its threads."""

    def __init__(self) -> None:
        """Start the threads; the decoy is hashed on one of them."""
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="argon2")
        self._decoy = self._threads.submit(self._hasher.hash, "no account has this password")

    async def hash(self, password: str) -> str:
        """The encoded hash of the password, parameters and salt included."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether it matches; without a hash to match it takes as long, so that nobody learns which emails exist."""
        loop = asyncio.get_running_loop()
        compared = encoded or await asyncio.shield(asyncio.wrap_future(self._decoy))
        matches = await loop.run_in_executor(self._threads, self._matches, compared, password)
        return matches and encoded is not None

    def is_outdated(self, encoded: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
