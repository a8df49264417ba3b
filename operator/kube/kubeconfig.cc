// Reading kubeconfig files with yaml-cpp, whose exceptions end here.

#include "operator/kube/kubeconfig.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <utility>

#include "base/base64.h"
#include "operator/kube/small_file.h"

namespace moldau::kube {
namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;
constexpr std::size_t kEntriesMax = 10'000;

// One file's reader: collects the first fault, with the path of keys that leads to it.
class Reader {
public:
    explicit Reader(std::string path) : path_(std::move(path)) {}

    void fault(const std::string& key, const std::string& what) {
        if (fault_.empty()) fault_ = path_ + ": " + key + ": " + what;
    }
    const std::string& fault() const { return fault_; }
    const std::string& path() const { return path_; }

    std::string string(const YAML::Node& node, const std::string& at, const char* key) {
        const auto value = member(node, at, key);
        if (!value || value.IsNull()) return {};
        if (value.IsScalar()) return value.Scalar();
        fault(at + "." + key, "must be a string");
        return {};
    }
    bool boolean(const YAML::Node& node, const std::string& at, const char* key) {
        const auto text = string(node, at, key);
        if (!text.empty() && text != "true" && text != "false") fault(at + "." + key, "must be true or false, is " + text);
        return text == "true";
    }
    YAML::Node member(const YAML::Node& node, const std::string& at, const char* key) {
        if (!node || node.IsNull()) return YAML::Node(YAML::NodeType::Undefined);
        if (node.IsMap()) return node[key];
        fault(at, "must be a mapping");
        return YAML::Node(YAML::NodeType::Undefined);
    }
    // Relative to the file's folder.
    std::string file(const YAML::Node& node, const std::string& at, const char* key) {
        const auto name = string(node, at, key);
        return name.empty() ? name : resolved(name);
    }
    std::string resolved(const std::string& name) const {
        return (std::filesystem::path(path_).parent_path() / name).lexically_normal().string();
    }
    std::string base64(const YAML::Node& node, const std::string& at, const char* key) {
        const auto text = string(node, at, key);
        if (text.empty()) return {};
        const auto bytes = base64_decode(text);
        if (!bytes) {
            fault(at + "." + key, "is no base64");
            return {};
        }
        return {bytes->begin(), bytes->end()};
    }
    FileOrData file_or_data(const YAML::Node& node, const std::string& at, const char* file_key, const char* data_key) {
        return {.file = file(node, at, file_key), .data = base64(node, at, data_key)};
    }
    // The first of `keys` that is there, as "users[a].user.username".
    std::string first_of(const YAML::Node& node, const std::string& at, std::initializer_list<const char*> keys) {
        for (const auto* key : keys) {
            const auto value = member(node, at, key);
            if (value && !value.IsNull()) return path_ + ": " + at + "." + key;
        }
        return {};
    }
    // Calls `take` with the name, the value and the place of each element of a list of {name: ..., <kind>: ...}.
    template <class Take>
    void each(const YAML::Node& root, const char* list, const char* kind, Take take) {
        const auto entries = member(root, "", list);
        if (!entries || entries.IsNull()) return;
        if (!entries.IsSequence()) return fault(list, "must be a list");
        if (entries.size() > kEntriesMax) return fault(list, "has too many entries");
        for (std::size_t index = 0; index < entries.size(); ++index) {
            const auto place = std::string(list) + "[" + std::to_string(index) + "]";
            const auto name = string(entries[index], place, "name");
            if (name.empty()) return fault(place + ".name", "missing");
            take(name, member(entries[index], place, kind), std::string(list) + "[" + name + "]." + kind);
        }
    }

private:
    std::string path_;
    std::string fault_;
};

Kubeconfig::Cluster read_cluster(Reader& reader, const YAML::Node& node, const std::string& at) {
    Kubeconfig::Cluster cluster{
        .server = reader.string(node, at, "server"),
        .authority = reader.file_or_data(node, at, "certificate-authority", "certificate-authority-data"),
        .check = reader.boolean(node, at, "insecure-skip-tls-verify") ? ServerCheck::kSkip : ServerCheck::kVerify,
        .unsupported = reader.first_of(node, at, {"tls-server-name", "proxy-url"})};
    const bool is_http = cluster.server.starts_with("https://") || cluster.server.starts_with("http://");
    if (cluster.server.empty()) reader.fault(at + ".server", "missing");
    if (!cluster.server.empty() && !is_http) reader.fault(at + ".server", "must begin with https://, is " + cluster.server);
    return cluster;
}

void read_exec_environment(Reader& reader, const YAML::Node& node, const std::string& at, ExecPlugin& plugin) {
    const auto variables = reader.member(node, at, "env");
    if (!variables || variables.IsNull()) return;
    if (!variables.IsSequence()) return reader.fault(at + ".env", "must be a list");
    for (const auto& variable : variables) {
        auto name = reader.string(variable, at + ".env", "name");
        if (name.empty() || name.contains('=')) return reader.fault(at + ".env.name", "must be the name of a variable");
        plugin.environment.emplace_back(std::move(name), reader.string(variable, at + ".env", "value"));
    }
}

ExecPlugin read_exec(Reader& reader, const YAML::Node& node, const std::string& at) {
    ExecPlugin plugin{.api_version = reader.string(node, at, "apiVersion"),
                      .command = reader.string(node, at, "command"),
                      .provide_cluster_info = reader.boolean(node, at, "provideClusterInfo"),
                      .install_hint = reader.string(node, at, "installHint")};
    if (plugin.command.empty()) reader.fault(at + ".command", "missing");
    // A path is relative to the file, a bare name is looked for in PATH.
    if (plugin.command.contains('/')) plugin.command = reader.resolved(plugin.command);
    if (plugin.api_version != "client.authentication.k8s.io/v1") {
        reader.fault(at + ".apiVersion", "must be client.authentication.k8s.io/v1, is " + plugin.api_version);
    }
    const auto mode = reader.string(node, at, "interactiveMode");
    if (mode == "Always") reader.fault(at + ".interactiveMode", "Always is not possible: nobody is there to answer");
    const auto arguments = reader.member(node, at, "args");
    if (arguments && !arguments.IsNull() && !arguments.IsSequence()) reader.fault(at + ".args", "must be a list");
    if (arguments && arguments.IsSequence()) {
        for (const auto& argument : arguments) {
            if (!argument.IsScalar()) reader.fault(at + ".args", "must be a list of strings");
            if (argument.IsScalar()) plugin.arguments.push_back(argument.Scalar());
        }
    }
    read_exec_environment(reader, node, at, plugin);
    return plugin;
}

Kubeconfig::User read_user(Reader& reader, const YAML::Node& node, const std::string& at) {
    Kubeconfig::User user{
        .certificate = reader.file_or_data(node, at, "client-certificate", "client-certificate-data"),
        .key = reader.file_or_data(node, at, "client-key", "client-key-data"),
        .token = {.file = reader.file(node, at, "tokenFile"), .data = reader.string(node, at, "token")},
        .exec = std::nullopt,
        .unsupported = reader.first_of(node, at, {"username", "password", "auth-provider", "as", "as-groups"})};
    const auto exec = reader.member(node, at, "exec");
    if (exec && !exec.IsNull()) user.exec = read_exec(reader, exec, at + ".exec");
    if (user.certificate.empty() != user.key.empty()) {
        reader.fault(at, "client-certificate and client-key go together, one is missing");
    }
    return user;
}

void read_all(Reader& reader, const YAML::Node& root, Kubeconfig& config) {
    if (!root || root.IsNull()) return;
    if (!root.IsMap()) return reader.fault("(root)", "must be a mapping");
    const auto kind = reader.string(root, "", "kind");
    if (!kind.empty() && kind != "Config") return reader.fault("kind", "must be Config, is " + kind);
    config.current_context = reader.string(root, "", "current-context");
    reader.each(root, "clusters", "cluster", [&](const std::string& name, const YAML::Node& node, const std::string& at) {
        config.clusters.emplace(name, read_cluster(reader, node, at));
    });
    reader.each(root, "users", "user", [&](const std::string& name, const YAML::Node& node, const std::string& at) {
        config.users.emplace(name, read_user(reader, node, at));
    });
    reader.each(root, "contexts", "context", [&](const std::string& name, const YAML::Node& node, const std::string& at) {
        config.contexts.emplace(name, Kubeconfig::Context{.cluster = reader.string(node, at, "cluster"),
                                                          .user = reader.string(node, at, "user"),
                                                          .ns = reader.string(node, at, "namespace"),
                                                          .file = reader.path()});
    });
}

}  // namespace

Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::string& path) {
    if (text.size() > kFileBytesMax) return fail(Errc::kUsage, path + ": more than 1 MiB");
    Reader reader(path);
    Kubeconfig config;
    try {
        read_all(reader, YAML::Load(std::string(text)), config);
    } catch (const YAML::Exception& fault) {
        return fail(Errc::kUsage, path + ": line " + std::to_string(fault.mark.line + 1) + ": " + fault.msg);
    }
    if (!reader.fault().empty()) return fail(Errc::kUsage, reader.fault());
    return config;
}

