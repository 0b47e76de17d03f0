#include "agent/probes/probe_plan.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "agent/elf/dynamic_section.h"
#include "agent/elf/linkage_table.h"
#include "agent/probes/allocator_functions.h"
#include "agent/probes/forwarding.h"
#include "agent/probes/prologue.h"

namespace leaklens {

namespace {

// jemalloc's largest entry points have 10 kilobytes.
constexpr std::uint64_t kMaxCode = 32U << 10;
// Of functions whose symbol has no size.
constexpr std::uint64_t kAssumedCode = 64;
constexpr std::uint64_t kLinkageStub = 16;

// Exported functions that tell who wrote the allocator; the first that is there decides. Those
// that imitate glibc's internal names come before glibc.
struct FamilyMark {
    std::string_view function;
    std::string_view family;
};
constexpr FamilyMark kFamilyMarks[] = {
    {"mi_malloc", "mimalloc"},         {"mallctl", "jemalloc"},    {"tc_malloc", "tcmalloc"},
    {"gnu_get_libc_version", "glibc"}, {"__libc_malloc", "glibc"}, {"__libc_start_main", "musl"},
};

// A function that was found, by its address; several names may share it.
struct Found {
    const AllocatorFunction* function = nullptr;
    FunctionSymbol symbol;
    std::vector<std::uint8_t> code;
    std::optional<std::size_t> forwards_to;  // index of another one
};

bool is_glibc_loader(const ElfImage& image, const std::string& path) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    return read_dynamic_section(image).soname.starts_with("ld-linux") ||
           name.starts_with("ld-linux");
}

std::vector<std::uint8_t> read_code(const ElfImage& image, const FunctionSymbol& symbol) {
    for (const LoadSegment& segment : image.load_segments()) {
        if (!segment.executable || symbol.address < segment.vaddr) continue;
        const std::uint64_t inside = symbol.address - segment.vaddr;
        if (inside >= segment.file_size) continue;
        const std::uint64_t size = symbol.size != 0 ? symbol.size : kAssumedCode;
        auto code = image.read_virtual(symbol.address,
                                       std::min({size, kMaxCode, segment.file_size - inside}));
        if (code.ok()) return std::move(code).value();
    }
    return {};
}

class Planner {
  public:
    Planner(const ElfImage& image, bool nops_are_emulated)
        : image_(image), nops_are_emulated_(nops_are_emulated) {}

    ProbePlan plan(const std::string& path) {
        find_functions();
        if (!has("malloc") || !has("free") || is_glibc_loader(image_, path)) return {};
        ProbePlan plan{.family = family(path), .probes = {}, .omitted = {}};
        if (plan.family == "glibc" && path.find("musl") != std::string::npos) plan.family = "musl";
        for (std::size_t i = 0; i < found_.size(); ++i)
            find_target(i);
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const auto end = end_of_chain(i);
            if (end == i) {
                add_probe(found_[i], plan);
            } else {
                plan.omitted.push_back(std::string(found_[i].function->name) +
                                       ": passes every request on to " +
                                       std::string(found_[end].function->name));
            }
        }
        return plan;
    }

  private:
    void find_functions() {
        std::vector<std::string_view> names;
        for (const auto& function : allocator_functions())
            names.push_back(function.name);
        for (const auto& mark : kFamilyMarks)
            names.push_back(mark.function);
        symbols_ = image_.functions(names);
        for (std::size_t i = 0; i < allocator_functions().size(); ++i) {
            if (!symbols_[i] || index_of(symbols_[i]->address)) continue;
            found_.push_back({.function = &allocator_functions()[i],
                              .symbol = *symbols_[i],
                              .code = read_code(image_, *symbols_[i]),
                              .forwards_to = std::nullopt});
        }
    }

    [[nodiscard]] bool has(std::string_view name) const { return address_of(name).has_value(); }

