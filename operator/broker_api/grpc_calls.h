// What the calls of one channel share: how they are counted, cancelled and waited for, and what a gRPC status means.
//
// Only the gRPC implementation's own sources include this.

#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "base/task.h"
#include "operator/loop/loop.h"

namespace moldau::broker_api {

// The broker's own code where it sent one ("moldau-error"), else what gRPC's code says.
Error error_of(const grpc::Status& status, const grpc::ClientContext& context);

// Lifetime: outlives every call. Thread: the loop's.
class GrpcCalls {
public:
    explicit GrpcCalls(loop::Loop& loop) : event_loop(loop) {}
    ~GrpcCalls() { CHECK(under_way_.empty()); }
    GrpcCalls(const GrpcCalls&) = delete;
    GrpcCalls& operator=(const GrpcCalls&) = delete;

    bool is_closed() const { return closed_; }
    void began(grpc::ClientContext& context) { under_way_.insert(&context); }
    // The context is not used after this.
    void ended(grpc::ClientContext& context);

    // Refuses new ones, cancels those under way, resolves when none is left.
    Task<void> close();

    loop::Loop& event_loop;

private:
    std::set<grpc::ClientContext*> under_way_;
    bool closed_ = false;
    std::vector<std::move_only_function<void(bool)>> waiting_for_end_;
};

}  // namespace moldau::broker_api
