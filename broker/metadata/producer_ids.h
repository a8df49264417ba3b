// Hands out producer ids one by one from blocks that the metadata log gave away.
//
// The problem: an id must never be issued twice, also after kill -9, and a commit per id would be slow. The idea: a block
// counts as used up when its record is committed; ids of it that a crash leaves unused are lost, which 63 bits can bear.
// Place: one per broker, beside its `MetadataService`; InitProducerId asks it.

#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "metadata/service.h"

namespace moldau::metadata {

// Lifetime: ends before the service it was given. Thread: the service's core.
class ProducerIds {
public:
    explicit ProducerIds(MetadataService& service) : service_(service) {}

    // An id that nobody ever got. Errors: those of MetadataService::allocate_producer_ids.
    Task<Result<ProducerId>> next();

private:
    std::optional<ProducerId> take();
    Task<Result<void>> refill();

    MetadataService& service_;
    ProducerIdBlock block_;  // what is left of it
    enum class Refill { kIdle, kRunning } refill_ = Refill::kIdle;
    std::vector<std::move_only_function<void(Result<void>)>> waiting_;
};

}  // namespace moldau::metadata
