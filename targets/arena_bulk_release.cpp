// Ground truth: silent (sawtooth)
// A compiler-like job: one arena for each translation unit, which takes chunk after chunk for some
// three seconds and is then released in one go.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

class Arena {
  public:
    void* take(std::size_t bytes) {
        if (chunks_.empty() || used_ + bytes > chunk_bytes) {
            chunks_.push_back(std::make_unique<char[]>(chunk_bytes));
            used_ = 0;
        }
        void* result = chunks_.back().get() + used_;
        used_ += bytes;
        return result;
    }

  private:
    static constexpr std::size_t chunk_bytes = 4096;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t used_ = 0;
};

struct Node {
    unsigned kind;
    Node* parent;
    char text[100];
};

class TranslationUnit {
  public:
    [[gnu::noinline]] void parse(unsigned token) {
        auto* node = static_cast<Node*>(arena_.take(sizeof(Node)));
        const std::string text = "the token that has the number " + std::to_string(token);
        node->kind = token % 30;
        node->parent = last_;
        std::strncpy(node->text, text.c_str(), sizeof node->text - 1);
        last_ = node;
    }

  private:
    Arena arena_;
    Node* last_ = nullptr;
};

constexpr unsigned tokens_per_unit = 6000;

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    auto unit = std::make_unique<TranslationUnit>();
    unsigned token = 0;
    while (pace_next()) {
        if (++token % tokens_per_unit == 0) unit = std::make_unique<TranslationUnit>();
        unit->parse(token);
    }
    return pace_finish();
}
