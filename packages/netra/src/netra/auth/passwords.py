"""Argon2id passwords, hashed beside the event loop so that it never waits for one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

WORKERS = 2
"""Hashes at a time; each takes 64 MiB for some 50 ms, so more would only crowd the machine."""


class Passwords:
    """Hashes and verifies; close it to end its threads."""

    def __init__(self) -> None:
        """Use the library's recommended parameters (RFC 9106, low memory)."""
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="argon2")
        self._decoy = self._hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """The encoded hash of the password, parameters and salt included."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether it matches; without a hash to match it takes as long, so that nobody learns which emails exist."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._threads, self._matches, encoded or self._decoy, password)
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
