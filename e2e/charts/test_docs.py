"""What docs/operator shows is true: examples are accepted, fields are complete, reasons, values and links exist.

Examples are asked for by a dry run: one by one of the lone API server, and all at once of the cluster that E2E_KUBECONFIG
names, when there is one.
"""

import json
import os
import re
import shlex
import subprocess

import pytest
import yaml

from crds import ROOT, schema

DOCS = ROOT / "docs/operator"
EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
PAGES = sorted(DOCS.glob("*.md"))
GENERATED = {"conditions.md", "metrics.md"}


def blocks(language):
    """(page and number, text) of every block of code in that language."""
    for page in PAGES:
        for number, text in enumerate(re.findall(rf"^ *```{language}\n(.*?)^ *```$", page.read_text(), re.M | re.S), 1):
            yield f"{page.stem}-{number}", text


RESOURCES = [(path.stem, path.read_text()) for path in EXAMPLES]
RESOURCES += blocks("yaml")


def test_there_is_something_to_test():
    assert len(EXAMPLES) > 8 and len(RESOURCES) > 20


@pytest.mark.parametrize("name, text", RESOURCES, ids=[name for name, _ in RESOURCES])
def test_examples_are_accepted(api, name, text):
    for one in yaml.safe_load_all(text):
        group = f"/apis/{one['apiVersion']}/namespaces/default/{one['kind'].lower()}s"
        code, answer = api.request("POST", f"{group}?dryRun=All&fieldValidation=Strict", one)
        assert code == 201, answer["message"]


def test_kubectl_applies_all_examples_at_once(kubectl, tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text("\n---\n".join(text for _, text in RESOURCES))
    where = ["--kubeconfig", os.environ["E2E_KUBECONFIG"]] if "E2E_KUBECONFIG" in os.environ else []
    done = kubectl(*where, "apply", "--dry-run=server", "-f", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("(server dry run)") >= len(RESOURCES)


@pytest.mark.parametrize("chart", ["moldau-operator", "moldau"])
def test_examples_of_values_render(helm, chart):
    path = DOCS / f"values/{chart.removeprefix('moldau-')}.yaml"
    rendered = helm("template", "demo", f"charts/{chart}", "--values", path)
    assert rendered.returncode == 0, rendered.stderr


def fields(node, path=""):
    """Every field that a person writes, as the tables name it; what is preserved is left to Kubernetes' own pages."""
    for name, child in node.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        items = child.get("items", {}) if child.get("type") == "array" else child
        if "properties" in items and not items.get("x-kubernetes-preserve-unknown-fields"):
            yield from fields(items, here)
        else:
            yield here


def described(page, field):
    """In a table by its whole path or the end of it, or in an example."""
    text = (DOCS / page).read_text()
    ends = [field, field.split(".", 1)[-1], ".".join(field.split(".")[-2:]), field.rsplit(".", maxsplit=1)[-1]]
    return any(re.search(rf"`{re.escape(end)}(\[\])?`", text) for end in ends) or f"{ends[-1]}: " in text


@pytest.mark.parametrize("kind, pages", [("clusters", ["cluster.md", "networking.md"]), ("topics", ["topic.md"])])
def test_every_field_is_documented(kind, pages):
    spec = schema(kind)["properties"]["spec"]
    found = list(fields(spec))
    assert len(found) > 7
    assert [field for field in found if not any(described(page, field) for page in pages)] == []


def test_every_reason_that_is_named_exists():
    rows = (ROOT / "operator/api/catalogue_rows.h").read_text()
    known = set(re.findall(r'"([A-Z]\w+)"', rows))
    named = set()
    for page in PAGES:
        if page.name not in GENERATED:
            named |= set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", page.read_text()))
    assert len(named & known) > 15
    alerts = set(re.findall(r"alert: (\w+)", (ROOT / "charts/moldau-operator/files/rules.yaml").read_text()))
    words = {"Cluster", "IfNotPresent", "LoadBalancer", "NodePort", "ClusterIP"}  # values of fields
    assert named - known - alerts - words == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (DOCS / target).exists() or target in GENERATED, target


COMMANDS = list(blocks("sh"))


@pytest.mark.parametrize("name, text", COMMANDS, ids=[name for name, _ in COMMANDS])
def test_commands_are_valid(helm, name, text):
    """The shell can read them, files exist, helm knows the flags and the values."""
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    for line in text.splitlines():
        words = shlex.split(line)
        for word in words:
            if word.startswith(("charts/", "docs/", "crds/")):
                assert (ROOT / word).exists(), word
        if words[:1] == ["helm"] and words[1] == "install":
            done = helm("template", *[word for word in words[2:] if word != "--create-namespace"])
            assert done.returncode == 0, done.stderr
        elif words[:1] == ["helm"]:
            assert set(re.findall(r"--[a-z-]+", line)) <= set(re.findall(r"--[a-z-]+", helm(words[1], "--help").stdout))


def test_dashboards_and_rules_are_where_the_pages_say():
    text = " ".join(page.read_text() for page in PAGES)
    for path in re.findall(r"`((?:charts|crds|docs|docker)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    assert json.loads((ROOT / "charts/moldau-operator/files/dashboards/moldau-operator.json").read_text())["uid"]
