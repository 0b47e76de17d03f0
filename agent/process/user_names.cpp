// Parsing passwd(5): "name:password:uid:...".
#include "agent/process/user_names.h"

#include <charconv>

#include "agent/process/proc_file.h"

namespace leaklens {
namespace {

constexpr std::size_t max_passwd_bytes = std::size_t{4} << 20;

}  // namespace

UserNames::UserNames() : UserNames(read_proc_file("/etc/passwd", max_passwd_bytes).text) {}

UserNames::UserNames(std::string_view passwd) {
    while (!passwd.empty()) {
        const auto end = passwd.find('\n');
        const std::string_view line = passwd.substr(0, end);
        passwd.remove_prefix(end == std::string_view::npos ? passwd.size() : end + 1);
        const auto name_end = line.find(':');
        if (name_end == std::string_view::npos || name_end == 0) continue;
        const auto password_end = line.find(':', name_end + 1);
        if (password_end == std::string_view::npos) continue;
        uid_t uid = 0;
        const char* const line_end = line.data() + line.size();
        const auto parsed = std::from_chars(line.data() + password_end + 1, line_end, uid);
        if (parsed.ec != std::errc{} || parsed.ptr == line_end || *parsed.ptr != ':') continue;
        // Of several names for one number the first counts, as for getpwuid(3).
        names_.emplace(uid, line.substr(0, name_end));
    }
}

std::string UserNames::name(uid_t uid) const {
    const auto found = names_.find(uid);
    return found == names_.end() ? std::to_string(uid) : found->second;
}

}  // namespace leaklens
