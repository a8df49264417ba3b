// What actions are called and how attempts are told apart.

#include "operator/decide/action.h"

#include <fmt/format.h>

#include "operator/specs/hash.h"
#include "operator/specs/names.h"

namespace moldau::decide {
namespace {

template <class... Ts>
struct Overload : Ts... {
    using Ts::operator()...;
};

std::string of(std::string_view verb, const kube::Resource& resource, const kube::ObjectKey& key) {
    return fmt::format("{} {} {}", verb, resource.name(), key.to_string());
}
std::string of(std::string_view verb, const Target& target) { return of(verb, target.resource, target.key); }

}  // namespace

std::string action_key(const Action& action) {
    return std::visit(
        Overload{[](const ApplyObject& one) { return of("apply", one.resource, one.object.key()); },
                 [](const DeleteObject& one) { return of("delete", one.target); },
                 [](const OrphanStatefulSet& one) { return of("orphan", one.target); },
                 [](const ResizeClaim& one) { return of("resize", one.target); },
                 [](const DeleteClaim& one) { return of("delete", one.target); },
                 [](const DeletePod& one) { return of("delete", one.target); },
                 [](const ForceDeletePod& one) { return of("force-delete", one.target); },
                 [](const AddFinalizer& one) { return of("add-finalizer", one.target); },
                 [](const RemoveFinalizer& one) { return of("remove-finalizer", one.target); },
                 [](const UpdateStatus& one) { return of("status", one.resource, one.object.key()); },
                 [](const EmitEvent& one) { return of("event " + one.reason, one.resource, one.key); },
                 [](const AlterSettings&) { return std::string{"alter-settings"}; },
                 [](const PrepareToStop& one) { return fmt::format("prepare-to-stop {}", one.order.broker.value); },
                 [](const CreateTopics& one) { return fmt::format("create-topics {}", one.order.topics.size()); },
                 [](const AlterTopics& one) { return fmt::format("alter-topics {}", one.order.topics.size()); },
                 [](const DeleteTopics& one) { return fmt::format("delete-topics {}", one.order.topics.size()); }},
        action);
}

std::string fingerprint(const Action& action) {
    return std::visit(Overload{[](const ApplyObject& one) { return specs::hash_of(one.object.text()); },
                               [](const UpdateStatus& one) { return specs::hash_of(one.object.text()); },
                               [](const ResizeClaim& one) { return one.target.uid + '=' + one.size; },
                               [](const EmitEvent& one) { return specs::hash_of(one.message); },
                               [](const auto& one) {
                                   if constexpr (requires { one.target; }) {
                                       return one.target.uid;
                                   } else {
                                       return std::string{};
                                   }
                               }},
                      action);
}

bool is_disruptive(const Action& action) {
    return std::holds_alternative<DeletePod>(action) || std::holds_alternative<ForceDeletePod>(action) ||
           std::holds_alternative<DeleteClaim>(action);
}

}  // namespace moldau::decide
