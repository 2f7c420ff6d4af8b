"""Calls one public function of each component of the toolbox example and prints what it gives, one JSON object a line.

Run with a prefix, `toolbox.`, it uses the new project; without, the original packages. Both must print the same.
"""

import importlib
import json
import sys

prefix = sys.argv[1] if len(sys.argv) > 1 else ""


def show(component, value):
    print(json.dumps({"component": component, "value": value}))


def formatting(module):
    # `wrap_text` imports its text wrapper inside the function.
    formatter = module.HelpFormatter(width=60)
    formatter.write_usage("toolbox", "[OPTIONS] SOURCE... DESTINATION")
    with formatter.section("Options"):
        formatter.write_dl([("--name TEXT", "the name of the new project"), ("--help", "this text")])
    text = "one paragraph that is too long for its line\n\nand another one"
    return [formatter.getvalue(), module.wrap_text(text, width=24, preserve_paragraphs=True)]


def timed(module):
    signer = module.TimestampSigner("a fixed key for this example")
    signed = signer.sign("value")
    return [signer.unsign(signed, max_age=60).decode(), signer.validate(signed), signer.validate(b"value.forged.x")]


def tag(module):
    import datetime
    import uuid

    serializer = module.TaggedJSONSerializer()
    value = {
        "tuple": (1, 2),
        "bytes": b"\x00\xff",
        "uuid": uuid.UUID(int=7),
        "date": datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc),
    }
    text = serializer.dumps(value)
    return [text, serializer.loads(text) == value]


for component, call in [
    ("click.formatting", formatting),
    ("itsdangerous.timed", timed),
    ("flask.json.tag", tag),
]:
    module = importlib.import_module(prefix + component)
    if not module.__name__.startswith(prefix):
        raise SystemExit(f"{component} came from {module.__name__}")
    show(component, call(module))

if prefix:
    originals = {"click", "flask", "itsdangerous"} & {name.partition(".")[0] for name in sys.modules}
    if originals:
        raise SystemExit(f"imported under their original names: {sorted(originals)}")
