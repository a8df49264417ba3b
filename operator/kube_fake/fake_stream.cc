// Handing out bytes by chunks, from the loop.

#include "operator/kube_fake/fake_stream.h"

#include <utility>

#include "base/check.h"

namespace moldau::kube_fake {
namespace {

class Reader final : public kube::BodyStream {
public:
    explicit Reader(std::shared_ptr<StreamEnd> end) : end_(std::move(end)) {}
    ~Reader() override { end_->abandon(); }
    void read(Done done) override { end_->read(std::move(done)); }
    void cancel() override { end_->cancel(); }

private:
    std::shared_ptr<StreamEnd> end_;
};

}  // namespace

std::unique_ptr<kube::BodyStream> stream_of(std::shared_ptr<StreamEnd> end) {
    return std::make_unique<Reader>(std::move(end));
}

void StreamEnd::write(std::string_view bytes) {
    if (is_over()) return;
    bytes_ += bytes;
    pump();
}

void StreamEnd::end() {
    over_ = true;
    pump();
}

void StreamEnd::cut() {
    if (over_) return;
    over_ = true;
    failure_ = Error{Errc::kClosed, "connection reset by peer"};
    pump();
}

void StreamEnd::cancel() {
    over_ = true;
    drop_bytes();
    failure_ = Error{Errc::kCancelled, "the stream was cancelled"};
    pump();
}

void StreamEnd::read(kube::BodyStream::Done done) {
    CHECK(!reader_);
    reader_ = std::move(done);
    pump();
}

void StreamEnd::drop_bytes() {
    bytes_.clear();
    given_ = 0;
}

void StreamEnd::pump() {
    if (!reader_) return;
    if (given_ < bytes_.size()) {
        auto chunk = bytes_.substr(given_, chunk_bytes_);
        given_ += chunk.size();
        if (given_ == bytes_.size()) drop_bytes();
        return give(std::move(chunk));
    }
    if (!over_) return;
    failure_ ? give(fail(*failure_)) : give(std::string{});
}

void StreamEnd::give(Result<std::string> result) {
    loop_.post(
        [reader = std::exchange(reader_, nullptr), result = std::move(result)]() mutable { reader(std::move(result)); });
}

}  // namespace moldau::kube_fake
