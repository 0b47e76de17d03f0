// Owners of what elfutils hands out. Only the symbol reader's child may use these: elfutils maps
// the file, and a file that is cut short while it is mapped costs the process its life.
#pragma once

#include <elfutils/libdw.h>
#include <libelf.h>

#include <memory>

namespace leaklens {

struct EndElf {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

struct EndDwarf {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};
using DwarfHandle = std::unique_ptr<Dwarf, EndDwarf>;

}  // namespace leaklens
