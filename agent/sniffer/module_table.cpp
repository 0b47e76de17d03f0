#include "agent/sniffer/module_table.h"

#include <algorithm>
#include <iterator>

#include "agent/elf/elf_image.h"

namespace leaklens {

Status ModuleTable::load(SharedKernelState& kernel, std::size_t limit) {
    row_limit_ = limit;
    const auto mappings = read_maps(pid_);
    if (!mappings) return mappings.error();
    use(*mappings);

    // Rows that another capture has loaded already are not built again, if its store has room for
    // the rest; otherwise all of them move into a store of their own.
    std::shared_ptr<RowStore> candidate = kernel.newest_row_store(limit);
    std::vector<std::pair<FileId, UnwindTable>> built;
    std::size_t rows = 0;
    std::size_t entries = 0;
    const auto build = [&](bool only_missing) {
        built.clear();
        rows = entries = 0;
        for (const auto& module : modules_) {
            const auto id = FileId::of(module->file.get());
            if (!id || (only_missing && candidate->find(*id))) continue;
            auto table = build_rows(*module);
            if (!table) {
                note_failure(*module, table.error());
                continue;
            }
            rows += table->rows.size();
            entries += index_entries(*table);
            built.emplace_back(*id, std::move(*table));
        }
    };
    build(candidate != nullptr);
    if (candidate == nullptr || !candidate->has_room(rows, entries)) {
        if (candidate != nullptr) build(false);
        auto fresh = kernel.new_row_store(rows, entries, limit);
        if (!fresh) return fresh.error();
        candidate = std::move(*fresh);
    }
    rows_ = std::move(candidate);
    for (const auto& [id, table] : built)
        rows_->add(id, table);
    for (const auto& module : modules_)
        place_rows(*module);
    changed_ = true;
    return {};
}

Result<std::vector<std::uint32_t>> ModuleTable::refresh() {
    const auto mappings = read_maps(pid_);
    if (!mappings) return mappings.error();
    const std::size_t known = modules_.size();
    use(*mappings);
    std::vector<std::uint32_t> fresh;
    for (std::size_t number = known; number < modules_.size(); number++) {
        Module& module = *modules_[number];
        const auto id = FileId::of(module.file.get());
        if (id && !rows_->find(*id)) {
            const auto table = build_rows(module);
            if (table) {
                rows_->add(*id, *table);
            } else {
                note_failure(module, table.error());
            }
        }
        place_rows(module);
        fresh.push_back(static_cast<std::uint32_t>(number));
    }
    return fresh;
}

void ModuleTable::use(const std::vector<Mapping>& mappings) {
    std::map<std::uint64_t, Range> ranges;
    mapped_.clear();
    auto last = mapped_.end();
    for (const Mapping& mapping : mappings) {
        if (last != mapped_.end() && last->second == mapping.start) {
            last->second = mapping.end;
        } else {
            last = mapped_.emplace_hint(mapped_.end(), mapping.start, mapping.end);
        }
        if (!mapping.executable || mapping.inode == 0) continue;
        const std::uint32_t number = module_of(mapping);
        for (const LoadSegment& segment : modules_[number]->segments) {
            // Mappings begin at page boundaries, segments need not.
            if (mapping.offset + (mapping.end - mapping.start) <= segment.offset ||
                mapping.offset >= segment.offset + segment.file_size || !segment.executable)
                continue;
            ranges.emplace(
                mapping.start,
                Range{mapping.end, mapping.start - mapping.offset + segment.offset - segment.vaddr,
                      number});
            break;
        }
    }
    const auto same = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.end == b.second.end &&
               a.second.module == b.second.module;
    };
    changed_ = !std::equal(ranges.begin(), ranges.end(), ranges_.begin(), ranges_.end(), same);
    ranges_ = std::move(ranges);
}

std::uint32_t ModuleTable::module_of(const Mapping& mapping) {
    const FileKey key{mapping.device_major, mapping.device_minor, mapping.inode};
    const auto known = numbers_.find(key);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(modules_.size());
    modules_.push_back(open_module(mapping, number));
    numbers_.emplace(key, number);
    return number;
}

std::unique_ptr<Module> ModuleTable::open_module(const Mapping& mapping,
                                                 std::uint32_t number) const {
    auto module = std::make_unique<Module>();
    module->report.module = number;
    module->report.path = mapping.path;
    module->report.symbols.source = SymbolSource::none;
    auto file = open_mapped_file(pid_, mapping);
    if (!file) {
        module->report.problem = file.error().message;
        return module;
    }
    module->file = std::move(*file);
    const auto image = ElfImage::open(module->file.get());
    if (!image) {
        module->report.problem = image.error().message;
        return module;
    }
    module->report.build_id = image->build_id();
    module->report.symbols.source = SymbolSource::pending;
    module->image_base = image->image_base();
    module->segments = image->load_segments();
    module->plan = plan_probes(*image, mapping.path, features_.nops_are_emulated);
    return module;
}

Result<UnwindTable> ModuleTable::build_rows(const Module& module) const {
    if (!module.file) return UnwindTable{};
    const auto image = ElfImage::open(module.file.get());
    if (!image) return image.error();
    return build_unwind_table(*image, row_limit_);
}

void ModuleTable::note_failure(Module& module, const Error& error) {
    if (error.kind != ErrorKind::unsupported) module.report.problem = error.message;
}

void ModuleTable::place_rows(Module& module) {
    const auto id = FileId::of(module.file.get());
    if (id) module.rows = rows_->find(*id);
    if (module.rows) {
        module.report.unwind_rows = module.rows->rows;
    } else if (module.file && module.report.problem.empty()) {
        without_rows_++;
        module.report.problem =
            "its unwind rows found no room in the kernel's table: stacks through it rely on frame "
            "pointers";
    }
}

std::vector<ll_module> ModuleTable::kernel_table() const {
    std::vector<ll_module> table;
    table.reserve(ranges_.size());
    for (const auto& [start, range] : ranges_) {
        const Module& module = *modules_[range.module];
        const RowRange rows = module.rows.value_or(RowRange{});
        table.push_back(
            {start, range.end, range.bias + module.image_base, rows.index_first, rows.index_count});
    }
    return table;
}

std::optional<ModuleTable::Place> ModuleTable::find(std::uint64_t address) const {
    auto at = ranges_.upper_bound(address);
    if (at == ranges_.begin()) return std::nullopt;
    at = std::prev(at);
    if (address >= at->second.end) return std::nullopt;
    return Place{at->second.module, address - at->second.bias};
}

bool ModuleTable::is_mapped(std::uint64_t start, std::uint64_t end) const {
    auto at = mapped_.upper_bound(start);
    return at != mapped_.begin() && std::prev(at)->second >= end;
}

}  // namespace leaklens
