// One unit of the program with much debug information (bench/first-sample.ts): some 4 MB of it,
// from templates of the standard library. It is compiled once and linked many times, each time with
// another name for its one exported function.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

template <int N>
struct Record {
    std::map<std::string, std::vector<std::shared_ptr<Record>>> children;
    std::unordered_map<int, std::function<void(Record&)>> actions;
    std::variant<int, std::string, std::vector<double>> value;
    std::set<std::pair<int, std::string>> names;
    bool operator<(const Record& other) const { return names < other.names; }
};

template <int N>
std::size_t use(const std::string& text) {
    Record<N> record;
    record.children[text].push_back(std::make_shared<Record<N>>());
    record.actions[N] = [](Record<N>& self) { self.value = std::string("x"); };
    record.actions[N](record);
    record.names.emplace(N, text);
    std::vector<Record<N>> all(3, record);
    std::sort(all.begin(), all.end());
    return all.size() + static_cast<std::size_t>(std::regex_match(text, std::regex("a[bc]*d")));
}

}  // namespace

// Leaks one block, and does everything else when it is told to, which never happens.
extern "C" std::size_t big_unit(const std::string& text) {
    auto* leaked = new std::string(text);  // LEAK
    if (text != "everything") return leaked->size();
    return use<0>(text) + use<1>(text) + use<2>(text) + use<3>(text) + use<4>(text) + use<5>(text);
}
