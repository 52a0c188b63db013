"""Which keys are the Hub's, and so must never be shown to a provider."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

from ..reading import as_object, as_text

_PREFIXES = ("hf_", "api_org_")
_HOSTS = ("huggingface.co", "hf.co")


def is_hub_token(key: str) -> bool:
    """Whether a key is a token of the Hub, which is sent through the router.

    These are user, organisation and OAuth access tokens (`hf_`, `api_org_`), and JSON web tokens
    whose issuer is the Hub, such as those of signed-in visitors and of jobs. Any other key is the
    provider's own. A token that was found in the environment or in the file of a login is always
    the Hub's, however it looks: whoever finds it there need not ask here.
    """
    return key.startswith(_PREFIXES) or _issuer(key) in _HOSTS


def _issuer(key: str) -> str:
    """Return the host that a JSON web token says it is from; it is not verified."""
    _, _, claims = key.rpartition(".")[0].rpartition(".")
    try:
        found: object = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        issuer = as_text(as_object(found).get("iss"))
        return (urlsplit(issuer).hostname or issuer).removeprefix("www.")
    except (ValueError, RecursionError):
        return ""
