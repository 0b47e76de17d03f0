// Ground truth: silent (warm-up)
// A leak that stops half way (--onset): a migration keeps each old row, until all rows are
// migrated. Nothing is ever released, but nothing grows any more either, so at the end of a capture
// there is no growth left to blame.
#include <cstring>
#include <string>

#include "pace.h"

namespace {

struct OldRow {
    unsigned key;
    char columns[180];
};

class Migration {
  public:
    [[nodiscard]] bool done() const { return pace_past_onset(); }

    // The old row is kept for a rollback that nobody ever finishes.
    [[gnu::noinline]] void migrate(const std::string& text) {
        auto* row = new OldRow{next_++, {}};
        std::strncpy(row->columns, text.c_str(), sizeof row->columns - 1);
        last_ = row;
    }

    [[nodiscard]] unsigned last() const { return last_ == nullptr ? 0 : last_->key; }

  private:
    OldRow* last_ = nullptr;
    unsigned next_ = 0;
};

[[gnu::noinline]] std::string read_row(unsigned number) {
    return "the columns of the row that has the number " + std::to_string(number);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 800);
    Migration migration;
    unsigned number = 0;
    while (pace_next()) {
        const std::string row = read_row(number++);
        if (!migration.done()) migration.migrate(row);
    }
    return pace_finish();
}
