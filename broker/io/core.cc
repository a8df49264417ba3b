// One core's bundle of loop, files, network and random bits.

#include "io/core.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"
#include "io/io_threads.h"
#include "io/loop.h"
#include "io/posix_files.h"
#include "io/tcp.h"

namespace moldau::io {

namespace {

// getrandom(2), fetched in blocks: ids and seeds come in small pieces.
class OsRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) {
            if (left_ == 0) refill();
            byte = block_[--left_];
        }
    }

private:
    void refill() {
        // Up to 256 bytes come whole once the kernel's pool is ready; before that a signal may interrupt the wait.
        ssize_t count = 0;
        do {
            count = ::getrandom(block_.data(), block_.size(), 0);
        } while (count < 0 && errno == EINTR);
        CHECK(count == static_cast<ssize_t>(block_.size()));
        left_ = block_.size();
    }

    std::array<std::uint8_t, 256> block_{};
    std::size_t left_ = 0;
};

}  // namespace

// The loop is first, so that it goes last: files and sockets post to it until they are gone.
class Core::Impl {
public:
    Impl(std::size_t core_index, IoThreads& threads) : index(core_index), files(loop, threads.impl()), network(loop) {}

    const std::size_t index;
    Loop loop;
    PosixFileSystem files;
    TcpNetwork network;
    OsRandom random;
};

Core::Core(std::size_t index, IoThreads& threads) : impl_(std::make_unique<Impl>(index, threads)) {}
Core::~Core() = default;

std::size_t Core::index() const { return impl_->index; }
Executor& Core::executor() { return impl_->loop; }
FileSystem& Core::files() { return impl_->files; }
Network& Core::network() { return impl_->network; }
Random& Core::random() { return impl_->random; }
void Core::run() { impl_->loop.run(); }
void Core::stop() { impl_->loop.stop(); }
void Core::poll() { impl_->loop.poll(); }
MonoTime Core::last_turn() const { return impl_->loop.last_turn(); }

}  // namespace moldau::io
