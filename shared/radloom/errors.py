"""What can go wrong, as a tree.

RadloomError
├── Rejected        can never succeed as it is: dead letter, or an answer of the 400 kind
└── Unavailable     may succeed later: try again

Messages name the value, what was expected and the remedy. They never hold patient data: no names,
identifiers, dates of birth, report text. A Study Instance UID may appear where the channel may
carry it.
"""


class RadloomError(Exception):
    """Base of all errors that radloom raises on purpose."""


class Rejected(RadloomError):  # noqa: N818 - the word of the dead-letter queue
    """The input can never succeed as it is; trying again is useless.

    Attributes:
        reason: Machine-readable code in snake case, "undecodable". It travels in dead letters.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unavailable(RadloomError):  # noqa: N818 - the word of gRPC and of Triton
    """Something needed does not answer now; the same call may succeed later.

    Attributes:
        dependency: What does not answer, "archive", "triton:muscle_ensemble".
        affects_all: True when every message would fail alike, so the consumer holds its place;
            False when only this message is affected, so others may pass it.
    """

    def __init__(self, message: str, *, dependency: str, affects_all: bool = True) -> None:
        super().__init__(message)
        self.dependency = dependency
        self.affects_all = affects_all
