"""tools/test counts what ran, and nothing that failed gets lost, however it failed."""

import importlib.machinery
import importlib.util
import pathlib
import shutil

import pytest

loader = importlib.machinery.SourceFileLoader("moldau_test", str(pathlib.Path(__file__).with_name("test")))
runner = importlib.util.module_from_spec(importlib.util.spec_from_loader("moldau_test", loader))
loader.exec_module(runner)

pytestmark = pytest.mark.skipif(not shutil.which("ctest"), reason="no ctest")

CASES = '<testsuites><testsuite name="S">{}</testsuite></testsuites>'
GOOD = '<testcase name="A" status="run"/><testcase name="B" status="run"/>'
BAD = '<testcase name="C" status="run"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="D" status="run"><skipped message="why"/></testcase>'


def count(tmp_path, **scripts):
    """Runs ctest on scripts that act as test programs; each may write its cases as GoogleTest does."""
    lines = []
    for name, (cases, status) in scripts.items():
        script = tmp_path / f"{name}.sh"
        write = f"mkdir -p \"${{GTEST_OUTPUT#xml:}}\"; echo '{CASES.format(cases)}' >\"${{GTEST_OUTPUT#xml:}}{name}.xml\"; "
        script.write_text((write if cases is not None else "") + f"exit {status}\n")
        lines.append(f'add_test({name} /bin/sh "{script}")')
    (tmp_path / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")
    total = runner.run_ctest(tmp_path)
    return total["passed"], total["failed"], total["skipped"]


def test_cases_are_counted_one_by_one_and_other_tests_as_one(tmp_path):
    assert count(tmp_path, a_test=(GOOD + SKIPPED, 0), a_link_test=(None, 0)) == (3, 0, 1)


def test_failed_cases_are_counted(tmp_path):
    assert count(tmp_path, a_test=(GOOD + BAD, 1)) == (2, 1, 0)


def test_a_program_that_dies_after_its_last_case_has_failed(tmp_path):
    assert count(tmp_path, a_test=(GOOD, 139)) == (2, 1, 0)


def test_a_program_that_dies_without_a_word_has_failed(tmp_path):
    assert count(tmp_path, a_test=(None, 134), a_link_test=(None, 1)) == (0, 2, 0)


def test_a_program_that_is_not_there_has_failed(tmp_path):
    (tmp_path / "CTestTestfile.cmake").write_text("add_test(a_test /nonexistent/a_test)\n")
    assert runner.run_ctest(tmp_path)["failed"] == 1


def test_no_test_at_all_is_a_failure(tmp_path):
    (tmp_path / "CTestTestfile.cmake").write_text("")
    assert runner.run_ctest(tmp_path)["failed"] == 1
