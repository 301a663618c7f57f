"""Whether a bundle has the shape that FHIR R4 gives it.

`fhir.resources` has no R4 classes; those of R4B (4.3) take every resource radloom writes and know
the R4 elements, which its default R5 classes do not.
"""

from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from radloom.errors import Rejected
from radloom.fhir.elements import Json


def check_shape(bundle: Json) -> None:
    """Returns when `bundle` has no unknown, missing or wrongly typed element.

    Raises:
        Rejected: It has; names the elements, never their values.
    """
    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        places = sorted(
            {
                f"{'.'.join(map(str, problem['loc']))}: {problem['type']}"
                for problem in error.errors(include_input=False, include_url=False)
            }
        )
    else:
        return
    # Outside the handler: a chained validation error would print patient data.
    raise Rejected(f"not FHIR R4: {'; '.join(places)}", reason="invalid_bundle")
