// kubeconfig files: clusters, users and contexts in YAML, as kubectl reads them.
//
// The idea: one file gives one Kubeconfig; several are merged as kubectl merges them (the first to name a thing wins); a
// context picked from the whole gives a ConnectionSpec. Paths in a file are relative to its folder. What we cannot honour
// (basic auth, auth providers, impersonation, proxies, another TLS server name) is refused, never passed over.
// Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "operator/kube/connection_spec.h"

namespace moldau::kube {

struct Kubeconfig {
    struct Cluster {
        std::string server;
        FileOrData authority;
        ServerCheck check = ServerCheck::kVerify;
        std::string unsupported;  // a key that we cannot honour, with its place
    };
    struct User {
        FileOrData certificate;
        FileOrData key;
        FileOrData token;
        std::optional<ExecPlugin> exec;
        std::string unsupported;
    };
    struct Context {
        std::string cluster;
        std::string user;
        std::string ns;
        std::string file;  // where it stands
    };
    std::map<std::string, Cluster> clusters;
    std::map<std::string, User> users;
    std::map<std::string, Context> contexts;
    std::string current_context;
};

// `path` is for messages and relative paths. Errors: kUsage with file and key: "config: users[admin].user.exec.command:
// missing".
Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& path);

// What `into` has stays.
void merge_kubeconfig(Kubeconfig& into, const Kubeconfig& other);

// `context` empty: the current one. Errors: kUsage: no such context, cluster or user; something unsupported in it.
Result<ConnectionSpec> pick_context(const Kubeconfig& config, const std::string& context);

// Reads the files of `paths` (those that do not exist are passed over, unless it is the only one), merges and picks.
Result<ConnectionSpec> load_kubeconfig(const std::vector<std::string>& paths, const std::string& context);

}  // namespace moldau::kube
