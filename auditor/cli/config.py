"""auditor config: shows the resolved settings, or a JSON Schema."""

from __future__ import annotations

import json
from typing import Annotated

from typer import Argument, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def config() -> None:
    """Show the resolved settings, or a JSON Schema."""


@app.command()
def show(config: o.Config = None, isolated: o.Isolated = False) -> int:
    """Print the settings that hold here, as JSON, with the defaults filled in."""
    from auditor import config as configs
    from auditor.cli import asked, speak

    found = asked.settings({"config": config, "isolated": isolated})
    limits = {code: dict(fields) for code, fields in configs.limits(found.config).items()}
    said = {"file": str(found.file) if found.file else None, **found.config.model_dump(by_alias=True), "limits": limits}
    speak.out(json.dumps(said, indent=1, ensure_ascii=False))
    return 0


@app.command()
def schema(
    what: Annotated[str, Argument(help="config (auditor.toml) or audit (audit.json).", metavar="config|audit")] = "config",
) -> int:
    """Print the JSON Schema of auditor.toml, or of audit.json."""
    from auditor import config as configs
    from auditor import format as formats
    from auditor.cli import speak

    o.one_of("config schema", what, ("config", "audit"))
    speak.out(json.dumps(configs.schema() if what == "config" else formats.schema(), indent=1, ensure_ascii=False))
    return 0
