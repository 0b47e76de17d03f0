// Ground truth: silent (steady)
// A parser at work: many allocations of many sizes from many lines, all released within the call.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value>;

// What is not of the value's kind is empty.
struct Value {
    double number = 0;
    std::string text;
    std::unique_ptr<Array> array;
    std::unique_ptr<Object> object;
};

[[gnu::noinline]] Value parse_array(unsigned seed) {
    Value value;
    value.array = std::make_unique<Array>();
    for (unsigned i = 0; i < 4 + seed % 5; ++i)
        value.array->emplace_back().number = i;
    return value;
}

[[gnu::noinline]] Value parse_object(unsigned seed, unsigned depth) {
    Value value;
    value.object = std::make_unique<Object>();
    (*value.object)["a key that is longer than a short string"].number = seed;
    (*value.object)["name"].text = "a value with the number " + std::to_string(seed);
    (*value.object)["list"] = parse_array(seed);
    if (depth > 0) (*value.object)["child"] = parse_object(seed / 3, depth - 1);
    return value;
}

[[gnu::noinline]] std::size_t count(const Value& value) {
    std::size_t sum = value.array == nullptr ? 0 : value.array->size();
    if (value.object == nullptr) return sum;
    for (const auto& [key, child] : *value.object)
        sum += key.size() + count(child);
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 400);
    unsigned seed = 0;
    std::size_t values = 0;
    while (pace_next()) {
        values += count(parse_object(seed, seed % 4));
        ++seed;
    }
    return pace_finish();
}
