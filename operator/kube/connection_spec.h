// How to reach an API server, as configured: what is data, what is to be read from a file again and again, what a program
// says.
//
// Made by in_cluster.h or kubeconfig.h, brought to life by connection_source.h.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/kube/endpoint.h"

namespace moldau::kube {

// Data wins over the file. Both empty: none.
struct FileOrData {
    std::string file;
    std::string data;
    bool empty() const { return file.empty() && data.empty(); }
    bool operator==(const FileOrData&) const = default;
};

// client.authentication.k8s.io/v1: a program that prints an ExecCredential. Run as it is, by no shell.
struct ExecPlugin {
    std::string api_version;
    std::string command;  // absolute, or looked for in PATH
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  // added to ours
    bool provide_cluster_info = false;
    std::string install_hint;
    bool operator==(const ExecPlugin&) const = default;
};

struct ConnectionSpec {
    std::string origin;  // for messages: "in-cluster", "/home/me/.kube/config context dev"
    std::string server;
    FileOrData authority;
    FileOrData certificate;
    FileOrData key;
    FileOrData token;
    std::optional<ExecPlugin> exec;
    ServerCheck check = ServerCheck::kVerify;
    std::string ns;  // where to work unless told otherwise
    bool operator==(const ConnectionSpec&) const = default;
};

}  // namespace moldau::kube
