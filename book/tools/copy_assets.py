"""Copy the browser code that the pages load from node_modules to the book's static folder.

Nothing of it is committed: npm installs what package-lock.json names, and this script takes the parts that
a page can ask for.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

TOOLS = Path(__file__).resolve().parent

# source in node_modules -> target below the vendor folder
PARTS = {
    "mathjax/LICENSE": "mathjax/LICENSE",
    "mathjax/es5/tex-svg.js": "mathjax/tex-svg.js",
    "mathjax/es5/input/tex": "mathjax/input/tex",  # macros that load on first use: \cancel, \color, ...
    "mathjax/es5/a11y": "mathjax/a11y",  # formulas read aloud, from MathJax's own menu
    "mathjax/es5/sre": "mathjax/sre",
    # Only a page with a widget loads these; embed-amd.js has all that it needs in one file.
    "requirejs/require.js": "widgets/require.js",
    "@jupyter-widgets/html-manager/dist/embed-amd.js": "widgets/embed-amd.js",
}


def copy_assets(modules: Path, vendor: Path) -> int:
    """Replace `vendor` by the listed parts of `modules`; return the number of files."""
    shutil.rmtree(vendor, ignore_errors=True)
    for source, target in PARTS.items():
        if not (modules / source).exists():
            raise SystemExit(f"{modules / source} is missing: run `make assets`.")
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        if (modules / source).is_dir():
            shutil.copytree(modules / source, vendor / target)
        else:
            shutil.copy(modules / source, vendor / target)
    return sum(path.is_file() for path in vendor.rglob("*"))


def main() -> None:
    """Parse the command line and copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=Path, default=TOOLS / "node_modules", help="what npm installed")
    parser.add_argument("--vendor", type=Path, default=TOOLS.parent / "_static/vendor", help="where to copy")
    args = parser.parse_args()
    print(f"{copy_assets(args.modules, args.vendor)} files of browser code in {args.vendor}")


if __name__ == "__main__":
    main()
