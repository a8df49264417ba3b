// posix_spawn, two pipes and a deadline, on a thread of its own.

#include "operator/kube/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

extern char** environ;

namespace moldau::kube {
namespace {

constexpr std::size_t kErrorBytesMax = 4'096;

struct Pipe {
    int reader = -1;
    int writer = -1;

    Pipe() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
        reader = ends[0];
        writer = ends[1];
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_reader();
        close_writer();
    }
    void close_reader() { close_one(reader); }
    void close_writer() { close_one(writer); }
    static void close_one(int& end) {
        if (end >= 0) ::close(std::exchange(end, -1));
    }
};

std::vector<std::string> merged_environment(const Command& command) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text(*entry);
        bool replaced = false;
        for (const auto& [name, value] : command.environment) replaced = replaced || text.starts_with(name + "=");
        if (!replaced) merged.push_back(text);
    }
    for (const auto& [name, value] : command.environment) merged.push_back(name + "=" + value);
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

Result<pid_t> start(const Command& command, const Pipe& output, const Pipe& errors) {
    std::vector<std::string> words{command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    auto variables = merged_environment(command);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO);
    pid_t pid = -1;
    const int fault =
        ::posix_spawnp(&pid, command.program.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) return fail(Errc::kIo, "run " + command.program + ": " + std::strerror(fault));
    return pid;
}

// Appends what is there; closes the end when there is no more.
void take(int& end, std::string& into) {
    std::array<char, 4'096> part{};
    const auto count = ::read(end, part.data(), part.size());
    if (count > 0) into.append(part.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) Pipe::close_one(end);
}

Result<void> collect(const Command& command, Pipe& output, Pipe& errors, Printed& printed) {
    const auto deadline = std::chrono::steady_clock::now() + command.timeout;
    while (output.reader >= 0 || errors.reader >= 0) {
        const auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
        if (left <= Millis{0}) return fail(Errc::kTimedOut, "run " + command.program + ": no end in time");
        std::array<pollfd, 2> waited{pollfd{.fd = output.reader, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = errors.reader, .events = POLLIN, .revents = 0}};
        ::poll(waited.data(), waited.size(), static_cast<int>(left.count()));
        if (waited[0].revents != 0) take(output.reader, printed.output);
        if (waited[1].revents != 0) take(errors.reader, printed.errors);
        if (printed.errors.size() > kErrorBytesMax) printed.errors.resize(kErrorBytesMax);
        if (printed.output.size() > command.output_bytes_max) {
            return fail(Errc::kLimitExceeded, "run " + command.program + ": it prints too much");
        }
    }
    return {};
}

Result<Printed> run(const Command& command) {
    Pipe output;
    Pipe errors;
    if (output.reader < 0 || errors.reader < 0) return fail(Errc::kIo, "no pipe for " + command.program);
    MOLDAU_TRY_ASSIGN(pid, start(command, output, errors));
    output.close_writer();
    errors.close_writer();
    Printed printed;
    auto collected = collect(command, output, errors, printed);
    if (!collected) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    MOLDAU_TRY(std::move(collected));
    printed.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return printed;
}

}  // namespace

Task<Result<Printed>> run_program(loop::Loop& loop, Command command) {
    std::thread thread;
    auto printed = co_await completion<Result<Printed>>([&](auto done) {
        thread = std::thread([&loop, &command, done = std::move(done)]() mutable {
            loop.post([done = std::move(done), printed = run(command)]() mutable { done(std::move(printed)); });
        });
    });
    thread.join();
    co_return printed;
}

}  // namespace moldau::kube
