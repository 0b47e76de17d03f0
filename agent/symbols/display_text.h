// Text from files that nobody vouches for, made fit for JSON, terminals and editors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leaklens {

// Valid UTF-8 of at most `longest` bytes: what is no UTF-8 becomes U+FFFD; control characters, and
// those that reorder text (bidirectional controls), are taken out; what is too long is cut between
// characters and ends in "...".
std::string display_text(std::string_view raw, std::size_t longest);

}  // namespace leaklens
