// What a controller asks of whoever knows its kind of object.
//
// One step at a time: look at what is, do what can be done now, say when to come again. Nothing in here ever waits for the
// world to change: that is what requeue_after and blocked are for.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "operator/controller/key.h"

namespace moldau::controller {

// How a step ended.
struct Outcome {
    enum class Kind : std::uint8_t {
        kDone,          // all is as it should be; an event will tell when not
        kRequeueAfter,  // something is under way: look again after `after`
        kBlocked,       // a person or another program must act; looked at again now and then all the same
        kFailed,        // tried again with growing delays
    };
    Kind kind = Kind::kDone;
    Millis after{0};
    std::string reason;  // for logs
    std::optional<Error> error;

    static Outcome done() { return {}; }
    static Outcome requeue_after(Millis delay, std::string why) {
        return {Kind::kRequeueAfter, delay, std::move(why), std::nullopt};
    }
    static Outcome blocked(std::string why) { return {Kind::kBlocked, Millis{0}, std::move(why), std::nullopt}; }
    static Outcome failed(Error error) { return {Kind::kFailed, Millis{0}, {}, std::move(error)}; }
};

// Thread: the loop's. For one key at most one call at a time; many keys at once. An object that does not exist any more is a
// key like others: the reconciler finds that out.
class Reconciler {
public:
    virtual ~Reconciler() = default;
    virtual Task<Outcome> reconcile(Key key) = 0;
};

}  // namespace moldau::controller
