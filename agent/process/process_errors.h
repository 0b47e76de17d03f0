// The errors that tell a person why a process cannot be looked at.
#pragma once

#include <sys/types.h>

#include "agent/result.h"

namespace leaklens {

// What `code`, the errno of a failed access to /proc/PID, means: no_such_process (also when `pid`
// is a thread's number: the message then names its process), process_exited, not_permitted, or
// internal.
Error process_error(pid_t pid, int code);

Error process_exited_error(pid_t pid);
Error kernel_thread_error(pid_t pid, const std::string& name);

// Nothing where `pid` is the number of a process; the error of kind no_such_process where it is
// nobody's, or only that of one of a process's threads (/proc answers to those too).
Status require_process(pid_t pid);

}  // namespace leaklens
