// Ground truth: leak
// Mappings made directly, without the allocator: a reader that maps a window of eight pages and,
// when it is done, unmaps only what it believes to be mapped: the tail page stays.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <exception>
#include <string>

#include "pace.h"

namespace {

constexpr std::size_t window_pages = 8;

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

class Window {
  public:
    Window() : bytes_(window_pages * page_size()) {
        address_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,  // LEAK
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address_ == MAP_FAILED) std::terminate();
    }
    // Off by one page.
    ~Window() {
        munmap(address_, bytes_ - page_size());
        pace_leaked(page_size());
    }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    void fill(unsigned char value) {
        auto* bytes = static_cast<unsigned char*>(address_);
        for (std::size_t at = 0; at < bytes_; at += page_size())
            bytes[at] = value;
    }

  private:
    void* address_ = nullptr;
    std::size_t bytes_;
};

[[gnu::noinline]] std::size_t read_block(unsigned block) {
    Window window;
    window.fill(static_cast<unsigned char>(block));
    const std::string note = "a block was read, and its number is " + std::to_string(block);
    return note.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 100);
    unsigned block = 0;
    while (pace_next()) {
        read_block(block++);
    }
    return pace_finish();
}
