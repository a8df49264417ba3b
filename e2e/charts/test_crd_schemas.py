"""What can be said of the CRDs by looking at them: bounds, messages, sizes, and that rules cannot be slipped past."""

import subprocess
import sys

import pytest

from crds import KINDS, ROOT, read, schema

BYTES_MAX = 200 * 1024
# Where a rule on changes may stand: these always exist, before and after (list items are matched by name).
TRANSITIONS_AT = {"", ".spec", ".spec.listeners[]"}


def nodes(node, path=""):
    """Every schema inside a schema, with its path."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if isinstance(node.get("additionalProperties"), dict):
        yield from nodes(node["additionalProperties"], f"{path}{{}}")
    if "items" in node:
        yield from nodes(node["items"], f"{path}[]")


def unbounded(root):
    for path, node in nodes(root):
        kind = node.get("type")
        if kind == "array" and "maxItems" not in node:
            yield f"{path}: no maxItems"
        if "additionalProperties" in node and "maxProperties" not in node:
            yield f"{path}: no maxProperties"
        if (kind == "string" or node.get("x-kubernetes-int-or-string")) and not {"maxLength", "enum"} & node.keys():
            yield f"{path}: no maxLength"


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_map_and_string_is_bounded(kind):
    assert list(unbounded(schema(kind))) == []


def test_a_missing_bound_is_found():
    loose = {"properties": {"a": {"type": "array", "items": {"type": "string"}},
                            "b": {"additionalProperties": {"x-kubernetes-int-or-string": True}}}}
    assert len(list(unbounded(loose))) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind):
    silent = [path for path, node in nodes(schema(kind)["properties"]["spec"], ".spec")
              if not path.endswith(("[]", "{}")) and not node.get("description")]
    assert silent == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_says_what_to_write(kind):
    rules = [(path, rule) for path, node in nodes(schema(kind)) for rule in node.get("x-kubernetes-validations", [])]
    assert len(rules) >= 6
    for path, rule in rules:
        assert len(rule.get("message", "")) > 10, f"{path}: {rule['rule']}"
        if "oldSelf" in rule["rule"]:
            assert path in TRANSITIONS_AT, f"{path}: removing the field and adding it again would pass this rule"


@pytest.mark.parametrize("kind", KINDS)
def test_crd_is_small_and_complete(kind):
    crd = read(kind)
    assert (ROOT / f"crds/moldau.dev_{kind}.yaml").stat().st_size < BYTES_MAX
    names, version = crd["spec"]["names"], crd["spec"]["versions"][0]
    assert names["categories"] == ["moldau"] and names["shortNames"] == [{"clusters": "mcl", "topics": "mt"}[kind]]
    assert version["name"] == "v1beta1" and "status" in version["subresources"]
    assert ("scale" in version["subresources"]) == (kind == "clusters")
    columns = version["additionalPrinterColumns"]
    assert any("priority" in column for column in columns) and any("priority" not in column for column in columns)


def test_what_charts_carry_is_up_to_date():
    checked = subprocess.run([sys.executable, ROOT / "charts/sync", "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
