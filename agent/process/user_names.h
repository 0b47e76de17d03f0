// Names of users, from /etc/passwd alone: the name service switch of the C library loads plug-ins,
// which a static binary cannot.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <unordered_map>

namespace leaklens {

class UserNames {
  public:
    // Reads /etc/passwd; unreadable is as good as empty.
    UserNames();
    // Reads the text of such a file (passwd(5)); lines that are none are left out.
    explicit UserNames(std::string_view passwd);

    // The number itself where no name is known, as ps(1) shows it.
    [[nodiscard]] std::string name(uid_t uid) const;

  private:
    std::unordered_map<uid_t, std::string> names_;
};

}  // namespace leaklens
