"""Settings of the process, from the environment and `.env`. `plumbline doctor` lists them from this class."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import ConfigurationError

WRONG_KEY = "GITHUB_PRIVATE_KEY must hold the App's PEM key or the path of the file that GitHub gave you"
LONGEST_PATH_SHOWN = 200
SHORTEST_TOKEN = 16


class Settings(BaseSettings):
    """Names without a prefix are the ones other tools use too; everything of our own is `PLUMBLINE_*`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_prefix="PLUMBLINE_", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: str = Field("", validation_alias="DATABASE_URL")
    redis_url: str = Field("", validation_alias="REDIS_URL")
    github_app_id: int = Field(0, validation_alias="GITHUB_APP_ID")
    github_private_key: SecretStr = Field(SecretStr(""), validation_alias="GITHUB_PRIVATE_KEY")
    github_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), validation_alias="GITHUB_WEBHOOK_SECRET"
    )
    github_api_url: str = Field("https://api.github.com", validation_alias="GITHUB_API_URL")
    anthropic_api_key: SecretStr = Field(SecretStr(""), validation_alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str = Field("", validation_alias="ANTHROPIC_BASE_URL")
    langsmith_tracing: bool = Field(False, validation_alias="LANGSMITH_TRACING")
    langsmith_api_key: SecretStr = Field(SecretStr(""), validation_alias="LANGSMITH_API_KEY")
    langsmith_endpoint: str = Field("", validation_alias="LANGSMITH_ENDPOINT")
    langsmith_project: str = Field("", validation_alias="LANGSMITH_PROJECT")

    embeddings: str = Field("bundled", description="`bundled`, `none` or the address of an OpenAI-compatible service")
    embeddings_model: str = Field("", description="the service's model")
    embeddings_key: SecretStr = Field(SecretStr(""), description="the service's key")
    embeddings_dimensions: int = Field(0, ge=0, description="of its vectors; what the model has by itself if not set")
    data_dir: Path = Field(Path(".plumbline"), description="embedded servers, playground, spool")
    prompts_dir: Path | None = Field(None, description="prompt files other than the bundled ones")
    handle: str = Field("plumbline", description="the name people mention, without @")
    setup_token: SecretStr = Field(SecretStr(""), description="lets one browser from elsewhere open /setup, once")
    playground_url: str = Field("", description="set by `plumbline run`: where its playground is")
    trace_private: bool = Field(False, description="send runs of private repositories to LangSmith whole")
    log_json: bool = Field(False, description="one JSON object a line instead of text for people")
    hands: int = Field(8, ge=1, le=200, description="pieces of work one worker process does at once")
    hands_per_repository: int = Field(3, ge=1, description="of these, at most this many for one repository")
    write_interval_s: float = Field(1.0, ge=0, description="pause between two writes of one installation")
    writes_per_hour: int = Field(400, ge=1, description="writes of one installation; GitHub allows 500")
    reconcile_after_s: float = Field(45.0, ge=0, description="wait until a missing comment counts as unsent")
    sweep_after_s: float = Field(120.0, ge=0, description="wait until a comment's duplicates are looked for")
    sweep_interval_s: float = Field(5.0, gt=0, description="how often lost bells and leases are looked for")
    recover_interval_s: float = Field(180.0, gt=0, description="how often GitHub's delivery log is asked")
    reconcile_interval_s: float = Field(3600.0, gt=0, description="how often changed issues are listed")
    history_interval_s: float = Field(3600.0, gt=0, description="how often what changed in repositories is read")
    usd_per_day: float = Field(0.0, ge=0, description="for paid model calls of all repositories together; 0: no limit")
    summary_interval_s: float = Field(
        300.0, gt=0, description="how often a repository is looked for that was not measured yet"
    )
    look_interval_s: float = Field(20.0, gt=0, description="how often reactions that are due are looked for")
    looks_per_minute: int = Field(60, ge=1, description="of them, at most so many for one installation")
    rate_reserve: int = Field(1000, ge=0, description="requests of GitHub's hour that looking for reactions leaves")
    slow_after_s: float = Field(60.0, gt=0, description="from an event to our answer; what takes longer was slow")
    model_timeout_s: float = Field(90.0, gt=0, description="deadline of one model call, retries included")
    purge_after_hours: float = Field(24.0, ge=0, description="grace until a deleted installation's data goes")

    @field_validator("github_webhook_secret", mode="before")
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        """Comma-separated while rotating: the newest first, the one being retired last."""
        if isinstance(value, str):
            return tuple(SecretStr(part.strip()) for part in value.split(",") if part.strip())
        return value

    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Secrets as bytes, for HMAC. An empty one would accept forged deliveries, so it is an error."""
        if not self.github_webhook_secret:
            raise ConfigurationError(
                "GITHUB_WEBHOOK_SECRET is empty: set it to the secret of your GitHub App, "
                "or start with `plumbline run` to use the playground."
            )
        return tuple(secret.get_secret_value().encode() for secret in self.github_webhook_secret)

    def door_token(self) -> str:
        """What `/setup?token=` must say; empty where nobody from elsewhere may come in. It opens the App's secrets, so
        a short one is an error.
        """
        token = self.setup_token.get_secret_value()
        if 0 < len(token) < SHORTEST_TOKEN:
            raise ConfigurationError(f"PLUMBLINE_SETUP_TOKEN must have at least {SHORTEST_TOKEN} characters.")
        return token

    def private_key(self) -> str:
        """The App's PEM key: the setting holds the text itself or a path to it."""
        value = self.github_private_key.get_secret_value()
        if value.lstrip().startswith("-----BEGIN"):
            return value.replace("\\n", "\n")
        try:
            text = Path(value).expanduser().read_text() if value else ""
        except (OSError, ValueError, RuntimeError) as error:
            # Without its first line a key looks like a path: nothing that long, or said by the system, is shown.
            name = f" {value!r}" if len(value) <= LONGEST_PATH_SHOWN else ""
            why = error.strerror if isinstance(error, OSError) else "no text file"
            raise ConfigurationError(f"{WRONG_KEY}; the file{name} cannot be read: {why}.") from None
        if "-----BEGIN" not in text:
            raise ConfigurationError(f"{WRONG_KEY}; " + ("that file holds no PEM key." if value else "it is empty."))
        return text


def read_settings() -> Settings:
    """The settings of this process; a ConfigurationError names every variable that cannot be understood."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"{variable(str(one['loc'][0]))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise ConfigurationError("; ".join(problems)) from None


def variable(name: str) -> str:
    """The environment variable of a field."""
    field = Settings.model_fields.get(name)
    if field is None:  # pydantic names a field by its alias where it has one
        return name
    return str(field.validation_alias or f"PLUMBLINE_{name}".upper())
