#include "agent/symbols/dwarf_lookup.h"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <libelf.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "agent/symbols/elf_handle.h"
#include "agent/symbols/function_name.h"
#include "agent/symbols/symbol_table.h"
#include "agent/symbols/unit_functions.h"
#include "agent/symbols/unit_index.h"

namespace leaklens {

namespace {

ElfHandle open_elf(int fd) {
    if (fd < 0) return nullptr;
    elf_version(EV_CURRENT);
    ElfHandle elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr));
    if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF) return nullptr;
    return elf;
}

// Null where the file has no unit of debug information.
DwarfHandle open_dwarf(Elf* elf) {
    if (elf == nullptr) return nullptr;
    DwarfHandle dwarf(dwarf_begin_elf(elf, DWARF_C_READ, nullptr));
    Dwarf_CU* unit = nullptr;
    if (dwarf == nullptr ||
        dwarf_get_units(dwarf.get(), nullptr, &unit, nullptr, nullptr, nullptr, nullptr) != 0) {
        return nullptr;
    }
    return dwarf;
}

// Whether .gnu_debugaltlink means this file, by its build id.
bool means_alternate(Dwarf* dwarf, Elf* alternate) {
    const char* name = nullptr;
    const void* wanted = nullptr;
    const void* found = nullptr;
    const ssize_t size = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &wanted);
    return size > 0 && dwelf_elf_gnu_build_id(alternate, &found) == size &&
           std::memcmp(wanted, found, static_cast<std::size_t>(size)) == 0;
}

std::uint32_t number_attribute(Dwarf_Die die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(&die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0 ||
        value > UINT32_MAX) {
        return 0;
    }
    return static_cast<std::uint32_t>(value);
}

// File names are relative to the directory that the compiler ran in.
std::string absolute_name(Dwarf_Die unit, const char* name) {
    if (name == nullptr) return {};
    if (*name == '/') return name;
    Dwarf_Attribute attribute;
    const char* directory = dwarf_attr(&unit, DW_AT_comp_dir, &attribute) == nullptr
                                ? nullptr
                                : dwarf_formstring(&attribute);
    return directory == nullptr ? name : std::string(directory) + "/" + name;
}

void set_source_line(Dwarf_Die unit, std::uint64_t address, SymbolFrame& frame) {
    Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
    int number = 0;
    if (line == nullptr || dwarf_lineno(line, &number) != 0 || number <= 0) return;
    int column = 0;
    if (dwarf_linecol(line, &column) != 0 || column < 0) column = 0;
    frame.file = absolute_name(unit, dwarf_linesrc(line, nullptr, nullptr));
    frame.line = static_cast<std::uint32_t>(number);
    frame.column = static_cast<std::uint32_t>(column);
}

// Where an inlined function was called.
void set_call_site(Dwarf_Die unit, Dwarf_Die call, SymbolFrame& frame) {
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    const std::uint32_t file = number_attribute(call, DW_AT_call_file);
    frame.line = number_attribute(call, DW_AT_call_line);
    frame.column = number_attribute(call, DW_AT_call_column);
    if (dwarf_getsrcfiles(&unit, &files, &count) != 0 || file >= count) return;
    frame.file = absolute_name(unit, dwarf_filesrc(files, file, nullptr, nullptr));
}

}  // namespace

class DwarfLookup::Impl {
  public:
    explicit Impl(const ModuleFiles& files)
        : elf_(open_elf(files.elf)),
          debug_elf_(open_elf(files.debug)),
          alternate_elf_(open_elf(files.alternate)),
          alternate_(open_dwarf(alternate_elf_.get())),
          dwarf_(open_dwarf(elf_.get())) {
        if (dwarf_ == nullptr) dwarf_ = open_dwarf(debug_elf_.get());
        if (dwarf_ != nullptr) {
            if (alternate_ != nullptr && means_alternate(dwarf_.get(), alternate_elf_.get())) {
                dwarf_setalt(dwarf_.get(), alternate_.get());
            }
            units_.emplace(dwarf_.get());
        }
    }

