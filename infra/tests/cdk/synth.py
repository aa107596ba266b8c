"""Writes the template of each config.json in a folder, all from one App.

    python synth.py CORPUS OUT [ENVIRONMENT]

Run it in a folder with the files of templates/cdk-python, with the packages of requirements.txt.
"""

import json
import sys
from pathlib import Path

from aws_cdk import App, BootstraplessSynthesizer, Stack

from core import MonotableTable

corpus, out = (Path(argument).resolve() for argument in sys.argv[1:3])
environment = sys.argv[3:4]

app = App(analytics_reporting=False, tree_metadata=False, context={"aws:cdk:disable-stack-trace": True})
files = sorted(corpus.glob("*.json"))
for file in files:
    stack = Stack(app, file.stem, synthesizer=BootstraplessSynthesizer())
    MonotableTable(stack, "Table", config=str(file), environment=environment[0] if environment else None)
assembly = app.synth()
out.mkdir(parents=True, exist_ok=True)
for file in files:
    template = Path(assembly.get_stack_artifact(file.stem).template_full_path).read_text()
    (out / f"{file.stem}.template.json").write_text(json.dumps(json.loads(template), indent=2) + "\n")
