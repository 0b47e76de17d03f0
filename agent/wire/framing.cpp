// Content-Length framing: an incremental reader and the writer.
#include "agent/wire/framing.h"

#include <algorithm>
#include <charconv>

namespace leaklens {
namespace {

constexpr std::string_view block_end = "\r\n\r\n";
constexpr std::string_view line_end = "\r\n";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Digits only: no sign, no hexadecimal, no overflow.
std::optional<std::size_t> parse_length(std::string_view text) {
    std::size_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return value;
}

// The body's length from a header block without its empty line. Unknown headers are ignored.
Result<std::size_t> body_length(std::string_view block) {
    std::optional<std::size_t> length;
    while (!block.empty()) {
        const auto end = block.find(line_end);
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(end == std::string_view::npos ? block.size() : end + line_end.size());
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            return Error{ErrorKind::internal, "a header line has no colon", {}};
        }
        if (!equals_ignoring_case(trim(line.substr(0, colon)), "content-length")) continue;
        if (length) return Error{ErrorKind::internal, "Content-Length is given twice", {}};
        length = parse_length(trim(line.substr(colon + 1)));
        if (!length) return Error{ErrorKind::internal, "Content-Length is not a number", {}};
    }
    if (!length) return Error{ErrorKind::internal, "the header has no Content-Length", {}};
    return *length;
}

}  // namespace

void FrameReader::append(std::string_view bytes) {
    if (failure_) return;
    if (consumed_ == buffer_.size()) {
        buffer_.clear();
        consumed_ = 0;
    } else if (consumed_ > buffer_.size() / 2) {
        // Moving at most as many bytes as were given out keeps the cost linear.
        buffer_.erase(0, consumed_);
        consumed_ = 0;
    }
    buffer_.append(bytes);
}

Result<std::optional<std::string>> FrameReader::next() {
    if (failure_) return *failure_;
    if (!expected_) {
        const std::string_view rest = std::string_view(buffer_).substr(consumed_);
        const auto end = rest.find(block_end, searched_);
        if (end == std::string_view::npos ? rest.size() >= max_header_bytes
                                          : end + block_end.size() > max_header_bytes) {
            return fail("the header is longer than " + std::to_string(max_header_bytes) + " bytes");
        }
        if (end == std::string_view::npos) {
            searched_ = rest.size() - std::min(rest.size(), block_end.size() - 1);
            return std::optional<std::string>{};
        }
        const auto length = body_length(rest.substr(0, end));
        if (!length.ok()) return fail(length.error().message);
        if (*length > max_body_bytes_) {
            return fail("a message of " + std::to_string(*length) + " bytes is longer than " +
                        std::to_string(max_body_bytes_));
        }
        consumed_ += end + block_end.size();
        searched_ = 0;
        expected_ = *length;
    }
    if (available() < *expected_) return std::optional<std::string>{};
    std::optional<std::string> body = buffer_.substr(consumed_, *expected_);
    consumed_ += *expected_;
    expected_.reset();
    return body;
}

bool FrameReader::between_messages() const {
    return !expected_ && available() == 0;
}

Result<std::optional<std::string>> FrameReader::fail(std::string message) {
    failure_ = Error{ErrorKind::internal, std::move(message), {}};
    buffer_.clear();
    consumed_ = 0;
    return *failure_;
}

std::string frame_message(std::string_view body) {
    std::string frame = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    frame.append(body);
    return frame;
}

}  // namespace leaklens
