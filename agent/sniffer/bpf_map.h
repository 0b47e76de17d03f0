// Maps of the kernel as the agent sees them: typed reads and writes, mapped arrays, batches.
#pragma once

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

// An array map's memory, mapped into this process for plain loads and stores.
template <typename T>
class MappedArray {
  public:
    MappedArray() = default;
    ~MappedArray() {
        if (memory_ != nullptr) ::munmap(memory_, bytes_);
    }
    MappedArray(const MappedArray&) = delete;
    MappedArray& operator=(const MappedArray&) = delete;
    MappedArray(MappedArray&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)),
          bytes_(std::exchange(other.bytes_, 0)),
          count_(std::exchange(other.count_, 0)) {}
    MappedArray& operator=(MappedArray&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(bytes_, other.bytes_);
        std::swap(count_, other.count_);
        return *this;
    }

    // `fd` is a BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE and `count` entries of T, whose elements the
    // kernel pads to multiples of 8 bytes.
    static Result<MappedArray> map(int fd, std::size_t count) {
        const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t bytes = (count * stride() + page - 1) / page * page;
        void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED) return Error::from_errno("map a BPF array");
        MappedArray array;
        array.memory_ = static_cast<std::uint8_t*>(memory);
        array.bytes_ = bytes;
        array.count_ = count;
        return array;
    }

    [[nodiscard]] std::size_t size() const { return count_; }
    void store(std::size_t index, const T& value) {
        std::memcpy(memory_ + index * stride(), &value, sizeof(T));
    }

    // The entry itself, which the kernel's programs read and write meanwhile.
    [[nodiscard]] volatile T* at(std::size_t index) const {
        return reinterpret_cast<volatile T*>(memory_ + index * stride());
    }

  private:
    static constexpr std::size_t stride() { return (sizeof(T) + 7) / 8 * 8; }

    std::uint8_t* memory_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t count_ = 0;
};

// Reads every entry of a hash map in batches (Linux 5.6+). Entries that come or go meanwhile may or
// may not be among them; none is torn between two keys.
template <typename Key, typename Value>
Status read_all(int map_fd, std::vector<std::pair<Key, Value>>& out) {
    std::vector<Key> keys(4096);
    std::vector<Value> values(keys.size());
    Key cursor{};
    bool first = true;
    out.clear();
    for (;;) {
        auto count = static_cast<std::uint32_t>(keys.size());
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        const int result = bpf_map_lookup_batch(map_fd, first ? nullptr : &cursor, &cursor,
                                                keys.data(), values.data(), &count, &options);
        if (result == -ENOSPC) {  // one bucket holds more than there is room for
            keys.resize(keys.size() * 2);
            values.resize(keys.size());
            continue;
        }
        if (result != 0 && result != -ENOENT) return Error::from_errno("read a BPF map", -result);
        for (std::uint32_t i = 0; i < count; i++)
            out.emplace_back(keys[i], values[i]);
        if (result == -ENOENT) return {};
        first = false;
    }
}

}  // namespace leaklens
