// The facts of a directory, and what they mean to a client.

#include "store/dir_health.h"

#include <utility>

namespace moldau::store {

bool DirHealth::fail(Error error) {
    auto mine = std::make_unique<const Error>(std::move(error));
    const Error* none = nullptr;
    if (!failure_.compare_exchange_strong(none, mine.get(), std::memory_order_acq_rel)) return false;
    mine.release();  // the destructor's from here on
    return true;
}

void DirHealth::set_space(io::DiskSpace space) {
    total_bytes_.store(space.total_bytes, std::memory_order_relaxed);
    free_bytes_.store(space.free_bytes, std::memory_order_relaxed);
}

Result<void> DirHealth::online() const {
    const Error* failed = failure();
    if (failed == nullptr) return {};
    return moldau::fail(Errc::kKafkaStorageError, "the data directory " + path_ + " is offline: " + failed->to_string());
}

Result<void> DirHealth::admit() const {
    if (failure() != nullptr) return online();
    if (!refusing()) return {};
    return moldau::fail(Errc::kKafkaStorageError, "the disk of " + path_ + " is full (" +
                                                      std::to_string(free_bytes_.load(std::memory_order_relaxed)) +
                                                      " bytes free): writing goes on when there is space again");
}

DirState DirHealth::state() const {
    const Error* failed = failure();
    return {.path = path_,
            .id = id_,
            .failure = failed == nullptr ? std::nullopt : std::optional{*failed},
            .total_bytes = total_bytes_.load(std::memory_order_relaxed),
            .free_bytes = free_bytes_.load(std::memory_order_relaxed),
            .refusing = refusing()};
}

}  // namespace moldau::store
