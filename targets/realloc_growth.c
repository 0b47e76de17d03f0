// Ground truth: leak
/* C: one buffer that only grows, by realloc, a fixed step at a time. There is never more than one
 * block, each block is soon released, and the process grows all the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { ENTRY = 64, STEP = 16 * ENTRY };

struct history {
    char* text;
    size_t used;
    size_t capacity;
};

static __attribute__((noinline)) int grow(struct history* history) {
    char* text = realloc(history->text, history->capacity + STEP);  // LEAK
    if (text == NULL) return -1;
    history->text = text;
    history->capacity += STEP;
    pace_leaked(STEP);
    return 0;
}

/* Appends one entry; nothing ever removes one. */
static __attribute__((noinline)) int append(struct history* history, const char* entry) {
    if (history->used + ENTRY > history->capacity && grow(history) != 0) return -1;
    strncpy(history->text + history->used, entry, ENTRY - 1);
    history->used += ENTRY;
    return 0;
}

/* Innocent: formatted in a block of its own, released at once. */
static __attribute__((noinline)) int record(struct history* history, unsigned number) {
    char* entry = malloc(ENTRY);
    if (entry == NULL) return -1;
    snprintf(entry, ENTRY, "command number %u, typed by a user", number);
    int result = append(history, entry);
    free(entry);
    return result;
}

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    struct history history = {NULL, 0, 0};
    unsigned number = 0;
    while (pace_next()) {
        if (record(&history, number++) != 0) return 1;
    }
    return pace_finish();
}
