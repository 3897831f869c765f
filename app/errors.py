"""Every error we raise ourselves, drawn once.

PlumblineError
├── ConfigurationError     a setting is missing or wrong; the sentence says which and what to do
├── LeaseLost              somebody else holds the work now; stop without writing anything
├── GitHubError            a read that GitHub refused or never answered; carries the WriteAnswer
├── EmbeddingError         no vectors now: whatever wanted them goes by words alone
└── ModelError             no decision: typed, recorded on the run, never shown on a thread
    ├── ModelUnavailable   down, slow, rate limited, breaker open: the fallback model may serve
    ├── ModelRefused       the provider declined to answer
    └── BadDecision        the reply does not fit the schema, even after one repair
"""

from app.domain.effect import WriteAnswer


class PlumblineError(Exception):
    """Base of all of ours."""


class ConfigurationError(PlumblineError):
    pass


class LeaseLost(PlumblineError):
    pass


class GitHubError(PlumblineError):
    """A read failed. `answer` lets the one table of GitHub's answers decide what follows."""

    def __init__(self, what: str, answer: WriteAnswer) -> None:
        super().__init__(f"{what}: {answer.status or 'no answer'} {answer.message}".strip())
        self.answer = answer


class EmbeddingError(PlumblineError):
    pass


class ModelError(PlumblineError):
    kind = "model"


class ModelUnavailable(ModelError):
    kind = "unavailable"


class ModelRefused(ModelError):
    kind = "refused"


class BadDecision(ModelError):
    kind = "bad_decision"
