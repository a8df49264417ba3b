// Words by a generator with a fixed seed.

#include "text.h"

#include <random>
#include <vector>

namespace moldau::bench {

std::string make_text(std::size_t bytes) {
    std::mt19937 random{4};
    std::vector<std::string> words;
    for (int index = 0; index < 2000; ++index) {
        std::string word;
        for (auto length = 3 + random() % 8; length > 0; --length) word += static_cast<char>('a' + random() % 26);
        words.push_back(word + ' ');
    }
    std::string text;
    while (text.size() < bytes) text += words[random() % words.size()];
    text.resize(bytes);
    return text;
}

}  // namespace moldau::bench
