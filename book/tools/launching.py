"""A Sphinx extension: buttons that open a chapter on Binder and in Colab, once the book has an address.

Both services fetch a chapter from its repository. Its address stands in one place, ``repository: url:`` in
``_config.yml``. While that is empty there are no buttons; the theme by itself would stop the build.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

ONLY_GITHUB = ("colab_url", "deepnote_url")


def buttons(launch: dict[str, Any], address: str) -> dict[str, Any]:
    """Return the services that can open a chapter of the repository at an address.

    Raises
    ------
    ConfigError
        If the address is not of the form https://host/owner/name.
    """
    if not address:
        return {}
    host, _, path = address.removeprefix("https://").partition("/")
    if not address.startswith("https://") or "." not in host or path.strip("/").count("/") != 1:
        raise ConfigError(
            f"{address!r} in _config.yml is no repository: give the address as https://github.com/owner/name"
        )
    return {key: url for key, url in launch.items() if host == "github.com" or key not in ONLY_GITHUB}


def choose(app: Sphinx, config: Config) -> None:
    """Leave those buttons in the theme's options that lead somewhere."""
    options = config.html_theme_options
    options["launch_buttons"] = buttons(options.get("launch_buttons", {}), options.get("repository_url", ""))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", choose)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
