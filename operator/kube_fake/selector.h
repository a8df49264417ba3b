// Label and field selectors, as far as the operator uses them.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moldau::kube_fake {

// "a=b,c!=d,e,!f,g in (x,y),h notin (z)" over labels; "metadata.name=a" over fields. Lifetime: a value.
class Selector {
public:
    Selector(std::string_view labels, std::string_view fields);
    bool matches(const nlohmann::json& object) const;

private:
    struct Term {
        std::string pointer;
        std::vector<std::string> values;  // empty: any
        bool negated = false;
    };
    static Term label_term(std::string_view text);
    static Term field_term(std::string_view text);
    static bool holds(const Term& term, const nlohmann::json& object);

    std::vector<Term> terms_;
};

}  // namespace moldau::kube_fake
