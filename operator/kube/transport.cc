// Requests as text.

#include "operator/kube/transport.h"

#include "operator/kube/resource.h"

namespace moldau::kube {

std::string_view method_name(Method method) {
    switch (method) {
        case Method::kGet:
            return "GET";
        case Method::kPost:
            return "POST";
        case Method::kPut:
            return "PUT";
        case Method::kPatch:
            return "PATCH";
        case Method::kDelete:
            return "DELETE";
    }
    return "GET";
}

std::string Request::path_and_query() const {
    std::string text = path;
    char separator = '?';
    for (const auto& [name, value] : query) {
        text += separator;
        text += percent_encode(name) + "=" + percent_encode(value);
        separator = '&';
    }
    return text;
}

std::string Request::target() const { return std::string(method_name(method)) + " " + path_and_query(); }

std::string Response::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
}

}  // namespace moldau::kube