    [[nodiscard]] std::optional<std::uint64_t> address_of(std::string_view name) const {
        for (std::size_t i = 0; i < allocator_functions().size(); ++i) {
            if (symbols_[i] && allocator_functions()[i].name == name) return symbols_[i]->address;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::size_t> index_of(std::uint64_t address) const {
        for (std::size_t i = 0; i < found_.size(); ++i) {
            if (found_[i].symbol.address == address) return i;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string family(const std::string& path) const {
        std::size_t i = allocator_functions().size();
        for (const auto& mark : kFamilyMarks) {
            if (symbols_[i++]) return std::string(mark.family);
        }
        return path.find("musl") != std::string::npos ? "musl" : "other";
    }

    // The function at an address, or the one that a linkage stub at the address leads to.
    [[nodiscard]] std::optional<std::size_t> function_behind(std::uint64_t address) {
        if (const auto direct = index_of(address)) return direct;
        const auto stub = read_code(image_, {address, kLinkageStub});
        std::span<const std::uint8_t> rest(stub);
        std::uint64_t next = address;
        auto instruction = decode_instruction(rest);
        if (instruction && instruction->kind == Instruction::Kind::endbr64) {
            next += instruction->length;
            rest = rest.subspan(instruction->length);
            instruction = decode_instruction(rest);
        }
        if (!instruction || instruction->kind != Instruction::Kind::rip_indirect_jump) {
            return std::nullopt;
        }
        next += instruction->length;
        if (!linkage_) linkage_.emplace(image_);
        const auto name =
            linkage_->function_at(next + static_cast<std::uint64_t>(instruction->displacement));
        const auto target = name ? address_of(*name) : std::nullopt;
        return target ? index_of(*target) : std::nullopt;
    }

    void find_target(std::size_t index) {
        Found& from = found_[index];
        // A part of a body, or a body of a guessed size, proves nothing.
        if (from.symbol.size == 0 || from.symbol.size != from.code.size()) return;
        const auto forwarding = find_forwarding(from.code, from.symbol.address);
        if (!forwarding) return;
        const auto target = function_behind(forwarding->target);
        if (!target || *target == index) return;
        const AllocatorShape shape = from.function->shape;
        const AllocatorShape target_shape = found_[*target].function->shape;
        bool equivalent = false;
        if (shape == AllocatorShape::free_like || target_shape == AllocatorShape::free_like) {
            equivalent =
                shape == target_shape && forwarding->is_tail && forwarding->keeps_first_argument;
        } else if (forwarding->is_tail) {
            equivalent = true;
        } else {
            // Behind a call, the result may be another pointer: alignment by hand does that.
            // operator new is written around the function that it calls.
            equivalent = from.function->is_operator &&
                         (shape == target_shape || target_shape == AllocatorShape::memalign_like);
        }
        if (equivalent) from.forwards_to = target;
    }

    // The function that requests to `index` end up at: itself where it does not pass them on, or
    // where they go in a circle.
    [[nodiscard]] std::size_t end_of_chain(std::size_t index) const {
        std::size_t at = index;
        for (std::size_t steps = 0; steps < found_.size(); ++steps) {
            const auto& next = found_[at].forwards_to;
            if (!next) return at;
            at = *next;
        }
        return index;
    }

    void add_probe(const Found& found, ProbePlan& plan) const {
        const AllocatorShape shape = found.function->shape;
        const bool is_free = shape == AllocatorShape::free_like;
        const ProbePoint point = choose_probe_point({.code = found.code,
                                                     .arguments = argument_registers(shape),
                                                     .ignores_null = is_free,
                                                     .nops_are_emulated = nops_are_emulated_});
        const auto offset = image_.file_offset(found.symbol.address + point.offset);
        if (!offset) {
            plan.omitted.push_back(std::string(found.function->name) + ": lies outside the code");
            return;
        }
        const bool taken = std::ranges::any_of(
            plan.probes, [&](const PlannedProbe& probe) { return probe.file_offset == *offset; });
        if (taken) return;
        plan.probes.push_back({.function = std::string(found.function->name),
                               .shape = shape,
                               .file_offset = *offset,
                               .instruction_offset = point.offset,
                               .emulated = point.emulated,
                               .returns = !is_free,
                               .reason = point.reason});
    }

    const ElfImage& image_;
    bool nops_are_emulated_;
    std::vector<std::optional<FunctionSymbol>> symbols_;  // allocator functions, then family marks
    std::vector<Found> found_;
    std::optional<LinkageTable> linkage_;
};

}  // namespace

ProbePlan plan_probes(const ElfImage& image, const std::string& path, bool nops_are_emulated) {
    return Planner(image, nops_are_emulated).plan(path);
}

}  // namespace leaklens
