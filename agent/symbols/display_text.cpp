#include "agent/symbols/display_text.h"

#include <cstdint>

namespace leaklens {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "...";

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 0;  // bytes, 0 where none is well-formed
};

// The first character of non-empty text. Source: The Unicode Standard, table 3-7 (well-formed
// UTF-8 byte sequences).
Character first_character(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t size = 0;
    std::uint32_t least = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2;
        least = 0x80;
    } else if ((lead & 0xF0U) == 0xE0) {
        size = 3;
        least = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4;
        least = 0x10000;
    }
    if (size == 0 || text.size() < size) return {};
    std::uint32_t code = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least || surrogate || code > 0x10FFFF) return {};
    return {code, size};
}

bool is_unfit(std::uint32_t code) {
    const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    const bool separator = code == 0x2028 || code == 0x2029;
    const bool reorders = code == 0x61C || code == 0x200E || code == 0x200F ||
                          (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return control || separator || reorders;
}

void drop_last_character(std::string& text) {
    bool continuation = true;
    while (continuation && !text.empty()) {
        continuation = (static_cast<std::uint8_t>(text.back()) & 0xC0U) == 0x80;
        text.pop_back();
    }
}

}  // namespace

std::string display_text(std::string_view raw, std::size_t longest) {
    std::string text;
    while (!raw.empty()) {
        const Character character = first_character(raw);
        const std::size_t used = character.size == 0 ? 1 : character.size;
        std::string_view piece = character.size == 0 ? kReplacement : raw.substr(0, used);
        if (character.size != 0 && is_unfit(character.code)) piece = {};
        raw.remove_prefix(used);
        if (text.size() + piece.size() > longest) {
            while (!text.empty() && text.size() + kEllipsis.size() > longest) {
                drop_last_character(text);
            }
            return longest < kEllipsis.size() ? std::string() : text.append(kEllipsis);
        }
        text += piece;
    }
    return text;
}

}  // namespace leaklens
