// The symbol reader alone, for the tests of its client: built as the agent is shipped, static and
// without sanitizers, so that what is tested is the real sandbox with its real limits.
#include "agent/symbols/symbol_client.h"

int main() {
    return leaklens::run_symbol_worker(3);
}
