"""Templates as they were compiled for the release: jinja2 takes longer to compile a page than to fill it.

`templates/compiled.json` is made when the wheel is built (packaging/compiled.py), with the version of jinja2 and the
Python of each template. What is not in it is compiled here: what somebody changed, all in a checkout, and all beside
another version of jinja2.
"""

from collections.abc import Mapping, MutableMapping
from functools import cache
from hashlib import sha256
from typing import Any

import jinja2
import msgspec

from netaudit.shipped import shipped_folder


class Compiled(msgspec.Struct, frozen=True):
    """The Python of templates, by `key_of`; `jinja2` is the version that wrote it."""

    jinja2: str
    templates: Mapping[str, str]


class ShippedLoader(jinja2.BaseLoader):
    """Loads the templates of templates/."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, None, None]:  # noqa: ARG002
        """Return the text of a template."""
        return read(template), None, None

    def load(
        self,
        environment: jinja2.Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> jinja2.Template:
        """Load a template: compiled, where it is as the release shipped it."""
        ready = compiled().get(key_of(name, read(name)))
        if ready is None:
            return super().load(environment, name, globals)
        code = compile(ready, "<template>", "exec")
        return environment.template_class.from_code(environment, code, globals or {})


@cache
def compiled() -> Mapping[str, str]:
    """Return what was compiled by the jinja2 that is here; nothing in a checkout."""
    file = shipped_folder("templates") / "compiled.json"
    known = msgspec.json.decode(file.read_bytes(), type=Compiled) if file.is_file() else None
    return known.templates if known and known.jinja2 == jinja2.__version__ else {}


def key_of(name: str, text: str) -> str:
    """Name a template and its text; by its name it is known for which format it is compiled."""
    return sha256(f"{name}\n{text}".encode()).hexdigest()


def read(name: str) -> str:
    """Read a template; there is no way out of templates/."""
    parts = jinja2.loaders.split_template_path(name)
    return shipped_folder("templates").joinpath(*parts).read_text(encoding="utf-8")
