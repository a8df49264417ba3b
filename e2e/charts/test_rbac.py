"""The operator's rights: each verb has its reason beside it, none is a wildcard, and none lets it become more than it is."""

import re

import pytest
import yaml

from crds import ROOT

RULES = ROOT / "charts/moldau-operator/templates/_rules.tpl"
NEVER = {"secrets", "pods/exec", "pods/attach", "pods/portforward", "roles", "rolebindings", "clusterroles",
         "clusterrolebindings", "serviceaccounts/token", "customresourcedefinitions"}
NEVER_VERBS = {"*", "escalate", "bind", "impersonate", "deletecollection"}


def rules(text):
    """(the comment above, the rule) for each rule of a template."""
    for block in re.finditer(r"((?:^# .*\n)+)((?:^(?:- |  ).*\n)+)", text, re.M):
        comment = " ".join(line.lstrip("# ") for line in block.group(1).splitlines())
        for rule in yaml.safe_load(re.sub(r"\{\{.*?\}\}", "name", block.group(2))):
            yield comment, rule


def faults(comment, rule):
    for verb in rule["verbs"]:
        if verb in NEVER_VERBS:
            yield f"{rule['resources']}: {verb} is never given"
        if not re.search(rf"\b{verb}\b[^:]*: ", comment):
            yield f"{rule['resources']}: no reason for {verb}"
    for name in rule["resources"]:
        if "*" in name or name in NEVER:
            yield f"{name} is never given"
    if "*" in rule["apiGroups"] or "nonResourceURLs" in rule:
        yield f"{rule}: too wide"


def test_every_verb_has_a_reason_and_no_rule_is_wide():
    found = list(rules(RULES.read_text()))
    assert len(found) == RULES.read_text().count("- apiGroups:"), "a rule without a comment above it"
    assert [fault for comment, rule in found for fault in faults(comment, rule)] == []


@pytest.mark.parametrize("rule, fault", [
    ("# get: a reason.\n- apiGroups: [a]\n  resources: [b]\n  verbs: [get, list]\n", "no reason for list"),
    ("# *: all.\n- apiGroups: [a]\n  resources: [b]\n  verbs: ['*']\n", "* is never given"),
    ("# get: to read.\n- apiGroups: ['']\n  resources: [secrets]\n  verbs: [get]\n", "secrets is never given"),
    ("# get: to read.\n- apiGroups: ['*']\n  resources: [b]\n  verbs: [get]\n", "too wide"),
])
def test_finds_what_is_wrong(rule, fault):
    assert any(fault in one for pair in rules(rule) for one in faults(*pair))


def granted(helm, *arguments):
    rendered = helm("template", "demo", "charts/moldau-operator", "--set", "crds.install=false", *arguments)
    return [one for one in yaml.safe_load_all(rendered.stdout) if one and "rules" in one]


def test_nodes_are_seen_only_by_an_operator_of_all_namespaces(helm):
    wide = granted(helm)
    assert {one["kind"] for one in wide} == {"ClusterRole", "Role"}
    assert any("nodes" in rule["resources"] for one in wide for rule in one["rules"])
    narrow = granted(helm, "--set", "watchNamespace=team")
    assert {(one["kind"], one["metadata"]["namespace"]) for one in narrow} == {("Role", "team"), ("Role", "default")}
    assert not any({"nodes", "persistentvolumes"} & set(rule["resources"]) for one in narrow for rule in one["rules"])


def test_no_right_is_made_when_rights_come_from_elsewhere(helm):
    assert granted(helm, "--set", "rbac.create=false") == []
