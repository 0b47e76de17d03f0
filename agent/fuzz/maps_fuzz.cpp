// Any text as the files of /proc that the agent parses: a target names its files and itself, so
// much of that text is the target's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/process/maps.h"
#include "agent/process/proc_file.h"
#include "agent/process/proc_stat.h"
#include "agent/process/user_names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0:
            for (const leaklens::Mapping& mapping : leaklens::parse_maps(text)) {
                if (mapping.start >= mapping.end) std::abort();
                if (mapping.path.size() > text.size()) std::abort();
            }
            break;
        case 1:
            if (const auto stat = leaklens::parse_stat(text)) {
                if (stat->name.size() >= text.size()) std::abort();
            }
            break;
        case 2: {
            const auto value = leaklens::status_field(text, "Uid");
            leaklens::leading_number(value);
            leaklens::leading_number(text);
            break;
        }
        default: {
            const leaklens::UserNames names(text);
            if (names.name(0).empty()) std::abort();
            break;
        }
    }
    return 0;
}