    [[nodiscard]] bool is_elf() const { return elf_ != nullptr; }
    SymbolSource source() {
        if (dwarf_ != nullptr) return SymbolSource::dwarf;
        return symbols().empty() ? SymbolSource::none : SymbolSource::symtab;
    }
    std::vector<SymbolFrame> frames_at(std::uint64_t address);
    void release_pages() const;

  private:
    const SymbolTable& symbols();
    std::vector<SymbolFrame> described_frames(std::uint64_t address);

    // In this order, for each needs those before it until it is gone.
    ElfHandle elf_;
    ElfHandle debug_elf_;
    ElfHandle alternate_elf_;
    DwarfHandle alternate_;
    DwarfHandle dwarf_;
    std::optional<UnitIndex> units_;
    std::unordered_map<Dwarf_Off, UnitFunctions> functions_;
    FunctionNames names_;
    std::optional<SymbolTable> symbols_;
};

const SymbolTable& DwarfLookup::Impl::symbols() {
    if (!symbols_) {
        // .symtab has local functions too, and may have moved to the debug file.
        symbols_.emplace(elf_.get(), SHT_SYMTAB);
        if (symbols_->empty() && debug_elf_ != nullptr) {
            symbols_.emplace(debug_elf_.get(), SHT_SYMTAB);
        }
        if (symbols_->empty()) symbols_.emplace(elf_.get(), SHT_DYNSYM);
    }
    return *symbols_;
}

std::vector<SymbolFrame> DwarfLookup::Impl::described_frames(std::uint64_t address) {
    std::vector<SymbolFrame> frames;
    if (!units_) return frames;
    const auto unit = units_->unit_at(address);
    if (!unit) return frames;
    Dwarf_Die die = *unit;
    auto [functions, added] = functions_.try_emplace(dwarf_dieoffset(&die), die);
    const std::vector<Dwarf_Die> chain = functions->second.chain_at(address);
    // The chain is outermost first. Each inlined call says where it was called from, and that is
    // a place in the function around it.
    for (auto function = chain.rbegin(); function != chain.rend(); ++function) {
        SymbolFrame& frame = frames.emplace_back();
        frame.function = names_.of(*function);
        frame.inlined = std::next(function) != chain.rend();
        if (function == chain.rbegin()) {
            set_source_line(die, address, frame);
        } else {
            set_call_site(die, *std::prev(function), frame);
        }
    }
    if (frames.empty()) {
        // Assembly has lines, and no functions.
        SymbolFrame frame;
        set_source_line(die, address, frame);
        if (!frame.file.empty()) frames.push_back(std::move(frame));
    }
    return frames;
}

std::vector<SymbolFrame> DwarfLookup::Impl::frames_at(std::uint64_t address) {
    std::vector<SymbolFrame> frames = described_frames(address);
    if (!frames.empty() && !frames.back().function.empty()) return frames;
    std::string name = symbols().name_at(address);
    if (name.empty()) return frames;
    if (frames.empty()) frames.emplace_back();
    frames.back().function = std::move(name);
    return frames;
}

void DwarfLookup::Impl::release_pages() const {
    for (const ElfHandle* elf : {&elf_, &debug_elf_, &alternate_elf_}) {
        if (*elf == nullptr) continue;
        std::size_t size = 0;
        char* file = elf_rawfile(elf->get(), &size);
        // Refused where the file was read instead of mapped, which is well: nothing is lost then.
        // The mapping is read-only, so its pages hold nothing that the file does not.
        if (file != nullptr) madvise(file, size, MADV_DONTNEED);
    }
}

DwarfLookup::DwarfLookup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DwarfLookup::~DwarfLookup() = default;

Result<std::unique_ptr<DwarfLookup>> DwarfLookup::open(const ModuleFiles& files) {
    auto impl = std::make_unique<Impl>(files);
    if (!impl->is_elf()) return Error{ErrorKind::malformed_file, "not an ELF file", {}};
    return std::unique_ptr<DwarfLookup>(new DwarfLookup(std::move(impl)));
}

SymbolSource DwarfLookup::source() const {
    return impl_->source();
}

std::vector<SymbolFrame> DwarfLookup::frames_at(std::uint64_t address) {
    return impl_->frames_at(address);
}

void DwarfLookup::release_pages() const {
    impl_->release_pages();
}

}  // namespace leaklens
