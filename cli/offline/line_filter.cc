// `moldau wire decode`, `moldau wire encode` and `moldau batch decode`: lines of standard input to standard output.

#include "cli/offline/line_filter.h"

#include <cstring>

#include "cli/frame/lines.h"
#include "cli/offline/commands.h"
#include "wire/batch_json.h"
#include "wire/filter.h"

namespace moldau::cli {

Result<void> filter_lines(std::FILE* in, std::FILE* out, const LineFilter& filter) {
    std::size_t refused = 0;
    Lines lines{in};
    while (const auto line = lines.next()) {
        auto answer = filter(*line);
        if (!answer) {
            ++refused;
            answer = "error: " + (answer.error().context.empty() ? answer.error().to_string() : answer.error().context);
        }
        for (char& letter : *answer) letter = letter == '\n' ? ' ' : letter;
        *answer += '\n';
        if (std::fwrite(answer->data(), 1, answer->size(), out) != answer->size()) {
            return fail(Errc::kIo, "cannot write the output: " + std::string(std::strerror(errno)));
        }
    }
    MOLDAU_TRY(lines.status());
    if (refused > 0)
        return fail(Errc::kMalformed, std::to_string(refused) + " of " + std::to_string(lines.count()) + " lines are wrong");
    return {};
}

Result<void> run(const Global&, const FilterLines& options) {
    switch (options.filter) {
        case Filter::kWireDecode:
            return filter_lines(stdin, stdout, wire::decode_line);
        case Filter::kWireEncode:
            return filter_lines(stdin, stdout, wire::encode_line);
        case Filter::kBatchDecode:
            return filter_lines(stdin, stdout, wire::batch_decode_line);
    }
    return {};
}

}  // namespace moldau::cli
