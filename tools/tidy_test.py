"""Shows each rule of tools/tidy fire on a small tree that breaks just that rule, and none on a tree that keeps them all."""

import importlib.machinery
import importlib.util
import pathlib

import pytest

PATH = str(pathlib.Path(__file__).with_name("tidy"))
loader = importlib.machinery.SourceFileLoader("tidy", PATH)
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

HEADER = "// What it is.\n\n#pragma once\n\n"
GOOD = {
    "broker/base/CMakeLists.txt": "moldau_module(NAME base)\n",
    "broker/base/README.md": "# base\n",
    "broker/base/ids.h": HEADER + "struct Id {\n    int value;\n};\n",
    "broker/raft/CMakeLists.txt": "moldau_module(NAME raft DEPS base TEST_DEPS sim)  # words\n",
    "broker/raft/README.md": "# raft\n",
    "broker/raft/core.h": HEADER + '#include "base/ids.h"\n\nint step(int input);  // TODO(#12): no throw here\n',
    "broker/raft/core.cc":
        '// Does it.\n#include "raft/core.h"\n\nint step(int input) {\n    return "std::mutex"[input];\n}\n',
    "broker/raft/core_test.cc": '// Tests it.\n#include "sim/loop.h"\n\nTEST(Core, StepsOnce) {\n}\n',
}


def faults(tmp_path, changed):
    for name, text in (GOOD | changed).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text)
    return [f"{path}:{line}: {what}" for path, line, what in tidy.faults(tmp_path)]


def test_a_good_tree_has_no_faults(tmp_path):
    assert faults(tmp_path, {}) == []


CC = "broker/raft/core.cc"
H = "broker/raft/core.h"
TEST = "broker/raft/core_test.cc"


@pytest.mark.parametrize("path,text,line,what", [
    (CC, "// x\n" + "int a;\n" * 800, 800, "801 lines"),
    (CC, "// x\n// " + "x" * 123 + "\n", 2, "126 columns"),
    (CC, "// x\nint a; \n", 2, "space at the end"),
    (CC, "// x\n\tint a;\n", 2, "a tab"),
    (CC, "// x\nint a;", 2, "one line end"),
    (CC, "// x\nint a;\n\n", 4, "one line end"),
    (CC, "int a;\n", 1, "opens with 0 lines"),
    (H, "// x\n#pragma once\n" + "int a;\n" * 100, 1, "opens with 1 lines"),
    (H, "// x\nint a;\n", 1, "no #pragma once"),
    ("tools/x.py", "import os\n", 1, "without a comment"),
    (CC, "// x\n// TODO: later\n", 2, "TODO without its issue"),
    (CC, "// x\n// FIXME\n", 2, "an issue is the place"),
    (CC, "// x\nstd::mutex a;\n", 2, "no locks"),
    (CC, "// x\nint a = std::condition_variable();\n", 2, "no locks"),
    (CC, "// x\nvoid f() { throw 1; }\n", 2, "no exceptions"),
    (CC, "// x\nint a = std::cout;\n", 2, "only app and cli print"),
    (CC, "// x\nauto a = std::chrono::steady_clock::now();\n", 2, "given time"),
    (CC, "// x\nstd::random_device a;\n", 2, "given time and random"),
    (TEST, "// x\nvoid f() { std::this_thread::sleep_for(a); }\n", 2, "no sleeps"),
    (H, HEADER + "#include <iostream>\n", 5, "too heavy"),
    (H, HEADER + "using namespace std;\n", 5, "no using namespace"),
    (CC, "// x\n#include <asio.hpp>\n", 2, "Asio stays inside io"),
    (TEST, "// x\nTEST(Core, Works) {\n}\n", 2, "Works is no claim"),
    (TEST, "// x\nTEST_F(Core, steps_once) {\n}\n", 2, "steps_once is no claim"),
    (CC, "// x\nint f(int a) {\n" + "    a;\n" * 69 + "}\n", 2, "a function of 71 lines"),
    (CC, "// x\nclass A {\n    A() : a_(1) {\n" + "    a;\n" * 69 + "    }\n};\n", 3, "a function of 71 lines"),
    (CC, '// x\n#include "wire/frame.h"\n', 2, "does not declare a dependency on wire"),
    (CC, '// x\n#include "sim/loop.h"\n', 2, "does not declare a dependency on sim"),
    (CC, '// x\n#include "core.h"\n', 2, "does not declare a dependency on None"),
    ("broker/raft/README.md", "x\n" * 41, 40, "more than 40 lines"),
])
def test_each_rule_fires(tmp_path, path, text, line, what):
    found = faults(tmp_path, {path: text})
    assert any(one.startswith(f"{path}:{line}: ") and what in one for one in found), found


def test_a_missing_readme_is_a_fault(tmp_path):
    assert "missing" in faults(tmp_path, {"broker/base/README.md": None})[0]


def test_a_crowded_folder_is_a_fault(tmp_path):
    files = {f"broker/raft/part{at}.cc": "// x\n" for at in range(25)}
    assert "26 concepts" in faults(tmp_path, files)[0]


def test_long_classes_and_namespaces_are_no_functions(tmp_path):
    long_class = "// x\nnamespace a {\nclass B final : public C<int()> {\n" + "    int f() { return 1; }\n" * 90 + "};\n}\n"
    assert faults(tmp_path, {CC: long_class}) == []


def test_generated_documents_must_be_fresh(tmp_path):
    binary = tmp_path / "moldau-broker"
    binary.write_text("#!/bin/sh\necho fresh $1\n")
    binary.chmod(0o755)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/configuration.md").write_text("fresh --print-config-docs\n")
    (tmp_path / "docs/metrics.md").write_text("stale\n")
    assert [path for path, _, _ in tidy.generated_documents(tmp_path, binary)] == ["docs/metrics.md"]
