// Values on their way to JSON.
#include "agent/wire/json_text.h"

#include <algorithm>
#include <cmath>

namespace leaklens {

std::string json_text(const OrderedJson& value) {
    return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::uint64_t json_count(std::uint64_t value) {
    constexpr std::uint64_t largest_exact = (std::uint64_t{1} << 53) - 1;
    return std::min(value, largest_exact);
}

double json_finite(double value) {
    return std::isfinite(value) ? value : 0;
}

}  // namespace leaklens
