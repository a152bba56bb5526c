"""What clients send over HTTP."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from netra.auth.principal import Scope
from netra.runs.accept import Policy
from netra.settings.timeouts import Timeouts
from netra.threads.records import Visible

EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$"
"""ASCII only, as the HTML standard's `input type=email`."""


Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""PostgreSQL stores no NUL."""
Said = Annotated[str, Field(pattern=r"^[^\x00]*[^\s\x00-\x1f][^\x00]*$")]
"""Text with something in it."""
Email = Annotated[str, Field(pattern=EMAIL, max_length=254, examples=["ada@example.com"]), AfterValidator(str.lower)]
ReturnTo = Annotated[
    str,
    Field(
        max_length=500,
        # Of this site: a second slash or a backslash would lead a browser elsewhere.
        pattern=r"^/(?:[!-.0-\[\]-~][!-\[\]-~]*)?$",
        description="A path of this site.",
    ),
]
Password = Annotated[str, Field(min_length=8, max_length=256)]


TOOL = r"^[A-Za-z0-9_-]{1,64}$"


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RegisterBody(_Body):
    """A new account."""

    email: Email
    password: Password
    display_name: Annotated[Text, Field(max_length=200)] = ""


class LoginBody(_Body):
    """An account's email and password."""

    email: Email
    password: Annotated[str, Field(max_length=256)]


class RefreshBody(_Body):
    """The refresh token of the last pair."""

    refresh_token: Annotated[str, Field(max_length=256)]


class LogoutBody(_Body):
    """The session to end, by its refresh token; without one, the session of the access token."""

    refresh_token: Annotated[str, Field(max_length=256)] | None = None


class LogoutEverywhereBody(_Body):
    """What else ends with every session."""

    api_keys: StrictBool = Field(default=False, description="Revoke every API key too.")


class PasswordBody(_Body):
    """The present password and the next."""

    current_password: Annotated[str, Field(max_length=256)]
    new_password: Password


class LinkBody(_Body):
    """Where the browser goes after an account at the identity provider was linked, and the password of this account.

    An account without a password needs a log-in of just now instead.
    """

    return_to: ReturnTo = "/"
    password: Annotated[str, Field(max_length=256)] | None = None


class ProfileBody(_Body):
    """What of the account its person may change."""

    display_name: Annotated[Text, Field(max_length=200)]


class DeleteBody(_Body):
    """The password of the account to delete; an account without one needs a log-in of just now instead."""

    password: Annotated[str, Field(max_length=256)] | None = None


class ApiKeyBody(_Body):
    """A new API key."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=90, description="Until it expires; null: it does not."
    )


class BudgetBody(_Body):
    """What all workloads together may cost a calendar month."""

    monthly_usd: Annotated[float, Field(ge=0.01, le=1e9, allow_inf_nan=False, description="US dollars.")]


Bearer = Annotated[
    str,
    Field(
        max_length=4096,
        pattern=r"^[A-Za-z0-9._~+/-]+=*$",
        examples=["what-the-server-gave-you"],
        description="Sent as `Authorization: Bearer` (RFC 6750); it is kept sealed and never shown again.",
    ),
]


class McpServerBody(_Body):
    """A server of the Model Context Protocol that the tenant brings."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Its tools are mcp.<name>.<tool>.")]
    url: Annotated[str, Field(max_length=500, pattern=r"^[!-~]+$", examples=["https://mcp.example.com/mcp"])]
    token: Bearer | None = None


class McpTokenBody(_Body):
    """The token of a server from now on; null: none."""

    token: Bearer | None


class McpToolsBody(_Body):
    """Which of a server's tools agents may call; all others they may not."""

    tools: Annotated[
        dict[Annotated[str, Field(pattern=TOOL)], Literal["no", "reads", "asks"]],
        Field(
            max_length=50,
            description="`reads`: whenever an agent likes; `asks`: each time with the approval of the run's owner.",
            # Pydantic's `patternProperties` would let any other name be anything.
            json_schema_extra={"propertyNames": {"pattern": TOOL}},
        ),
    ]


class ThreadBody(_Body):
    """A new thread."""

    title: Annotated[Text, Field(max_length=200)] = ""


class ThreadChangeBody(_Body):
    """What of the thread changes; what is absent stays."""

    title: Annotated[Text, Field(max_length=200)] | None = None
    status: Visible | None = None


class MessageBody(_Body):
    """A message to the thread's agents."""

    content: Annotated[Said, Field(json_schema_extra={"maxLength": Timeouts().message_bytes})]
    policy: Policy = Field(default="enqueue", description="What happens while another run of the thread goes on.")
    client_message_id: Annotated[Said, Field(max_length=128)] | None = Field(
        default=None,
        description="The client's own id for this message: sent again, it is answered as the first time.",
    )
