"""Renders the CDK templates for an application with two tables, as `monotable synth` does.

    python render.py TEMPLATES PROJECT

It needs the package jinja2, whose syntax contains that of minijinja.
"""

import shutil
import sys
from pathlib import Path

from jinja2 import Environment, StrictUndefined

# The values that `monotable synth` fills in. `table.*` has one file for each table, the other files have all tables.
APP = "shop"
TABLES = [
    {
        "crate": crate,
        "class": crate.title().replace("-", ""),
        "config": f"../../crates/{crate}/config.json",
        "ts": {"file": crate, "field": crate.split("-")[0] + "".join(part.title() for part in crate.split("-")[1:])},
        "py": {"file": crate.replace("-", "_"), "field": crate.replace("-", "_")},
    }
    for crate in ("orders", "user-events")
]


def main(templates: Path, project: Path) -> None:
    environment = Environment(
        variable_start_string="@{", variable_end_string="}@",
        block_start_string="@%", block_end_string="%@",
        comment_start_string="@#", comment_end_string="#@",
        keep_trailing_newline=True, undefined=StrictUndefined,
    )  # fmt: skip
    for source in sorted(path for path in templates.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        path = source.relative_to(templates)
        if path.name == "gitignore":
            path = path.with_name(".gitignore")
        tables = [{**table, **table[path.suffix[1:]]} for table in TABLES if path.suffix[1:] in table]
        template = environment.from_string(source.read_text())
        if path.stem == "table" and path.parent.name == "tables":
            for table in tables:
                write(project / path.with_stem(table["file"]), template.render(table))
        elif "@{" in source.read_text():
            write(project / path, template.render(app=APP, tables=tables))
        else:
            write(project / path, source.read_text())


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:3]]
    shutil.rmtree(folders[1] / "src", ignore_errors=True)
    main(*folders)
