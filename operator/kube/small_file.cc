// Blocking, which for a mounted secret is microseconds.

#include "operator/kube/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace moldau::kube {
namespace {

// Closes what it holds.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

private:
    int number_;
};

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const auto failed = [&](int number) {
        return fail(number == ENOENT ? Errc::kNotFound : Errc::kIo, "read " + path + ": " + std::strerror(number));
    };
    if (file.number() < 0) return failed(errno);
    std::string text;
    std::array<char, 16'384> part{};
    while (true) {
        const auto count = ::read(file.number(), part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(errno);
        if (count == 0) return text;
        text.append(part.data(), static_cast<std::size_t>(count));
        if (text.size() > bytes_max)
            return fail(Errc::kLimitExceeded, path + ": more than " + std::to_string(bytes_max) + " bytes");
    }
}

}  // namespace moldau::kube
