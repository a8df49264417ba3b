// What does it cost to make appends durable, and what do writes cost while the kernel throttles?
//
// The problem: the broker's commit path rests on orders of magnitude (a sync per file, per file system, or of one prewritten
// log) that differ between disks. The idea: measure the same three questions anywhere with one tool: commits over N dirty
// files, the batch size at which a second copy in the log stops paying, and stalls of write(2) while a background writer
// dirties memory faster than the disk takes it. Place: run by hand, `disk_cost DIR [commit|bypass|stall]...`; figures:
// docs/decisions/0001.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAppendBytes = 4096;
constexpr std::size_t kSyncThreads = 16;
constexpr std::uint64_t kLogBytes = 64 << 20;
constexpr std::size_t kHeavyWriteBytes = 256 << 10;
constexpr std::uint64_t kStallBytesMax = std::uint64_t{10} << 30;
constexpr auto kStallTimeMax = std::chrono::seconds{40};

double milliseconds(Clock::duration elapsed) { return std::chrono::duration<double, std::milli>(elapsed).count(); }

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

struct Spread {
    double median = 0, p99 = 0, p999 = 0, worst = 0;
};

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::ranges::sort(values);
    const auto at = [&](double part) {
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
    };
    return {at(0.5), at(0.99), at(0.999), values.back()};
}

// An open file that ends with the scope.
class Handle {
public:
    explicit Handle(const std::string& path) : fd_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
        if (fd_ < 0) give_up(path.c_str());
    }
    Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)), end_(other.end_) {}
    Handle(const Handle&) = delete;
    ~Handle() {
        if (fd_ >= 0) ::close(fd_);
    }
    void write_at(std::uint64_t position, const std::vector<char>& data) {
        if (::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(position)) != static_cast<ssize_t>(data.size())) {
            give_up("pwrite");
        }
    }
    void append(const std::vector<char>& data) {
        write_at(end_, data);
        end_ += data.size();
    }
    void sync() {
        if (::fdatasync(fd_) != 0) give_up("fdatasync");
    }
    int fd() const { return fd_; }

private:
    int fd_;
    std::uint64_t end_ = 0;
};

// The log: every block written once, so that a commit changes data and no metadata.
class PrewrittenLog {
public:
    explicit PrewrittenLog(const std::string& path) : file_(path) {
        const std::vector<char> zeros(1 << 20);
        for (std::uint64_t at = 0; at < kLogBytes; at += zeros.size()) file_.write_at(at, zeros);
        if (::fsync(file_.fd()) != 0) give_up("fsync");
    }
    void append(const std::vector<char>& data) {
        if (position_ + data.size() > kLogBytes) position_ = 0;
        file_.write_at(position_, data);
        position_ += (data.size() + kAppendBytes - 1) / kAppendBytes * kAppendBytes;
    }
    void sync() { file_.sync(); }

private:
    Handle file_;
    std::uint64_t position_ = 0;
};

std::vector<Handle> open_files(const std::string& dir, std::size_t count) {
    std::vector<Handle> files;
    for (std::size_t index = 0; index < count; ++index) files.emplace_back(dir + "/data-" + std::to_string(index));
    ::sync();
    return files;
}

void remove_files(const std::string& dir, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) ::unlink((dir + "/data-" + std::to_string(index)).c_str());
    ::unlink((dir + "/log").c_str());
}

void sync_in_threads(std::vector<Handle>& files, std::size_t threads) {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> workers;
    for (std::size_t index = 0; index < std::min(threads, files.size()); ++index) {
        workers.emplace_back([&] {
            for (std::size_t at = next++; at < files.size(); at = next++) files[at].sync();
        });
    }
}

double median_round(int rounds, const std::function<void()>& round) {
    round();
    std::vector<double> times;
    for (int index = 0; index < rounds; ++index) {
        const auto start = Clock::now();
        round();
        times.push_back(milliseconds(Clock::now() - start));
    }
    return spread_of(times).median;
}

