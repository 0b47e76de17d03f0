// Builds .eh_frame sections record by record, right ones and wrong ones.
#pragma once

#include <dwarf.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace leaklens::test {

using CfaBytes = std::vector<std::uint8_t>;

inline void append_number(CfaBytes& bytes, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

inline CfaBytes joined(std::initializer_list<CfaBytes> parts) {
    CfaBytes all;
    for (const CfaBytes& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

struct CieFields {
    std::uint8_t version = 1;
    std::string_view augmentation = "zR";
    CfaBytes augmentation_data = {0x1B};  // pc-relative, 4 bytes with a sign
    std::uint8_t code_alignment = 1;
    std::uint8_t data_alignment = 0x78;  // -8
    std::uint8_t return_register = 16;
    // What every compiler begins with: CFA = rsp + 8, return address at CFA - 8.
    CfaBytes instructions = {DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1};
};

class EhFrameBuilder {
  public:
    static constexpr std::uint64_t kAddress = 0x100000;

    // Returns the record's offset, for the FDEs that refer to it.
    std::uint32_t add_cie(const CieFields& fields = {}) {
        CfaBytes body;
        append_number(body, 0, 4);
        body.push_back(fields.version);
        body.insert(body.end(), fields.augmentation.begin(), fields.augmentation.end());
        body.push_back(0);
        if (fields.version == 4) append_number(body, 0x0008, 2);
        body.push_back(fields.code_alignment);
        body.push_back(fields.data_alignment);
        body.push_back(fields.return_register);
        if (fields.augmentation.starts_with('z')) {
            body.push_back(static_cast<std::uint8_t>(fields.augmentation_data.size()));
            append(body, fields.augmentation_data);
        }
        append(body, fields.instructions);
        return add_record(body);
    }

    // A function from `begin` (an address), with pc-relative 4-byte pointers.
    void add_fde(std::uint32_t cie, std::uint64_t begin, std::uint32_t size,
                 const CfaBytes& instructions) {
        const std::uint64_t field = kAddress + bytes_.size() + 8;
        CfaBytes pointers;
        append_number(pointers, begin - field, 4);
        append_number(pointers, size, 4);
        add_fde_with(cie, pointers, instructions);
    }

    // The same with the two pointers as given; the augmentation data is empty.
    void add_fde_with(std::uint32_t cie, const CfaBytes& pointers, const CfaBytes& instructions) {
        CfaBytes body;
        append_number(body, bytes_.size() + 4 - cie, 4);
        append(body, pointers);
        body.push_back(0);
        append(body, instructions);
        add_record(body);
    }

    std::uint32_t add_record(const CfaBytes& body) {
        const auto offset = static_cast<std::uint32_t>(bytes_.size());
        append_number(bytes_, body.size(), 4);
        append(bytes_, body);
        return offset;
    }

    void add_raw(const CfaBytes& raw) { append(bytes_, raw); }
    [[nodiscard]] const CfaBytes& bytes() const { return bytes_; }

  private:
    static void append(CfaBytes& to, const CfaBytes& from) {
        to.insert(to.end(), from.begin(), from.end());
    }

    CfaBytes bytes_;
};

}  // namespace leaklens::test
