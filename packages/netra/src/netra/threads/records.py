"""Threads and messages as their owner reads them."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Visible = Literal["active", "archived"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Owner(Protocol):
    """Who asks, as far as threads need to know; every principal is one."""

    @property
    def user_id(self) -> UUID:
        """Whose threads these are."""
        ...

    @property
    def tenant_id(self) -> UUID:
        """Which tenant new threads belong to."""
        ...


class Thread(_Frozen):
    """One conversation."""

    thread_id: UUID
    title: str
    status: Visible
    created_at: datetime
    updated_at: datetime


class ThreadPage(_Frozen):
    """Some threads, latest change first."""

    threads: tuple[Thread, ...]
    next_cursor: str | None = Field(default=None, description="Give it as `cursor` to read on; null at the end.")


class ThreadChange(_Frozen):
    """What of a thread changes; null leaves it."""

    title: str | None = None
    status: Visible | None = None


class Message(_Frozen):
    """One entry of a thread."""

    message_id: UUID
    position: int = Field(description="Grows within the thread; not gapless.")
    thread_id: UUID
    run_id: UUID | None = Field(description="The run that answers this message, or whose answer it is.")
    role: Literal["user", "assistant"]
    content: str
    created_at: datetime


class MessagePage(_Frozen):
    """Some messages, oldest first."""

    messages: tuple[Message, ...]
    next_after: int | None = Field(default=None, description="Give it as `after` to read on; null at the end.")