// Milliseconds a round: 4 KiB appended to each of N files, then made durable in each of four ways.
void measure_commits(const std::string& dir) {
    std::printf("\ncommit: ms a round, median\n%8s %10s %10s %10s %10s %12s\n", "files", "one by one", "threads", "syncfs",
                "log", "log, commit");
    const std::vector<char> data(kAppendBytes, 'x');
    for (const std::size_t count : {1u, 16u, 180u, 2000u}) {
        const int rounds = count > 1000 ? 7 : count > 100 ? 21 : 101;
        auto files = open_files(dir, count);
        const auto append_all = [&] {
            for (auto& file : files) file.append(data);
        };
        const double single = median_round(rounds, [&] {
            append_all();
            for (auto& file : files) file.sync();
        });
        const double threads = median_round(rounds, [&] {
            append_all();
            sync_in_threads(files, kSyncThreads);
        });
        const double whole = median_round(rounds, [&] {
            append_all();
            if (::syncfs(files.front().fd()) != 0) give_up("syncfs");
        });
        PrewrittenLog log{dir + "/log"};
        const std::vector<char> gathered(kAppendBytes * count, 'y');
        const double logged = median_round(rounds, [&] {
            append_all();
            log.append(gathered);
            log.sync();
        });
        const double commit = median_round(rounds, [&] {
            log.append(gathered);
            log.sync();
        });
        std::printf("%8zu %10.2f %10.2f %10.2f %10.2f %12.2f\n", count, single, threads, whole, logged, commit);
        std::fflush(stdout);
        remove_files(dir, count);
    }
}

struct Cost {
    double ack_us = 0, rate = 0;
};

// Groups of batches go to their segments and, gathered, to the log, whose sync is the ack; a thread syncs the segments every
// 64 MiB.
Cost cost_through_log(const std::string& dir, std::size_t batch_bytes, std::size_t group, int rounds) {
    auto files = open_files(dir, group);
    PrewrittenLog log{dir + "/log"};
    const std::vector<char> data(batch_bytes, 'x'), gathered(batch_bytes * group, 'x');
    std::jthread checkpoint;
    std::uint64_t dirty = 0;
    const auto start = Clock::now();
    const double ack = median_round(rounds, [&] {
        for (auto& file : files) file.append(data);
        log.append(gathered);
        log.sync();
        if ((dirty += gathered.size()) < kLogBytes) return;
        dirty = 0;
        if (checkpoint.joinable()) checkpoint.join();
        checkpoint = std::jthread{[&] { sync_in_threads(files, 4); }};
    });
    if (checkpoint.joinable()) checkpoint.join();
    sync_in_threads(files, 4);
    const double megabytes = static_cast<double>(gathered.size()) * (rounds + 1) / 1e6;
    const Cost cost{ack * 1e3, megabytes * 1e3 / milliseconds(Clock::now() - start)};
    remove_files(dir, group);
    return cost;
}

// The same groups, acknowledged when each segment is synced.
Cost cost_of_segments(const std::string& dir, std::size_t batch_bytes, std::size_t group, int rounds) {
    auto files = open_files(dir, group);
    const std::vector<char> data(batch_bytes, 'x');
    const auto start = Clock::now();
    const double ack = median_round(rounds, [&] {
        for (auto& file : files) file.append(data);
        if (group == 1)
            files.front().sync();
        else
            sync_in_threads(files, 4);
    });
    const double megabytes = static_cast<double>(batch_bytes * group) * (rounds + 1) / 1e6;
    const Cost cost{ack * 1e3, megabytes * 1e3 / milliseconds(Clock::now() - start)};
    remove_files(dir, group);
    return cost;
}

// Where does writing everything twice stop paying? Medians of three interleaved runs.
void measure_bypass(const std::string& dir) {
    std::printf("\nbypass: us to the ack (median), and MB/s with all syncs counted\n%10s %8s %12s %12s %12s %12s\n",
                "batch KiB", "group", "log us", "segment us", "log MB/s", "segm. MB/s");
    for (const std::size_t group : {1u, 4u, 16u}) {
        for (const std::size_t kib : {4u, 16u, 64u, 128u, 256u, 512u, 1024u}) {
            const int rounds = static_cast<int>(std::clamp<std::size_t>((192 << 10) / (kib * group), 12, 300));
            std::vector<double> log_us, segment_us, log_rate, segment_rate;
            for (int run = 0; run < 3; ++run) {
                const auto logged = cost_through_log(dir, kib << 10, group, rounds);
                const auto direct = cost_of_segments(dir, kib << 10, group, rounds);
                log_us.push_back(logged.ack_us);
                log_rate.push_back(logged.rate);
                segment_us.push_back(direct.ack_us);
                segment_rate.push_back(direct.rate);
            }
            std::printf("%10zu %8zu %12.0f %12.0f %12.0f %12.0f\n", kib, group, spread_of(log_us).median,
                        spread_of(segment_us).median, spread_of(log_rate).median, spread_of(segment_rate).median);
            std::fflush(stdout);
        }
    }
}

