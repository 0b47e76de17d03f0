// Ground truth: silent (sawtooth)
// Rows are collected and written out in batches, every five seconds: between two flushes the
// process grows in a straight line.
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Row {
    unsigned key;
    std::string text;
    char columns[200];
};

class Batch {
  public:
    [[gnu::noinline]] void add(unsigned key) {
        auto row = std::make_unique<Row>();
        row->key = key;
        row->text = "the text of the row that has the key " + std::to_string(key);
        rows_.push_back(std::move(row));
    }

    // Writes the rows out, which here is only counting their characters.
    [[gnu::noinline]] std::size_t flush() {
        std::size_t characters = 0;
        for (const auto& row : rows_)
            characters += row->text.size();
        rows_.clear();
        rows_.shrink_to_fit();
        return characters;
    }

    [[nodiscard]] bool due() const { return pace_elapsed() - flushed_at_ > 5; }
    void restart_clock() { flushed_at_ = pace_elapsed(); }

  private:
    std::vector<std::unique_ptr<Row>> rows_;
    double flushed_at_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 800);
    Batch batch;
    std::size_t written = 0;
    unsigned key = 0;
    while (pace_next()) {
        batch.add(key++);
        if (batch.due()) {
            written += batch.flush();
            batch.restart_clock();
        }
    }
    return pace_finish();
}
