// What controllers and kubelets do, for tests of the whole operator against the fake API server.
//
// StatefulSets get their status, claims and pods; pods become ready, or fail as a test says; deleted pods are gone at the
// next look. Place: tests only; kubernetes_test.cc has the body, because tests alone may be as they are.

#pragma once

#include <cstdint>
#include <string>

#include "operator/kube_fake/fake_api_server.h"

namespace moldau::app {

// How a new pod fares.
enum class PodFate : std::uint8_t { kRunning, kUnschedulable, kImageMissing };

// Thread: the loop's. Works when told to: once after each change that a test makes.
class SmallKubernetes {
public:
    explicit SmallKubernetes(kube_fake::FakeApiServer& server) : server_(server) {}

    enum class Played : std::uint8_t { kNothing, kSomething };
    // One look at every StatefulSet.
    Played play();

    PodFate fate = PodFate::kRunning;

private:
    void play_set(const kube::Object& set);
    void make_node();
    void make_claim(const kube::Object& set, std::int64_t ordinal);
    void make_pod(const kube::Object& set, std::int64_t ordinal, const std::string& revision);

    kube_fake::FakeApiServer& server_;
    Played played_ = Played::kNothing;
};

}  // namespace moldau::app
