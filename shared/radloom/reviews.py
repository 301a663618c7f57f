"""Who vouches for a result: a result that no person has accepted is preliminary.

    draft -> in_review -> signed | rejected | amended
                          signed -> amended

Every step behind `in_review` needs the reviewer who takes it, and only `signed` and `amended` are
final.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from radloom.errors import Rejected


class State(StrEnum):
    """Where a result stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SIGNED = "signed"
    REJECTED = "rejected"
    AMENDED = "amended"


NEXT = {
    State.DRAFT: frozenset({State.IN_REVIEW}),
    State.IN_REVIEW: frozenset({State.SIGNED, State.REJECTED, State.AMENDED}),
    State.SIGNED: frozenset({State.AMENDED}),
    State.REJECTED: frozenset[State](),
    State.AMENDED: frozenset({State.AMENDED}),
}
"""Steps that may be taken."""


@dataclass(frozen=True)
class Review:
    """A result's way through review. Make the next one with the methods.

    Attributes:
        state: Where it stands.
        signed_by: Everybody who made it final, by identifier, in order; empty before.

    Raises:
        Rejected: A final state without a reviewer, or a reviewer of what nobody has signed.
    """

    state: State = State.DRAFT
    signed_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        is_final = self.state in (State.SIGNED, State.AMENDED)
        if is_final != bool(self.signed_by) or not all(who.strip() for who in self.signed_by):
            raise Rejected(
                f"a result that is {self.state} with {len(self.signed_by)} signatures; expected "
                "at least one, by name, if and only if it is signed or amended",
                reason="unsigned",
            )

    @property
    def fhir_status(self) -> str:
        """Status of DiagnosticReport and Observation (FHIR R4).

        "amended" is for what was final before; a draft that its first reviewer changed is "final".
        """
        match self.state:
            case State.SIGNED | State.AMENDED:
                return "final" if len(self.signed_by) == 1 else "amended"
            case State.REJECTED:
                return "entered-in-error"
            case _:
                return "preliminary"

    def opened(self) -> "Review":
        """Somebody looks at it.

        Raises:
            Rejected: It is beyond that.
        """
        return self._moved(State.IN_REVIEW, ())

    def signed(self, signed_by: str) -> "Review":
        """The reviewer accepts it as it is.

        Raises:
            Rejected: Nobody is named, or it is not in review.
        """
        return self._moved(State.SIGNED, (signed_by,))

    def amended(self, signed_by: str) -> "Review":
        """The reviewer accepts it with changes.

        Raises:
            Rejected: Nobody is named, or it is neither in review nor final.
        """
        return self._moved(State.AMENDED, (*self.signed_by, signed_by))

    def rejected(self) -> "Review":
        """The reviewer turns it down.

        Raises:
            Rejected: It is not in review.
        """
        return self._moved(State.REJECTED, ())

    def _moved(self, to: State, signed_by: tuple[str, ...]) -> "Review":
        if to not in NEXT[self.state]:
            allowed = ", ".join(sorted(NEXT[self.state])) or "nothing"
            raise Rejected(
                f"from {self.state} to {to}; from there only to {allowed}", reason="review_step"
            )
        return replace(self, state=to, signed_by=signed_by)


DRAFT = Review()
"""What every result is when it is made."""
