// A body that is read by parts, written by the fake server: bytes, then an end or a cut.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "operator/kube/transport.h"
#include "operator/loop/loop.h"

namespace moldau::kube_fake {

// The server's end. Lifetime: shared by the server and the stream, whichever lasts longer. Thread: the loop's.
class StreamEnd : public std::enable_shared_from_this<StreamEnd> {
public:
    StreamEnd(loop::Loop& loop, std::size_t chunk_bytes) : loop_(loop), chunk_bytes_(chunk_bytes) {}

    void write(std::string_view bytes);
    void end();
    // The connection breaks after what was written.
    void cut();
    // The reader is no longer interested, or this end is finished.
    bool is_over() const { return over_ || abandoned_; }

    void read(kube::BodyStream::Done done);
    void cancel();
    void abandon() { abandoned_ = true; }

private:
    void pump();
    void drop_bytes();
    void give(Result<std::string> result);

    loop::Loop& loop_;
    std::size_t chunk_bytes_;
    std::string bytes_;
    std::size_t given_ = 0;  // of bytes_
    bool over_ = false;
    bool abandoned_ = false;
    std::optional<Error> failure_;
    kube::BodyStream::Done reader_;
};

std::unique_ptr<kube::BodyStream> stream_of(std::shared_ptr<StreamEnd> end);

}  // namespace moldau::kube_fake
