// Schemas that must not pass: each is told with its file and line.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace moldau::wire {
namespace {

namespace fs = std::filesystem;

fs::path scratch_folder() {
    const auto folder = fs::path(::testing::TempDir()) / "moldau_wire_generator_test";
    fs::remove_all(folder);
    fs::create_directories(folder);
    return folder;
}

struct Outcome {
    int status;
    std::string text;
};

Outcome run(const std::string& command) {
    Outcome outcome{};
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return {-1, "cannot start a shell"};
    std::array<char, 1024> buffer;
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) outcome.text += buffer.data();
    outcome.status = pclose(pipe);
    return outcome;
}

Outcome generate(const std::string& schema) {
    const auto folder = scratch_folder();
    std::ofstream(folder / "one.msg") << schema;
    return run("python3 -B " MOLDAU_SOURCE_DIR "/tools/generate_wire.py --namespace x --include x --out " +
               (folder / "out").string() + " " + (folder / "one.msg").string());
}

TEST(Generator, AcceptsAMessageWithoutFields) {
    const auto outcome = generate("message A  versions 0\n");
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_EQ(outcome.text, "");
}

TEST(Generator, EndsTheBuildOnAFault) {
    const auto outcome = generate("message A  versions 0\n  b int7\n");
    EXPECT_NE(outcome.status, 0);
    EXPECT_TRUE(outcome.text.ends_with("one.msg:2: 'int7' is no type\n")) << outcome.text;
}

struct Case {
    const char* schema;
    const char* error;
};

constexpr Case kCases[] = {
    {"message a  versions 0\n", "bad.msg:1: expected 'message Name ...'"},
    {"masage A  versions 0\n", "bad.msg:1: expected 'message Name ...'"},
    {"message A  versions\n", "bad.msg:1: 'versions' needs a value"},
    {"message A  version 0\n", "bad.msg:1: 'version' is no attribute of a message"},
    {"message A  versions 3-1\n", "bad.msg:1: the range of versions '3-1' is empty"},
    {"message A  versions x\n", "bad.msg:1: 'x' is no range of versions"},
    {"message A  versions 0+\n", "bad.msg:1: a message names its last version"},
    {"message A  api x  versions 0\n", "bad.msg:1: 'x' is no api number"},
    {"message A  versions 0  listeners zookeeper\n", "bad.msg:1: listeners are"},
    {"message A  versions 0  flexible 0-1\n", "bad.msg:1: flexible versions are open"},
    {"message A  versions none\n  b int8\n", "bad.msg:1: a message without versions has no fields"},
    {"message A  versions 0\n\n# c\n b int8\n", "bad.msg:4: indent by two spaces a level"},
    {"message A  versions 0\n    b int8\n", "bad.msg:2: indented under nothing"},
    {"message A  versions 0\n  b\n", "bad.msg:2: expected 'name type ...'"},
    {"message A  versions 0\n  B int8\n", "bad.msg:2: expected 'name type ...'"},
    {"message A  versions 0\n  b int7\n", "bad.msg:2: 'int7' is no type"},
    {"message A  versions 0\n  b Other\n", "bad.msg:2: 'Other' is no type and no struct of A"},
    {"message A  versions 0\n  b int8\n  b int8\n", "bad.msg:3: 'b' is declared twice"},
    {"message A  versions 0\n  b int8\n    c int8\n", "bad.msg:3: 'b' is of type int8 and holds no fields"},
    {"message A  versions 0\n  b int8 1+\n", "bad.msg:2: 'b' exists in no version of its message"},
    {"message A  versions 0-3\n  b string?3+ 0-2\n", "bad.msg:2: 'b' is nullable only where it does not exist"},
    {"message A  versions 0\n  b int8?\n", "bad.msg:2: int8 cannot be null"},
    {"message A  versions 0\n  b []records\n", "bad.msg:2: there are no arrays of records"},
    {"message A  versions 0\n  b int8 tag 0\n", "bad.msg:2: 'b' is tagged in versions that are not flexible"},
    {"message A  versions 0-1  flexible 1+\n  b int8 tag 0\n", "bad.msg:2: 'b' is tagged in versions that are not"},
    {"message A  versions 0  flexible 0+\n  b int8 tag 0\n  c int8 tag 0\n", "bad.msg:1: a tag is used twice in A"},
    {"message A  versions 0\n  b int8 = 128\n", "bad.msg:2: '128' is no int8"},
    {"message A  versions 0\n  b uint16 = -1\n", "bad.msg:2: '-1' is no uint16"},
    {"message A  versions 0\n  b bool = 1\n", "bad.msg:2: '1' is no bool"},
    {"message A  versions 0\n  b string = x\n", "bad.msg:2: 'x' is no string"},
    {"message A  versions 0\n  b string = null\n", "bad.msg:2: 'b' cannot be null"},
    {"message A  versions 0\n  b uuid = 0\n", "bad.msg:2: a default for 'b' can only be null"},
    {"message A  versions 0\n  b int8 =\n", "bad.msg:2: '=' needs a value"},
    {"message A  versions 0\n  b int8 optional\n", "bad.msg:2: 'optional' is no option of a field"},
    {"message A  versions 0\n  struct B\n    c int8\n", "bad.msg:2: struct 'B' is used by no field"},
    {"message A  versions 0\n  b B\n    c int8\n  struct B\n", "bad.msg:4: struct 'B' is declared twice"},
    {"message A  versions 0\n  b B\n  struct B\n    c []B\n", "bad.msg:3: struct 'B' contains itself"},
    {"message A  versions 0\n  b []B\n  struct B\n", "bad.msg:2: an element of 'b' may take no bytes"},
    {"message A  versions 0\nmessage A  versions 0\n", "bad.msg:2: message 'A' is declared twice"},
    {"message ARequest  api 0  versions 0\n", "bad.msg:1: API 0 needs one Request and one Response"},
};

// All files in one process: starting forty takes ten seconds.
constexpr const char* kCheckAll = R"(
import sys
sys.path.insert(0, sys.argv[1])
from wire_schema import Parser, SchemaError, check_all
for path in sys.argv[2:]:
    try:
        check_all(Parser(path).parse())
        print("accepted")
    except SchemaError as error:
        print(error)
)";

TEST(Generator, NamesTheLineOfEveryFault) {
    const auto folder = scratch_folder();
    std::ofstream(folder / "check.py") << kCheckAll;
    std::string command = "python3 -B " + (folder / "check.py").string() + " " MOLDAU_SOURCE_DIR "/tools";
    int number = 0;
    for (const auto& test : kCases) {
        const auto path = folder / std::to_string(++number);
        fs::create_directories(path);
        std::ofstream(path / "bad.msg") << test.schema;
        command += " " + (path / "bad.msg").string();
    }

    std::istringstream lines{run(command).text};

    for (const auto& test : kCases) {
        std::string line;
        std::getline(lines, line);
        EXPECT_NE(line.find(test.error), std::string::npos) << test.schema << line;
    }
}

}  // namespace
}  // namespace moldau::wire
