// Reports real call addresses, for the tests of the symbol reader: `sample_point` prints where it
// was called from, and comments of the form `// AT name.N` mark the lines of the frames that the
// reader must find there, N counting from the innermost.
#include <link.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

int first_module(dl_phdr_info* info, std::size_t, void* base) {
    *static_cast<std::uint64_t*>(base) = info->dlpi_addr;
    return 1;  // the program itself comes first
}

[[gnu::noinline]] void sample_point(const char* name) {
    std::uint64_t base = 0;
    dl_iterate_phdr(first_module, &base);
    const auto address = reinterpret_cast<std::uint64_t>(__builtin_return_address(0));
    std::printf("%s %llx\n", name, static_cast<unsigned long long>(address - base - 1));
}

// A call in tail position would become a jump and have no return address.
inline void keep_frame() {
    asm volatile("" ::: "memory");
}

struct Tree {
    int depth = 0;
    inline void grow(const std::string& name) const;
};

[[gnu::always_inline]] inline void Tree::grow(const std::string& name) const {
    if (name.empty()) return;
    sample_point("grow");  // AT grow.0
    keep_frame();
}

}  // namespace

namespace forest {

template <typename T>
struct Grove {
    explicit Grove(T first) : trees{first} {
        sample_point("constructor");  // AT constructor.0
        keep_frame();
    }
    [[gnu::always_inline]] void water(const std::string& with) const {
        for (const T& tree : trees)
            tree.grow(with);  // AT grow.1
    }
    std::vector<T> trees;
};

[[gnu::noinline]] void tend(const Grove<Tree>& grove, const char* with) {
    grove.water(with);  // AT grow.2
    keep_frame();
}

}  // namespace forest

static int helper(const char* text, Tree* const* trees, unsigned long count) {
    sample_point("helper");  // AT helper.0
    keep_frame();
    return text[0] + static_cast<int>(count) + (*trees)->depth;
}

extern "C" [[gnu::noinline]] void plain_c_name(int value) {
    const auto nested = [value](int more) __attribute__((noinline)) {
        sample_point("lambda");  // AT lambda.0
        keep_frame();
        return value + more;
    };
    std::printf("# %d\n", nested(value));  // AT lambda.1
}

[[gnu::noinline]] int helper_caller(const char* text) {
    Tree tree;
    Tree* const trees[] = {&tree};
    const int result = helper(text, trees, 1);  // AT helper.1
    keep_frame();
    return result;
}

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const auto grove = std::unique_ptr<forest::Grove<Tree>>(
        new forest::Grove<Tree>(Tree{argc}));  // AT constructor.1
    forest::tend(*grove, argv[0]);
    std::printf("# %d\n", helper_caller(argv[0]));
    plain_c_name(argc);
    sample_point("main");  // AT main.0
    return 0;
}
