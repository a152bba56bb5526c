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
    excerpt: str = Field(default="", description="Of a search: the text around its first word in the newest message.")


class ThreadPage(_Frozen):
    """Some threads, latest change first."""

    threads: tuple[Thread, ...]
    next_cursor: str | None = Field(default=None, description="Give it as `cursor` to read on; null at the end.")


class Wanted(_Frozen):
    """Which threads: of this status, with all of these words, after the place that the cursor names."""

    status: Visible = "active"
    words: str = ""
    after: str | None = None


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


class Question(_Frozen):
    """What was asked, and where."""

    thread_id: UUID
    content: str


class MessagePage(_Frozen):
    """Some messages, oldest first."""

    messages: tuple[Message, ...]
    next_after: int | None = Field(default=None, description="Give it as `after` to read on; null at the end.")
