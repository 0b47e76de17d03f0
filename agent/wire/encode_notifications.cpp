// Notifications as JSON text, member for member as protocol/agent.ts declares them.
#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/wire/json_text.h"
#include "agent/wire/wire.h"

namespace leaklens {
namespace {

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 19> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string notification(const char* method, const OrderedJson& params) {
    return std::string(R"({"jsonrpc":"2.0","method":")") + method + R"(","params":)" +
           json_text(params) + "}";
}

OrderedJson module_object(const ModuleReport& module) {
    static constexpr std::array sources{"pending", "dwarf", "symtab", "none"};
    OrderedJson object{{"module", module.module},
                       {"path", module.path},
                       {"buildId", module.build_id},
                       {"unwindRows", module.unwind_rows},
                       {"symbols", sources.at(static_cast<std::size_t>(module.symbols.source))}};
    if (!module.symbols.debug_file.empty()) object["debugFile"] = module.symbols.debug_file;
    std::string problem = module.problem;
    if (!module.symbols.problem.empty()) {
        if (!problem.empty()) problem += "; ";
        problem += module.symbols.problem;
    }
    if (!problem.empty()) object["problem"] = problem;
    return object;
}

OrderedJson frame_object(const SymbolFrame& frame) {
    OrderedJson object{{"function", frame.function}};
    if (!frame.file.empty()) object["file"] = frame.file;
    if (frame.line != 0) object["line"] = frame.line;
    if (frame.column != 0) object["column"] = frame.column;
    object["inlined"] = frame.inlined;
    return object;
}

OrderedJson memory_object(const ProcessMemory& memory) {
    return OrderedJson{{"rssBytes", json_count(memory.rss_bytes)},
                       {"anonymousBytes", json_count(memory.anonymous_bytes)},
                       {"swapBytes", json_count(memory.swap_bytes)},
                       {"virtualBytes", json_count(memory.virtual_bytes)},
                       {"threads", memory.threads},
                       {"cpuNs", json_count(memory.cpu_ns)}};
}

OrderedJson totals_object(const TotalsReport& totals) {
    return OrderedJson{{"allocations", json_count(totals.allocations)},
                       {"allocatedBytes", json_count(totals.allocated_bytes)},
                       {"frees", json_count(totals.frees)},
                       {"freedBytes", json_count(totals.freed_bytes)},
                       {"unknownFrees", json_count(totals.unknown_frees)},
                       {"failedAllocations", json_count(totals.failed_allocations)}};
}

OrderedJson cost_object(const CostReport& cost) {
    return OrderedJson{{"hits", json_count(cost.hits)},
                       {"targetNs", json_count(cost.target_ns)},
                       {"agentNs", json_count(cost.agent_ns)},
                       {"coreShare", std::max(0.0, json_finite(cost.core_share))},
                       {"targetShare", std::max(0.0, json_finite(cost.target_share))}};
}

OrderedJson losses_object(const LossesReport& losses) {
    return OrderedJson{{"blocksFull", json_count(losses.blocks_full)},
                       {"stacksFull", json_count(losses.stacks_full)},
                       {"countersFull", json_count(losses.counters_full)},
                       {"threadsFull", json_count(losses.threads_full)},
                       {"ringFull", json_count(losses.ring_full)},
                       {"unwindRowsFull", json_count(losses.unwind_rows_full)},
                       {"stacksTruncated", json_count(losses.stacks_truncated)},
                       {"stacksGuessed", json_count(losses.stacks_guessed)},
                       {"returnsMissed", json_count(losses.returns_missed)},
                       {"freesMissed", json_count(losses.frees_missed)},
                       {"freeSitesFull", json_count(losses.free_sites_full)},
                       {"probesMissed", json_count(losses.probes_missed)}};
}

}  // namespace

std::string encode_modules(std::uint32_t capture_id, const std::vector<ModuleReport>& modules) {
    OrderedJson list = OrderedJson::array();
    for (const ModuleReport& module : modules)
        list.push_back(module_object(module));
    return notification("capture/modules",
                        {{"captureId", capture_id}, {"modules", std::move(list)}});
}

std::string encode_stacks(std::uint32_t capture_id, const StacksReport& stacks) {
    static constexpr std::array kinds{"heap", "mapping", "free"};
    static constexpr std::array ends{"complete", "truncated", "guessed"};
    OrderedJson locations = OrderedJson::array();
    for (const LocationReport& location : stacks.locations) {
        locations.push_back(
            OrderedJson::array({location.location, hexadecimal(location.address),
                                std::max(location.module, -1), json_count(location.offset)}));
    }
    OrderedJson list = OrderedJson::array();
    for (const StackReport& stack : stacks.stacks) {
        list.push_back({{"stack", stack.stack},
                        {"kind", kinds.at(static_cast<std::size_t>(stack.kind))},
                        {"end", ends.at(static_cast<std::size_t>(stack.end))},
                        {"locations", stack.locations}});
    }
    return notification("capture/stacks", {{"captureId", capture_id},
                                           {"locations", std::move(locations)},
                                           {"stacks", std::move(list)}});
}

std::string encode_symbols(std::uint32_t capture_id, const std::vector<SymbolReport>& symbols) {
    OrderedJson list = OrderedJson::array();
    for (const SymbolReport& symbol : symbols) {
        OrderedJson frames = OrderedJson::array();
        for (const SymbolFrame& frame : symbol.frames)
            frames.push_back(frame_object(frame));
        list.push_back({{"location", symbol.location}, {"frames", std::move(frames)}});
    }
    return notification("capture/symbols",
                        {{"captureId", capture_id}, {"symbols", std::move(list)}});
}

std::string encode_sample(std::uint32_t capture_id, const SampleReport& sample) {
    OrderedJson free_sites = OrderedJson::array();
    for (const FreeSiteReport& site : sample.free_sites)
        free_sites.push_back(
            OrderedJson::array({site.stack, site.free_stack, json_count(site.frees)}));
    OrderedJson counters = OrderedJson::array();
    for (const CounterReport& counter : sample.counters) {
        counters.push_back(
            OrderedJson::array({counter.stack, counter.cohort, json_count(counter.allocations),
                                json_count(counter.allocated_bytes), json_count(counter.frees),
                                json_count(counter.freed_bytes)}));
    }
    return notification(
        "capture/sample",
        {{"captureId", capture_id},
         {"sequence", sample.sequence},
         {"timeNs", json_count(sample.time_ns)},
         {"unixMs", json_finite(sample.unix_ms)},
         {"cohort", {{"index", sample.cohort}, {"startNs", json_count(sample.cohort_start_ns)}}},
         {"counters", std::move(counters)},
         {"freeSites", std::move(free_sites)},
         {"totals", totals_object(sample.totals)},
         {"process", memory_object(sample.process)},
         {"cost", cost_object(sample.cost)},
         {"losses", losses_object(sample.losses)}});
}

std::string encode_ended(std::uint32_t capture_id, EndReason reason, const std::string& detail) {
    static constexpr std::array reasons{"stopped", "exited", "exec", "failed"};
    return notification("capture/ended", {{"captureId", capture_id},
                                          {"reason", reasons.at(static_cast<std::size_t>(reason))},
                                          {"detail", detail}});
}

std::string encode_log(const std::string& level, const std::string& message) {
    static constexpr std::array levels{"debug", "info", "warning", "error"};
    const bool known = std::find(levels.begin(), levels.end(), level) != levels.end();
    return notification("log", {{"level", known ? level : "info"}, {"message", message}});
}

}  // namespace leaklens