void merge_kubeconfig(Kubeconfig& into, const Kubeconfig& other) {
    into.clusters.insert(other.clusters.begin(), other.clusters.end());
    into.users.insert(other.users.begin(), other.users.end());
    into.contexts.insert(other.contexts.begin(), other.contexts.end());
    if (into.current_context.empty()) into.current_context = other.current_context;
}

Result<ConnectionSpec> pick_context(const Kubeconfig& config, const std::string& wanted) {
    const auto& name = wanted.empty() ? config.current_context : wanted;
    if (name.empty()) return fail(Errc::kUsage, "kubeconfig: current-context: not set");
    const auto context = config.contexts.find(name);
    if (context == config.contexts.end()) return fail(Errc::kUsage, "kubeconfig: contexts[" + name + "]: no such context");
    const auto at = context->second.file + ": contexts[" + name + "].context";
    const auto cluster = config.clusters.find(context->second.cluster);
    if (cluster == config.clusters.end()) {
        return fail(Errc::kUsage, at + ".cluster: no cluster has the name \"" + context->second.cluster + "\"");
    }
    ConnectionSpec spec{.origin = context->second.file + " context " + name,
                        .server = cluster->second.server,
                        .authority = cluster->second.authority,
                        .check = cluster->second.check,
                        .ns = context->second.ns.empty() ? "default" : context->second.ns};
    if (!cluster->second.unsupported.empty()) return fail(Errc::kUsage, cluster->second.unsupported + ": is not supported");
    if (context->second.user.empty()) return spec;
    const auto user = config.users.find(context->second.user);
    if (user == config.users.end()) {
        return fail(Errc::kUsage, at + ".user: no user has the name \"" + context->second.user + "\"");
    }
    if (!user->second.unsupported.empty()) return fail(Errc::kUsage, user->second.unsupported + ": is not supported");
    spec.certificate = user->second.certificate;
    spec.key = user->second.key;
    spec.token = user->second.token;
    spec.exec = user->second.exec;
    return spec;
}

Result<ConnectionSpec> load_kubeconfig(const std::vector<std::string>& paths, const std::string& context) {
    Kubeconfig config;
    for (const auto& path : paths) {
        auto text = read_small_file(path, kFileBytesMax);
        if (!text && text.error().code == Errc::kNotFound && paths.size() > 1) continue;
        if (!text) return fail(Errc::kUsage, "kubeconfig " + path + ": " + text.error().context);
        MOLDAU_TRY_ASSIGN(parsed, parse_kubeconfig(*text, path));
        merge_kubeconfig(config, parsed);
    }
    return pick_context(config, context);
}

}  // namespace moldau::kube