void print_spread(const char* what, const std::vector<double>& values) {
    const auto spread = spread_of(values);
    std::printf("%-44s n=%-7zu median %8.3f  p99 %8.3f  p99.9 %8.3f  max %9.3f ms\n", what, values.size(), spread.median,
                spread.p99, spread.p999, spread.worst);
    std::fflush(stdout);
}

// Dirties memory until the limit or until told to stop: what a fast producer does to the page cache.
std::vector<double> dirty_memory(const std::string& path, std::atomic<bool>& stop) {
    Handle file{path};
    const std::vector<char> data(kHeavyWriteBytes, 'z');
    std::vector<double> times;
    while (!stop && times.size() * data.size() < kStallBytesMax) {
        const auto start = Clock::now();
        file.append(data);
        times.push_back(milliseconds(Clock::now() - start));
    }
    stop = true;
    return times;
}

std::vector<double> probe(std::atomic<bool>& stop, const std::function<void()>& operation) {
    std::vector<double> times;
    const auto end = Clock::now() + kStallTimeMax;
    while (!stop && Clock::now() < end) {
        const auto start = Clock::now();
        operation();
        times.push_back(milliseconds(Clock::now() - start));
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return times;
}

// A 4 KiB append by write(2) and a commit of the prewritten log, both while another file dirties memory far beyond the
// threshold.
void measure_stalls(const std::string& dir) {
    std::printf("\nstall: 4 KiB write(2) and log commit, first quiet, then beside a writer of up to %llu GiB\n",
                static_cast<unsigned long long>(kStallBytesMax >> 30));
    const std::vector<char> data(kAppendBytes, 'x');
    for (const bool loaded : {false, true}) {
        ::sync();
        Handle appended{dir + "/data-0"};
        PrewrittenLog log{dir + "/log"};
        std::atomic<bool> stop{false};
        std::vector<double> writes, commits, heavy;
        const auto start = Clock::now();
        {
            std::jthread writer, committer;
            std::jthread timer{[&] {
                const auto end = start + (loaded ? kStallTimeMax : std::chrono::seconds{5});
                while (!stop && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds{20});
                stop = true;
            }};
            if (loaded) writer = std::jthread{[&] { heavy = dirty_memory(dir + "/data-1", stop); }};
            committer = std::jthread{[&] {
                commits = probe(stop, [&] {
                    log.append(data);
                    log.sync();
                });
            }};
            writes = probe(stop, [&] { appended.append(data); });
        }
        print_spread(loaded ? "write(2) 4 KiB, loaded" : "write(2) 4 KiB, quiet", writes);
        print_spread(loaded ? "log write + fdatasync, loaded" : "log write + fdatasync, quiet", commits);
        if (loaded) {
            print_spread("the writer's own write(2) of 256 KiB", heavy);
            const double bytes = static_cast<double>(heavy.size() * kHeavyWriteBytes);
            std::printf("writer: %.1f GB at %.0f MB/s\n", bytes / 1e9, bytes / 1e3 / milliseconds(Clock::now() - start));
        }
        remove_files(dir, 2);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: disk_cost DIR [commit|bypass|stall]...\n");
        return 2;
    }
    const std::string dir = std::string{argv[1]} + "/disk-cost";
    if (::mkdir(dir.c_str(), 0755) != 0 && errno != EEXIST) give_up(dir.c_str());
    const auto wanted = [&](const char* what) {
        return argc == 2 || std::any_of(argv + 2, argv + argc, [&](const char* arg) { return std::strcmp(arg, what) == 0; });
    };
    if (wanted("commit")) measure_commits(dir);
    if (wanted("bypass")) measure_bypass(dir);
    if (wanted("stall")) measure_stalls(dir);
    ::rmdir(dir.c_str());
    return 0;
}
